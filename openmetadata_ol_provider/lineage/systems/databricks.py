"""Databricks and Unity Catalog: the name begins with a catalog.

Source: the specification's ``unitycatalog://host:port`` + ``catalog.schema.table``; Spark on Databricks sends the bare
word ``unity-catalog``, and may call the catalog ``hive_metastore`` ``spark_catalog``; dbt and Airflow send
``databricks://host``, whose path is an HTTP path and not a database.
"""

from __future__ import annotations

import re

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.names.parameters import Connection, connection_of
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, completed, table, within

#: Hosts of Databricks workspaces on the three clouds.
IS_DATABRICKS = re.compile(
    r"\.(?:azuredatabricks\.net|databricks\.com|databricks\.azure\.\w+)(?::\d+)?$", re.IGNORECASE
)

# Spark's name for the metastore of a workspace.
_SESSION_CATALOG = re.compile(r"spark_catalog\.(?=[^.]+\.)", re.IGNORECASE)
_HTTP_PATHS = (("sql",), ("protocolv1",))
_in_workspace = within(2)


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    connection = connection_of(namespace)
    namespace = connection.namespace
    if _SESSION_CATALOG.match(name):
        name = _SESSION_CATALOG.sub("hive_metastore.", name)
    if namespace.segments[:1] in _HTTP_PATHS:
        namespace = namespace._replace(path="")
    if not (connection.database or connection.schema):
        return _in_workspace(namespace, name)
    # JDBC: the path is the schema, as is the parameter ConnSchema.
    schema = connection.schema or next(iter(namespace.segments), None)
    within_catalog = Connection(namespace._replace(path=""), connection.database, schema)
    return table(namespace.without_user().root, join_identifier(completed(split_identifier(name), within_catalog, 3)))


SYSTEM = System(
    name="databricks",
    title="Databricks, Unity Catalog",
    kind="table",
    schemes={
        "databricks": Scheme(443, "Databricks UnityCatalog"),
        "unitycatalog": Scheme(443, "UnityCatalog Databricks"),
        "unity-catalog": Scheme(None, "UnityCatalog Databricks"),
    },
    namespaces="`databricks://host`, `unitycatalog://host:port`, `unity-catalog`",
    names="`catalog.schema.table`, `schema.table`",
    read=_read,
    addresses="any",
)
