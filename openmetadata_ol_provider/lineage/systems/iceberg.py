"""Iceberg tables in a REST catalog (Polaris, Nessie, Lakekeeper, Gravitino, BigLake), whose address is the namespace.

Source: Spark's integration, symlinks with the catalog's URI (``http://nessie:19120/iceberg``) or ``gcp_lakehouse`` as
namespace + ``database.table``. A name with a slash is a path on a web server, of an API or of a tool with an API; a
name without a dot may be one, too.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, asset, dotted, other

_path = asset("apiEndpoint")


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    on_web = namespace.is_web
    if "/" in name:
        return _path(namespace, name) if on_web else other(namespace, name)
    tables = dotted(namespace.without_user(), name)
    return tables if "." in name or not on_web else (*tables, *_path(namespace, name))


SYSTEM = System(
    name="iceberg",
    title="Iceberg in a REST catalog, Nessie, BigLake; API endpoints",
    kind="table",
    schemes={
        "iceberg": Scheme(), "http": Scheme(80), "https": Scheme(443), "nessie": Scheme(19120), "polaris": Scheme(),
        "thrift": Scheme(9083), "gcp_lakehouse": Scheme(None, "BigQuery Iceberg CustomDatabase"),
    },
    namespaces="`https://host/path`, `gcp_lakehouse`",
    names="`database.table`; a path, with or without its method (`GET /orders`), is an API's endpoint",
    read=_read,
    addresses="any",
    single_database="Iceberg",
)  # fmt: skip
