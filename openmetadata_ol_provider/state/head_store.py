"""Reads and moves the checkpoint, together with what is remembered of runs and the usage counts.

A change writes, in this order: the segments that hold it, where nothing is that anybody needs; the head, which refers
to them and holds the checkpoint; then it deletes segments that no head refers to any more. A crash between any two of
these leaves the state as it was before the head was written, or as it is after.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.batch import BatchOrigin
from openmetadata_ol_provider.openlineage.positions import Checkpoint
from openmetadata_ol_provider.openlineage.segments.change import StateChange, StoredAs, whole_change
from openmetadata_ol_provider.openlineage.segments.state_text import state_of_texts
from openmetadata_ol_provider.openmetadata.publishing.core.held_rows import HeldRows
from openmetadata_ol_provider.openmetadata.publishing.core.history import UsageCounts
from openmetadata_ol_provider.state.chain import Chain
from openmetadata_ol_provider.state.checkpoint import advance_checkpoint, require_start
from openmetadata_ol_provider.state.document import (
    STATE_VERSION,
    AnyDocument,
    StateDocument,
    StateHead,
    StateSummary,
    StoredState,
    damaged_state,
    decode_document,
    encode_document,
    now,
    plain_checkpoint,
)
from openmetadata_ol_provider.state.held_text import held_of, held_text
from openmetadata_ol_provider.state.legacy_document import LegacyDocument, legacy_runs, legacy_usage
from openmetadata_ol_provider.state.segment_store import SegmentStore
from openmetadata_ol_provider.state.usage_text import usage_of_texts, usage_text
from openmetadata_ol_provider.version_compat import delete_variable, get_variable, set_variable

_T = TypeVar("_T")
#: Most times that a state is read again while another task moves it.
_MOST_TIMES = 5


class HeadStore:
    """The checkpoint under one key, and what moves with it.

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

    # -- reading -------------------------------------------------------------------------------------------------

    def read_checkpoint(self) -> Checkpoint:
        """Return the checkpoint alone; empty when there is none yet."""
        return self._document().checkpoint

    def read_head(self) -> StateHead | None:
        """Return checkpoint and generation of the state, ``None`` when there is none."""
        document = self._document()
        if not self._sizes[self.state_key]:
            return None
        return StateHead(document.checkpoint, document.generation, document.updated_at)

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

    def read_held(self) -> HeldRows:
        """Return the rows of pipeline observability that wait to be written.

        :raises CheckpointError: if the Variable was not written by this package
        """
        return held_of(self._document(), self.state_key)

    def _read(self, read: Callable[[AnyDocument], _T], tries: int = _MOST_TIMES) -> _T:
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
        return StoredState(document.checkpoint, runs, usage, _stored_as(chain), held_of(document, self.state_key))

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

    # -- writing -------------------------------------------------------------------------------------------------

    def advance(self, origin: BatchOrigin, change: StateChange, usage: UsageCounts, held: HeldRows) -> StoredAs:
        """Move the checkpoint past a batch, together with runs, usage counts and held rows.

        :param origin: ranges of the batch, compared with the stored checkpoint once more
        :param change: what the batch has changed in what is remembered
        :param usage: usage counts including those of the batch
        :param held: rows of pipeline observability that wait from now on
        :return: the texts that hold what is remembered
        :raises CheckpointError: if another task has moved the checkpoint since the batch was read
        """
        document = self._document()
        require_start(origin, document.checkpoint, published=True)
        if change.base and change.base != _stored_as(_remembered(document)).base:
            raise CheckpointError(
                f"what is remembered (Variable {self.state_key!r}) is not what the batch was translated with: another "
                "task has written it meanwhile. Run the DAG again, or clear the consume task together with those after "
                "it; set max_active_runs to 1 and give each DAG its own state_key"
            )
        checkpoint = advance_checkpoint(document.checkpoint, origin)
        return self._move(document, checkpoint, document.generation, change, usage, held_text(held))

    def write_state(self, state: StoredState, generation: int | None) -> None:
        """Write a state without comparing it with the one stored; see :meth:`advance` for how a checkpoint moves.

        :param generation: division into lanes, see :mod:`~openmetadata_ol_provider.state.repartition`
        """
        change = whole_change(state.runs)
        self._move(self._document(), state.checkpoint, generation, change, state.usage, held_text(state.held))

    def write_generation(self, generation: int) -> None:
        """Set the generation of the state; the rest of it stays."""
        document = self._document()
        usage = self._usage_of(document)
        self._move(document, document.checkpoint, generation, self._same(document), usage, document.held)

    def write_held(self, held: HeldRows) -> None:
        """Set the rows of pipeline observability that wait; the rest of the state stays."""
        document, text = self._document(), held_text(held)
        if text != document.held:
            usage = self._usage_of(document)
            self._move(document, document.checkpoint, document.generation, self._same(document), usage, text)

    def replace_checkpoint(self, expected: Checkpoint, checkpoint: Checkpoint) -> None:
        """Set the checkpoint, forwards or backwards; runs stay, usage counts are taken from the catalogue again.

        :param expected: checkpoint that is expected to be stored
        :raises CheckpointError: if another checkpoint is stored, or the Variable was not written by this package
        """
        document = self._document()
        if document.checkpoint != expected:
            raise CheckpointError(
                f"the checkpoint (Variable {self.state_key!r}) was moved meanwhile: it was {expected} and is "
                f"{document.checkpoint}. Nothing was changed; pause the DAG that moves it, and try again"
            )
        # Runs that are read again count again.
        self._move(document, checkpoint, document.generation, self._same(document), {}, document.held)

    def delete_state(self) -> None:
        """Delete checkpoint, runs and usage counts."""
        delete_variable(self.state_key)
        self._segments.delete_all()

    def empty_state(self) -> None:
        """Leave an empty text in place of a state that is no longer needed."""
        self._segments.delete_all()
        self._set(self.state_key, "", "Not needed any more: its contents were taken over by other lanes")

    def _same(self, document: AnyDocument) -> StateChange | None:
        """Return the change that keeps what is remembered: none, unless an earlier version has written it."""
        return whole_change(self._state_of(document).runs) if isinstance(document, LegacyDocument) else None

    def _move(  # noqa: PLR0917
        self,
        document: AnyDocument,
        checkpoint: Checkpoint,
        generation: int | None,
        change: StateChange | None,
        usage: UsageCounts,
        held: str,
    ) -> StoredAs:
        """Write what has changed, then the head, then delete what is no longer needed."""
        before = document if isinstance(document, StateDocument) else StateDocument(STATE_VERSION, {})
        counted = self._usage_of(before)
        protected = before.slots.union(before.retired)
        remembered, counts = before.remembered, before.counts
        try:
            if change is not None:
                chain = remembered if change.base else Chain()
                remembered = self._segments.extend_remembered(chain, change.text, protected)
            if not usage:
                counts = Chain()
            elif changed := usage_text(counted, usage):
                counts = self._segments.extend_counts(counts, changed, protected)
        except ValueError as error:
            raise damaged_state(self.state_key, error) from None
        after = StateDocument(
            STATE_VERSION,
            plain_checkpoint(checkpoint),
            now(),
            generation,
            remembered,
            counts,
            writes=before.writes + 1,
            held=held,
        )
        after = msgspec.structs.replace(after, retired=tuple(sorted(before.slots - after.slots)))
        if after.slots - before.slots and self._document() != document:
            raise CheckpointError(
                f"the state (Variable {self.state_key!r}) was moved by another task while it was written. Nothing was "
                "changed; set max_active_runs to 1 and give each DAG its own state_key"
            )
        self._write_head(after)
        self._usage = (counts.fingerprint, dict(usage))
        self._segments.collect(before, after)
        return _stored_as(remembered)

    # -- the Variables -------------------------------------------------------------------------------------------

    def _document(self) -> AnyDocument:
        document = decode_document(self.state_key, self._get(self.state_key))
        self._sizes[self.state_key] += _segment_size(document)
        return document

    def _write_head(self, document: StateDocument) -> None:
        self._set(self.state_key, encode_document(document), "State of openmetadata-ol-provider: do not edit by hand")
        self._sizes[self.state_key] += _segment_size(document)

    def _get(self, key: str) -> str | None:
        text = get_variable(key)
        self._sizes[key] = len(text or "")
        return text

    def _set(self, key: str, text: str, description: str) -> None:
        set_variable(key, text, description)
        self._sizes[key] = len(text)


def _remembered(document: AnyDocument) -> Chain:
    return document.remembered if isinstance(document, StateDocument) else Chain()


def _stored_as(chain: Chain) -> StoredAs:
    return StoredAs(chain.fingerprint, chain.size)


def _segment_size(document: AnyDocument) -> int:
    """Return the characters of the segments that a head refers to."""
    if isinstance(document, LegacyDocument):
        return 0
    return sum(segment.size for chain in (document.remembered, document.counts) for segment in chain.segments)
