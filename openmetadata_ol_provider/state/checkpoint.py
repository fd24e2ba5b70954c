"""The rules of the checkpoint: which batch continues it, which one it is past already, and how it moves.

The checkpoint is compared before it is moved: a batch that does not continue it is refused, so a task of an old DAG run
that is cleared and run again publishes nothing twice and skips nothing.
"""

from __future__ import annotations

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.batch import BatchOrigin
from openmetadata_ol_provider.openlineage.positions import Checkpoint, OffsetRange, advance

_REFUSED = "Nothing was published. Run the DAG again, or clear the consume task together with those after it"
_OVERTAKEN = (
    "It was moved while the batch was published, so another task works with the same state: set max_active_runs to 1 "
    "and give each DAG its own state_key"
)


def is_past(origin: BatchOrigin, checkpoint: Checkpoint) -> bool:
    """Return whether a batch was published before: it no longer continues the checkpoint, which is past all of it."""
    # A batch that continues it is never past: the checkpoint of a recreated topic is past its end until it moves.
    positions = [(_position(item, checkpoint), item.end) for item in origin.ranges]
    return bool(_mismatches(origin, checkpoint)) and all(at is not None and at >= end for at, end in positions)


def require_start(origin: BatchOrigin, checkpoint: Checkpoint, *, published: bool = False) -> None:
    """Compare the start of a batch with the checkpoint.

    :param published: ``True`` if the batch has been published meanwhile
    :raises CheckpointError: if they differ, naming each partition where they do
    """
    mismatches = _mismatches(origin, checkpoint)
    if mismatches:
        raise CheckpointError(
            f"the start of the batch differs from the checkpoint (Variable {origin.state_key!r}): "
            f"{'; '.join(mismatches)}. {_OVERTAKEN if published else _REFUSED}"
        )


def advance_checkpoint(checkpoint: Checkpoint, origin: BatchOrigin) -> Checkpoint:
    """Return the checkpoint moved past a batch."""
    return advance(checkpoint, origin.ranges)


def _mismatches(origin: BatchOrigin, checkpoint: Checkpoint) -> list[str]:
    return [
        f"{item.topic}[{item.partition}]: batch from {item.checkpoint}, checkpoint at {position}"
        for item in origin.ranges
        if (position := _position(item, checkpoint)) != item.checkpoint
    ]


def _position(item: OffsetRange, checkpoint: Checkpoint) -> int | None:
    return checkpoint.get(item.topic, {}).get(str(item.partition))
