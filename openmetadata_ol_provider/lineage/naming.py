"""Dataset names: from what producers write to candidate identities in one spelling.

Every dataset gets an ordered list of identities: TABLE symlinks first (the logical name), then its primary name, then
other symlinks, then what a warehouse path says. Resolution tries them in this order. The same normalisation decides
whether two names are one dataset (self-loops, column sources).
Source of the conventions: the OpenLineage naming specification, and what producers were seen to send.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from openmetadata_ol_provider.config import DatasetOptions, strip_slashes
from openmetadata_ol_provider.lineage.paths import trim_path, warehouse_table
from openmetadata_ol_provider.lineage.plan import Identity, Kind
from openmetadata_ol_provider.openlineage.facets import Identifier

#: Schemes that mean the same system.
SCHEME_ALIASES: Final = {
    "postgresql": "postgres",
    "mssql": "sqlserver",
    "s3a": "s3",
    "s3n": "s3",
    "gcs": "gs",
    "abfs": "abfss",
    "wasb": "wasbs",
}
_OBJECT_STORES: Final = frozenset({"s3", "gs", "abfss", "wasbs", "adl", "oss", "cos", "obs"})
_FILE_SYSTEMS: Final = frozenset({"file", "hdfs", "dbfs", "viewfs", "maprfs", "webhdfs"})
_TOPICS: Final = frozenset({"kafka", "pulsar", "kinesis", "eventhubs", "pubsub"})
_OTHER: Final = frozenset({"inmemory"})
# Airflow's ObjectStoragePath puts the connection id before the bucket: s3://aws_default@bucket.
_CONNECTION_ID: Final = re.compile(r"^(s3|gs)://[^/@]+@")
_GLUE_NAME: Final = re.compile(r"(?:table/)?(?P<database>[^/]+)/(?P<table>[^/]+)")
# A partition decorator of BigQuery. Trino's metadata tables (`orders$snapshots`) are datasets of their own.
_BIGQUERY_PARTITION: Final = re.compile(r"(?<=[^.])\$(?:\d{4,10}|__\w+__)$")
_QUOTES: Final = str.maketrans("", "", '`"[]')


def scheme_of(namespace: str) -> str:
    """Return the canonical scheme of a namespace, ``""`` when it has none."""
    if namespace.startswith("arn:"):
        parts = namespace.split(":")
        return parts[2] if len(parts) > 2 else "arn"
    head = namespace.partition(":")[0].lower()
    if not head or head.startswith("/"):
        return "file"
    return SCHEME_ALIASES.get(head, head)


class Naming:
    """Normalises names under one configuration, remembering what it has seen.

    :param options: the ``datasets`` section of the config
    """

    def __init__(self, options: DatasetOptions) -> None:
        self._options = options
        self._renames = [(re.compile(strip_slashes(rule.match)), rule.to) for rule in options.rename]
        self._seen: dict[tuple[str, str], tuple[Identity, ...]] = {}

    def identities(self, namespace: str, name: str, symlinks: Iterable[Identifier] = ()) -> tuple[Identity, ...]:
        """Return the candidate identities of a dataset, the most telling first, each once.

        :param namespace: the event's namespace
        :param name: the event's name
        :param symlinks: identifiers of the dataset's symlinks facet
        """
        first: list[Identity] = []
        last: list[Identity] = []
        for link in symlinks:
            if link.name:
                found = self._named(link.namespace or namespace, link.name, (link.type or "").upper() == "TABLE")
                (first if (link.type or "TABLE").upper() == "TABLE" else last).extend(found)
        # A TABLE symlink in the namespace of a broker is the producer's own alias, no name in any catalogue.
        first = [identity for identity in first if scheme_of(identity.namespace) not in _TOPICS]
        return tuple(dict.fromkeys((*first, *self._named(namespace, name), *last)))

    def same(self, one: Iterable[Identity], other: Iterable[Identity]) -> bool:
        """Tell whether two datasets share an identity."""
        keys = {_key(identity) for identity in one}
        return any(_key(identity) in keys for identity in other)

    def _named(self, namespace: str, name: str, table: bool = False) -> tuple[Identity, ...]:
        key = (namespace, name)
        found = self._seen.get(key)
        if found is None:
            found = self._seen[key] = self._normalise(*self._renamed(namespace, name))
        if table and found and found[0].kind == "container" and "/" not in name:
            # `file:/data/warehouse` + `db.table`: a table's name in a namespace that is a directory.
            return (Identity(namespace, name.translate(_QUOTES), "table"),)
        return found

    def _renamed(self, namespace: str, name: str) -> tuple[str, str]:
        original = whole = f"{namespace} {name}"
        for pattern, to in self._renames:
            whole = pattern.sub(to, whole)
        if whole == original:  # the namespace itself may hold spaces
            return namespace, name
        renamed_namespace, _, renamed_name = whole.partition(" ")
        return renamed_namespace, renamed_name or name

    def _normalise(self, namespace: str, name: str) -> tuple[Identity, ...]:
        scheme = scheme_of(namespace)
        if scheme in _TOPICS:
            return (Identity(namespace, name, "topic"),)
        if scheme in _OTHER or (not namespace and "/" not in name):
            return (Identity(namespace, name, "other"),)
        if scheme == "glue":
            match = _GLUE_NAME.fullmatch(name)
            return (Identity(namespace, f"{match['database']}.{match['table']}" if match else name, "table"),)
        if scheme in _OBJECT_STORES or scheme in _FILE_SYSTEMS:
            return self._path(scheme, namespace, name)
        if scheme == "bigquery":
            name = _BIGQUERY_PARTITION.sub("", name)
        return (Identity(_rescheme(namespace, scheme), name, "table"),)

    def _path(self, scheme: str, namespace: str, name: str) -> tuple[Identity, ...]:
        place = _place(scheme, namespace)
        path = name
        if scheme == "file" and "://" not in namespace and namespace not in ("", "file"):
            # The directory is in the namespace: `file:/data/iceberg` or `/data/iceberg`.
            path = f"{namespace.removeprefix('file:').rstrip('/')}/{name.lstrip('/')}"
        path = path.removeprefix("file:") if scheme == "file" else path
        path = path.strip("/") if scheme in _OBJECT_STORES else "/" + path.strip("/")
        if self._options.strip_partitions:
            path = trim_path(path)
        kind: Kind = "container"
        found = [Identity(place, path or "/", kind)]
        table = warehouse_table(path)
        if table is not None:
            found.append(Identity(place, table, "table"))
        return tuple(found)


def _place(scheme: str, namespace: str) -> str:
    if scheme == "file":
        return "file"
    return _CONNECTION_ID.sub(r"\1://", _rescheme(namespace, scheme)).rstrip("/")


def _rescheme(namespace: str, scheme: str) -> str:
    head, colon, rest = namespace.partition(":")
    return f"{scheme}{colon}{rest}" if head.lower() in SCHEME_ALIASES else namespace


def _key(identity: Identity) -> tuple[str, str]:
    return identity.namespace.lower(), identity.name.lower()
