"""Reads the table of a catalog from the path of its files, where the event says what the catalog's warehouse is.

Catalogs of Iceberg put ``sales.orders`` into ``<warehouse>/sales/orders``, which looks like any other path; some append
an id. A catalog without a service (``hadoop``) is nothing but its paths.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.systems import parse_namespace

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan_datasets import CatalogHint

_ID: Final = re.compile(r"[_-][0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$")
_WITHOUT_SERVICE: Final = frozenset({"hadoop", "jdbc", "in-memory", "inmemory"})


def table_of_catalog(identities: Sequence[Identity], hint: CatalogHint | None) -> tuple[Identity, ...]:
    """Return the table that a path in a catalog's warehouse belongs to, nothing if it is named or not to be read.

    :param identities: identities of a dataset
    :param hint: what the event says of its catalog
    """
    if hint is None or not hint.warehouse_uri or (hint.type or "hadoop").lower() in _WITHOUT_SERVICE:
        return ()
    container = identities[0]
    if container.kind != "container" or any(identity.kind == "table" for identity in identities):
        return ()
    warehouse = parse_namespace(hint.warehouse_uri)
    directory, path = warehouse.path.strip("/"), container.name.strip("/")
    prefix = f"{directory}/" if directory else ""
    parts = path.removeprefix(prefix).split("/")
    if warehouse.root != container.namespace or not path.startswith(prefix) or len(parts) != 2 or not all(parts):
        return ()
    database, name = parts[0].removesuffix(".db"), _ID.sub("", parts[1])
    namespace = f"file:/{directory}" if warehouse.scheme == "file" else f"{warehouse.root}/{directory}".rstrip("/")
    return (Identity(namespace, join_identifier((database, name)), "table"),)
