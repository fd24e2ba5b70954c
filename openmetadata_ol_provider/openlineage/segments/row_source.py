"""A segment whose rows are copied into another one: each part of it gets its index there once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, TypeVar

import msgspec

from openmetadata_ol_provider.openlineage.segments.tables import NONE, Segment

_H = TypeVar("_H", bound=Hashable)


class Indexes(dict[_H, int]):
    """The indexes of the contents of a table, to which what is asked for is added if it is new."""

    def __missing__(self, content: _H) -> int:
        index = self[content] = len(self)
        return index


class _Copied:
    """The indexes in a new table of what is in an old one, copied as it is needed."""

    def __init__(self, table: Sequence[Any]) -> None:
        self._table = table
        self._copied: dict[int, int] = {NONE: NONE}

    def index(self, index: int, table: Indexes[Any]) -> int:
        copied = self._copied.get(index)
        if copied is None:
            content = self._table[index]
            self._copied[index] = copied = table[bytes(content) if type(content) is msgspec.Raw else content]
        return copied


class RowSource:
    """A segment whose rows are copied into one other segment."""

    def __init__(self, segment: Segment) -> None:
        self.segment = segment
        self.jobs = _Copied(segment.jobs)
        self.rests = _Copied(segment.rests)
        self.datasets = _Copied(segment.datasets)
        self.names = _Copied(segment.names)
        self.values = _Copied(segment.values)
        self.facets: dict[int, int] = {}
        self.kinds: dict[int, int] = {}
