"""Amazon S3 Tables: the table bucket is the namespace.

Source: Spark's integration, ``arn:aws:s3tables:region:account:bucket/name`` + ``catalog.namespace.table``, where the
catalog is the name that the session gives it. A namespace has one level, so the last two parts name the table.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, table


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    return table(namespace.raw, join_identifier(split_identifier(name)[-2:]))


SYSTEM = System(
    name="s3tables",
    title="Amazon S3 Tables",
    kind="table",
    schemes={"s3tables": Scheme(None, "Glue Athena Iceberg Datalake CustomDatabase")},
    namespaces="`arn:aws:s3tables:region:account:bucket/name`",
    names="`catalog.namespace.table`, `namespace.table`",
    read=_read,
    addresses="any",
    single_database="Datalake",
)
