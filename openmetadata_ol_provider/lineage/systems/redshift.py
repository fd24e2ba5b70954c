"""Amazon Redshift: cluster and region are the namespace.

Source: the specification's row, ``redshift://cluster.region:port`` + ``database.schema.table``. dbt sends the whole
host, ``cluster.id.region.redshift.amazonaws.com``; the short form is the one spelling.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Address, short_host
from openmetadata_ol_provider.lineage.systems.system import System, within

_in_cluster = within(3)


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    host, colon, port = address.authority.rpartition("@")[2].partition(":")
    return _in_cluster(address._replace(authority=f"{short_host(host)}{colon}{port}"), name)


SYSTEM = System(
    title="Amazon Redshift",
    kind="table",
    schemes={"redshift": 5439},
    namespaces="`redshift://cluster.region:port`, `redshift://cluster.id.region.redshift.amazonaws.com:port`",
    names="`database.schema.table`",
    read=_read,
)
