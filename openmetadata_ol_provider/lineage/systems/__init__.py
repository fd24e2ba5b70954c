"""The naming conventions that are understood: one module a system, and which of them a namespace is of.

To add a system, write its module with a ``SYSTEM``, name it here, and give it a file of examples with the tests.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from openmetadata_ol_provider.lineage.names.namespaces import Address, canonical, take_apart
from openmetadata_ol_provider.lineage.systems import (
    athena,
    azure,
    bigquery,
    bigtable,
    cassandra,
    clickhouse,
    cosmos,
    dashboards,
    databases,
    databricks,
    db2,
    dbfs,
    dremio,
    druid,
    duckdb,
    dynamodb,
    eventhubs,
    file,
    ftp,
    gcs,
    glue,
    hana,
    hdfs,
    hive,
    iceberg,
    inmemory,
    kafka,
    kinesis,
    kusto,
    milvus,
    mlmodels,
    mongodb,
    mysql,
    objectstores,
    oracle,
    postgres,
    pubsub,
    pulsar,
    queues,
    redshift,
    s3,
    s3tables,
    searchindexes,
    snowflake,
    spanner,
    spark,
    sqlserver,
    teradata,
    trino,
    vertica,
)  # fmt: skip
from openmetadata_ol_provider.lineage.systems.system import System

#: All systems: databases, then streams, then storage, then the rest.
SYSTEMS: Final[tuple[System, ...]] = tuple(
    module.SYSTEM
    for module in (
        postgres, redshift, mysql, sqlserver, oracle, db2, teradata, vertica, hana, clickhouse, snowflake, bigquery,
        bigtable, spanner, athena, glue, s3tables, dynamodb, hive, spark, databricks, iceberg, trino, dremio, druid,
        duckdb, cassandra, mongodb, cosmos, kusto, milvus, databases,
        kafka, eventhubs, kinesis, pubsub, pulsar, queues, inmemory,
        s3, gcs, azure, objectstores, dbfs, hdfs, file, ftp,
        dashboards, mlmodels, searchindexes,
    )
)  # fmt: skip

_BY_SCHEME: Final = {scheme: system for system in SYSTEMS for scheme in system.schemes}
_CANONICAL: Final = {scheme: scheme for scheme in _BY_SCHEME} | {
    alias: scheme for system in SYSTEMS for alias, scheme in system.aliases.items()
}


@lru_cache(maxsize=4096)
def address_of(namespace: str) -> Address:
    """Return a namespace taken apart, its scheme in the canonical spelling."""
    return take_apart(namespace, _CANONICAL)


def system_of(scheme: str) -> System | None:
    """Return the system of a canonical scheme, ``None`` if nobody knows it."""
    return _BY_SCHEME.get(scheme)


def canonical_scheme(scheme: str) -> str:
    """Return the canonical spelling of a scheme."""
    return canonical(scheme, _CANONICAL)


@lru_cache(maxsize=4096)
def places(namespace: str) -> tuple[str, ...]:
    """Return spellings to compare namespaces by: two that share one are the same place.

    Hosts are folded to lower case and get the default port; of several hosts (a broker list) each names the place.
    Paths are kept as they are.
    """
    address = address_of(namespace)
    system = system_of(address.scheme)
    if address.scheme == "file":
        return (address.path.rstrip("/") or "file",)
    if system is not None:
        address = system.fold(address)
    if address.authority.startswith("arn:") or not address.is_url:
        return (address.whole,)
    port = system.schemes[address.scheme] if system is not None else None
    return tuple(
        f"{address.scheme}://{_with_port(host.strip().lower(), port)}{address.path.rstrip('/')}"
        for host in address.authority.split(",")
        if host.strip()
    ) or (address.whole,)


def _with_port(host: str, port: int | None) -> str:
    return f"{host}:{port}" if port is not None and ":" not in host.rpartition("]")[2].rpartition("@")[2] else host
