"""Google BigQuery: one namespace for all, the project is in the name.

Source: the specification's row, ``bigquery`` + ``project.dataset.table``. A partition decorator (``table$20240102``) is
part of no table's name. Nothing quoted can contain a dot, but a project may: ``example.com:project``.
"""

from __future__ import annotations

import re

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, unquoted
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Address
from openmetadata_ol_provider.lineage.systems.system import System, table

_DECORATOR = re.compile(r"(?<=[^.])(?:\$(?:\d{4,10}|__\w+__)|@-?\d+(?:--?\d+)?)$")
# Legacy SQL's project:dataset.table.
_LEGACY = re.compile(r"(?P<project>.+):(?P<dataset>\w+)\.(?P<table>[^.]+)")


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    bare = _DECORATOR.sub("", unquoted(name))
    legacy = _LEGACY.fullmatch(bare)
    parts = legacy.groups() if legacy else tuple(bare.rsplit(".", 2))
    if len(parts) == 2 and address.authority:
        parts = (address.authority, *parts)
    return table("bigquery", join_identifier(parts))


SYSTEM = System(
    title="Google BigQuery",
    kind="table",
    schemes={"bigquery": None},
    aliases={"bq": "bigquery"},
    namespaces="`bigquery`, `bigquery://project`",
    names="`project.dataset.table`, with or without a partition decorator",
    read=_read,
)
