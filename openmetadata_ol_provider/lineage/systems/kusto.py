"""Azure Data Explorer (Kusto).

Source: the specification's row, ``azurekusto://host.kusto.windows.net`` + ``database/table``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, spell_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, table


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    parts = tuple(part for part in name.split("/") if part)
    if len(parts) == 1 and "." not in name:
        parts = (*namespace.segments[:1], *parts)
    return table(namespace.root, join_identifier(parts) if len(parts) > 1 else spell_identifier(name))


SYSTEM = System(
    name="kusto",
    title="Azure Data Explorer",
    kind="table",
    schemes={"azurekusto": Scheme(None, "CustomDatabase")},
    aliases={"kusto": "azurekusto"},
    namespaces="`azurekusto://host.kusto.windows.net`, also with a database as path",
    names="`database/table`",
    read=_read,
)
