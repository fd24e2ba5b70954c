"""SAP HANA: names may contain slashes, ``SAPSR3./BIC/AZSALES00``, which are not separators.

Source: not in the specification; JDBC (``jdbc:sap://host:port``) and SQLAlchemy (``hana://``) + ``schema.table``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.names.parameters import connection_of
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, table


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    connection = connection_of(namespace)
    namespace = connection.namespace
    if connection.database:
        # The tenant is a server of its own, in the path or in a parameter.
        namespace = namespace._replace(path=f"/{connection.database}")
    parts = split_identifier(name)
    if len(parts) == 1 and connection.schema:
        parts = (connection.schema, *parts)
    return table(namespace.without_user().canonical, join_identifier(parts))


SYSTEM = System(
    name="hana",
    title="SAP HANA",
    kind="table",
    schemes={"saphana": Scheme(30015, "SapHana SapErp")},
    aliases={"hana": "saphana", "sap": "saphana", "hdb": "saphana"},
    namespaces="`saphana://host:port`, `sap://host:port`, `hana://host:port`",
    names="`schema.table`",
    read=_read,
    single_database="SapHana",
)
