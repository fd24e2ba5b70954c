"""Spark's own SQL endpoint (Thrift server, Livy), as dbt-spark names it.

Source: openlineage-dbt, ``spark://host:port`` + ``database.table``; a host of Databricks is Databricks.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Address
from openmetadata_ol_provider.lineage.systems.databricks import IS_DATABRICKS
from openmetadata_ol_provider.lineage.systems.hive import without_session_catalog
from openmetadata_ol_provider.lineage.systems.system import System, table, within

_in_server = within(2)


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    if IS_DATABRICKS.search(address.authority):
        address = address._replace(scheme="databricks", path="")
    (found,) = _in_server(address, name)
    return table(found.namespace, join_identifier(without_session_catalog(split_identifier(found.name))))


SYSTEM = System(
    title="Spark SQL",
    kind="table",
    schemes={"spark": 10000},
    namespaces="`spark://host:port`",
    names="`database.table`, `catalog.schema.table`",
    read=_read,
)
