"""From the path that was written to the dataset that was meant.

A write to ``orders/dt=2024-01-02/part-0003.parquet`` is a write to ``orders``. Two laws hold: the result is never
longer than the path, and trimming the result again changes nothing.
"""

from __future__ import annotations

import re

# Directories and files that a writer makes below a dataset, by the conventions of Hive, Spark, Delta and Iceberg.
_BELOW_A_DATASET = re.compile(
    r"[^/=]+=[^/]*"  # dt=2024-01-02
    r"|\d{4}-\d{2}(?:-\d{2}(?:[T_ -]?\d{2}(?:[:_-]?\d{2}){0,2})?)?"  # 2024-01-02, 2024-01, with a time
    r"|(?:19|20)\d{6}(?:T?\d{2,6})?"  # 20240102
    r"|part-\d+[^/]*"  # part-00000-<uuid>.snappy.parquet
    r"|_delta_log|_temporary|_spark_metadata|_committed_[^/]*|_started_[^/]*|_SUCCESS|\.spark-staging[^/]*|\.hive-staging[^/]*"
)
# A date spread over directories: 2024/01/02 or 2024/01.
_DATE_TREE = re.compile(r"(?:19|20)\d{2}/(?:0[1-9]|1[0-2])(?:/(?:0[1-9]|[12]\d|3[01]))?(?:/(?:[01]\d|2[0-3]))?")
_WAREHOUSE = re.compile(r"(?:^|/)(?P<database>[^/]+)\.db/(?P<table>[^/]+)$")


def trim_path(path: str) -> str:
    """Return the path of the dataset that ``path`` is in: partitions, date trees and part files cut off.

    :param path: a path or object key; at least its first segment is kept
    """
    trimmed = path.rstrip("/") or path
    while True:
        head, _, tail = trimmed.rpartition("/")
        if head.strip("/") and _BELOW_A_DATASET.fullmatch(tail):
            trimmed = head.rstrip("/")
            continue
        shorter = _without_date_tree(trimmed)
        if shorter == trimmed:
            return trimmed
        trimmed = shorter


def _without_date_tree(path: str) -> str:
    segments = path.split("/")
    for count in (4, 3, 2):
        head = "/".join(segments[:-count])
        if head.strip("/") and _DATE_TREE.fullmatch("/".join(segments[-count:])):
            return head.rstrip("/")
    return path


def warehouse_table(path: str) -> str | None:
    """Return ``database.table`` for a path in a Hive warehouse, ``.../<database>.db/<table>``."""
    match = _WAREHOUSE.search(path)
    return f"{match['database']}.{match['table']}" if match else None
