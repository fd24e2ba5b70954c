"""Determines what a task reads: messages after the checkpoint, again from an earlier position, or of a span of time.

Reading again moves the checkpoint back, never forward, and stores it before anything is read, so that the batches that
follow are compared with it as usual. A span of time has a state of its own: it moves neither other tasks' checkpoint
nor the group's offsets.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.ingestion.first_start import FirstStart, first_start
from openmetadata_ol_provider.kafka.data_loss import DataLossPolicy, OnDataLoss, parse_on_data_loss
from openmetadata_ol_provider.kafka.offsets import rewind_checkpoint
from openmetadata_ol_provider.kafka.start_position import OWN_GROUP, START_KINDS, StartPosition, parse_start
from openmetadata_ol_provider.openlineage.positions import Checkpoint
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.state.store import StateStore

if TYPE_CHECKING:
    from openmetadata_ol_provider.kafka.client import KafkaClient
    from openmetadata_ol_provider.kafka.offsets import Backlog

log = logging.getLogger(__name__)


class Window(NamedTuple):
    """A span of time to read completely, including messages that were read before.

    :param start: time of the first message
    :param end: time from which messages are not read any more; ``None``: read up to the end of the topics
    """

    start: StartPosition
    end: StartPosition | None = None


class ReadRequest(NamedTuple):
    """The messages that a task reads.

    :param start: start of partitions that the checkpoint does not name
    :param replay: position from which to read again; default: do not
    :param window: span of time to read instead of what the checkpoint leaves; default: none
    :param partition_filter: the partitions (topic, number) to read, e.g. those of a lane; default: all
    :param on_data_loss: reaction when messages were deleted before they were read
    :param owner: state key of the reader, without the lane
    """

    start: StartPosition = OWN_GROUP
    replay: StartPosition | None = None
    window: Window | None = None
    partition_filter: Callable[[str, int], bool] | None = None
    on_data_loss: OnDataLoss = "continue"
    owner: str = ""

    def first_start(self, backlog: Backlog, checkpoint: Checkpoint) -> FirstStart | None:
        """Return a warning about a start without a checkpoint; a span of time needs none.

        :param checkpoint: the checkpoint from which the backlog was computed
        """
        return None if self.window else first_start(backlog, checkpoint, self.start, self.owner)

    def start_problems(self, backlog: Backlog, checkpoint: Checkpoint) -> tuple[Problem, ...]:
        """Return the problem of messages that a first start leaves out, if there are any."""
        begun = self.first_start(backlog, checkpoint)
        return () if begun is None or begun.problem is None else (begun.problem,)

    def loss_policy(self, state_key: str) -> DataLossPolicy:
        """Return the reaction to a data loss.

        :param state_key: Variable with the checkpoint
        """
        return DataLossPolicy(self.on_data_loss, "" if self.window else state_key)

    def rewind(
        self, kafka: KafkaClient, topics: Sequence[str], checkpoint: Checkpoint, exclude: Sequence[str] = ()
    ) -> Checkpoint:
        """Return the checkpoint moved back for reading again, unchanged if nothing is to be read again."""
        if self.replay is None:
            return checkpoint
        return rewind_checkpoint(checkpoint, kafka.positions(topics, self.replay, exclude, self.partition_filter))

    def backlog(
        self,
        kafka: KafkaClient,
        topics: Sequence[str],
        state_key: str,
        checkpoint: Checkpoint,
        exclude: Sequence[str] = (),
        *,
        topic_ids: Mapping[str, str] | None = None,
        dry_run: bool = False,
    ) -> Backlog:
        """Return what is to be read, after moving the checkpoint back if something is to be read again.

        :param state_key: Variable with the checkpoint
        :param checkpoint: the stored checkpoint
        :param exclude: topics that a pattern must not match
        :param topic_ids: id of each topic when the checkpoint was stored; default: the cluster is not asked for ids
        :param dry_run: ``True`` to leave the stored checkpoint alone
        :raises CheckpointError: if another task has moved the checkpoint meanwhile
        :raises DataLossError: if messages are lost and ``on_data_loss`` is ``fail``; nothing has moved then
        """
        if self.window is not None:
            start, end = self.window
            with kafka.query() as query:
                return query.window(topics, start, end, checkpoint, exclude, partition_filter=self.partition_filter)
        rewound = self.rewind(kafka, topics, checkpoint, exclude)
        if topic_ids is not None:
            # A position to read again from is one of the topic that is there now.
            topic_ids = {key: text for key, text in topic_ids.items() if rewound.get(key) == checkpoint.get(key)}
        backlog = kafka.backlog(topics, rewound, exclude, self.start, self.partition_filter, topic_ids=topic_ids)
        if (begun := self.first_start(backlog, rewound)) is not None:
            log.warning("%s", begun.text)
        self.loss_policy(state_key).check(kafka.settings, backlog)
        if rewound != checkpoint and not dry_run:
            StateStore(state_key).move_checkpoint(checkpoint, rewound)
            log.warning(
                "replay_from: the checkpoint (Variable %r) moves back from %s to %s", state_key, checkpoint, rewound
            )
        return backlog


def start_option() -> StartPosition:
    """Return the position at which reading starts without a checkpoint, by ``[openmetadata_ol] start_from``.

    :raises ConfigError: if the option is not a start position
    """
    from openmetadata_ol_provider import conf

    return parse_start(conf.start_from(), "[openmetadata_ol] start_from", START_KINDS) or OWN_GROUP


def data_loss_option() -> OnDataLoss:
    """Return the reaction to lost messages, by ``[openmetadata_ol] on_data_loss``.

    :raises ConfigError: if the option is not one
    """
    from openmetadata_ol_provider import conf

    return parse_on_data_loss(conf.on_data_loss(), "[openmetadata_ol] on_data_loss") or "continue"
