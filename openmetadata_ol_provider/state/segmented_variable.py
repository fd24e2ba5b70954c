"""A Variable that is a small head over segments: the head is read often, and flips from one set of texts to the next.

A change writes, in this order: the segments that hold it, where nothing is that anybody needs; the head, which refers
to them; then it deletes segments that no head refers to any more. A crash between any two of these leaves what there
was before the head was written, or what there is after.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import msgspec

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.state.chain import SLOTS, slots_of
from openmetadata_ol_provider.state.segment_store import HeadOfSegments, SegmentStore, needed_slots
from openmetadata_ol_provider.state.shared_variable import MOST_TIMES, contended
from openmetadata_ol_provider.version_compat import delete_variable, get_variable, set_variable

log = logging.getLogger(__name__)
_Head = TypeVar("_Head", bound=HeadOfSegments)
_T = TypeVar("_T")
#: Share of the slots from which on few are left: long texts of a hundred megabytes in all need as many.
_CROWDED: Final = 0.75


@dataclass(frozen=True)
class StoredHead(Generic[_Head]):
    """A head as it was read or written.

    :param text: text of the Variable; empty if there is none
    :param head: what it says
    """

    text: str
    head: _Head


class SegmentedVariable(Generic[_Head]):
    """A head and its segments.

    :param key: key of the head
    :param description: description of the head's Variable, for people
    :param decode: function that returns the head in a text, which may be empty
    :param segments: the segments
    """

    def __init__(self, key: str, description: str, decode: Callable[[str], _Head], segments: SegmentStore) -> None:
        self.key = key
        self.segments = segments
        self._description = description
        self._decode = decode
        #: Characters of head and segments as they were read or written last.
        self.size = 0

    def read(self) -> StoredHead[_Head]:
        """Return the head as it is stored now."""
        text = self._text()
        return self._noted(StoredHead(text, self._decode(text)))

    def load(self, load: Callable[[_Head], _T], tries: int = MOST_TIMES) -> _T:
        """Return what is loaded from the head and its segments, of which a task that changes them deletes some.

        :param load: function that reads the segments it needs
        :raises CheckpointError: if that fails although no other task has changed the head
        """
        stored = self.read()
        try:
            return load(stored.head)
        except CheckpointError:
            if tries == 0 or self._text() == stored.text:
                raise
            return self.load(load, tries - 1)

    def change(
        self,
        changed: Callable[[StoredHead[_Head]], _Head | None],
        *,
        lasting: bool = True,
        whole: Callable[[StoredHead[_Head]], _Head] | None = None,
    ) -> None:
        """Change the head, and again if another task has changed it meanwhile or has overwritten the change.

        What remains is a task that is paused exactly between its last reading of the head and the write that follows,
        while another one makes its change and reads it back: that change is lost. If the other one has made several,
        it may have deleted segments that the head of the paused task refers to; then all is written again.

        :param changed: function that returns the head with the change, ``None`` if there is nothing to change
        :param lasting: ``False`` if another task may overwrite the change
        :param whole: function that returns a head with all that this task has, without the segments of the one before;
            default: a segment that is missing is left to the next reader
        :raises CheckpointError: if other tasks write again and again
        """
        for _ in range(MOST_TIMES):
            stored = self.read()
            try:
                head = changed(stored)
            except CheckpointError:
                # Another task may have deleted a segment of the head that was read.
                if self._text() == stored.text:
                    raise
                continue
            if head is None:
                return
            written = self._write(stored, head)
            # What another task refers to now must not be deleted.
            if written is None or (lasting and self._text() != written.text):
                continue
            self.segments.collect(stored.head, written.head)
            if whole is None or self._has_left(stored.head, written.head):
                return
            log.warning(
                "Variable %r was written by another task at the same moment, which has deleted a segment of it: what "
                "this task has read and changed is written again, and what the other one has changed may be lost; set "
                "max_active_runs to 1 and give each DAG its own state_key",
                self.key,
            )
            changed = whole
        raise contended(self.key)

    def replace(self, stored: StoredHead[Any], head: _Head) -> StoredHead[_Head] | None:
        """Write a head whose segments are written, if no other task has changed anything, and delete what is retired.

        :param stored: head that it replaces, as it was read
        :return: the head as it is stored; ``None`` if another task has changed it meanwhile, or its segments
        """
        after = self._write(stored, head)
        if after is not None:
            self.segments.collect(stored.head, after.head)
        return after

    def _write(self, stored: StoredHead[Any], head: _Head) -> StoredHead[_Head] | None:
        before = stored.head
        slots = slots_of(before.segments)
        retired = tuple(sorted(slots - slots_of(head.segments)))
        head = msgspec.structs.replace(head, retired=retired, writes=before.writes + 1)  # type: ignore[type-var]
        written = [segment for segment in head.segments if segment.slot not in slots]
        if not self.segments.are_stored(written) or self._text() != stored.text:
            return None
        return self._write_head(head)

    def _has_left(self, before: _Head, after: _Head) -> bool:
        """Return whether the newest segment that a change has left as it was still exists.

        Segments are joined from the newest on, so any task that deletes some of a chain deletes this one.
        """
        left = [segment for segment in after.segments if segment in before.segments]
        return not left or self.segments.is_left(left[-1])

    def empty(self, description: str) -> None:
        """Leave an empty text in place of the head if there is one, and delete the segments.

        :param description: why it is empty, for people
        """
        # The head first: after a crash, it must not refer to segments that are gone.
        if self._text():
            set_variable(self.key, "", description)
        self.segments.delete_all()
        self.size = 0

    def delete(self) -> None:
        """Delete the head and all segments."""
        delete_variable(self.key)
        self.segments.delete_all()

    @staticmethod
    def protected(stored: StoredHead[Any]) -> set[int]:
        """Return the slots that a change must not overwrite."""
        needed = needed_slots(stored.head)
        # If few are left, those of the head before may be overwritten: who has just read it reads this one instead.
        return needed if len(needed) <= _CROWDED * SLOTS else slots_of(stored.head.segments)

    def _text(self) -> str:
        return get_variable(self.key) or ""

    def _write_head(self, head: _Head) -> StoredHead[_Head]:
        text = msgspec.json.encode(head).decode()
        set_variable(self.key, text, self._description)
        return self._noted(StoredHead(text, head))

    def _noted(self, stored: StoredHead[_Head]) -> StoredHead[_Head]:
        self.size = len(stored.text) + sum(segment.size for segment in stored.head.segments)
        return stored
