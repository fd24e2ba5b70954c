"""Google Bigtable: project and instance are the namespace, and database and schema in OpenMetadata.

Source: the specification's row (Spark's connector), ``bigtable://project/instance`` + ``table``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, table


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    parts = split_identifier(name)
    if len(parts) == 1 and len(namespace.segments) == 1:
        parts = (namespace.authority, namespace.segments[0], *parts)
    return table(namespace.canonical, join_identifier(parts))


SYSTEM = System(
    name="bigtable",
    title="Google Bigtable",
    kind="table",
    schemes={"bigtable": Scheme(None, "BigTable")},
    namespaces="`bigtable://project/instance`",
    names="`table`",
    read=_read,
)
