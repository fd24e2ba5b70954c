"""Google BigQuery: there is one namespace, and the project is in the name.

Source: the specification's row, ``bigquery`` + ``project.dataset.table``. A partition decorator (``table$20240102``) is
not part of the table's name. Quoted parts cannot contain dots, but a project may: ``example.com:project``. Google's
own services name tables as resources, and in Dataplex with the system before them.
"""

from __future__ import annotations

import re

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, unquoted
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, table

_DECORATOR = re.compile(r"(?<=[^.])(?:\$(?:\d{4,10}|__\w+__)|@-?\d+(?:--?\d+)?)$")
_RESOURCE = re.compile(
    r"(?://bigquery\.googleapis\.com/)?projects/(?P<project>[^/]+)/datasets/(?P<dataset>[^/]+)/tables/(?P<table>[^/]+)"
)
_DATAPLEX = "bigquery:"
# project:dataset.table in legacy SQL.
_LEGACY = re.compile(r"(?P<project>.+):(?P<dataset>\w+)\.(?P<table>[^.]+)")


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    bare = _DECORATOR.sub("", unquoted(name)).removeprefix(_DATAPLEX)
    legacy = _RESOURCE.fullmatch(bare) or _LEGACY.fullmatch(bare)
    parts = legacy.groups() if legacy else tuple(bare.rsplit(".", 2))
    if len(parts) == 2 and namespace.authority:
        parts = (namespace.authority, *parts)
    return table("bigquery", join_identifier(parts))


SYSTEM = System(
    name="bigquery",
    title="Google BigQuery",
    kind="table",
    schemes={"bigquery": Scheme(None, "BigQuery")},
    aliases={"bq": "bigquery"},
    namespaces="`bigquery`, `bigquery://project`",
    names="`project.dataset.table`, with or without a partition decorator, `projects/p/datasets/d/tables/t`",
    read=_read,
    addresses="any",
)
