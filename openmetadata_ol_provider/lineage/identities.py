"""Dataset names: from what producers write to candidate identities in canonical spelling.

Every dataset gets an ordered list of identities: TABLE symlinks first (the logical name), then its primary name, then
other symlinks, then the table of a warehouse path. Resolution tries them in this order. The same normalisation decides
whether two names are one dataset (self-loops, column sources). What a name means in each system is in ``systems``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from openmetadata_ol_provider.config import DatasetOptions, strip_slashes
from openmetadata_ol_provider.lineage.names.identifiers import spell_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.paths import trim_path, warehouse_table
from openmetadata_ol_provider.lineage.safe_regex import Pattern, Template
from openmetadata_ol_provider.lineage.systems import comparison_keys, parse_namespace, system_of
from openmetadata_ol_provider.lineage.systems.system import files, table
from openmetadata_ol_provider.openlineage.facets import Identifier

# A whole URL as a name: `file` + `s3://bucket/key`.
_URL: Final = re.compile(r"(?P<namespace>[A-Za-z][\w+.-]*://[^/]*)/(?P<name>.*)", re.DOTALL)
# A table named by its files, in Spark's SQL: delta.`s3://bucket/orders`.
_BY_FILES: Final = re.compile(
    r"(?:delta|iceberg|parquet|orc|csv|json|text|avro)\.[`\"](?P<path>[^`\"]*)[`\"]", re.IGNORECASE
)

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
        self._normalised: dict[tuple[str, str], tuple[Identity, ...]] = {}

    def identities(self, namespace: str, name: str, symlinks: Iterable[Identifier] = ()) -> tuple[Identity, ...]:
        """Return the candidate identities of a dataset, the most specific first, each once.

        :param namespace: namespace in the event
        :param name: name in the event
        :param symlinks: identifiers of the dataset's symlinks facet
        """
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
                # In the namespace of a broker it is an alias of the producer's own, unknown to any catalogue.
                first += (identity for identity in linked if identity.kind != "topic")
        return tuple(dict.fromkeys((*first, *self._identities(namespace, name), *last)))

    def same(self, one: Iterable[Identity], other: Iterable[Identity]) -> bool:
        """Tell whether two datasets share an identity.

        Letter case matters in names of topics and paths, not in those of tables.
        """
        keys = {key for identity in one for key in keys_of(identity)}
        return any(key in keys for identity in other for key in keys_of(identity))

    def _identities(self, namespace: str, name: str, *, table_symlink: bool = False) -> tuple[Identity, ...]:
        key = (namespace, name)
        identities = self._normalised.get(key)
        if identities is None:
            identities = self._normalised[key] = self._normalise(*self._rename(namespace, name))
        if table_symlink and identities[0].kind == "container":
            namespace, name = self._rename(namespace, name)
            if "/" not in name:
                # `file:/data/warehouse` + `db.table`: a table's name in a namespace that is a directory.
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
        if identities[0].kind != "container" or not self._strip_partitions:
            return identities
        return tuple(_without_partitions(identities[0]))


def _read(namespace: str, name: str) -> tuple[Identity, ...]:
    """Read a name as its system does.

    A name that is a URL itself, or a path in a namespace without paths, overrides the namespace.
    """
    by_files = _BY_FILES.fullmatch(name)
    if by_files and "/" in by_files["path"]:
        return _read("file", by_files["path"])
    parsed = parse_namespace(namespace)
    system = system_of(parsed.scheme)
    if system is None:
        if name.startswith("/") and not parsed.is_url:
            return files(parsed, name)
        return table(parsed.canonical, spell_identifier(name))
    if system.kind == "container":
        url = _URL.fullmatch(name)
        if url and not name.lower().startswith("file:"):
            return _read(url["namespace"], url["name"])
        if not namespace.strip() and "/" not in name:
            return (Identity(namespace, name, "other"),)
    return system.read(parsed, name)


def _without_partitions(identity: Identity) -> Iterator[Identity]:
    """Yield the container that a path is in, and the table if it lies in a Hive warehouse."""
    path = trim_path(identity.name)
    yield Identity(identity.namespace, path, "container")
    stored = warehouse_table(path)
    if stored is not None:
        directory = stored.directory.strip("/")
        warehouse = f"file:/{directory}" if identity.namespace == "file" else f"{identity.namespace}/{directory}"
        yield Identity(warehouse.rstrip("/"), stored.name, "table")


def keys_of(identity: Identity) -> Iterator[Key]:
    """Yield the keys by which identities are compared: two datasets that share one are the same."""
    name = identity.name.casefold() if identity.kind == "table" else identity.name
    return ((server, name, identity.kind) for server in comparison_keys(identity.namespace))
