"""What is read next: what the checkpoint leaves, the same again from an earlier point, or a span of time.

Reading again is a move of the checkpoint: back, never forward, and stored before anything is read, so that what follows
is compared with it as ever. A span of time moves nothing of what others read: its state is its own, and the group's
offsets stay.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.kafka.data_loss import LossPolicy, OnLoss
from openmetadata_ol_provider.kafka.offsets import rewound
from openmetadata_ol_provider.kafka.start_position import OWN_GROUP, StartPoint
from openmetadata_ol_provider.state.checkpoint import Checkpoint
from openmetadata_ol_provider.state.publication import move_checkpoint

if TYPE_CHECKING:
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.kafka.offsets import Backlog

log = logging.getLogger(__name__)


class Window(NamedTuple):
    """A span of time that is read whole, whatever was read before.

    :param start: its messages are of this time or later
    :param end: and earlier than this; ``None``: up to the end of the topics
    """

    start: StartPoint
    end: StartPoint | None = None


class ReadRequest(NamedTuple):
    """What a task reads.

    :param start: where partitions begin that the checkpoint does not name
    :param replay: read again from here
    :param window: read this instead of what the checkpoint leaves
    :param takes: tells which partitions (topic, number) are read: those of a lane; all, if it is not given
    :param on_data_loss: what to do when what is to be read is there no more
    """

    start: StartPoint = OWN_GROUP
    replay: StartPoint | None = None
    window: Window | None = None
    takes: Callable[[str, int], bool] | None = None
    on_data_loss: LossPolicy = "continue"

    def on_loss(self, state_key: str) -> OnLoss:
        """Return what to do when something is lost.

        :param state_key: Variable with the checkpoint
        """
        return OnLoss(self.on_data_loss, "" if self.window else state_key)

    def rewound(
        self, hook: OpenLineageKafkaHook, topics: Sequence[str], checkpoint: Checkpoint, exclude: Sequence[str] = ()
    ) -> Checkpoint:
        """Return the checkpoint as it is to be for reading again; the same when nothing is to be."""
        if self.replay is None:
            return checkpoint
        return rewound(checkpoint, hook.positions(topics, self.replay, exclude, self.takes))

    def backlog(
        self,
        hook: OpenLineageKafkaHook,
        topics: Sequence[str],
        state_key: str,
        checkpoint: Checkpoint,
        exclude: Sequence[str] = (),
        *,
        dry_run: bool = False,
    ) -> Backlog:
        """Return what is to be read, after moving the checkpoint back if something is to be read again.

        :param state_key: Variable with the checkpoint
        :param checkpoint: where it stands
        :param exclude: topics that a pattern shall not match
        :param dry_run: move nothing
        :raises CheckpointError: if somebody else has moved it meanwhile
        :raises DataLossError: if something is lost, and that is not to be passed over: nothing has moved then
        """
        if self.window is not None:
            with hook.query() as query:
                return query.window(topics, self.window.start, self.window.end, checkpoint, exclude, takes=self.takes)
        begin = self.rewound(hook, topics, checkpoint, exclude)
        backlog = hook.backlog(topics, begin, exclude, self.start, self.takes)
        self.on_loss(state_key).check(hook.settings, backlog)
        if begin != checkpoint and not dry_run:
            move_checkpoint(state_key, checkpoint, begin)
            log.warning(
                "replay_from: the checkpoint (Variable %r) moves back from %s to %s", state_key, checkpoint, begin
            )
        return backlog
