"""Databricks and Unity Catalog: the name begins with a catalog.

Source: the specification's ``unitycatalog://host:port`` + ``catalog.schema.table``; Spark on Databricks sends the bare
word ``unity-catalog``; dbt and Airflow send ``databricks://host``, whose path is an HTTP path and not a database.
"""

from __future__ import annotations

import re

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, within

#: Hosts of Databricks workspaces on the three clouds.
IS_DATABRICKS = re.compile(
    r"\.(?:azuredatabricks\.net|databricks\.com|databricks\.azure\.\w+)(?::\d+)?$", re.IGNORECASE
)

_HTTP_PATHS = (("sql",), ("protocolv1",))
_in_workspace = within(2)


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    if namespace.segments[:1] in _HTTP_PATHS:
        namespace = namespace._replace(path="")
    return _in_workspace(namespace, name)


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
)
