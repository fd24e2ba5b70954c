"""Reads and writes the segments of a state, each in a Variable of its own: ``<state key>.s00``, ``<state key>.s01`` ...

A segment is written to a Variable that does not exist, so that two tasks which write at the same moment do not
overwrite each other's; one that the head no longer refers to is kept until the next write, so that a task which has
just read the head can still read the segment. What a crash leaves behind between two writes is deleted once it is old.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from itertools import chain as chained
from typing import Final, Protocol

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.freed_memory import release_freed_memory
from openmetadata_ol_provider.openlineage.segments.joining import joined_texts
from openmetadata_ol_provider.state.chain import (
    MAX_TAIL,
    SLOTS,
    Chain,
    SegmentRef,
    segments_to_join,
    text_digest,
)
from openmetadata_ol_provider.state.document import StateDocument
from openmetadata_ol_provider.state.keys import segment_key
from openmetadata_ol_provider.state.usage_text import joined_usage
from openmetadata_ol_provider.version_compat import delete_variable, get_variable, set_variable

#: Age of an unused segment in seconds from which on it is certain that nobody is about to refer to it.
_LEFTOVER_SECONDS: Final = 3600
_DESCRIPTION: Final = "Part of a state of openmetadata-ol-provider: do not edit by hand"


class _Join(Protocol):
    def __call__(self, texts: Iterable[str], *, whole: bool) -> str: ...


class SegmentStore:
    """The segments of one state.

    :param state_key: key of the Variable that refers to them
    """

    def __init__(self, state_key: str) -> None:
        self._state_key = state_key

    @staticmethod
    def _now() -> int:
        return int(time.time())

    def texts(self, chain: Chain) -> list[str]:
        """Return all texts of a chain, the oldest first.

        :raises CheckpointError: if a segment is missing, or another one
        """
        return [*map(self._read, chain.segments), *([chain.tail] if chain.tail else [])]

    def extend_remembered(self, chain: Chain, text: str, protected: set[int]) -> Chain:
        """Return a chain with a change of what is remembered added to it, after writing the segment that it needs.

        :param text: see :mod:`~openmetadata_ol_provider.openlineage.segments.state_text`
        :param protected: slots that must not be overwritten; one that is written is added
        """
        return self._extend(chain, text, joined_texts, protected)

    def extend_counts(self, chain: Chain, text: str, protected: set[int]) -> Chain:
        """Do the same for a change of the usage counts."""
        return self._extend(chain, text, joined_usage, protected)

    def _extend(self, chain: Chain, text: str, join: _Join, protected: set[int]) -> Chain:
        if chain.tail:
            text = join([chain.tail, text], whole=not chain.segments)
        if len(text) <= MAX_TAIL:
            return Chain(chain.segments, text)
        joined = segments_to_join(chain.segments, len(text))
        if joined:
            text = join(chained(map(self._read, joined), (text,)), whole=len(joined) == len(chain.segments))
        left = chain.segments[: len(chain.segments) - len(joined)]
        if not left and len(text) <= MAX_TAIL:
            return Chain((), text)
        return Chain((*left, self._write(text, protected)))

    def are_stored(self, segments: Iterable[SegmentRef]) -> bool:
        """Return whether the Variables of segments contain their texts."""
        return all(text_digest(self._stored_text(segment.slot) or "") == segment.digest for segment in segments)

    def collect(self, before: StateDocument, after: StateDocument) -> None:
        """Delete what nobody needs any more: what was retired before the last write, and a leftover if it is old.

        :param before: head before the last write
        :param after: head that is stored now
        """
        needed = after.slots.union(after.retired)
        for slot in sorted(set(before.retired) - needed):
            delete_variable(segment_key(self._state_key, slot))
        slot = after.writes % SLOTS
        if slot not in needed:
            self._delete_if_old(slot)

    def delete_all(self) -> None:
        """Delete all segments, whatever refers to them."""
        for slot in range(SLOTS):
            if get_variable(segment_key(self._state_key, slot)) is not None:
                delete_variable(segment_key(self._state_key, slot))

    def _delete_if_old(self, slot: int) -> None:
        written_at = self._written_at(slot)
        if written_at is not None and self._now() - written_at > _LEFTOVER_SECONDS:
            delete_variable(segment_key(self._state_key, slot))

    def _read(self, segment: SegmentRef) -> str:
        text = self._stored_text(segment.slot)
        if text is None or text_digest(text) != segment.digest:
            reason = "is missing" if text is None else "is not the text that was written"
            key = segment_key(self._state_key, segment.slot)
            raise CheckpointError(
                f"Variable {key!r}, a segment of the state {self._state_key!r}, {reason}. Restore it, or delete "
                f"the state (openmetadata-ol checkpoint reset --state-key {self._state_key}) to start from the offsets "
                "that the consumer group committed"
            )
        return text

    def _stored_text(self, slot: int) -> str | None:
        stored = get_variable(segment_key(self._state_key, slot))
        return None if stored is None else stored.partition("_")[2]

    def _written_at(self, slot: int) -> int | None:
        """Return when a Variable was written, in seconds: ``None`` if it does not exist, 0 if it was edited."""
        stored = get_variable(segment_key(self._state_key, slot))
        written_at = (stored or "").partition("_")[0]
        return None if stored is None else int(written_at) if written_at.isdecimal() else 0

    def _write(self, text: str, protected: set[int]) -> SegmentRef:
        slot = self._free_slot(protected)
        protected.add(slot)
        # Airflow takes several times the memory of a text; joining has taken more, and needs it no longer.
        release_freed_memory()
        set_variable(segment_key(self._state_key, slot), f"{self._now()}_{text}", _DESCRIPTION)
        return SegmentRef(slot, text_digest(text), len(text))

    def _free_slot(self, protected: set[int]) -> int:
        """Return a slot whose Variable does not exist, at random; the oldest one if a series of crashes filled all."""
        slots = [slot for slot in range(SLOTS) if slot not in protected]
        random.shuffle(slots)
        written_at = dict[int, int]()
        for slot in slots:
            at = self._written_at(slot)
            if at is None:
                return slot
            written_at[slot] = at
        return min(written_at, key=written_at.__getitem__)
