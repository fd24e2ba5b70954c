"""Google Spanner: project and instance are the namespace.

Source: the specification's row, ``spanner://project:instance`` + ``database.schema.table``; Spark's connector sends
``spanner://project/instance`` + ``database/table``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, spell_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Address
from openmetadata_ol_provider.lineage.systems.system import System, table


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    place = ":".join((address.place, *address.segments))
    parts = tuple(part for part in name.split("/") if part)
    return table(place, join_identifier(parts) if len(parts) > 1 else spell_identifier(name))


SYSTEM = System(
    title="Google Spanner",
    kind="table",
    schemes={"spanner": None},
    namespaces="`spanner://project:instance`, `spanner://project/instance`",
    names="`database.schema.table`, `database/table`",
    read=_read,
)
