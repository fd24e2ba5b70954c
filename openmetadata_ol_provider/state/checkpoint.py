"""What is kept between tasks and runs of a DAG: the checkpoint and what moves with it, in one Airflow Variable.

With the checkpoint move the runs that are not yet forgotten (a checkpoint ahead of them loses the START of a run whose
COMPLETE comes next) and the task runs counted (which would be counted twice, or not at all). The checkpoint is compared
before it is moved: a batch that does not start where it stands is refused, so a task of an old DAG run that is cleared
and run again publishes nothing twice and skips nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple

import msgspec

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.batch import BatchOrigin
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.run_state_sharing import share_facets
from openmetadata_ol_provider.openlineage.serialization import pack, unpack
from openmetadata_ol_provider.openlineage.times import iso
from openmetadata_ol_provider.openmetadata.publishing.core.carry_over import Usage
from openmetadata_ol_provider.version_compat import delete_variable, get_variable, set_variable

log = logging.getLogger(__name__)

STATE_VERSION = 1
#: Airflow's limit on the length of a Variable's key.
MAX_KEY = 250

Checkpoint = dict[str, dict[str, int]]

_REFUSED = "Nothing was published. Run the DAG anew, or clear the consume task together with those after it"
_OVERTAKEN = (
    "It was moved while the batch was published, so another task is at work: let the DAG have one active run "
    "(max_active_runs), and every DAG a state_key of its own"
)


class _Document(msgspec.Struct, frozen=True, omit_defaults=True):
    """The Variable's JSON; ``runs`` is packed, since a Variable's text is bounded on some databases."""

    version: int
    checkpoint: dict[str, dict[str, Annotated[int, msgspec.Meta(ge=0)]]]
    updated_at: str = ""
    runs: str | None = None
    usage: str | None = None
    generation: int | None = None


class Head(NamedTuple):
    """What tells one state from another.

    :param generation: the division into lanes that it belongs to; ``None``: the present one, whichever that is
    """

    checkpoint: Checkpoint
    generation: int | None = None


class StoredState(NamedTuple):
    """What the Variable holds.

    :param checkpoint: topic -> partition -> next offset
    :param usage: task runs counted, by pipeline FQN and day
    """

    checkpoint: Checkpoint
    runs: RunState
    usage: Usage


def default_state_key(dag_id: str, topics: Sequence[str]) -> str:
    """Return the Variable's key for the tasks of one DAG that read the same topics."""
    return bounded_key(f"openmetadata_ol.{dag_id}.{'+'.join(sorted(set(topics)))}")


def bounded_key(key: str) -> str:
    """Return a Variable's key as it is, or if it is too long its beginning and a digest of the whole."""
    if len(key) <= MAX_KEY:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    return f"{key[: MAX_KEY - len(digest) - 1]}.{digest}"


def read_state(state_key: str) -> StoredState:
    """Read checkpoint, runs and counts; empty when there are none yet.

    :raises CheckpointError: if the Variable does not hold what this package wrote
    """
    document = _read(state_key)
    try:
        runs = unpack(document.runs, RunState) if document.runs else RunState()
        counts = unpack(document.usage, list[tuple[str, str, int]]) if document.usage else []
    except ValueError as error:
        raise _damaged(state_key, error) from None
    return StoredState(document.checkpoint, share_facets(runs), {(fqn, day): count for fqn, day, count in counts})


def write_whole(state_key: str, state: StoredState, generation: int | None) -> None:
    """Write a state whatever stands in its place; see :func:`write_state` for how a checkpoint moves.

    :param generation: see :mod:`~openmetadata_ol_provider.state.repartition`
    """
    counts = [(*key, count) for key, count in sorted(state.usage.items())]
    document = _Document(
        STATE_VERSION,
        dict(state.checkpoint),
        _now(),
        pack(state.runs),
        pack(counts) if counts else None,
        generation,
    )
    _write(state_key, document)


def read_head(state_key: str) -> Head | None:
    """Read whether there is a state, and of which generation.

    :return: ``None`` where there is none
    """
    text = get_variable(state_key)
    document = _parsed(state_key, text) if text else None
    return Head(document.checkpoint, document.generation) if document else None


def write_generation(state_key: str, generation: int) -> None:
    """Say of a state of which generation it is; the rest of it stays."""
    _write(state_key, msgspec.structs.replace(_read(state_key), generation=generation))


def read_checkpoint(state_key: str) -> Checkpoint:
    """Read the checkpoint alone: topic -> partition (as text) -> next offset."""
    return _read(state_key).checkpoint


def write_state(origin: BatchOrigin, runs: RunState, usage: Usage) -> Checkpoint:
    """Move the checkpoint past a batch and keep what moves with it, after its effects are durable.

    :param origin: the batch's key and ranges; compared with the stored checkpoint once more
    :param usage: task runs counted, those of the batch included
    :return: the new checkpoint
    :raises CheckpointError: if somebody else has moved the checkpoint since the batch was read
    """
    document = _read(origin.state_key)
    check(origin, document.checkpoint, published=True)
    checkpoint = advanced(document.checkpoint, origin)
    write_whole(origin.state_key, StoredState(checkpoint, runs, usage), document.generation)
    return checkpoint


class StateSummary(NamedTuple):
    """What the Variable holds, in short.

    :param checkpoint: topic -> partition -> next offset
    :param updated_at: when it was written last, ISO 8601
    :param runs: how many runs are remembered
    :param open_runs: how many of them have not ended
    """

    checkpoint: Checkpoint
    updated_at: str
    runs: int
    open_runs: int


def read_summary(state_key: str) -> StateSummary | None:
    """Read the state in short; ``None`` when there is none.

    :raises CheckpointError: if the Variable does not hold what this package wrote
    """
    if not get_variable(state_key):
        return None
    document, runs = _read(state_key), read_state(state_key).runs.runs.values()
    return StateSummary(document.checkpoint, document.updated_at, len(runs), sum(not run.terminal for run in runs))


def delete_state(state_key: str) -> None:
    """Delete checkpoint and runs; what they were, the next batch begins without. Harmless when there are none."""
    delete_variable(state_key)


def replace_checkpoint(
    state_key: str, expected: Mapping[str, Mapping[str, int]], checkpoint: Mapping[str, Mapping[str, int]]
) -> None:
    """Set the checkpoint anew, wherever it goes; the runs that are remembered stay.

    Counts of runs do not: those read again are counted anew, from what the catalogue has.

    :param expected: where it is known to stand
    :raises CheckpointError: if it stands elsewhere meanwhile, or the Variable does not hold what this package wrote
    """
    document = _read(state_key)
    if document.checkpoint != expected:
        raise CheckpointError(
            f"the checkpoint (Variable {state_key!r}) was moved meanwhile: it was {expected} and is "
            f"{document.checkpoint}. Nothing was changed; pause the DAG that moves it, and try again"
        )
    positions = {topic: dict(partitions) for topic, partitions in checkpoint.items()}
    _write(state_key, msgspec.structs.replace(document, checkpoint=positions, updated_at=_now(), usage=None))


def is_done(origin: BatchOrigin, checkpoint: Mapping[str, Mapping[str, int]]) -> bool:
    """Tell whether the checkpoint stands past all of a batch that it no longer fits: it was published before."""
    # A batch that fits is never done: of a topic made anew, the checkpoint stands past the end until it has moved.
    stands = [(_stands(checkpoint, item.topic, item.partition), item.end) for item in origin.ranges]
    return bool(_misfits(origin, checkpoint)) and all(at is not None and at >= end for at, end in stands)


def check(origin: BatchOrigin, checkpoint: Mapping[str, Mapping[str, int]], *, published: bool = False) -> None:
    """Compare where a batch starts with where the checkpoint stands.

    :param published: the batch has been published meanwhile
    :raises CheckpointError: naming each partition at which they differ
    """
    wrong = _misfits(origin, checkpoint)
    if wrong:
        raise CheckpointError(
            f"the batch does not start where the checkpoint stands (Variable {origin.state_key!r}): {'; '.join(wrong)}."
            f" {_OVERTAKEN if published else _REFUSED}"
        )


def _misfits(origin: BatchOrigin, checkpoint: Mapping[str, Mapping[str, int]]) -> list[str]:
    return [
        f"{item.topic}[{item.partition}]: batch from {item.checkpoint}, checkpoint at {stands}"
        for item in origin.ranges
        if (stands := _stands(checkpoint, item.topic, item.partition)) != item.checkpoint
    ]


def advanced(checkpoint: Mapping[str, Mapping[str, int]], origin: BatchOrigin) -> Checkpoint:
    """Return the checkpoint moved past a batch."""
    moved = {topic: dict(partitions) for topic, partitions in checkpoint.items()}
    for item in origin.ranges:
        moved.setdefault(item.topic, {})[str(item.partition)] = item.end
    return moved


def _stands(checkpoint: Mapping[str, Mapping[str, int]], topic: str, partition: int) -> int | None:
    return checkpoint.get(topic, {}).get(str(partition))


def _read(state_key: str) -> _Document:
    text = get_variable(state_key)
    return _parsed(state_key, text) if text else _Document(STATE_VERSION, {})


def _parsed(state_key: str, text: str) -> _Document:
    try:
        document = msgspec.json.decode(text, type=_Document)
    except ValueError as error:
        raise _damaged(state_key, error) from None
    if document.version != STATE_VERSION:
        raise _damaged(state_key, ValueError(f"version {document.version!r}, supported: {STATE_VERSION}"))
    return document


def _write(state_key: str, document: _Document) -> None:
    text = msgspec.json.encode(document).decode()
    set_variable(state_key, text, "State of openmetadata-ol-provider: do not edit by hand")


def _now() -> str:
    return iso(dt.datetime.now(dt.timezone.utc))


def _damaged(state_key: str, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"Variable {state_key!r} is not a state of this package ({error}). Restore it, or delete it to start from "
        "the offsets that the consumer group committed"
    )
