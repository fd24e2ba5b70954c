"""Apache Cassandra and ScyllaDB.

Source: the specification's row, ``cassandra://host:port`` + ``keyspace.table``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, within

SYSTEM = System(
    title="Cassandra, ScyllaDB",
    kind="table",
    schemes={"cassandra": 9042},
    aliases={"scylla": "cassandra", "scylladb": "cassandra"},
    namespaces="`cassandra://host:port`",
    names="`keyspace.table`",
    read=within(2),
)
