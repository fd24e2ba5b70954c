"""Detects offsets that can no longer be read, and applies the option ``on_data_loss``."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from openmetadata_ol_provider.exceptions import ConfigError, DataLossError
from openmetadata_ol_provider.kafka.offsets import Backlog
from openmetadata_ol_provider.openlineage.listing import counted

if TYPE_CHECKING:
    from openmetadata_ol_provider.kafka.settings import KafkaSettings

log = logging.getLogger(__name__)

#: Values of the option ``on_data_loss``.
OnDataLoss = Literal["fail", "continue"]
_VALUES: dict[str, OnDataLoss] = {"fail": "fail", "continue": "continue"}
# Most partitions that an error names.
_MAX_NAMED = 10


class PartitionLoss(NamedTuple):
    """The data loss of one partition.

    :param first: first offset that can still be read
    :param lost: number of offsets before it that retention deleted; 0 when the topic was recreated or truncated, so
        that the number is unknown
    :param position: next offset to read when it is beyond the end; ``None``: the group's position
    :param end: offset after the last message
    :param recreated: ``True`` if the position is that of a deleted topic of the same name
    """

    topic: str
    partition: int
    first: int
    lost: int = 0
    position: int | None = None
    end: int = 0
    recreated: bool = False

    def __str__(self) -> str:
        where = f"topic {self.topic!r}, partition {self.partition}"
        if self.lost:
            return (
                f"{where}: {counted(self.lost, 'offset is LOST', 'offsets are LOST')}, deleted by retention before "
                f"reading (position {self.first - self.lost}, first retained {self.first})"
            )
        if self.recreated:
            return (
                f"{where}: the topic was deleted and recreated, as its id shows: the position ({self.position}) is "
                "that of the deleted one, and the number of unread messages is unknown"
            )
        position = "of the group" if self.position is None else self.position
        return (
            f"{where}: the position ({position}) lies beyond the end ({self.end}): the topic was recreated or "
            "truncated, and the number of unread messages is unknown"
        )


class DataLossPolicy(NamedTuple):
    """The reaction to a data loss.

    :param on_data_loss: ``continue`` reads on from the first retained offset, ``fail`` raises an error
    :param state_key: Variable with the checkpoint that moves when a loss is accepted; empty when none moves
    """

    on_data_loss: OnDataLoss = "continue"
    state_key: str = ""

    @property
    def fails(self) -> bool:
        """Whether a loss ends the reading."""
        return self.on_data_loss == "fail"

    def check(self, settings: KafkaSettings, backlog: Backlog) -> None:
        """Refuse a backlog with losses if the policy is ``fail``.

        :raises DataLossError: with the remedies
        """
        losses = partition_losses(backlog)
        if losses and self.fails:
            raise self.error(settings, losses)

    def error(self, settings: KafkaSettings, losses: Sequence[PartitionLoss]) -> DataLossError:
        """Return the error to raise."""
        named = "; ".join(map(str, losses[:_MAX_NAMED]))
        if len(losses) > _MAX_NAMED:
            named += f"; and {counted(len(losses) - _MAX_NAMED, 'more partition')}"
        lost = sum(loss.lost for loss in losses)
        what = f"on_data_loss is fail, and events are lost ({counted(lost, 'offset')}): {named}"
        return DataLossError(settings.describe(what, self._remedy(settings, losses)))

    def _remedy(self, settings: KafkaSettings, losses: Sequence[PartitionLoss]) -> str:
        prevention = "to prevent further losses, increase the topic's retention or run more often"
        if not self.state_key:
            return f"run once with on_data_loss=continue; {prevention}"
        acceptance = "run once with on_data_loss=continue"
        if len(losses) <= _MAX_NAMED:
            acceptance += f", or: {self._command(settings, losses)}"
        consequence = (
            f"the checkpoint (Variable {self.state_key!r}) stays, and every run fails until the loss is accepted"
        )
        return f"{consequence}: {acceptance}; {prevention}"

    def _command(self, settings: KafkaSettings, losses: Sequence[PartitionLoss]) -> str:
        words = ["openmetadata-ol", "checkpoint", "set", "--kafka-config-id", settings.conn_id]
        words += ["--topics", ",".join(dict.fromkeys(loss.topic for loss in losses))]
        # Where there are lanes, the state key is that of one lane: the command must not derive a lane's key from it.
        words += ["--state-key", self.state_key, "--lanes", "1"]
        for loss in losses:
            words += ["--offset", f"{loss.topic}:{loss.partition}={loss.first}"]
        return shlex.join(words)


#: The default policy.
CONTINUE = DataLossPolicy()


def partition_losses(backlog: Backlog) -> list[PartitionLoss]:
    """Return the losses that a backlog shows."""
    return [
        PartitionLoss(item.topic, item.partition, item.low, item.lost, item.checkpoint, item.high, item.recreated)
        for item in backlog.partitions
        if item.lost or item.reset
    ]


def log_losses(backlog: Backlog) -> None:
    """Log a warning for each partition that lost events or whose position is beyond the end."""
    for loss in partition_losses(backlog):
        log.warning("%s; reading starts at %d", loss, loss.first)


def parse_on_data_loss(value: object, setting: str) -> OnDataLoss | None:
    """Parse a value of ``on_data_loss``; return ``None`` when it is empty, which templates may render.

    :param setting: name of the parameter or option, for the error
    :raises ConfigError: if the value is neither ``fail`` nor ``continue``
    """
    text = "" if value is None else str(value).strip().lower()
    if text in ("", "none"):
        return None
    parsed = _VALUES.get(text)
    if parsed is not None:
        return parsed
    raise ConfigError(f"{setting} is {value!r}; give fail or continue")
