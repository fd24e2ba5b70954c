"""Google Spanner: project and instance are the namespace.

Source: the specification's row, ``spanner://project:instance`` + ``database.schema.table``; Spark's connector sends
``spanner://project/instance`` + ``database/table``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import (
    join_identifier,
    spell_identifier,
    split_identifier,
)
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, table


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    colon = ":" in namespace.authority
    instance = namespace.root if colon else ":".join((namespace.root, *namespace.segments[:1]))
    databases = namespace.segments if colon else namespace.segments[1:]
    parts = tuple(part for part in name.split("/") if part)
    if len(parts) == 1 and databases:
        parts = (databases[0], *split_identifier(name))
    return table(instance, join_identifier(parts) if len(parts) > 1 else spell_identifier(name))


SYSTEM = System(
    name="spanner",
    title="Google Spanner",
    kind="table",
    schemes={"spanner": Scheme(None, "CustomDatabase")},
    namespaces="`spanner://project:instance`, `spanner://project/instance`",
    names="`database.schema.table`, `database/table`",
    read=_read,
)
