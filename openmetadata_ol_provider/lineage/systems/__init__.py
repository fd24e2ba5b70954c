"""The naming conventions of dataset systems, and which of them a namespace belongs to.

To add a system: a row in ``simple_tables`` or ``simple_assets`` if one of the shared readers fits; otherwise a module
with a ``SYSTEM``, listed here. Either needs a file of examples with the tests.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from openmetadata_ol_provider.lineage.names.namespaces import Namespace, canonical, parse
from openmetadata_ol_provider.lineage.systems import (
    azure,
    bigquery,
    bigtable,
    cosmos,
    databricks,
    dbfs,
    dynamodb,
    file,
    ftp,
    gcs,
    glue,
    hana,
    hive,
    iceberg,
    kinesis,
    kusto,
    mongodb,
    oracle,
    pubsub,
    pulsar,
    redshift,
    s3,
    s3tables,
    simple_assets,
    simple_tables,
    snowflake,
    spanner,
    spark,
    sqlserver,
)
from openmetadata_ol_provider.lineage.systems.system import System

_WITH_MODULES: Final = (
    azure, bigquery, bigtable, cosmos, databricks, dbfs, dynamodb, file, ftp, gcs, glue, hana, hive, iceberg, kinesis,
    kusto, mongodb, oracle, pubsub, pulsar, redshift, s3, s3tables, snowflake, spanner, spark, sqlserver,
)  # fmt: skip

#: All systems, in no particular order: every scheme belongs to one of them.
SYSTEMS: Final[tuple[System, ...]] = (
    *simple_tables.SYSTEMS,
    *simple_assets.SYSTEMS,
    *(module.SYSTEM for module in _WITH_MODULES),
)

_BY_SCHEME: Final = {scheme: system for system in SYSTEMS for scheme in system.schemes}
_CANONICAL: Final = {scheme: scheme for scheme in _BY_SCHEME} | {
    alias: scheme for system in SYSTEMS for alias, scheme in system.aliases.items()
}


@lru_cache(maxsize=4096)
def parse_namespace(namespace: str) -> Namespace:
    """Parse a namespace; its scheme is canonical."""
    return parse(namespace, _CANONICAL)


def system_of(scheme: str) -> System | None:
    """Return the system of a canonical scheme, ``None`` if the scheme is unknown."""
    return _BY_SCHEME.get(scheme)


def canonical_scheme(scheme: str) -> str:
    """Return the canonical spelling of a scheme."""
    return canonical(scheme, _CANONICAL)


def spellings(scheme: str) -> tuple[str, ...]:
    """Return all spellings of the schemes that address the same storage as a canonical scheme, itself first."""
    system = system_of(scheme)
    if system is None:
        return (scheme,)
    same = {name for name, entry in system.schemes.items() if scheme in (name, entry.family)}
    return tuple(dict.fromkeys((scheme, *sorted(same), *(name for name, of in system.aliases.items() if of in same))))


@lru_cache(maxsize=4096)
def comparison_keys(namespace: str) -> tuple[str, ...]:
    """Return spellings for comparison: two namespaces that share one mean the same server.

    Hosts are in lower case and get the default port; each of several hosts (a broker list) is a key. Paths are kept.
    """
    parsed = parse_namespace(namespace)
    system = system_of(parsed.scheme)
    if parsed.scheme == "file":
        return (parsed.path.rstrip("/") or "file",)
    if system is not None:
        parsed = system.fold(parsed)
    if parsed.is_arn or not parsed.is_url:
        return (parsed.canonical,)
    port = system.schemes[parsed.scheme].port if system is not None else None
    return tuple(
        f"{parsed.scheme}://{_with_port(host.strip().lower(), port)}{parsed.path.rstrip('/')}"
        for host in parsed.authority.split(",")
        if host.strip()
    ) or (parsed.canonical,)


def _with_port(host: str, port: int | None) -> str:
    return f"{host}:{port}" if port is not None and ":" not in host.rpartition("]")[2].rpartition("@")[2] else host
