"""Iceberg tables in a REST catalog (Polaris, Nessie, Lakekeeper, Gravitino, BigLake), whose address is the namespace.

Source: Spark's integration, symlinks with the catalog's URI (``http://nessie:19120/iceberg``) or ``gcp_lakehouse`` as
namespace + ``database.table``. A name with a slash is a page or an API's path, of which nothing is known.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.plan import Identity
from openmetadata_ol_provider.lineage.systems.addresses import Address
from openmetadata_ol_provider.lineage.systems.base import System, dotted, other, without_user


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    return other(address, name) if "/" in name else dotted(without_user(address), name)


SYSTEM = System(
    title="Iceberg in a REST catalog, Nessie, BigLake",
    kind="table",
    schemes={
        "iceberg": None, "http": 80, "https": 443, "nessie": 19120, "polaris": None, "thrift": 9083,
        "gcp_lakehouse": None,
    },
    namespaces="`https://host/path`, `gcp_lakehouse`",
    names="`database.table`",
    read=_read,
)  # fmt: skip
