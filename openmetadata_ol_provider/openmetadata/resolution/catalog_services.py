"""Chooses the database services that may hold a table of which an event has the path, by what it says of its catalog.

A path names no service. Metastores register tables that lie in files, so a unique name in one of them is a match. A
warehouse or a query engine has tables of its own, and a table of the same name there may be another one: it counts only
if the event's ``catalog`` facet, or a rule, says that the table is in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from openmetadata_ol_provider.lineage.systems import parse_namespace
from openmetadata_ol_provider.openmetadata.resolution.address_comparison import (
    AddressComparison,
    Relation,
    compare_addresses,
)
from openmetadata_ol_provider.openmetadata.resolution.service_types import is_path, scheme_of

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.names.namespaces import Namespace
    from openmetadata_ol_provider.lineage.plan_datasets import CatalogHint, Dataset
    from openmetadata_ol_provider.openmetadata.resolution.services import Service

#: Service types whose tables are those of a metastore, a catalog or a lake.
METASTORES: Final = frozenset({
    "Hive", "Impala", "Glue", "Athena", "Databricks", "UnityCatalog", "Iceberg", "DeltaLake", "Datalake",
    "CustomDatabase",
})  # fmt: skip
#: Service types by the kind of a catalog, as producers name it.
_TYPES: Final = {
    "hive": "Hive Impala", "hms": "Hive Impala", "glue": "Glue Athena", "athena": "Athena Glue",
    "unity": "UnityCatalog Databricks", "unitycatalog": "UnityCatalog Databricks",
    "databricks": "Databricks UnityCatalog",
    "rest": "Iceberg CustomDatabase", "polaris": "Iceberg CustomDatabase", "nessie": "Iceberg CustomDatabase",
    "gravitino": "Iceberg CustomDatabase", "lakekeeper": "Iceberg CustomDatabase",
    "iceberg": "Iceberg", "s3tables": "Glue Athena", "snowflake": "Snowflake", "opencatalog": "Snowflake Iceberg",
    "bigquery": "BigQuery", "biglake": "BigQuery", "bigquerymetastore": "BigQuery", "gcplakehouse": "BigQuery",
    "trino": "Trino", "presto": "Presto", "dremio": "Dremio", "redshift": "Redshift", "clickhouse": "Clickhouse",
    "doris": "Doris", "starrocks": "StarRocks", "fabric": "MicrosoftFabric", "onelake": "MicrosoftFabric",
    "synapse": "Synapse", "delta": "DeltaLake Databricks UnityCatalog",
}  # fmt: skip
#: Service types by a part of the address of a REST catalog.
_TYPES_BY_HOST: Final = {
    "snowflakecomputing.": "Snowflake Iceberg", "databricks": "UnityCatalog Databricks", "glue.": "Glue Athena",
    "s3tables.": "Glue Athena", "biglake.": "BigQuery", "bigquery.": "BigQuery", "fabric.microsoft.": "MicrosoftFabric",
    "dremio.": "Dremio",
}  # fmt: skip
#: Catalogs that a platform serves itself: its address is that of the platform.
_OWN_CATALOGS: Final = (
    (re.compile(r"https://([\w.-]+)\.snowflakecomputing\.c"), "snowflake://"),
    (re.compile(r"https://glue\.([\w-]+)\.amazonaws\.com"), "arn:aws:glue:"),
)
#: Databricks' name of the metastore of a workspace, whose tables are in its DBFS; those of Unity Catalog never are.
_WORKSPACE_CATALOG: Final = "hive_metastore"
#: Names that Spark gives to its own catalog: they name no database.
_SESSION_CATALOGS: Final = frozenset({"spark_catalog", "default", "hive_metastore"})


#: Frameworks of catalogs whose tables are files.
_LAKE_FRAMEWORKS: Final = frozenset({"iceberg", "delta", "hudi", "paimon"})
#: Kinds of catalogs whose name is the database in OpenMetadata.
_NAMED_CATALOGS: Final = frozenset({"unity", "unitycatalog", "databricks"})


class CatalogServices(NamedTuple):
    """The services that may hold a table.

    :param groups: services in the order in which they are searched
    :param at_address: whether those of the first group are at the address of the catalog
    :param others: services that are another catalog, or that nothing connects with the table
    """

    groups: tuple[tuple[Service, ...], ...]
    at_address: bool
    others: tuple[Service, ...]


def lies_in_files(dataset: Dataset) -> bool:
    """Return whether a dataset is stored as files of a lake: by one of its names, or by what is said of its catalog."""
    framework = dataset.catalog.framework if dataset.catalog is not None else None
    is_path_known = any(identity.kind == "container" for identity in dataset.identities)
    return is_path_known or _plain(framework or "") in _LAKE_FRAMEWORKS


def catalog_services(services: tuple[Service, ...], dataset: Dataset, *, in_lake: bool) -> CatalogServices:
    """Group the services that may hold a table by what an event says of its catalog.

    :param services: database services that may hold any table
    :param dataset: dataset whose other names and ``catalog`` facet say what the catalog is
    :param in_lake: whether the table is named by a path
    """
    addresses = catalog_addresses(dataset)
    types = _hinted_types(dataset.catalog).union(*(_types_of(address) for address in addresses))
    hinted = tuple(service for service in services if service.service_type in types)
    same = tuple(service for service in hinted if _is_any(service, addresses, Relation.SAME))
    elsewhere = {item for item in hinted if item not in same and _is_any(item, addresses, Relation.OTHER)}
    likely = tuple(service for service in hinted if service not in same and service not in elsewhere)
    possible = tuple(
        service
        for service in services
        if service.service_type not in types and (not in_lake or service.service_type in METASTORES)
    )
    chosen = {*same, *likely, *possible}
    others = tuple(service for service in services if service not in chosen)
    if same:
        # Where the catalog is known, another one is no match.
        return CatalogServices((same,), at_address=True, others=(*likely, *possible, *others))
    return CatalogServices(tuple(filter(None, (likely, possible))), at_address=False, others=others)


def catalog_addresses(dataset: Dataset) -> tuple[Namespace, ...]:
    """Return the addresses of the catalog of a table: of its ``catalog`` facet, of its names in a metastore."""
    uri = dataset.catalog.metadata_uri if dataset.catalog is not None else None
    named = [_address(uri)] if uri else []
    named += [parse_namespace(identity.namespace) for identity in dataset.identities if identity.kind == "table"]
    return tuple(namespace for namespace in dict.fromkeys(named) if namespace.is_url and not is_path(namespace))


def compare_catalogs(service: Service, dataset: Dataset) -> AddressComparison | None:
    """Return how the address of a service differs from that of a dataset's catalog, ``None`` if it does not."""
    addresses = catalog_addresses(dataset) if service.hosts or service.names or service.region else ()
    comparisons = (
        compare_addresses(service, address, "table")
        for address in addresses
        if service.service_type in _types_of(address) | _hinted_types(dataset.catalog)
    )
    return next((comparison for comparison in comparisons if comparison.relation is Relation.OTHER), None)


def catalog_name(dataset: Dataset) -> str | None:
    """Return the name of a dataset's catalog that names may begin with, ``None`` if it is the producer's own."""
    hint = dataset.catalog
    return hint.name if hint is not None and hint.name and hint.name.lower() not in _SESSION_CATALOGS else None


def own_catalog(dataset: Dataset, namespace: Namespace) -> str | None:
    """Return the name of a dataset's catalog if that is one for everybody, and not one that each producer chooses.

    :param namespace: namespace of one of its names
    """
    if namespace.scheme == "dbfs":
        return _WORKSPACE_CATALOG
    is_named = dataset.catalog is not None and _plain(dataset.catalog.type or "") in _NAMED_CATALOGS
    return catalog_name(dataset) if is_named else None


def _address(uri: str) -> Namespace:
    if uri.startswith("thrift://"):
        uri = f"hive://{uri.replace('thrift://', '')}"
    for pattern, namespace in _OWN_CATALOGS:
        match = pattern.match(uri)
        if match is not None:
            return parse_namespace(f"{namespace}{match[1]}")
    return parse_namespace(uri)


def _is_any(service: Service, addresses: Iterable[Namespace], relation: Relation) -> bool:
    return any(compare_addresses(service, address, "table").relation is relation for address in addresses)


def _types_of(namespace: Namespace) -> frozenset[str]:
    scheme = scheme_of(namespace)
    return scheme.service_types if scheme is not None else frozenset()


def _hinted_types(hint: CatalogHint | None) -> frozenset[str]:
    """Return the service types that an event's catalog fits, empty if it says nothing that is known."""
    if hint is None:
        return frozenset()
    uri = (hint.metadata_uri or "").lower()
    by_host = next((types for part, types in _TYPES_BY_HOST.items() if part in uri), None)
    words = (hint.type or hint.framework, hint.name)
    by_word = next((types for word in words if word and (types := _TYPES.get(_plain(word)))), "")
    return frozenset((by_host or by_word).split())


def _plain(word: str) -> str:
    return "".join(character for character in word.lower() if character.isalnum())
