"""Amazon Athena: the region's endpoint is the namespace.

Source: the specification's row, ``awsathena://athena.region.amazonaws.com`` + ``catalog.database.table``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, within

SYSTEM = System(
    title="Amazon Athena",
    kind="table",
    schemes={"awsathena": None},
    aliases={"athena": "awsathena"},
    namespaces="`awsathena://athena.region.amazonaws.com`",
    names="`catalog.database.table`",
    read=within(3),
)
