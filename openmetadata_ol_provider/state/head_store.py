"""Reads and moves the checkpoint, together with what is remembered of runs and the usage counts.

The head holds the checkpoint, and refers to the segments with the rest, so all of it moves with one write.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final, NamedTuple

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.batch import BatchOrigin
from openmetadata_ol_provider.openlineage.positions import Checkpoint, topic_ids
from openmetadata_ol_provider.openlineage.segments.change import StateChange, StoredAs, whole_change
from openmetadata_ol_provider.openlineage.segments.joining import joined_texts
from openmetadata_ol_provider.openmetadata.publishing.core.held import Held, replaced_held
from openmetadata_ol_provider.openmetadata.publishing.core.history import UsageCounts
from openmetadata_ol_provider.state.chain import Chain
from openmetadata_ol_provider.state.checkpoint import advance_checkpoint, require_start
from openmetadata_ol_provider.state.document import (
    STATE_VERSION,
    AnyDocument,
    StateDocument,
    StoredState,
    damaged_state,
    is_of_generation,
    now,
    plain_checkpoint,
)
from openmetadata_ol_provider.state.head_reader import HeadReader, stored_as
from openmetadata_ol_provider.state.held_text import held_text
from openmetadata_ol_provider.state.legacy_document import LegacyDocument
from openmetadata_ol_provider.state.segmented_variable import StoredHead
from openmetadata_ol_provider.state.shared_variable import MOST_TIMES
from openmetadata_ol_provider.state.usage_text import joined_usage, usage_text

#: Why a Variable is empty, for people.
TAKEN_OVER: Final = "Not needed any more: its contents were taken over by other lanes"


class _MovedError(CheckpointError):
    """Raised when another task has moved the state since it was read."""


class _Contents(NamedTuple):
    """What is to be stored in place of a state.

    :param checkpoint: topic -> partition -> next offset
    :param topic_ids: topic -> id that it had when its positions were stored, as far as it is known
    :param generation: division into lanes that the state belongs to; ``None``: the present one, whichever that is
    :param change: what has changed in what is remembered of runs; ``None``: nothing
    :param usage: all usage counts
    :param held: all rows and counts that wait; ``None``: those that are stored
    """

    checkpoint: Checkpoint
    topic_ids: dict[str, str]
    generation: int | None
    change: StateChange | None
    usage: UsageCounts
    held: Held | None


class _Chains(NamedTuple):
    """The segments that hold what is remembered of runs, the usage counts, and what waits."""

    remembered: Chain
    counts: Chain
    waiting: Chain


class HeadStore(HeadReader):
    """The checkpoint under one key, and what moves with it.

    :param state_key: key of the Variable that holds the checkpoint
    """

    def __init__(self, state_key: str) -> None:
        super().__init__(state_key)
        # The text of the head that this task has written last.
        self._written: str | None = None

    @property
    def is_as_written(self) -> bool:
        """Whether no other task has written the head after this one, if this one has written it at all."""
        return self._written is None or self._head.read().text == self._written

    def advance(
        self,
        origin: BatchOrigin,
        change: StateChange,
        usage: UsageCounts,
        held: Held,
        *,
        more: bool = False,
        tries: int = MOST_TIMES,
    ) -> StoredAs:
        """Move the checkpoint past a batch, together with runs, usage counts and held rows.

        :param origin: ranges of the batch, compared with the stored checkpoint once more
        :param change: what the batch has changed in what is remembered
        :param usage: usage counts including those of the batch
        :param held: rows and counts that wait from now on
        :param more: ``True`` if the task goes on to write
        :param tries: most times that this is done again because another task has changed the rest of the state
        :return: the texts that hold what is remembered
        :raises CheckpointError: if another task has moved the checkpoint since the batch was read
        """
        stored = self._head.read()
        document = stored.head
        require_start(origin, document.checkpoint, published=True)
        remembered = document.remembered if isinstance(document, StateDocument) else Chain()
        # Airflow's API may have answered that there is no state because its database did not answer.
        if change.expected is not None and change.expected != stored_as(remembered).base:
            raise CheckpointError(
                f"what is remembered (Variable {self.state_key!r}) is not what the batch was translated with: another "
                "task has written it meanwhile. Run the DAG again, or clear the consume task together with those after "
                "it; set max_active_runs to 1 and give each DAG its own state_key"
            )
        checkpoint = advance_checkpoint(document.checkpoint, origin)
        try:
            ids = {**document.topic_ids, **topic_ids(origin.ranges)}
            contents = _Contents(checkpoint, ids, document.generation, change, usage, held)
            return self._move(stored, contents, more=more)
        except _MovedError:
            if tries == 0 or self.read_checkpoint() != document.checkpoint:
                raise
            return self.advance(origin, change, usage, held, more=more, tries=tries - 1)

    def write_state(self, state: StoredState, generation: int | None, *, begins: bool = False) -> bool:
        """Write a state whole; see :meth:`advance` for how a checkpoint moves.

        :param generation: division into lanes, see :mod:`~openmetadata_ol_provider.state.repartition`
        :param begins: ``True`` to write it only if no task has begun the generation
        :return: whether it was written
        """
        stored = self._head.read()
        if begins and stored.text and is_of_generation(stored.head.generation, generation):
            return False
        ids, change = dict(state.topic_ids), whole_change(state.runs)
        self._move(stored, _Contents(state.checkpoint, ids, generation, change, state.usage, state.held))
        return True

    def write_generation(self, generation: int) -> None:
        """Set the generation of the state; the rest of it stays."""
        self._replace(lambda _: (generation, None))

    def write_held(self, before: Held, after: Held) -> None:
        """Set the rows and counts that wait; those of another task, and the rest of the state, stay.

        :param before: what is expected to be stored; what differs from them is another task's
        :param after: those of them that wait from now on
        """

        def replaced(document: AnyDocument) -> tuple[int | None, Held | None]:
            stored = self._held_of(document)
            held = replaced_held(stored, before, after)
            return document.generation, None if held == stored else held

        self._replace(replaced)

    def _replace(
        self, replaced: Callable[[AnyDocument], tuple[int | None, Held | None]], tries: int = MOST_TIMES
    ) -> None:
        """Set generation and held rows; if another task moves the state meanwhile, do it again with what it wrote."""
        stored = self._head.read()
        document = stored.head
        generation, held = replaced(document)
        if generation == document.generation and held is None:
            return
        try:
            usage, same = self._usage_of(document), self._same(document)
            self._move(stored, _Contents(document.checkpoint, document.topic_ids, generation, same, usage, held))
        except _MovedError:
            if tries == 0:
                raise
            self._replace(replaced, tries - 1)

    def replace_checkpoint(self, expected: Checkpoint, checkpoint: Checkpoint, confirmed: Collection[str] = ()) -> None:
        """Set the checkpoint, forwards or backwards; runs stay, usage counts are taken from the catalogue again.

        :param expected: checkpoint that is expected to be stored
        :param confirmed: topics whose positions somebody has set, even if they are as before; default: none
        :raises CheckpointError: if another checkpoint is stored, or the Variable was not written by this package
        """
        stored = self._head.read()
        document = stored.head
        if document.checkpoint != expected:
            raise CheckpointError(
                f"the checkpoint (Variable {self.state_key!r}) was moved meanwhile: it was {expected} and is "
                f"{document.checkpoint}. Nothing was changed; pause the DAG that moves it, and try again"
            )
        # Positions that somebody has set are of the topic that is there now, whose id the next batch stores.
        kept = {topic for topic in document.topic_ids if checkpoint.get(topic) == expected.get(topic)}
        ids = {topic: document.topic_ids[topic] for topic in sorted(kept.difference(confirmed))}
        # Runs that are read again count again.
        same = self._same(document)
        self._move(stored, _Contents(checkpoint, ids, document.generation, same, usage={}, held=None))

    def delete_state(self) -> None:
        """Delete checkpoint, runs and usage counts."""
        self._head.delete()

    def _same(self, document: AnyDocument) -> StateChange | None:
        """Return the change that keeps what is remembered: none, unless an earlier version has written it."""
        return whole_change(self._state_of(document).runs) if isinstance(document, LegacyDocument) else None

    def _move(self, stored: StoredHead[AnyDocument], contents: _Contents, *, more: bool = False) -> StoredAs:
        """Write what has changed, then the head, then delete what is no longer needed.

        :param stored: the head that it replaces, as it was read
        :param more: ``True`` if the task goes on to write
        :return: the texts that hold what is remembered of runs
        :raises CheckpointError: if another task has written the state since it was read; nothing has changed then
        """
        before = stored.head if isinstance(stored.head, StateDocument) else StateDocument(STATE_VERSION, {})
        counted = self._usage_of(before)
        try:
            chains = self._write_segments(before, counted, contents, self._head.protected(stored), more=more)
        except ValueError as error:
            raise damaged_state(self.state_key, error) from None
        after = StateDocument(
            STATE_VERSION,
            plain_checkpoint(contents.checkpoint),
            now(),
            contents.generation,
            chains.remembered,
            chains.counts,
            waiting=chains.waiting,
            topic_ids=contents.topic_ids,
        )
        written = self._head.replace(stored, after)
        if written is None:
            raise _MovedError(
                f"the state (Variable {self.state_key!r}) was moved by another task while it was written. Nothing was "
                "changed; set max_active_runs to 1 and give each DAG its own state_key"
            )
        self._written = written.text
        self._usage = (chains.counts.fingerprint, dict(contents.usage))
        return stored_as(chains.remembered)

    def _write_segments(
        self,
        before: StateDocument,
        counted: UsageCounts,
        contents: _Contents,
        protected: set[int],
        *,
        more: bool,
    ) -> _Chains:
        """Write the segments with what has changed, which no head refers to yet.

        :param before: the stored head
        :param counted: the stored usage counts
        :param protected: slots that must not be overwritten; those that are written are added
        :raises ValueError: if a stored segment cannot be read
        """
        remembered, counts, waiting = before.remembered, before.counts, before.waiting
        if (change := contents.change) is not None:
            chain = remembered if change.base else Chain()
            remembered = self._segments.extend(chain, change.text, joined_texts, protected, more=more)
        if not contents.usage:
            counts = Chain()
        elif changed := usage_text(counted, contents.usage):
            counts = self._segments.extend(counts, changed, joined_usage, protected)
        if contents.held is not None:
            waiting = self._segments.replaced(held_text(contents.held), protected)
        return _Chains(remembered, counts, waiting)
