"""Google Cloud Storage: the bucket is the namespace.

Source: the specification's row, ``gs://bucket`` + key.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, objects


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    return objects(namespace.without_user(), name)


SYSTEM = System(
    name="gcs",
    title="Google Cloud Storage",
    kind="container",
    schemes={"gs": Scheme(None, "GCS")},
    aliases={"gcs": "gs"},
    namespaces="`gs://bucket`, `gcs://bucket`, `gs://connection@bucket`",
    names="a key or prefix",
    read=_read,
)
