"""SAP HANA: names may contain slashes, ``SAPSR3./BIC/AZSALES00``, which separate nothing.

Source: not in the specification; JDBC (``jdbc:sap://host:port``) and SQLAlchemy (``hana://``) + ``schema.table``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import spell_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Address
from openmetadata_ol_provider.lineage.systems.system import System, table, without_user


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    return table(without_user(address).whole, spell_identifier(name))


SYSTEM = System(
    title="SAP HANA",
    kind="table",
    schemes={"saphana": 30015},
    aliases={"hana": "saphana", "sap": "saphana", "hdb": "saphana"},
    namespaces="`saphana://host:port`, `sap://host:port`, `hana://host:port`",
    names="`schema.table`",
    read=_read,
)
