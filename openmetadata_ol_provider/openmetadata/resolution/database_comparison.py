"""Compares the one database of a service's connection with the one that a dataset's name says.

Names in OpenMetadata leave the database out where a service has only one: an Oracle service is one pluggable database,
a service of SAP HANA one tenant. Another one on the same server has tables of the same names, which are other tables.
So has a cluster of Redshift in another AWS account, which the short form of its address leaves out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from openmetadata_ol_provider.lineage.names.identifiers import split_identifier
from openmetadata_ol_provider.lineage.names.namespaces import redshift_owner, short_redshift_host
from openmetadata_ol_provider.openmetadata.fqn import split
from openmetadata_ol_provider.openmetadata.resolution.address_comparison import AddressComparison, Relation

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.names.namespaces import Namespace
    from openmetadata_ol_provider.openmetadata.resolution.services import Service

#: Service types whose databases may be the accounts of AWS.
BY_ACCOUNT: Final = frozenset({"Glue", "Athena"})
_ACCOUNT: Final = re.compile(r"\d{12}")
_REGION: Final = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d+")
#: Service types of Databricks, the catalog that each of its workspaces has, and names of hosts of a single workspace.
_WITH_WORKSPACES: Final = frozenset({"Databricks", "UnityCatalog"})
_OF_WORKSPACE: Final = "hive_metastore"
_WORKSPACE: Final = re.compile(
    r"adb-\d+\.\d+\.azuredatabricks\.net|dbc-[0-9a-f]{8}-[0-9a-f]{4}\.cloud\.databricks\.com|\d+\.\d+\.gcp\.databricks\.com"
)
#: Parts of a name that begins with a database or catalog.
_FULL: Final = 3
#: Words for the catalog of a system's own tables, and for the database of OpenMetadata that stands for the only one.
_OWN_CATALOGS: Final = frozenset({"def", "default", "internal", "default_catalog", "awsdatacatalog"})


def compare_databases(service: Service, namespace: Namespace, name: str) -> AddressComparison | None:
    """Return how the database of a service differs from that of a name, ``None`` unless both are known to differ.

    :param service: service of the catalogue
    :param namespace: namespace of an identity
    :param name: name of the identity
    """
    if service.endpoint is not None:
        return _compare_clusters(service.endpoint, namespace)
    compared = _COMPARED.get(service.service_type)
    if compared is None or not service.own_database:
        return None
    word, read, is_same = compared
    named = read(namespace, name)
    if not named or is_same(service.own_database, named.lower()) or named == service.database:
        return None
    return AddressComparison(Relation.OTHER, f"{word} {service.own_database}", f"{word} {named}")


def _compare_clusters(endpoint: str, namespace: Namespace) -> AddressComparison | None:
    """Return how a cluster differs from the one of the same name in another AWS account or region."""
    host = namespace.without_user().authority.partition(":")[0].lower()
    owner = redshift_owner(host)
    (cluster, _, region), (own_cluster, _, own_region) = (
        short_redshift_host(name).partition(".") for name in (host, endpoint)
    )
    is_elsewhere = cluster == own_cluster and region != own_region and _REGION.fullmatch(region)
    if not is_elsewhere and (owner is None or owner == redshift_owner(endpoint)):
        return None
    return AddressComparison(Relation.OTHER, f"endpoint {endpoint}", f"endpoint {host}")


def compare_accounts(fqn: str, service_type: str, namespace: Namespace) -> AddressComparison | None:
    """Return how the AWS account of a table differs from that of a namespace, ``None`` unless both are known to differ.

    Services of Glue and Athena have a database for each account's catalog, named by the account's number.

    :param fqn: FQN of a table
    :param service_type: type of its service
    :param namespace: namespace of an identity
    """
    if service_type not in BY_ACCOUNT or not namespace.account:
        return None
    database = split(fqn)[1]
    if not _ACCOUNT.fullmatch(database) or database == namespace.account:
        return None
    return AddressComparison(Relation.OTHER, f"AWS account {database}", f"AWS account {namespace.account}")


def compare_workspaces(fqn: str, service: Service, namespace: Namespace) -> AddressComparison | None:
    """Return how the workspace of a table differs from that of a namespace, ``None`` unless both are known to differ.

    Workspaces of Databricks may share the catalogs of Unity Catalog; each has a ``hive_metastore`` of its own.

    :param fqn: FQN of a table
    :param service: its service
    :param namespace: namespace of an identity
    """
    if service.service_type not in _WITH_WORKSPACES or split(fqn)[1].lower() != _OF_WORKSPACE:
        return None
    own, named = ({host for host, _ in hosts} for hosts in (service.hosts, namespace.hosts))
    if not own or not named or own & named or not all(map(_WORKSPACE.fullmatch, own | named)):
        return None
    return AddressComparison(Relation.OTHER, f"workspace {min(own)}", f"workspace {min(named)}")


def _first_part(_namespace: Namespace, name: str) -> str | None:
    parts = split_identifier(name)
    return parts[0] if len(parts) == _FULL else None


def _catalog(namespace: Namespace, name: str) -> str | None:
    catalog = _first_part(namespace, name)
    # Athena calls the catalog of an account by the account's number, too.
    return None if catalog is None or catalog.isdecimal() else catalog


def _catalog_of_aws(namespace: Namespace, name: str) -> str | None:
    if namespace.scheme != "s3tables":
        return _catalog(namespace, name) if namespace.scheme == "awsathena" else None
    # Glue and Athena have the tables of a bucket in a catalog of its own, s3tablescatalog/<bucket>.
    return f"s3tablescatalog/{namespace.path.rpartition('/')[2]}"


def _first_segment(namespace: Namespace, _name: str) -> str | None:
    return next(iter(namespace.segments), None)


def _file(namespace: Namespace, _name: str) -> str | None:
    return namespace.segments[-1] if namespace.segments else None


def _same_first_label(own: str, named: str) -> bool:
    """Compare names of Oracle services, which may have a domain: ``orclpdb1.acme.com``."""
    return own == named or (("." in own) != ("." in named) and own.partition(".")[0] == named.partition(".")[0])


def _same_catalog(own: str, named: str) -> bool:
    if named.startswith("s3tablescatalog/"):
        return own.rpartition(":")[2] == named or own == "s3tablescatalog"
    return own == named or {own, named} <= _OWN_CATALOGS


def _same_file(own: str, named: str) -> bool:
    """Compare the names of files only: directories are mounted elsewhere."""
    return own.replace("\\", "/").rpartition("/")[2] == named


#: By service type: the word for its database, what reads it from a name, and how two are compared.
_COMPARED: Final[dict[str, tuple[str, Callable[[Namespace, str], str | None], Callable[[str, str], bool]]]] = {
    "Oracle": ("service", _first_part, _same_first_label),
    "SapHana": ("tenant", _first_segment, str.__eq__),
    "Cockroach": ("database", _first_part, str.__eq__),
    "Athena": ("catalog", _catalog_of_aws, _same_catalog),
    "Glue": ("catalog", _catalog_of_aws, _same_catalog),
    "StarRocks": ("catalog", _catalog, _same_catalog),
    "Doris": ("catalog", _catalog, _same_catalog),
    "SQLite": ("file", _file, _same_file),
}
