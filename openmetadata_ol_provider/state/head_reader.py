"""Reads the checkpoint, and what moves with it: what is remembered of runs, the usage counts, and held rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.positions import Checkpoint
from openmetadata_ol_provider.openlineage.segments.change import StoredAs
from openmetadata_ol_provider.openlineage.segments.state_text import state_of_texts
from openmetadata_ol_provider.openmetadata.publishing.core.held import Held
from openmetadata_ol_provider.openmetadata.publishing.core.history import UsageCounts
from openmetadata_ol_provider.state.chain import Chain
from openmetadata_ol_provider.state.document import (
    AnyDocument,
    StateHead,
    StateSummary,
    StoredState,
    damaged_state,
    decode_document,
    is_of_generation,
)
from openmetadata_ol_provider.state.held_text import held_of
from openmetadata_ol_provider.state.legacy_document import LegacyDocument, legacy_runs, legacy_usage
from openmetadata_ol_provider.state.segment_store import SegmentStore
from openmetadata_ol_provider.state.usage_text import usage_of_texts
from openmetadata_ol_provider.version_compat import get_variable

_T = TypeVar("_T")
#: Most times that a state is read again while another task moves it.
MOST_TIMES: Final = 5


class HeadReader:
    """The checkpoint under one key, and what moves with it, as they are stored.

    :param state_key: key of the Variable that holds the checkpoint
    """

    def __init__(self, state_key: str) -> None:
        self.state_key = state_key
        self._segments = SegmentStore(state_key)
        # Characters of each Variable as it was read or written last; those of the head with all of its segments.
        self._sizes: dict[str, int] = {}
        # The usage counts that this task has read or written last, with the fingerprint of their texts.
        self._usage: tuple[str, UsageCounts] = ("", {})

    @property
    def size(self) -> int:
        """Size of the Variables that were read or written, in bytes (they are ASCII)."""
        return sum(self._sizes.values())

    def read_checkpoint(self) -> Checkpoint:
        """Return the checkpoint alone; empty when there is none yet."""
        return self._document().checkpoint

    def read_head(self) -> StateHead | None:
        """Return checkpoint and generation of the state, ``None`` when there is none."""
        document = self._document()
        if not self._sizes[self.state_key]:
            return None
        return StateHead(document.checkpoint, document.generation, document.updated_at)

    def has_begun(self, generation: int) -> bool:
        """Return whether there is a state that belongs to a division into lanes."""
        head = self.read_head()
        return head is not None and is_of_generation(head.generation, generation)

    def read_state(self) -> StoredState:
        """Return checkpoint, runs and usage counts; empty when there are none yet.

        :raises CheckpointError: if a Variable was not written by this package
        """
        return self._read(self._state_of)

    def read_summary(self) -> StateSummary | None:
        """Return the state in numbers, ``None`` when there is none.

        :raises CheckpointError: if a Variable was not written by this package
        """
        head = self.read_head()
        if head is None:
            return None
        state = self.read_state()
        runs = state.runs.runs.values()
        return StateSummary(state.checkpoint, head.updated_at, len(runs), sum(not run.terminal for run in runs))

    def read_usage(self) -> UsageCounts:
        """Return the usage counts alone.

        :raises CheckpointError: if a Variable was not written by this package
        """
        return self._read(self._usage_of)

    def read_held(self) -> Held:
        """Return the rows and counts that wait to be written.

        :raises CheckpointError: if the Variable was not written by this package
        """
        return held_of(self._document(), self.state_key)

    def _read(self, read: Callable[[AnyDocument], _T], tries: int = MOST_TIMES) -> _T:
        """Return what is read from the head and its segments, of which a task that moves the state deletes some."""
        document = self._document()
        try:
            return read(document)
        except CheckpointError:
            if tries == 0 or self._document() == document:
                raise
            return self._read(read, tries - 1)

    def _state_of(self, document: AnyDocument) -> StoredState:
        usage = self._usage_of(document)
        try:
            if isinstance(document, LegacyDocument):
                return StoredState(document.checkpoint, legacy_runs(document), usage)
            chain = document.remembered
            runs = state_of_texts(self._segments.texts(chain))
        except ValueError as error:
            raise damaged_state(self.state_key, error) from None
        return StoredState(document.checkpoint, runs, usage, stored_as(chain), held_of(document, self.state_key))

    def _usage_of(self, document: AnyDocument) -> UsageCounts:
        try:
            if isinstance(document, LegacyDocument):
                return legacy_usage(document)
            fingerprint = document.counts.fingerprint
            if fingerprint != self._usage[0]:
                self._usage = (fingerprint, usage_of_texts(self._segments.texts(document.counts)))
        except ValueError as error:
            raise damaged_state(self.state_key, error) from None
        return self._usage[1]

    # -- the Variables -------------------------------------------------------------------------------------------

    def _document(self) -> AnyDocument:
        document = decode_document(self.state_key, self._get(self.state_key))
        self._sizes[self.state_key] += segment_size(document)
        return document

    def _get(self, key: str) -> str | None:
        text = get_variable(key)
        self._sizes[key] = len(text or "")
        return text


def stored_as(chain: Chain) -> StoredAs:
    """Return how the runs of a chain are stored."""
    return StoredAs(chain.fingerprint, chain.size)


def segment_size(document: AnyDocument) -> int:
    """Return the characters of the segments that a head refers to."""
    if isinstance(document, LegacyDocument):
        return 0
    return sum(segment.size for segment in document.segments)
