"""Corrects the table names that catalogs of lakes give to datasets whose own name is a path.

Spark names an Iceberg table by its path, and sends as its symlink what the SQL said: a branch, a tag or a metadata
table (``sales.orders.branch_audit``, Nessie's ``sales.orders@dev``, ``sales.orders.snapshots``) has the path of its
table. Where a relational database keeps the catalog (Iceberg's JDBC catalog), the symlink is a name in that database,
which has no table of that name, or another one.
"""

from __future__ import annotations

import re
from typing import Final

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.systems import parse_namespace, system_of
from openmetadata_ol_provider.openlineage.facets import CatalogFacet, Identifier

# What Iceberg appends to the name of a table.
_PART_OF_TABLE: Final = re.compile(
    r"branch_.+|tag_.+|snapshot_id_\d+|at_timestamp_\d+|changes|position_deletes|partitions|refs|snapshots|history"
    r"|metadata_log_entries|entries|manifests|(?:data_|delete_)?files"
    r"|all_(?:(?:data_|delete_)?files|manifests|entries)",
    re.IGNORECASE,
)
_ID: Final = re.compile(r"[_-][0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$")
#: Systems in which the catalog may be kept.
_RELATIONAL: Final = frozenset({"postgres", "mysql", "oracle", "sqlserver", "db2", "databases", "duckdb"})
#: Parts of the name of a part of a table: database, table, and what is appended.
_LEAST_PARTS: Final = 3


def is_of_catalog_database(link: Identifier, catalog: CatalogFacet | None) -> bool:
    """Tell whether a symlink is a name in the database that keeps the catalog, and not one of the dataset.

    :param catalog: ``catalog`` facet of the dataset
    """
    if catalog is None or (catalog.framework or "").lower() != "iceberg" or (catalog.type or "").lower() != "jdbc":
        return False
    system = system_of(parse_namespace(link.namespace or "").scheme)
    return system is not None and system.name in _RELATIONAL


def whole_table(identity: Identity, path: Identity) -> Identity:
    """Return the table of a branch, tag or metadata table, any other dataset as it is.

    :param identity: identity of a TABLE symlink
    :param path: identity of the dataset's own name, a container
    """
    if identity.kind != "table":
        return identity
    directory = _ID.sub("", path.name.rpartition("/")[2]).casefold().rpartition(".")[2]
    *front, last = split_identifier(identity.name)
    own, at, _ = last.partition("@")
    # In a namespace of several levels, a table may be called like a part of one.
    is_part = len(front) + 1 >= _LEAST_PARTS and _PART_OF_TABLE.fullmatch(last) is not None
    parts = front if is_part else [*front, own] if at else []
    if not parts or parts[-1].casefold() != directory:
        return identity
    return Identity(identity.namespace, join_identifier(parts), "table")
