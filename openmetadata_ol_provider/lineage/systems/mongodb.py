"""MongoDB: a collection's name may contain dots, so only the first one separates.

Source: Debezium, ``mongodb://host:port`` + ``database.collection``; several hosts are one replica set.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Address
from openmetadata_ol_provider.lineage.systems.system import System, table, without_user


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    database, *rest = split_identifier(name)
    parts = (database, ".".join(rest)) if rest else (*address.segments[:1], database)
    return table(without_user(address).place, join_identifier(parts))


SYSTEM = System(
    title="MongoDB",
    kind="table",
    schemes={"mongodb": 27017},
    aliases={"mongo": "mongodb"},
    namespaces="`mongodb://host:port`, `mongodb+srv://host`, several hosts with commas",
    names="`database.collection`; dots in the collection are its own",
    read=_read,
)
