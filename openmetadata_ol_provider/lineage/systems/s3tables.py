"""Amazon S3 Tables: the table bucket is the namespace.

Source: Spark's integration, ``arn:aws:s3tables:region:account:bucket/name`` + ``catalog.namespace.table``, where the
catalog is what the session calls it. A namespace has one level, so the last two parts tell the table.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Address
from openmetadata_ol_provider.lineage.systems.system import System, last, table


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    return table(address.raw, last(split_identifier(name), 2))


SYSTEM = System(
    title="Amazon S3 Tables",
    kind="table",
    schemes={"s3tables": None},
    namespaces="`arn:aws:s3tables:region:account:bucket/name`",
    names="`catalog.namespace.table`, `namespace.table`",
    read=_read,
)
