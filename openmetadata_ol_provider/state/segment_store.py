"""Reads and writes the segments that a head refers to, in Variables of their own: ``<head>.s00`` to ``.s63``.

A segment is written to Variables that do not exist, so that two tasks which write at the same moment do not overwrite
each other's; one that the head no longer refers to is kept until the next write, so that a task which has just read the
head can still read the segment. What a crash leaves behind between two writes is deleted once it is old.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Collection, Iterable
from itertools import chain as chained
from typing import Final, Protocol

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.freed_memory import release_freed_memory
from openmetadata_ol_provider.state.chain import (
    MAX_TAIL,
    SLOTS,
    Chain,
    SegmentRef,
    in_pieces,
    pieces_digest,
    segments_to_join,
    slots_of,
    text_digest,
)
from openmetadata_ol_provider.state.collisions import is_state
from openmetadata_ol_provider.state.keys import segment_key
from openmetadata_ol_provider.version_compat import delete_variable, get_variable, set_variable

#: Age of an unused segment in seconds from which on it is certain that nobody is about to refer to it.
_LEFTOVER_SECONDS: Final = 3600
#: Number of writes after which one Variable is looked at for a leftover while the head needs no segment: most heads are
#: short, and are written often.
_SELDOM: Final = 8
_DESCRIPTION: Final = "Part of a state of openmetadata-ol-provider: do not edit by hand"


class Join(Protocol):
    """Joins consecutive texts of a chain, the oldest first."""

    def __call__(self, texts: Iterable[str], *, whole: bool) -> str:
        """Return the texts as one.

        :param texts: texts, each of which is read when it is asked for
        :param whole: ``True`` if the first of them is a whole state, so that nothing is left to be removed
        """


class HeadOfSegments(Protocol):
    """A head, as far as its segments are concerned."""

    @property
    def segments(self) -> tuple[SegmentRef, ...]:
        """All segments that it refers to."""

    @property
    def retired(self) -> tuple[int, ...]:
        """Slots of segments that are no longer needed, but were before the last write."""

    @property
    def writes(self) -> int:
        """Number of writes."""


class SegmentStore:
    """The segments of one head.

    :param key: key of the Variable that refers to them
    :param name: name of what they hold, for errors
    :param remedy: what to do if one is missing, for errors
    """

    def __init__(self, key: str, name: str, remedy: str) -> None:
        self.key = key
        self._name = name
        self._remedy = remedy

    @staticmethod
    def _now() -> int:
        return int(time.time())

    def texts(self, chain: Chain) -> Iterable[str]:
        """Return all texts of a chain, the oldest first; each is read when it is asked for.

        :raises CheckpointError: if a segment is missing, or another one
        """
        return chained(map(self._read, chain.segments), [chain.tail] if chain.tail else [])

    def extend(self, chain: Chain, text: str, join: Join, protected: set[int], *, more: bool = False) -> Chain:
        """Return a chain with a change added to it, after writing the segment that it needs.

        :param text: the change
        :param protected: slots that must not be overwritten; those that are written are added
        :param more: ``True`` if the task goes on to write, so that segments may be joined later
        """
        if chain.tail:
            text = join([chain.tail, text], whole=not chain.segments)
        if len(text) <= MAX_TAIL:
            return Chain(chain.segments, text)
        joined = segments_to_join(chain.segments, len(text), more=more)
        if joined:
            text = join(chained(map(self._read, joined), (text,)), whole=len(joined) == len(chain.segments))
        left = chain.segments[: len(chain.segments) - len(joined)]
        if not left and len(text) <= MAX_TAIL:
            return Chain((), text)
        return Chain((*left, self._write(text, protected)))

    def replaced(self, text: str, protected: set[int]) -> Chain:
        """Return a chain of one text, after writing the segment that it needs; parameters as in :meth:`extend`."""
        return Chain((), text) if len(text) <= MAX_TAIL else Chain((self._write(text, protected),))

    def are_stored(self, segments: Iterable[SegmentRef]) -> bool:
        """Return whether the Variables of segments contain their texts."""
        return all(
            pieces_digest(self._stored_text(slot) or "" for slot in segment.slots) == segment.digest
            for segment in segments
        )

    def is_left(self, segment: SegmentRef) -> bool:
        """Return whether nobody has deleted a segment; of a long one, only one Variable is read."""
        text = self._stored_text(segment.slots[-1])
        return text is not None and (bool(segment.more) or text_digest(text) == segment.digest)

    def collect(self, before: HeadOfSegments, after: HeadOfSegments) -> None:
        """Delete what nobody needs any more: what was retired before the last write, and a leftover if it is old.

        :param before: head before the last write
        :param after: head that is stored now
        """
        needed = needed_slots(after)
        for slot in sorted(set(before.retired) - needed):
            delete_variable(segment_key(self.key, slot))
        number, rest = divmod(after.writes, 1 if needed else _SELDOM)
        slot = number % SLOTS
        if not rest and slot not in needed:
            self._delete_if_old(slot)

    def delete_all(self) -> None:
        """Delete all segments, whatever refers to them."""
        for slot in range(SLOTS):
            if self._written_at(slot) not in {None, math.inf}:
                delete_variable(segment_key(self.key, slot))

    def _delete_if_old(self, slot: int) -> None:
        written_at = self._written_at(slot)
        if written_at is not None and self._now() - written_at > _LEFTOVER_SECONDS:
            delete_variable(segment_key(self.key, slot))

    def _read(self, segment: SegmentRef) -> str:
        pieces = list[str]()
        for slot in segment.slots:
            piece = self._stored_text(slot)
            if piece is None:
                raise self._damaged((slot,), "is missing")
            pieces.append(piece)
        if pieces_digest(pieces) != segment.digest:
            raise self._damaged(segment.slots, "is not the text that was written")
        return "".join(pieces)

    def _damaged(self, slots: Collection[int], reason: str) -> CheckpointError:
        keys = " or ".join(repr(segment_key(self.key, slot)) for slot in slots)
        return CheckpointError(
            f"Variable {keys}, a segment of the {self._name} {self.key!r}, {reason}. Restore it, or {self._remedy}"
        )

    def _stored_text(self, slot: int) -> str | None:
        stored = get_variable(segment_key(self.key, slot))
        return None if stored is None else stored.partition("_")[2]

    def _written_at(self, slot: int) -> float | None:
        """Return when a Variable was written, in seconds.

        :return: ``None`` if it does not exist, 0 if it was edited, infinity if it is the checkpoint of another state
        """
        stored = get_variable(segment_key(self.key, slot))
        if stored is None:
            return None
        written_at = stored.partition("_")[0]
        if written_at.isdecimal():
            return int(written_at)
        return math.inf if is_state(stored) else 0

    def _write(self, text: str, protected: set[int]) -> SegmentRef:
        # Airflow takes several times the memory of a text; joining has taken more, and needs it no longer.
        release_freed_memory()
        digest, pieces = text_digest(text), in_pieces(text, SLOTS - len(protected))
        first, *more = (self._write_piece(piece, protected) for piece in pieces)
        return SegmentRef(first, digest, len(text), tuple(more))

    def _write_piece(self, piece: str, protected: set[int]) -> int:
        slot = self._free_slot(protected)
        protected.add(slot)
        set_variable(segment_key(self.key, slot), f"{self._now()}_{piece}", _DESCRIPTION)
        return slot

    def _free_slot(self, protected: set[int]) -> int:
        """Return a slot whose Variable does not exist, at random; the oldest one if a series of crashes filled all."""
        slots = [slot for slot in range(SLOTS) if slot not in protected]
        random.shuffle(slots)
        written_at = dict[int, float]()
        for slot in slots:
            at = self._written_at(slot)
            if at is None:
                return slot
            written_at[slot] = at
        return min(written_at, key=written_at.__getitem__)


def needed_slots(head: HeadOfSegments) -> set[int]:
    """Return the slots that must not be overwritten: those of a head, and those of the head before it."""
    return slots_of(head.segments).union(head.retired)
