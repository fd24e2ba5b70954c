"""Reads the checkpoint, and what moves with it: what is remembered of runs, the usage counts, and held rows."""

from __future__ import annotations

from functools import partial

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
from openmetadata_ol_provider.state.segmented_variable import SegmentedVariable
from openmetadata_ol_provider.state.usage_text import usage_of_texts


class HeadReader:
    """The checkpoint under one key, and what moves with it, as they are stored.

    :param state_key: key of the Variable that holds the checkpoint
    """

    def __init__(self, state_key: str) -> None:
        self.state_key = state_key
        remedy = (
            f"delete the state (openmetadata-ol checkpoint reset --state-key {state_key}) to start from the offsets "
            "that the consumer group committed"
        )
        self._segments = SegmentStore(state_key, "state", remedy)
        self._head: SegmentedVariable[AnyDocument] = SegmentedVariable(
            state_key,
            "State of openmetadata-ol-provider: do not edit by hand",
            partial(decode_document, state_key),
            self._segments,
        )
        # The usage counts that this task has read or written last, with the fingerprint of their texts.
        self._usage: tuple[str, UsageCounts] = ("", {})

    @property
    def size(self) -> int:
        """Size of the Variables that were read or written, in bytes (they are ASCII)."""
        return self._head.size

    def read_checkpoint(self) -> Checkpoint:
        """Return the checkpoint alone; empty when there is none yet."""
        return self._document().checkpoint

    def read_head(self) -> StateHead | None:
        """Return checkpoint and generation of the state, ``None`` when there is none."""
        stored = self._head.read()
        if not stored.text:
            return None
        document = stored.head
        return StateHead(document.checkpoint, document.generation, document.updated_at, document.topic_ids)

    def read_positions(self) -> StateHead:
        """Return checkpoint and ids of topics, empty when there are none yet."""
        return self.read_head() or StateHead({})

    def has_begun(self, generation: int) -> bool:
        """Return whether there is a state that belongs to a division into lanes."""
        head = self.read_head()
        return head is not None and is_of_generation(head.generation, generation)

    def read_state(self) -> StoredState:
        """Return checkpoint, runs and usage counts; empty when there are none yet.

        :raises CheckpointError: if a Variable was not written by this package
        """
        return self._head.load(self._state_of)

    def read_summary(self) -> StateSummary | None:
        """Return the state in numbers, ``None`` when there is none.

        :raises CheckpointError: if a Variable was not written by this package
        """
        head = self.read_head()
        if head is None:
            return None
        state = self.read_state()
        runs = state.runs.runs.values()
        open_runs = sum(not run.terminal for run in runs)
        return StateSummary(state.checkpoint, head.updated_at, len(runs), open_runs, state.topic_ids)

    def read_usage(self) -> UsageCounts:
        """Return the usage counts alone.

        :raises CheckpointError: if a Variable was not written by this package
        """
        return self._head.load(self._usage_of)

    def read_held(self) -> Held:
        """Return the rows and counts that wait to be written.

        :raises CheckpointError: if the Variable was not written by this package
        """
        return self._head.load(self._held_of)

    def _state_of(self, document: AnyDocument) -> StoredState:
        usage = self._usage_of(document)
        try:
            if isinstance(document, LegacyDocument):
                return StoredState(document.checkpoint, legacy_runs(document), usage)
            chain = document.remembered
            runs = state_of_texts(self._segments.texts(chain))
        except ValueError as error:
            raise damaged_state(self.state_key, error) from None
        held = self._held_of(document)
        return StoredState(document.checkpoint, runs, usage, stored_as(chain), held, document.topic_ids)

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

    def _held_of(self, document: AnyDocument) -> Held:
        try:
            return held_of("".join(self._segments.texts(document.waiting)))
        except ValueError as error:
            raise damaged_state(self.state_key, error) from None

    def _document(self) -> AnyDocument:
        return self._head.read().head


def stored_as(chain: Chain) -> StoredAs:
    """Return how the runs of a chain are stored."""
    return StoredAs(chain.fingerprint, chain.size)
