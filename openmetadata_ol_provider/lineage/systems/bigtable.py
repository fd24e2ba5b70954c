"""Google Bigtable: project and instance are the namespace, and database and schema in OpenMetadata.

Source: the specification's row (Spark's connector), ``bigtable://project/instance`` + ``table``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Address
from openmetadata_ol_provider.lineage.systems.system import System, table


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    parts = split_identifier(name)
    if len(parts) == 1 and len(address.segments) == 1:
        parts = (address.authority, address.segments[0], *parts)
    return table(address.whole, join_identifier(parts))


SYSTEM = System(
    title="Google Bigtable",
    kind="table",
    schemes={"bigtable": None},
    namespaces="`bigtable://project/instance`",
    names="`table`",
    read=_read,
)
