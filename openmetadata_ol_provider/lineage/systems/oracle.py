"""Oracle: the service, or the SID, is the database.

Source: the specification's row, ``oracle://host:port`` + ``service.schema.table``. What follows an ``@`` is the name of
a database link, as the SQL has it (``SALES.ORDERS@CRM``): the table is in another database, of which nothing is known
but the name of the link.
"""

from __future__ import annotations

import re
from typing import Final

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, other, within

# The names of links may have dots.
_BY_LINK: Final = re.compile(r"[^@]*[^@.]@[^@]+")
_in_database = within(3)


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    identities = _in_database(namespace, name)
    # With quotes or without: identities are read as the names are.
    if any(_BY_LINK.fullmatch(one) for one in (name, *(identity.name for identity in identities))):
        return other(namespace.without_user(), name)
    return identities


SYSTEM = System(
    name="oracle",
    title="Oracle",
    kind="table",
    schemes={"oracle": Scheme(1521, "Oracle")},
    namespaces="`oracle://host:port`, also with the service as path",
    names="`service.schema.table`, `schema.table`; `table@link` is in another database",
    read=_read,
    single_database="Oracle",
)
