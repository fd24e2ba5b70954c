"""Snowflake: the account is the namespace.

Source: the specification's row, ``snowflake://org-account`` or ``snowflake://locator.region.cloud``, name
``DATABASE.SCHEMA.TABLE``. Old producers append the host's domain; names come in the letter case and quotes of the SQL.
Spark puts database and schema of the connection before the name, even if that has its own. Snowflake's own view of its
access history puts the kind of the object into the namespace (``snowflake://org-account/Stage``): a stage may be called
like a table.
"""

from __future__ import annotations

import re

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, other, within

_DOMAIN = re.compile(r"(\.privatelink)?(\.snowflakecomputing\.(com|cn))?(:443)?$", re.IGNORECASE)
#: Parts of a full name.
_DEPTH = 3
#: Kinds of objects, as Snowflake spells them, that are not tables.
_NOT_TABLES = frozenset({"Stage", "Sequence", "Function", "Procedure", "File Format", "Pipe", "Task"})
_in_account = within(_DEPTH)


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    parts = split_identifier(name)
    if len(parts) == _DEPTH and namespace.path.strip("/") in _NOT_TABLES:
        return other(namespace, name)
    if _DEPTH < len(parts) <= 2 * _DEPTH - 1:
        # Database and schema of the connection before a name that has its own: DB.PUBLIC.SALES.ORDERS.
        name = join_identifier((parts[0], *parts[-2:]) if len(parts) == _DEPTH + 1 else parts[-_DEPTH:])
    return _in_account(namespace._replace(authority=_DOMAIN.sub("", namespace.authority)), name)


def _fold(namespace: Namespace) -> Namespace:
    # Host names cannot have underscores, so those of an account are hyphens there.
    return namespace._replace(authority=namespace.authority.replace("_", "-"))


SYSTEM = System(
    name="snowflake",
    title="Snowflake",
    kind="table",
    schemes={"snowflake": Scheme(None, "Snowflake")},
    namespaces="`snowflake://org-account`, `snowflake://locator.region.cloud`, also as a host name",
    names="`DATABASE.SCHEMA.TABLE`, `DATABASE.SCHEMA.SCHEMA.TABLE` of Spark's connector",
    read=_read,
    fold=_fold,
    default_schema={"Snowflake": "PUBLIC"},
)
