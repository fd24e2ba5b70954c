"""DuckDB and SQLite: the file is the namespace.

Source: openlineage-dbt, ``duckdb:///path/to/file`` + ``database.schema.table``; hook lineage of Airflow, ``sqlite:``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, dotted

SYSTEM = System(
    title="DuckDB, MotherDuck, SQLite",
    kind="table",
    schemes={"duckdb": None, "sqlite": None},
    aliases={"motherduck": "duckdb", "sqlite3": "sqlite"},
    namespaces="`duckdb:///path`, `duckdb:/path`, `sqlite:///path`",
    names="`database.schema.table`, `table`",
    read=dotted,
)
