"""Amazon Redshift: cluster and region are the namespace.

Source: the specification's row, ``redshift://cluster.region:port`` + ``database.schema.table``. dbt sends the whole
host, ``cluster.id.region.redshift.amazonaws.com``; the short form is canonical. Amazon's scripts, which read the
history of queries, append the type of the table: ``dev.public.orders.BASE TABLE``; their column lineage does not.
"""

from __future__ import annotations

import re

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace, short_redshift_host
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, within

# As svv_tables has it.
_TABLE_TYPE = re.compile(r"(?<=[^.])\.(?:(?:[A-Z]+ )*TABLE|(?:[A-Z]+ )*VIEW)$")
#: Dots in a full name.
_DOTS = 2
_in_cluster = within(3)


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    if name.count(".") > _DOTS:
        name = _TABLE_TYPE.sub("", name)
    host, colon, port = namespace.authority.rpartition("@")[2].partition(":")
    return _in_cluster(namespace._replace(authority=f"{short_redshift_host(host)}{colon}{port}"), name)


SYSTEM = System(
    name="redshift",
    title="Amazon Redshift",
    kind="table",
    schemes={"redshift": Scheme(5439, "Redshift")},
    namespaces="`redshift://cluster.region:port`, `redshift://cluster.id.region.redshift.amazonaws.com:port`",
    names="`database.schema.table`, also with the type of the table after it",
    read=_read,
    default_schema={"Redshift": "public"},
)
