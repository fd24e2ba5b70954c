"""Apache Hive and what uses its metastore.

Source: the specification's row, ``hive://host:port`` (metastore or HiveServer2) + ``database.table``. Spark may put its
session catalog before the database, which is the metastore itself, or write the name as Glue does.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Address
from openmetadata_ol_provider.lineage.systems.system import System, table, within

_SESSION_CATALOGS = frozenset({"spark_catalog", "hive_metastore"})
_in_metastore = within(2)


def without_session_catalog(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the parts of a name without Spark's name for the metastore it is in."""
    return parts[1:] if len(parts) == 3 and parts[0].lower() in _SESSION_CATALOGS else parts


def _without_slashes(name: str) -> str:
    """Return ``table/database/table`` and ``database/table`` with a dot; a path stays what it is."""
    parts = name.removeprefix("table/").split("/")
    return ".".join(parts) if len(parts) == 2 and all(parts) and "." not in name else name


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    (found,) = _in_metastore(address, _without_slashes(name))
    return table(found.namespace, join_identifier(without_session_catalog(split_identifier(found.name))))


SYSTEM = System(
    title="Hive, Impala",
    kind="table",
    schemes={"hive": 9083, "impala": 21050},
    aliases={"hive2": "hive"},
    namespaces="`hive://host:port`, several hosts with commas",
    names="`database.table`, `spark_catalog.database.table`, `database/table`, `table/database/table`",
    read=_read,
)
