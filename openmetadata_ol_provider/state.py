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
from openmetadata_ol_provider.openlineage.packing import pack, unpack
from openmetadata_ol_provider.openlineage.runstate import RunState
from openmetadata_ol_provider.openlineage.times import iso
from openmetadata_ol_provider.openmetadata.publication.memory import Usage
from openmetadata_ol_provider.version_compat import get_variable, set_variable

log = logging.getLogger(__name__)

STATE_VERSION = 1
#: Airflow's limit on the length of a Variable's key.
MAX_KEY = 250
#: Kept for what :mod:`~openmetadata_ol_provider.keeping` appends to a key.
SUFFIX = 8

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
    key = f"openmetadata_ol.{dag_id}.{'+'.join(sorted(set(topics)))}"
    most = MAX_KEY - SUFFIX
    if len(key) <= most:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    return f"{key[: most - len(digest) - 1]}.{digest}"


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
    return StoredState(document.checkpoint, runs, {(fqn, day): count for fqn, day, count in counts})


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
    stored = read_checkpoint(origin.state_key)
    check(origin, stored, published=True)
    checkpoint = advanced(stored, origin)
    counts = [(*key, count) for key, count in sorted(usage.items())]
    document = _Document(
        STATE_VERSION, checkpoint, iso(dt.datetime.now(dt.timezone.utc)), pack(runs), pack(counts) if counts else None
    )
    text = msgspec.json.encode(document).decode()
    set_variable(origin.state_key, text, "State of openmetadata-ol-provider: do not edit by hand")
    return checkpoint


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
    if not text:
        return _Document(STATE_VERSION, {})
    try:
        document = msgspec.json.decode(text, type=_Document)
    except ValueError as error:
        raise _damaged(state_key, error) from None
    if document.version != STATE_VERSION:
        raise _damaged(state_key, ValueError(f"version {document.version!r}, supported: {STATE_VERSION}"))
    return document


def _damaged(state_key: str, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"Variable {state_key!r} is not a state of this package ({error}). Restore it, or delete it to start from "
        "the offsets that the consumer group committed"
    )
