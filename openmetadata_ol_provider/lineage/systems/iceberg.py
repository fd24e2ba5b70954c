"""Iceberg tables in a REST catalog (Polaris, Nessie, Lakekeeper, Gravitino, BigLake), whose address is the namespace.

Source: Spark's integration, symlinks with the catalog's URI (``http://nessie:19120/iceberg``) or ``gcp_lakehouse`` as
namespace + ``database.table``. A name with a slash is a path on a web server, of an API or of a tool that has one; a
name without a dot may be one, too.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Address
from openmetadata_ol_provider.lineage.systems.system import System, asset, dotted, other, without_user

_WEB = frozenset({"http", "https"})
_path = asset("apiEndpoint")


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    on_web = address.scheme in _WEB
    if "/" in name:
        return _path(address, name) if on_web else other(address, name)
    found = dotted(without_user(address), name)
    return found if "." in name or not on_web else (*found, *_path(address, name))


SYSTEM = System(
    title="Iceberg in a REST catalog, Nessie, BigLake; API endpoints",
    kind="table",
    schemes={
        "iceberg": None, "http": 80, "https": 443, "nessie": 19120, "polaris": None, "thrift": 9083,
        "gcp_lakehouse": None,
    },
    namespaces="`https://host/path`, `gcp_lakehouse`",
    names="`database.table`; a path, with or without its method (`GET /orders`), is an API's endpoint",
    read=_read,
)  # fmt: skip
