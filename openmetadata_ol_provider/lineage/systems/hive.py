"""Apache Hive and systems that use its metastore.

Source: the specification's row, ``hive://host:port`` (metastore or HiveServer2) + ``database.table``. Spark may put its
session catalog before the database, which is the metastore itself, or write names in the style of Glue.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, table, within

_SESSION_CATALOGS = frozenset({"spark_catalog", "hive_metastore"})
_in_metastore = within(2)


def without_session_catalog(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the parts of a name without Spark's name for its metastore."""
    return parts[1:] if len(parts) == 3 and parts[0].lower() in _SESSION_CATALOGS else parts


def _without_slashes(name: str) -> str:
    """Return ``table/database/table`` and ``database/table`` with a dot, and a path unchanged."""
    parts = name.removeprefix("table/").split("/")
    return ".".join(parts) if len(parts) == 2 and all(parts) and "." not in name else name


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    (identity,) = _in_metastore(namespace, _without_slashes(name))
    return table(identity.namespace, join_identifier(without_session_catalog(split_identifier(identity.name))))


# Metastore and HiveServer2 are two ports of one Hive.
SYSTEM = System(
    name="hive",
    title="Hive, Impala",
    kind="table",
    schemes={"hive": Scheme(9083, "Hive Impala"), "impala": Scheme(21050, "Impala Hive")},
    aliases={"hive2": "hive"},
    namespaces="`hive://host:port`, several hosts with commas",
    names="`database.table`, `spark_catalog.database.table`, `database/table`, `table/database/table`",
    read=_read,
    any_port=True,
    single_database="Hive Impala",
)
