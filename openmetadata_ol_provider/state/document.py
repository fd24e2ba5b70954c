"""The JSON of the state Variable: the checkpoint, and the runs and usage counts that move together with it.

A checkpoint ahead of its runs would lose the START of a run whose COMPLETE comes next; one ahead of its usage counts
would have task runs counted twice, or not at all.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, NamedTuple

import msgspec

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.positions import Checkpoint
from openmetadata_ol_provider.openlineage.run_state import RunState, as_legacy
from openmetadata_ol_provider.openlineage.run_state_sharing import share_facets
from openmetadata_ol_provider.openlineage.serialization import decode_json, pack, unpack
from openmetadata_ol_provider.openlineage.times import iso
from openmetadata_ol_provider.openmetadata.publishing.core.history import UsageCounts

#: Version that is written.
STATE_VERSION = 2
#: Version in which a run was all events of a run id, whatever their job.
_MERGED_RUNS = 1


class StateDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """The Variable's JSON.

    :param version: version of this format
    :param checkpoint: topic -> partition -> next offset
    :param updated_at: time of the last write, ISO 8601
    :param runs: runs, packed, because a Variable's text is bounded on some databases
    :param usage: usage counts, packed
    :param generation: division into lanes that the state belongs to; ``None``: the present one, whichever that is
    """

    version: int
    checkpoint: dict[str, dict[str, Annotated[int, msgspec.Meta(ge=0)]]]
    updated_at: str = ""
    runs: str | None = None
    usage: str | None = None
    generation: int | None = None


class StoredState(NamedTuple):
    """The unpacked contents of the state Variable.

    :param checkpoint: topic -> partition -> next offset
    :param runs: runs that later batches may continue
    :param usage: task runs counted, by pipeline FQN and day
    """

    checkpoint: Checkpoint
    runs: RunState
    usage: UsageCounts


class StateHead(NamedTuple):
    """The small part of the state Variable.

    :param checkpoint: topic -> partition -> next offset
    :param generation: division into lanes that the state belongs to; ``None``: the present one, whichever that is
    :param updated_at: time of the last write, ISO 8601
    """

    checkpoint: Checkpoint
    generation: int | None = None
    updated_at: str = ""


class StateSummary(NamedTuple):
    """The state in numbers.

    :param checkpoint: topic -> partition -> next offset
    :param updated_at: time of the last write, ISO 8601
    :param runs: number of runs that are remembered
    :param open_runs: number of those that have not ended
    """

    checkpoint: Checkpoint
    updated_at: str
    runs: int
    open_runs: int


def decode_document(state_key: str, text: str | None) -> StateDocument:
    """Return the document in a Variable's text; an empty one if there is no text.

    :raises CheckpointError: if it was not written by this package
    """
    if not text:
        return StateDocument(STATE_VERSION, {})
    try:
        document = decode_json(text, StateDocument)
    except ValueError as error:
        raise _damaged(state_key, error) from None
    if document.version not in (STATE_VERSION, _MERGED_RUNS):
        raise _damaged(state_key, ValueError(f"version {document.version!r}, supported: {STATE_VERSION}"))
    return document


def encode_document(document: StateDocument) -> str:
    """Return the Variable's text."""
    return msgspec.json.encode(document).decode()


def pack_state(state: StoredState, generation: int | None) -> StateDocument:
    """Return the document of a state as of now."""
    counts = [(*key, count) for key, count in sorted(state.usage.items())]
    return StateDocument(
        STATE_VERSION,
        _plain(state.checkpoint),
        now(),
        pack(state.runs),
        pack(counts) if counts else None,
        generation,
    )


def unpack_state(state_key: str, document: StateDocument) -> StoredState:
    """Return the state of a document.

    :raises CheckpointError: if it was not written by this package
    """
    try:
        runs = unpack(document.runs, RunState) if document.runs else RunState()
    except ValueError as error:
        raise _damaged(state_key, error) from None
    if document.version == _MERGED_RUNS:
        runs = as_legacy(runs)
    return StoredState(document.checkpoint, share_facets(runs), unpack_usage(state_key, document))


def unpack_usage(state_key: str, document: StateDocument) -> UsageCounts:
    """Return the usage counts of a document.

    :raises CheckpointError: if it was not written by this package
    """
    try:
        counts = unpack(document.usage, list[tuple[str, str, int]]) if document.usage else []
    except ValueError as error:
        raise _damaged(state_key, error) from None
    return {(fqn, day): count for fqn, day, count in counts}


def with_checkpoint(document: StateDocument, checkpoint: Checkpoint) -> StateDocument:
    """Return the document with another checkpoint and without usage counts: runs that are read again count again."""
    return msgspec.structs.replace(document, checkpoint=_plain(checkpoint), updated_at=now(), usage=None)


def now() -> str:
    """Return the current time, ISO 8601."""
    return iso(dt.datetime.now(dt.timezone.utc))


def _plain(checkpoint: Checkpoint) -> dict[str, dict[str, int]]:
    return {topic: dict(partitions) for topic, partitions in checkpoint.items()}


def _damaged(state_key: str, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"Variable {state_key!r} is not a state of this package ({error}). Restore it, or delete it to start from "
        "the offsets that the consumer group committed"
    )
