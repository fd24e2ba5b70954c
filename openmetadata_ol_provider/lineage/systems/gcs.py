"""Google Cloud Storage: the bucket is the namespace.

Source: the specification's row, ``gs://bucket`` + key.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Address
from openmetadata_ol_provider.lineage.systems.system import System, objects, without_user


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    return objects(without_user(address), name)


SYSTEM = System(
    title="Google Cloud Storage",
    kind="container",
    schemes={"gs": None},
    aliases={"gcs": "gs"},
    namespaces="`gs://bucket`, `gcs://bucket`, `gs://connection@bucket`",
    names="a key or prefix",
    read=_read,
)
