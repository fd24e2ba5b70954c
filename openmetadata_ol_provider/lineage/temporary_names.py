"""Knows datasets by their names that exist between jobs only: in memory, in staging directories, temporary tables."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from openmetadata_ol_provider.lineage.identities import scheme_of
from openmetadata_ol_provider.lineage.systems import system_of

_STAGING: Final = re.compile(r"(^|/)(\.spark-bigquery-[^/]*|\.spark-staging[^/]*|\.hive-staging[^/]*|_temporary)(/|$)")
# BigQuery keeps temporary tables of scripts, and results of queries, in datasets of its own, which are hidden.
_HIDDEN: Final = re.compile(r"(?:^|\.)`?_(?:script)?[0-9a-f]{16,}`?\.[^.]+$")
# `#orders`, `tempdb.dbo.#orders`
_NUMBER_SIGN: Final = re.compile(r"(?:^|\.)[\[\"]?#[^.#][^.]*$")
# `shop.pg_temp_3.orders`
_SCHEMA: Final = re.compile(r"(?:^|\.)\"?pg_temp(?:_\d+)?\"?\.[^.]+$")
#: How names of tables that one session sees differ from others, by system.
_OF_SESSION: Final = {
    "sqlserver": (_NUMBER_SIGN,),
    "sybase": (_NUMBER_SIGN,),
    "redshift": (_NUMBER_SIGN, _SCHEMA),
    "postgres": (_SCHEMA,),
}


@lru_cache(maxsize=4096)
def is_named_temporary(namespace: str, name: str) -> bool:
    """Tell whether the name of a dataset is that of one that exists between jobs only."""
    scheme = scheme_of(namespace)
    if scheme == "inmemory" or _STAGING.search(name) is not None:
        return True
    return (scheme == "bigquery" and _HIDDEN.search(name) is not None) or is_of_session(namespace, name)


@lru_cache(maxsize=4096)
def is_of_session(namespace: str, name: str) -> bool:
    """Tell whether a table is seen by one session of its database only: others have a table of the same name."""
    system = system_of(scheme_of(namespace)) if "#" in name or "pg_temp" in name else None
    patterns = _OF_SESSION.get(system.name, ()) if system is not None else ()
    return any(pattern.search(name) for pattern in patterns)
