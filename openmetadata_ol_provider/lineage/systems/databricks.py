"""Databricks and Unity Catalog: the name begins with a catalog.

Source: the specification's ``unitycatalog://host:port`` + ``catalog.schema.table``; Spark on Databricks sends the bare
word ``unity-catalog``; dbt and Airflow send ``databricks://host``, whose path is an HTTP path and no database.
"""

from __future__ import annotations

import re

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Address
from openmetadata_ol_provider.lineage.systems.system import System, within

#: Hosts of Databricks workspaces on the three clouds.
IS_DATABRICKS = re.compile(
    r"\.(?:azuredatabricks\.net|databricks\.com|databricks\.azure\.\w+)(?::\d+)?$", re.IGNORECASE
)

_HTTP_PATHS = (("sql",), ("protocolv1",))
_in_workspace = within(2)


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    if address.segments[:1] in _HTTP_PATHS:
        address = address._replace(path="")
    return _in_workspace(address, name)


SYSTEM = System(
    title="Databricks, Unity Catalog",
    kind="table",
    schemes={"databricks": 443, "unitycatalog": 443, "unity-catalog": None},
    namespaces="`databricks://host`, `unitycatalog://host:port`, `unity-catalog`",
    names="`catalog.schema.table`, `schema.table`",
    read=_read,
)
