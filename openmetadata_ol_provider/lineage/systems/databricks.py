"""Databricks and Unity Catalog: the name begins with a catalog.

Source: the specification's ``unitycatalog://host:port`` + ``catalog.schema.table``; Spark on Databricks sends the bare
word ``unity-catalog``; dbt and Airflow send ``databricks://host``, whose path is an HTTP path and no database.
"""

from __future__ import annotations

import re

from openmetadata_ol_provider.lineage.plan import Identity
from openmetadata_ol_provider.lineage.systems.addresses import Address
from openmetadata_ol_provider.lineage.systems.base import System, table, without_user
from openmetadata_ol_provider.lineage.systems.identifiers import spell_identifier

#: Hosts of Databricks workspaces on the three clouds.
IS_DATABRICKS = re.compile(
    r"\.(?:azuredatabricks\.net|databricks\.com|databricks\.azure\.\w+)(?::\d+)?$", re.IGNORECASE
)


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    return table(without_user(address).place, spell_identifier(name))


SYSTEM = System(
    title="Databricks, Unity Catalog",
    kind="table",
    schemes={"databricks": 443, "unitycatalog": 443, "unity-catalog": None},
    namespaces="`databricks://host`, `unitycatalog://host:port`, `unity-catalog`",
    names="`catalog.schema.table`, `schema.table`",
    read=_read,
)
