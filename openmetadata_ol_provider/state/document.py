"""The JSON of the state Variable: the checkpoint, and which texts hold the runs and usage counts that move with it.

A checkpoint ahead of its runs would lose the START of a run whose COMPLETE comes next; one ahead of its usage counts
would have task runs counted twice, or not at all. So all of them change with one write, that of this Variable: the
texts in other Variables are written before, and none that it refers to is ever overwritten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Final, NamedTuple

import msgspec

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.positions import Checkpoint
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.segments.change import StoredAs, StoredRuns
from openmetadata_ol_provider.openlineage.serialization import decode_json
from openmetadata_ol_provider.openlineage.times import iso
from openmetadata_ol_provider.openmetadata.publishing.core.held import Held
from openmetadata_ol_provider.openmetadata.publishing.core.history import UsageCounts
from openmetadata_ol_provider.state.chain import Chain, SegmentRef
from openmetadata_ol_provider.state.collisions import collision_hint
from openmetadata_ol_provider.state.legacy_document import LEGACY_VERSIONS, LegacyDocument
from openmetadata_ol_provider.state.versioned import decode_version, version_of

#: Version that is written.
STATE_VERSION: Final = 3


class StateDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """The Variable's JSON.

    :param version: version of this format
    :param checkpoint: topic -> partition -> next offset
    :param updated_at: time of the last write, ISO 8601
    :param generation: division into lanes that the state belongs to; ``None``: the present one, whichever that is
    :param remembered: what is remembered of runs
    :param counts: usage counts
    :param retired: slots of segments that are no longer needed, but were before the last write
    :param writes: number of writes
    :param held: rows and counts that wait to be written, as earlier builds of this version have stored them
    :param waiting: rows of pipeline observability and usage counts that wait to be written: one text, or none
    :param topic_ids: topic -> id that it had when its positions were stored, as far as it is known
    """

    version: int
    checkpoint: dict[str, dict[str, Annotated[int, msgspec.Meta(ge=0)]]]
    updated_at: str = ""
    generation: int | None = None
    remembered: Chain = Chain()
    counts: Chain = Chain()
    retired: tuple[int, ...] = ()
    writes: int = 0
    held: str = ""
    waiting: Chain = Chain()
    topic_ids: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def size(self) -> int:
        """Characters of all texts in it and in the segments that it refers to."""
        return self.remembered.size + self.counts.size + self.waiting.size

    @property
    def segments(self) -> tuple[SegmentRef, ...]:
        """All segments that it refers to."""
        return self.remembered.segments + self.counts.segments + self.waiting.segments


#: What may be in the Variable.
AnyDocument = StateDocument | LegacyDocument


class StoredState(NamedTuple):
    """The contents of a state.

    :param checkpoint: topic -> partition -> next offset
    :param runs: runs that later batches may continue
    :param usage: task runs counted, by pipeline FQN and day
    :param stored_as: the texts that hold the runs
    :param held: rows and counts that wait to be written
    :param topic_ids: topic -> id that it had when its positions were stored, as far as it is known
    """

    checkpoint: Checkpoint
    runs: RunState
    usage: UsageCounts
    stored_as: StoredAs = StoredAs()
    held: Held = Held()
    topic_ids: Mapping[str, str] = MappingProxyType({})

    @property
    def stored_runs(self) -> StoredRuns:
        """The runs, and how they are stored."""
        return StoredRuns(self.runs, self.stored_as)


class StateHead(NamedTuple):
    """The small part of the state Variable.

    :param checkpoint: topic -> partition -> next offset
    :param generation: division into lanes that the state belongs to; ``None``: the present one, whichever that is
    :param updated_at: time of the last write, ISO 8601
    :param topic_ids: topic -> id that it had when its positions were stored, as far as it is known
    """

    checkpoint: Checkpoint
    generation: int | None = None
    updated_at: str = ""
    topic_ids: Mapping[str, str] = MappingProxyType({})


class StateSummary(NamedTuple):
    """The state in numbers.

    :param checkpoint: topic -> partition -> next offset
    :param updated_at: time of the last write, ISO 8601
    :param runs: number of runs that are remembered
    :param open_runs: number of those that have not ended
    :param topic_ids: topic -> id that it had when its positions were stored, as far as it is known
    """

    checkpoint: Checkpoint
    updated_at: str
    runs: int
    open_runs: int
    topic_ids: Mapping[str, str] = MappingProxyType({})


def agreed_topic_ids(states: Iterable[StateSummary | StoredState]) -> dict[str, str]:
    """Return the ids of topics about which all states with positions of them agree; the others are unknown."""
    ids: dict[str, set[str]] = {}
    for state in states:
        for topic in state.checkpoint:
            ids.setdefault(topic, set()).add(state.topic_ids.get(topic, ""))
    return {topic: text for topic, texts in ids.items() if len(texts) == 1 and (text := min(texts))}


def is_of_generation(stored: int | None, generation: int | None) -> bool:
    """Return whether a state belongs to a division into lanes; one without a generation belongs to any."""
    return stored in {None, generation}


def decode_document(state_key: str, text: str) -> AnyDocument:
    """Return the document in a Variable's text; an empty one if there is no text.

    :raises CheckpointError: if it was not written by this package
    """
    if not text:
        return StateDocument(STATE_VERSION, {})
    try:
        if version_of(text) in LEGACY_VERSIONS:
            return decode_json(text, LegacyDocument)
        document = decode_version(text, StateDocument, STATE_VERSION)
    except ValueError as error:
        raise damaged_state(state_key, error) from None
    return msgspec.structs.replace(document, held="", waiting=Chain((), document.held)) if document.held else document


def now() -> str:
    """Return the current time, ISO 8601."""
    return iso(dt.datetime.now(dt.timezone.utc))


def plain_checkpoint(checkpoint: Checkpoint) -> dict[str, dict[str, int]]:
    """Return a checkpoint as a document has it."""
    return {topic: dict(partitions) for topic, partitions in checkpoint.items()}


def damaged_state(state_key: str, error: Exception | str) -> CheckpointError:
    """Return the error for a Variable that this package cannot read."""
    if hint := collision_hint(state_key):
        return CheckpointError(f"Variable {state_key!r} is not the state of this DAG ({error}){hint}")
    return CheckpointError(
        f"Variable {state_key!r} is not a state of this package ({error}). Restore it, or delete it to start from "
        "the offsets that the consumer group committed"
    )
