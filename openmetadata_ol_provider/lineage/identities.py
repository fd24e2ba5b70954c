"""Dataset names: from what producers write to candidate identities in canonical spelling.

Every dataset gets an ordered list of identities: TABLE symlinks first (the logical name), then its primary name, then
other symlinks, then the table of a warehouse path. Resolution tries them in this order. The same normalisation decides
whether two names are one dataset (self-loops, column sources). What a name means in each system is in ``systems``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from openmetadata_ol_provider.config import DatasetOptions, strip_slashes
from openmetadata_ol_provider.lineage.lake_tables import whole_table
from openmetadata_ol_provider.lineage.names.arn_names import arn_as_name
from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, spell_identifier, without_missing
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.interim_tables import of_model
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.names.object_urls import stored_object
from openmetadata_ol_provider.lineage.paths import decoded, is_file_name, table_parts, trim_path, warehouse_table
from openmetadata_ol_provider.lineage.recent import Recent
from openmetadata_ol_provider.lineage.systems import comparison_keys, parse_namespace, system_of
from openmetadata_ol_provider.lineage.systems.system import System, files, objects, table
from openmetadata_ol_provider.openlineage.facets import Identifier
from openmetadata_ol_provider.regex.safe_regex import Pattern, Template

# A whole URL as a name: `file` + `s3://bucket/key`.
_URL: Final = re.compile(r"(?P<namespace>[A-Za-z][\w+.-]*://[^/]*)(?:/(?P<name>.*))?", re.DOTALL)
# A table named by its files, in Spark's SQL: delta.`s3://bucket/orders`.
_BY_FILES: Final = re.compile(
    r"(?:delta|iceberg|parquet|orc|csv|json|text|avro)\.[`\"](?P<path>[^`\"]*)[`\"]", re.IGNORECASE
)

# A port of the connection that has slipped into a name: 1521/ORCL.SALES.ORDERS.
_SLIPPED_PORT: Final = re.compile(r"(?P<port>\d{2,5})[/:](?P<name>[\w$\"`\[][^/:]*\.[^/:]+)")

# Spark's own name for its metastore, which Databricks calls hive_metastore; in other metastores it is left out.
_SESSION_CATALOG: Final = re.compile(r"^spark_catalog\.(?=[^.]+\.[^.]+$)", re.IGNORECASE)

#: Most names whose identities are remembered.
_REMEMBERED: Final = 20_000

Key = tuple[str, str, str]


def scheme_of(namespace: str) -> str:
    """Return the canonical scheme of a namespace, its leading word if it has none, ``file`` if it is empty."""
    return parse_namespace(namespace).scheme


class Naming:
    """Normalises names under one configuration and remembers the results.

    :param options: ``datasets`` section of the config
    """

    def __init__(self, options: DatasetOptions) -> None:
        self._strip_partitions = options.strip_partitions
        patterns = [(Pattern(strip_slashes(rule.match)), rule.to) for rule in options.rename]
        self._renames = [(pattern, Template(to, pattern)) for pattern, to in patterns]
        self._normalised: Recent[tuple[str, str], tuple[Identity, ...]] = Recent(_REMEMBERED)

    def identities(self, namespace: str, name: str, symlinks: Iterable[Identifier] = ()) -> tuple[Identity, ...]:
        """Return the candidate identities of a dataset, the most specific first, each once.

        :param namespace: namespace in the event
        :param name: name in the event
        :param symlinks: identifiers of the dataset's symlinks facet
        """
        own = self._identities(namespace, name)
        first: list[Identity] = []
        last: list[Identity] = []
        for link in symlinks:
            if not link.name:
                continue
            is_table = (link.type or "TABLE").upper() == "TABLE"
            linked = self._identities(link.namespace or namespace, link.name, table_symlink=is_table)
            # A path that calls itself a table is the location of a dataset whose primary name is the logical one.
            if not is_table or linked[0].kind == "container":
                last += linked
            else:
                # In the namespace of a broker, or in Flink's memory, it is an alias that no catalogue knows.
                first += (one for one in linked if one.kind != "topic" and scheme_of(one.namespace) != "flink")
        if own[0].kind == "container":
            first = [whole_table(identity, own[0]) for identity in first]
        return tuple(dict.fromkeys((*first, *own, *last)))

    def same(self, one: Iterable[Identity], other: Iterable[Identity]) -> bool:
        """Tell whether two datasets share an identity.

        Letter case matters in names of topics and paths, not in those of tables.
        """
        keys = {key for identity in one for key in keys_of(identity)}
        return not keys.isdisjoint([key for identity in other for key in keys_of(identity)])

    def _identities(self, namespace: str, name: str, *, table_symlink: bool = False) -> tuple[Identity, ...]:
        key = (namespace, name)
        identities = self._normalised.get(key)
        if identities is None:
            identities = self._normalise(*self._rename(namespace, name))
            self._normalised.put(key, identities)
        if table_symlink and identities[0].kind == "container":
            namespace, name = self._rename(namespace, name)
            if "/" not in name:
                # `file:/data/warehouse` + `db.table`: a table's name in a namespace that is a directory.
                name = _SESSION_CATALOG.sub("hive_metastore.", name, count=1)
                return table(parse_namespace(namespace).canonical, spell_identifier(name))
        return identities

    def _rename(self, namespace: str, name: str) -> tuple[str, str]:
        original = whole = f"{namespace} {name}"
        for pattern, to in self._renames:
            whole = pattern.sub(to, whole)
        if whole == original:  # the namespace itself may contain spaces
            return namespace, name
        new_namespace, _, new_name = whole.partition(" ")
        return new_namespace, new_name or name

    def _normalise(self, namespace: str, name: str) -> tuple[Identity, ...]:
        identities = _read(namespace, name)
        first = identities[0]
        if first.kind != "container":
            in_the_end = of_model(name)
            return identities if in_the_end == name or first.kind != "table" else _read(namespace, in_the_end)
        if self._strip_partitions:
            name, first = trim_path(name), Identity(first.namespace, trim_path(first.name), "container")
        in_directory = tuple(_in_directory(first, name))
        if in_directory or not self._strip_partitions:
            return in_directory or identities
        return tuple(_in_warehouse(first))


def _read(namespace: str, name: str) -> tuple[Identity, ...]:
    """Read a name as its system does.

    A name that is a URL itself, or a path in a namespace without paths, overrides the namespace.
    """
    by_files = _BY_FILES.fullmatch(name)
    if by_files and "/" in by_files["path"]:
        return _read("file", by_files["path"])
    parsed = parse_namespace(namespace)
    system = system_of(parsed.scheme)
    url = _url_as_name(name, parsed, system)
    if url is not None:
        return _read(*url)
    if system is None:
        return _read_unknown(parsed, name)
    if parsed.is_web and (stored := stored_object(parsed, name)) is not None:
        return _read(*stored)
    if system.kind == "container" and not namespace.strip() and "/" not in name:
        return (Identity(namespace, name, "other"),)
    if system.kind == "table":
        parsed, name = _without_slipped_port(parsed, without_missing(name), system)
    return system.read(parsed, name)


def _url_as_name(name: str, namespace: Namespace, system: System | None) -> tuple[str, str] | None:
    """Return a name that is a URL or an ARN and overrides its namespace, as namespace and name; ``None`` for others.

    It does in storage and in namespaces without an address (``prod``, ``bigquery``).

    :param system: system of the namespace
    """
    in_storage = system is not None and system.kind == "container"
    if not namespace.is_url or in_storage:
        by_arn = arn_as_name(name)
        if by_arn is not None:
            return by_arn
    if "://" not in name or name[:5].lower() == "file:" or (namespace.is_url and not in_storage):
        return None
    url = _URL.fullmatch(name)
    if url is None:
        return None
    if system is not None and not in_storage:
        # Names of a known service may be addresses of its own server, but not of storage.
        own = system_of(parse_namespace(url["namespace"]).scheme)
        if own is None or own.kind != "container":
            return None
    return url["namespace"], url["name"] or ""


def _read_unknown(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    """Read a name below an unknown scheme: as a path if it looks like one, else as that of a table."""
    if namespace.is_url:
        is_path = "/" in name or is_file_name(name)
        return objects(namespace, name) if is_path else table(namespace.canonical, spell_identifier(name))
    if name.startswith("/"):
        return files(namespace, name)
    return table(namespace.canonical, spell_identifier(name))


def _without_slipped_port(namespace: Namespace, name: str, system: System) -> tuple[Namespace, str]:
    """Return namespace and name with a port that a producer has put into the name (``1521/ORCL.SALES.ORDERS``)."""
    slipped = _SLIPPED_PORT.fullmatch(name) if name[:1].isdigit() else None
    if slipped is None or namespace.is_web or system.schemes[namespace.scheme].port is None:
        return namespace, name
    if namespace.is_url and not _has_port(namespace):
        namespace = namespace._replace(authority=f"{namespace.authority}:{slipped['port']}")
    return namespace, slipped["name"]


def _has_port(namespace: Namespace) -> bool:
    return "," in namespace.authority or any(port is not None for _, port in namespace.hosts)


def _in_directory(container: Identity, name: str) -> Iterator[Identity]:
    """Yield the identities of a table that is named by the directory of its warehouse and by its own name.

    Paimon, Iceberg and Delta name tables so (``s3://lake/warehouse`` + ``sales.orders``). The files of the table are in
    a directory that only its format knows; the table may be in a metastore.

    :param container: what namespace and name together are as a path
    :param name: the name alone
    """
    parts = table_parts(name)
    above = container.name.removesuffix(f"/{name}")
    root = "/" if container.name.startswith("/") else ""
    if parts is None or above == container.name or not above.strip("/"):
        return
    database, own_name = parts
    directory = above.strip("/")
    if directory.rpartition("/")[2] == f"{database}.db":
        directory = directory.rpartition("/")[0]
    yield container
    for path in (f"{database}.db/{own_name}", f"{database}/{own_name}"):
        yield Identity(container.namespace, root + f"{directory}/{path}".lstrip("/"), "container")
    yield _table_of_warehouse(container.namespace, directory, join_identifier(parts))


def _in_warehouse(container: Identity) -> Iterator[Identity]:
    """Yield the container that a path is in, and the table if it lies in a Hive warehouse."""
    yield container
    stored = warehouse_table(container.name)
    if stored is None:
        return
    above, _, last = container.name.rpartition("/")
    if last == stored.name:
        yield Identity(container.namespace, f"{above}/{last.partition('.')[2]}", "container")
    yield _table_of_warehouse(container.namespace, stored.directory.strip("/"), stored.name)


def _table_of_warehouse(namespace: str, directory: str, name: str) -> Identity:
    # A bare word (`file`, `dbfs`) is a scheme.
    root = namespace if "://" in namespace else f"{namespace}:"
    return Identity(f"{root}/{directory}".rstrip("/"), name, "table")


def is_named_as_table(identities: Iterable[Identity]) -> bool:
    """Tell whether containers among identities are only guesses where the files of a table may be.

    They are if its own name, and not a path, is what the event has; a directory above them is then not the table.
    """
    identities = tuple(identities)
    return any(
        f"{path.namespace}/{path.name}".startswith(one.namespace.removeprefix("file:"))
        and f".{path.name.rpartition('/')[2]}".endswith(f".{one.name}")
        for one in identities
        if one.kind == "table"
        for path in identities
        if path.kind == "container"
    )


@lru_cache(maxsize=16_384)
def keys_of(identity: Identity) -> tuple[Key, ...]:
    """Return the keys by which identities are compared: two datasets that share one are the same."""
    name = identity.name.casefold() if identity.kind == "table" else identity.name
    names: tuple[str, ...] = (name,)
    if "%" in name and identity.kind == "container":
        names = tuple(dict.fromkeys((name, decoded(name))))
    servers = comparison_keys(identity.namespace)
    return tuple((server, spelling, identity.kind) for server in servers for spelling in names)
