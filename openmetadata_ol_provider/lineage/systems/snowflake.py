"""Snowflake: the account is the namespace.

Source: the specification's row, ``snowflake://org-account`` or ``snowflake://locator.region.cloud``, name
``DATABASE.SCHEMA.TABLE``. Old producers append the host's domain; names come in the letter case and quotes of the SQL.
"""

from __future__ import annotations

import re

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Address
from openmetadata_ol_provider.lineage.systems.system import System, within

_DOMAIN = re.compile(r"(\.privatelink)?(\.snowflakecomputing\.(com|cn))?(:443)?$", re.IGNORECASE)
_in_account = within(3)


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    return _in_account(address._replace(authority=_DOMAIN.sub("", address.authority)), name)


def _fold(address: Address) -> Address:
    # Host names cannot have underscores, so that an account's are hyphens there.
    return address._replace(authority=address.authority.replace("_", "-"))


SYSTEM = System(
    title="Snowflake",
    kind="table",
    schemes={"snowflake": None},
    namespaces="`snowflake://org-account`, `snowflake://locator.region.cloud`, also as a host name",
    names="`DATABASE.SCHEMA.TABLE`",
    read=_read,
    fold=_fold,
)
