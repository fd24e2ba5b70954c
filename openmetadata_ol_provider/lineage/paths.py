"""From the path that was written to the dataset that was meant.

A write to ``orders/dt=2024-01-02/part-0003.parquet`` is a write to ``orders``. Two laws hold: the result is never
longer than the path, and trimming the result again changes nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from openmetadata_ol_provider.lineage.systems.identifiers import join_identifier

_YEAR, _MONTH, _DAY = r"(?:19|20)\d{2}", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_DATE = rf"(?:{_YEAR}-{_MONTH}-{_DAY}|{_DAY}\.{_MONTH}\.{_YEAR}|{_YEAR}{_MONTH}{_DAY})"
# Directories and files that a writer makes below a dataset, by the conventions of Hive, Spark, Delta and Iceberg.
_BELOW_A_DATASET = re.compile(
    r"[^/=]*=[^/]*"  # dt=2024-01-02
    rf"|(?:[TZ\s:._\-\d]*[TZ\s:._\-])?{_DATE}[TZ\s:._\-+\d]*"  # 2024-01-02, 20240102T0304Z, 02.01.2024
    rf"|{_YEAR}-?{_MONTH}"  # 2024-01, 202401
    r"|\*\*?"
    r"|part-(?:\d|\*)[^/]*"  # part-00000-<uuid>.snappy.parquet
    r"|\d{6}_\d+(?:_copy_\d+)?"  # Hive's 000000_0
    r"|_SUCCESS|_metadata|_common_metadata|_committed_[^/]*|_started_[^/]*"
)
# Directories that a writer keeps for itself: whatever is in them is part of the dataset above.
_OWN_DIRECTORY = re.compile(
    r"(?<!/)/+(?:_delta_log|_change_data|_temporary|_spark_metadata|_symlink_format_manifest|\.hoodie"
    r"|\.spark-staging[^/]*|\.hive-staging[^/]*)(?=/|$)"
)
# A date spread over directories: 2024/01/02 or 2024/1.
_DATE_TREE = re.compile(
    rf"{_YEAR}/(?:0?[1-9]|1[0-2])(?:/(?:0?[1-9]|[12]\d|3[01]))?(?:/(?:[01]?\d|2[0-3]))?(?:/[0-5]\d)?"
)
_WAREHOUSE = re.compile(r"(?P<directory>(?:.*/)?)(?P<database>[^/]+)\.db/+(?P<table>[^/]+)", re.DOTALL)
# A table of the database `default` has no directory of a database; only directories that cannot be another thing.
_DEFAULT_DATABASE = re.compile(r"(?P<directory>(?:.*/)?(?:hive/warehouse|spark-warehouse)/)(?P<table>[^/]+)", re.DOTALL)


class WarehouseTable(NamedTuple):
    """A table by its place in a Hive warehouse.

    :param directory: the warehouse
    :param name: ``database.table``
    """

    directory: str
    name: str


def trim_path(path: str) -> str:
    """Return the path of the dataset that ``path`` is in: partitions, date trees and part files cut off.

    :param path: a path or object key; at least its first segment is kept
    """
    trimmed = path.rstrip("/") or path
    while True:
        trimmed = _outside_own_directories(trimmed)
        head, _, tail = trimmed.rpartition("/")
        if head.strip("/") and _BELOW_A_DATASET.fullmatch(tail):
            trimmed = head.rstrip("/")
            continue
        shorter = _without_date_tree(trimmed)
        if shorter == trimmed:
            return trimmed
        trimmed = shorter


def _outside_own_directories(path: str) -> str:
    found = next((match for match in _OWN_DIRECTORY.finditer(path) if path[: match.start()].strip("/")), None)
    return path[: found.start()] if found else path


def _without_date_tree(path: str) -> str:
    segments = path.rsplit("/", 5)
    for count in range(len(segments) - 1, 1, -1):
        head = "/".join(segments[:-count])
        if head.strip("/") and _DATE_TREE.fullmatch("/".join(segments[-count:])):
            return head.rstrip("/")
    return path


def warehouse_table(path: str) -> WarehouseTable | None:
    """Return the table that a path in a Hive warehouse says, ``.../<database>.db/<table>``; ``None`` elsewhere."""
    match = _WAREHOUSE.fullmatch(path)
    if match:
        return WarehouseTable(match["directory"], join_identifier((match["database"], match["table"])))
    match = _DEFAULT_DATABASE.fullmatch(path)
    return (
        WarehouseTable(match["directory"], join_identifier(("default", match["table"])))
        if match and not match["table"].endswith(".db")
        else None
    )
