"""Spark's own SQL endpoint (Thrift server, Livy), as dbt-spark names it.

Source: openlineage-dbt, ``spark://host:port`` + ``database.table``; a Databricks host means Databricks.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.databricks import IS_DATABRICKS
from openmetadata_ol_provider.lineage.systems.hive import without_session_catalog
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, table, within

_in_server = within(2)


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    if IS_DATABRICKS.search(namespace.authority):
        namespace = namespace._replace(scheme="databricks", path="")
    (identity,) = _in_server(namespace, name)
    return table(identity.namespace, join_identifier(without_session_catalog(split_identifier(identity.name))))


SYSTEM = System(
    name="spark",
    title="Spark SQL",
    kind="table",
    schemes={"spark": Scheme(10000, "Hive Databricks UnityCatalog DeltaLake Iomete")},
    namespaces="`spark://host:port`",
    names="`database.table`, `catalog.schema.table`",
    read=_read,
    addresses="any",
    any_port=True,
    single_database="DeltaLake Iomete",
)
