"""Caches decoded parts of events by the bytes they came as.

A stream of events repeats itself: schemas, symlinks, column lineage and SQL come with every event of every run. They
are decoded, bounded and cleaned of credentials once, and from then on found by their bytes, which takes a tenth of the
time. Decoded parts are frozen, so all events that contain them share them.

Only parts in perfect order are cached, so a loss is reported as often as it happens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec

from openmetadata_ol_provider.openlineage.facets import AirflowDagRunFacet, AirflowFacet, Part
from openmetadata_ol_provider.openlineage.limits import clean_part

_T = TypeVar("_T")
_P = TypeVar("_P", bound=Part)
#: Largest part that is cached, in bytes; what is larger describes one table in a thousand.
MAX_PART: Final = 2**20
#: Marks what an event does not contain.
NOTHING: Final = msgspec.Raw(b"")
#: Facets that differ in every run although their parts do not.
_SPLIT: Final = (AirflowFacet, AirflowDagRunFacet)
_NULL: Final = b"null"
_NUL: Final = b"\\u0000"


class NeedsLenientDecode(Exception):  # noqa: N818 - not an error, but the signal to use the lenient reader
    """Signals that something in an event is not in order, so that it has to be read part by part."""


class CacheBudget:
    """Bounds all caches together: what was not used for a long time is dropped first.

    :param max_bytes: most bytes of JSON that are cached; decoded they take two or three times as much
    """

    def __init__(self, max_bytes: int) -> None:
        # There are two generations at a time.
        self._max_generation = max_bytes // 2
        self._size = 0
        self._caches: list[_Cache[Any]] = []

    def register(self, cache: _Cache[Any]) -> None:
        """Include a cache in this budget."""
        self._caches.append(cache)

    def spend(self, size: int) -> None:
        """Count bytes that were added to a cache, and age all caches once there are too many."""
        self._size += size
        if self._size > self._max_generation:
            self._size = 0
            for cache in self._caches:
                cache.age()


class _Cache(dict[bytes, _T]):
    """Decoded parts by their bytes; one that is missing is decoded when it is asked for."""

    def __init__(self, read: Callable[[bytes], _T], budget: CacheBudget) -> None:
        self._read = read
        self._budget = budget
        self._old: dict[bytes, _T] = {}
        budget.register(self)

    def __missing__(self, raw: bytes) -> _T:
        # Moved, not copied: the bytes are half of what a part takes.
        part = self._old.pop(raw, None)
        if part is None:
            part = self._read(raw)
        if len(raw) <= MAX_PART:
            self[raw] = part
            self._budget.spend(len(raw))
        return part

    def age(self) -> None:
        """Drop what was not used since the last time."""
        self._old = dict(self)
        self.clear()


def memoized(read: Callable[[bytes], _T], budget: CacheBudget) -> Callable[[bytes], _T]:
    """Return a decoder of one sort of part that decodes each part only once; it costs a look into a dictionary.

    :param read: decoder of a part; its results are shared
    :param budget: bound on what is cached
    """
    return _Cache(read, budget).__getitem__


def facets_reader(kind: type[_P], budget: CacheBudget, *path: str | int) -> Callable[[bytes], _P]:
    """Return a decoder that caches facets one by one, because mostly only some of them are new.

    :param kind: type with one field for each facet
    :param budget: bound on what is cached
    :param path: deepest place of the facets in an event, because nesting is counted from the event
    """
    split = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
    readers = {
        field.encode_name: (field.name, memoized(_reader(field.type, budget, *path, field.name), budget))
        for field in msgspec.structs.fields(kind)
    }

    def read(raw: bytes) -> _P:
        facets = {}
        for key, part in split(raw).items():
            # Most types have many more facets than an event has.
            if (named := readers.get(key)) is not None and (facet := bytes(part)) != _NULL:
                name, reader = named
                facets[name] = reader(facet)
        return kind(**facets)

    return read


def _reader(kind: Any, budget: CacheBudget, *path: str | int) -> Callable[[bytes], Any]:
    """Return a decoder of one facet, or of a part of one."""
    for facet in _SPLIT:
        if kind == facet | None:
            return facets_reader(facet, budget, *path)
    decode = msgspec.json.Decoder(kind).decode

    def read(raw: bytes) -> Any:
        part = decode(raw)
        # A NUL can only be written as an escape.
        if _NUL in raw:
            raise NeedsLenientDecode
        if not isinstance(part, Part):
            return part
        cleaned = clean_part(part, *path)
        if cleaned is None:
            raise NeedsLenientDecode
        return cleaned

    return read
