"""Reduces the path of a file or partition to the path of its dataset.

A write to ``orders/dt=2024-01-02/part-0003.parquet`` is a write to ``orders``. Two laws hold: the result is never
longer than the path, and trimming the result again changes nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier

_YEAR, _MONTH, _DAY = r"(?:19|20)\d{2}", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_DATE = rf"(?:{_YEAR}-{_MONTH}-{_DAY}|{_DAY}\.{_MONTH}\.{_YEAR}|{_YEAR}{_MONTH}{_DAY})"
# Directories and files that a writer creates below a dataset, by the conventions of Hive, Spark, Delta and Iceberg.
_BELOW_A_DATASET = re.compile(
    r"[^/=]*=[^/]*"  # dt=2024-01-02
    rf"|(?:[TZ\s:._\-\d]*[TZ\s:._\-])?{_DATE}[TZ\s:._\-+\d]*"  # 2024-01-02, 20240102T0304Z, 02.01.2024
    rf"|{_YEAR}-?{_MONTH}"  # 2024-01, 202401
    r"|\*+(?:\.[\w.]+)?"  # *, **, *.json.gz
    r"|part-(?:\d|\*)[^/]*"  # part-00000-<uuid>.snappy.parquet
    r"|\d{6}_\d+(?:_copy_\d+)?"  # Hive's 000000_0
    r"|_SUCCESS|_metadata|_common_metadata|_committed_[^/]*|_started_[^/]*"
)
# Directories for a writer's own use: everything in them is part of the dataset above.
_OWN_DIRECTORY = re.compile(
    r"_delta_log|_change_data|_temporary|_spark_metadata|_symlink_format_manifest|\.hoodie"
    r"|\.spark-staging[^/]*|\.hive-staging[^/]*"
)
# A date spread over directories, or hours below one: 2024/01/02, 2024/1, 20240102/03.
_HOUR = r"(?:/(?:[01]?\d|2[0-3]))"
_DATE_TREE = re.compile(
    rf"(?:{_YEAR}/(?:0?[1-9]|1[0-2])(?:/(?:0?[1-9]|[12]\d|3[01]))?{_HOUR}?|{_DATE}{_HOUR})(?:/[0-5]\d)?"
)
_WAREHOUSE = re.compile(r"(?P<directory>(?:.*/)?)(?P<database>[^/]+)\.db/+(?P<table>[^/]+)", re.DOTALL)
# A table of the database `default` has no directory for its database; only unmistakable warehouses count.
_DEFAULT_DATABASE = re.compile(r"(?P<directory>(?:.*/)?(?:hive/warehouse|spark-warehouse)/)(?P<table>[^/]+)", re.DOTALL)
_TABLE_NAME = re.compile(r"(?:[\w$-]+\.)?(?P<database>[A-Za-z_][\w$-]*)\.(?P<table>[A-Za-z_][\w$-]*)")
_EXTENSIONS = frozenset({
    "avro", "bak", "bin", "bz2", "cfg", "conf", "crc", "csv", "dat", "db", "doc", "docx", "feather", "gif", "gz",
    "h5", "hdf5", "html", "htm", "ini", "ipynb", "jar", "java", "jpeg", "jpg", "js", "json", "jsonl", "jsonlines",
    "log", "lz4", "lzo", "md", "ndjson", "npy", "npz", "orc", "parquet", "parq", "pdf", "pickle", "pkl", "png",
    "properties", "proto", "pt", "pptx", "py", "rds", "sas7bdat", "sav", "scala", "sh", "snappy", "sql", "sqlite",
    "svg", "tar", "tfrecord", "tgz", "toml", "tsv", "txt", "wav", "xls", "xlsb", "xlsm", "xlsx", "xml", "yaml",
    "yml", "zip", "zst", "zstd",
})  # fmt: skip


class WarehouseTable(NamedTuple):
    """A table by its path in a Hive warehouse.

    :param directory: directory of the warehouse
    :param name: name of the table, ``database.table``
    """

    directory: str
    name: str


def trim_path(path: str) -> str:
    """Return the path of the dataset to which a path belongs: without partitions, date trees and part files.

    :param path: path or object key; at least its first segment is kept
    """
    segments = path.split("/")
    first = next((position for position, segment in enumerate(segments) if segment), None)
    if first is None:
        return path
    end = _outside_own_directories(segments, first)
    while True:
        while not segments[end - 1]:
            end -= 1
        shorter = _shorter(segments, first + 1, end)
        if shorter == end:
            return "/".join(segments[:end])
        end = shorter


def _outside_own_directories(segments: list[str], first: int) -> int:
    later = range(first + 1, len(segments))
    return next((position for position in later if _OWN_DIRECTORY.fullmatch(segments[position])), len(segments))


def _shorter(segments: list[str], least: int, end: int) -> int:
    """Return the end of the path without its last partition, file or date; the same end if it has none.

    :param least: number of segments that are always kept
    """
    if end > least and _BELOW_A_DATASET.fullmatch(segments[end - 1]):
        return end - 1
    for count in range(min(5, end - least), 1, -1):
        if _DATE_TREE.fullmatch("/".join(segments[end - count : end])):
            return end - count
    return end


def warehouse_table(path: str) -> WarehouseTable | None:
    """Return the table of a path in a Hive warehouse, ``.../<database>.db/<table>``, ``None`` for other paths."""
    if ".db/" not in path and "warehouse/" not in path:
        return None
    match = _WAREHOUSE.fullmatch(path)
    if match:
        database, table = match["database"], match["table"]
        if table.startswith(f"{database}.") and table_parts(table) is not None:
            # sales.db/sales.orders: a catalog that appends the whole name of the table.
            table = table[len(database) + 1 :]
        return WarehouseTable(match["directory"], join_identifier((database, table)))
    match = _DEFAULT_DATABASE.fullmatch(path)
    return (
        WarehouseTable(match["directory"], join_identifier(("default", match["table"])))
        if match and not match["table"].endswith(".db")
        else None
    )


def table_parts(name: str) -> tuple[str, str] | None:
    """Return database and table of a name like ``sales.orders`` or ``catalog.sales.orders``.

    :return: ``None`` for names of other forms, and for those of files (``orders.csv``)
    """
    match = _TABLE_NAME.fullmatch(name)
    return None if match is None or is_file_name(name) else (match["database"], match["table"])


def is_file_name(name: str) -> bool:
    """Tell whether a name ends like that of a file (``orders.csv``)."""
    front, dot, extension = name.rpartition(".")
    return bool(front and dot) and extension.lower() in _EXTENSIONS


def decoded(path: str) -> str:
    """Return a path without percent-encoding, the same path if it has none or is not UTF-8."""
    try:
        return unquote(path, errors="strict")
    except UnicodeDecodeError:
        return path
