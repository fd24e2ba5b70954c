"""MongoDB: the name of a collection may contain dots, so only the first dot separates.

Source: Debezium, ``mongodb://host:port`` + ``database.collection``; several hosts are one replica set.
"""

from __future__ import annotations

import re
from typing import Final

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, table

# What Spark appends to a URI that ends with parameters: mongodb://host/?replicaSet=rs0/shop
_BEHIND_PARAMETERS: Final = re.compile(r"=[^/=&]+/(?P<database>[^/&=.\s]+)$")


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    database, *rest = split_identifier(name)
    behind = _BEHIND_PARAMETERS.search(namespace.parameters)
    front = namespace.segments[:1] or ((behind["database"],) if behind else ())
    parts = (database, ".".join(rest)) if rest else (*front, database)
    return table(namespace.without_user().root, join_identifier(parts))


SYSTEM = System(
    name="mongodb",
    title="MongoDB",
    kind="table",
    schemes={"mongodb": Scheme(27017, "MongoDB")},
    aliases={"mongo": "mongodb"},
    namespaces="`mongodb://host:port`, `mongodb+srv://host`, several hosts with commas, the database as path",
    names="`database.collection`; dots after the first belong to the collection",
    read=_read,
    addresses="cluster",
    single_database="MongoDB",
)
