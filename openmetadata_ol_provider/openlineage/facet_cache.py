"""Parts of events that are known by their bytes: what a job and its datasets say is mostly what they said before.

A stream of events repeats itself: schemas, symlinks, column lineage and SQL come with every event of every run. They
are decoded, brought within bounds and cleaned of credentials once, and from then on found by the bytes they came as,
which takes a tenth of the time. What is found is shared by all events that said it: nobody may change it in place.

Only what is in perfect order is remembered, so a loss is reported as often as it happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, Generic, TypeVar

import msgspec

from openmetadata_ol_provider.openlineage.facets import AirflowDagRunFacet, AirflowFacet, Part
from openmetadata_ol_provider.openlineage.limits import is_in_order
from openmetadata_ol_provider.openlineage.run_state import Run

_T = TypeVar("_T")
_P = TypeVar("_P", bound=Part)
#: What is larger, in bytes, is no table's description, but one thing in a thousand: it is read each time.
MAX_PART: Final = 2**20
#: Stands where an event has nothing.
NOTHING: Final = msgspec.Raw(b"")
#: Facets that are other ones in every run, but not so their parts.
_IN_PARTS: Final = (AirflowFacet, AirflowDagRunFacet)
_NULL: Final = b"null"
_NUL: Final = b"\\u0000"


class NeedsLenientDecode(Exception):  # noqa: N818 - no error: the sign to look closer
    """Something in an event is not in order, so that it has to be read part by part."""


class CacheBudget:
    """All that is known, of which what was not met in a long time goes first.

    :param most: bytes of it, as it came; decoded it takes two or three times as much
    """

    def __init__(self, most: int) -> None:
        # There are two generations at a time.
        self._most = most // 2
        self._size = 0
        self._known: list[MemoizedReader[Any]] = []

    def holds(self, known: MemoizedReader[Any]) -> None:
        """Let go of what ``known`` has when there is too much."""
        self._known.append(known)

    def grew(self, size: int) -> None:
        """Note that something came in."""
        self._size += size
        if self._size > self._most:
            self._size = 0
            for known in self._known:
                known.age()


class MemoizedReader(Generic[_T]):
    """Reads one sort of part, and only once what comes again.

    :param read: reads bytes; what it gives is shared
    """

    def __init__(self, read: Callable[[bytes], _T], memory: CacheBudget) -> None:
        self._read = read
        self._memory = memory
        self._young: dict[bytes, _T] = {}
        self._old: dict[bytes, _T] = {}
        memory.holds(self)

    def __call__(self, raw: bytes) -> _T:
        """Return what ``raw`` says."""
        found = self._young.get(raw)
        if found is None:
            found = self._old.get(raw)
            if found is None:
                found = self._read(raw)
            if len(raw) <= MAX_PART:
                self._young[raw] = found
                self._memory.grew(len(raw))
        return found

    def age(self) -> None:
        """Forget what was not asked for since the last time."""
        self._old, self._young = self._young, {}


def facets_reader(kind: type[_P], memory: CacheBudget, *path: str | int) -> Callable[[bytes], _P]:
    """Return what reads facets one by one, since mostly only some of them are new.

    :param kind: their type, with one field for each facet
    :param path: where in an event they are at their deepest, for the bounds are counted from the event
    """
    fields = msgspec.structs.fields(kind)
    parts = [(field.name, msgspec.Raw, msgspec.field(default=NOTHING, name=field.encode_name)) for field in fields]
    split = msgspec.json.Decoder(msgspec.defstruct("_Parts", parts, gc=False)).decode
    readers = [(field.name, MemoizedReader(_reader(field.type, memory, *path, field.name), memory)) for field in fields]

    def read(raw: bytes) -> _P:
        facets = kind()
        for part, (name, facet) in zip(msgspec.structs.astuple(split(raw)), readers, strict=True):
            if part is not NOTHING and (found := bytes(part)) != _NULL:
                setattr(facets, name, facet(found))
        return facets

    return read


def _reader(kind: Any, memory: CacheBudget, *path: str | int) -> Callable[[bytes], Any]:
    """Return what reads one facet, or a part of one."""
    for facet in _IN_PARTS:
        if kind == facet | None:
            return facets_reader(facet, memory, *path)
    decode = msgspec.json.Decoder(kind).decode

    def read(raw: bytes) -> Any:
        part = decode(raw)
        # A NUL can only be written as an escape.
        if _NUL in raw or (isinstance(part, Part) and not is_in_order(part, *path)):
            raise NeedsLenientDecode
        return part

    return read


#: What most of the memory is, and alike from run to run.
_OF_RUNS = ("parent", "processing_engine", "tags")
_OF_JOBS = ("jobType", "sql", "tags")
_OF_DATASETS = ("schema", "columnLineage", "symlinks")

_encode = msgspec.json.Encoder().encode


def share_facets(runs: Iterable[Run]) -> None:
    """Let runs have the same facets where they have equal ones.

    :param runs: changed in place, and so is what holds their facets: nobody else may have it yet
    """
    known: dict[tuple[type, bytes], Any] = {}
    for run in runs:
        _share(run.run_facets, _OF_RUNS, known)
        _share(run.job_facets, _OF_JOBS, known)
        for dataset in (*run.inputs.values(), *run.outputs.values()):
            _share(dataset.facets, _OF_DATASETS, known)


def _share(holder: Part | None, names: Iterable[str], known: dict[tuple[type, bytes], Any]) -> None:
    if holder is None:
        return
    for name in names:
        facet = getattr(holder, name)
        if facet is not None:
            first = known.setdefault((type(facet), _encode(facet)), facet)
            if first is not facet:
                setattr(holder, name, first)
