"""Other databases in which a dotted name is a dotted name: schema and table, with or without a database.

Source: the schemes of their JDBC drivers and SQLAlchemy dialects, ``exasol://host:port`` + ``schema.table``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, within

SYSTEM = System(
    title="Exasol, QuestDB, Couchbase, Netezza, Informix, Sybase, Firebird, Ignite, H2",
    kind="table",
    schemes={
        "exasol": 8563, "questdb": 8812, "couchbase": None, "netezza": 5480, "informix": None, "sybase": None,
        "firebird": 3050, "ignite": None, "h2": None,
    },
    aliases={"exa": "exasol"},
    namespaces="`exasol://host:port` and alike",
    names="`schema.table`",
    read=within(2),
)  # fmt: skip
