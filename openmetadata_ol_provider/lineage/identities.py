"""Dataset names: from what producers write to candidate identities in one spelling.

Every dataset gets an ordered list of identities: TABLE symlinks first (the logical name), then its primary name, then
other symlinks, then what a warehouse path says. Resolution tries them in this order. The same normalisation decides
whether two names are one dataset (self-loops, column sources). What a name means in each system is in ``systems``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from openmetadata_ol_provider.config import DatasetOptions, strip_slashes
from openmetadata_ol_provider.lineage.names.identifiers import spell_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.paths import trim_path, warehouse_table
from openmetadata_ol_provider.lineage.safe_regex import Pattern, Template
from openmetadata_ol_provider.lineage.systems import address_of, places, system_of
from openmetadata_ol_provider.lineage.systems.system import files, table
from openmetadata_ol_provider.openlineage.facets import Identifier

# A whole URL as a name: `file` + `s3://bucket/key`.
_URL: Final = re.compile(r"(?P<namespace>[A-Za-z][\w+.-]*://[^/]*)/(?P<name>.*)", re.DOTALL)
# A table that is named by its files, in Spark's SQL: delta.`s3://bucket/orders`.
_BY_FILES: Final = re.compile(
    r"(?:delta|iceberg|parquet|orc|csv|json|text|avro)\.[`\"](?P<path>[^`\"]*)[`\"]", re.IGNORECASE
)

Key = tuple[str, str, str]


def scheme_of(namespace: str) -> str:
    """Return the canonical scheme of a namespace, its first word when it has none, ``file`` when it is empty."""
    return address_of(namespace).scheme


class Naming:
    """Normalises names under one configuration, remembering what it has seen.

    :param options: the ``datasets`` section of the config
    """

    def __init__(self, options: DatasetOptions) -> None:
        self._options = options
        patterns = [(Pattern(strip_slashes(rule.match)), rule.to) for rule in options.rename]
        self._renames = [(pattern, Template(to, pattern)) for pattern, to in patterns]
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
            if not link.name:
                continue
            is_table = (link.type or "TABLE").upper() == "TABLE"
            found = self._named(link.namespace or namespace, link.name, table_symlink=is_table)
            if not is_table:
                last += found
            elif found[0].kind == "container":
                # Called a table, but a path: where the primary name is the logical one, the symlink is the location.
                last += found
            else:
                # In the namespace of a broker it is the producer's own alias, no name in any catalogue.
                first += (identity for identity in found if identity.kind != "topic")
        return tuple(dict.fromkeys((*first, *self._named(namespace, name), *last)))

    def same(self, one: Iterable[Identity], other: Iterable[Identity]) -> bool:
        """Tell whether two datasets share an identity.

        Names of tables are compared without regard to letter case, those of topics and paths with it.
        """
        keys = {key for identity in one for key in keys_of(identity)}
        return any(key in keys for identity in other for key in keys_of(identity))

    def _named(self, namespace: str, name: str, *, table_symlink: bool = False) -> tuple[Identity, ...]:
        key = (namespace, name)
        found = self._seen.get(key)
        if found is None:
            found = self._seen[key] = self._normalise(*self._renamed(namespace, name))
        if table_symlink and found[0].kind == "container":
            place, renamed = self._renamed(namespace, name)
            if "/" not in renamed:
                # `file:/data/warehouse` + `db.table`: a table's name in a namespace that is a directory.
                return table(address_of(place).whole, spell_identifier(renamed))
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
        found = _read(namespace, name)
        if found[0].kind != "container" or not self._options.strip_partitions:
            return found
        return tuple(_trimmed(found[0]))


def _read(namespace: str, name: str) -> tuple[Identity, ...]:
    """Read a name as its system does; a name that is a URL itself, or a path where none is expected, says its place."""
    by_files = _BY_FILES.fullmatch(name)
    if by_files and "/" in by_files["path"]:
        return _read("file", by_files["path"])
    address = address_of(namespace)
    system = system_of(address.scheme)
    if system is None:
        if name.startswith("/") and not address.is_url:
            return files(address, name)
        return table(address.whole, spell_identifier(name))
    if system.kind == "container":
        url = _URL.fullmatch(name)
        if url and not name.lower().startswith("file:"):
            return _read(url["namespace"], url["name"])
        if not namespace.strip() and "/" not in name:
            return (Identity(namespace, name, "other"),)
    return system.read(address, name)


def _trimmed(identity: Identity) -> Iterable[Identity]:
    path = trim_path(identity.name)
    yield Identity(identity.namespace, path, "container")
    in_warehouse = warehouse_table(path)
    if in_warehouse is not None:
        directory = in_warehouse.directory.strip("/")
        place = f"file:/{directory}" if identity.namespace == "file" else f"{identity.namespace}/{directory}"
        yield Identity(place.rstrip("/"), in_warehouse.name, "table")


def keys_of(identity: Identity) -> Iterable[Key]:
    """Yield what identities of one dataset have in common: two datasets that share a key are the same."""
    name = identity.name.casefold() if identity.kind == "table" else identity.name
    return ((place, name, identity.kind) for place in places(identity.namespace))
