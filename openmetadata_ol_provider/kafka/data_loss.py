"""Offsets that can no longer be read: told loudly, and then what ``on_data_loss`` says is done."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from openmetadata_ol_provider.exceptions import ConfigError, DataLossError
from openmetadata_ol_provider.kafka.offsets import Backlog

if TYPE_CHECKING:
    from openmetadata_ol_provider.kafka.settings import KafkaSettings

log = logging.getLogger(__name__)

LossPolicy = Literal["fail", "continue"]
_POLICIES: dict[str, LossPolicy] = {"fail": "fail", "continue": "continue"}
# So many partitions are named in an error.
_NAMED = 10


class Loss(NamedTuple):
    """What one partition has no more.

    :param first: the first offset that can be read
    :param lost: how many before it were deleted by retention; 0: the topic was made anew or cut off, and nobody knows
    :param position: where reading was to go on, when it lies beyond the end; ``None``: where the group stands
    :param end: one past the last offset
    """

    topic: str
    partition: int
    first: int
    lost: int = 0
    position: int | None = None
    end: int = 0

    def __str__(self) -> str:
        where = f"topic {self.topic!r}, partition {self.partition}"
        if self.lost:
            return (
                f"{where}: {self.lost} offsets are LOST, deleted by retention before they were read "
                f"(position {self.first - self.lost}, first retained {self.first})"
            )
        position = "of the group" if self.position is None else self.position
        return (
            f"{where}: the position ({position}) lies beyond the end ({self.end}): topic recreated or truncated, so "
            "how many were not read nobody knows"
        )


class OnLoss(NamedTuple):
    """What to do when something is lost.

    :param policy: ``continue`` reads on where the topic begins, ``fail`` does not
    :param state_key: Variable with the checkpoint, which moves when a loss is accepted; empty where none does
    """

    policy: LossPolicy = "continue"
    state_key: str = ""

    @property
    def fails(self) -> bool:
        """Whether a loss ends the reading."""
        return self.policy == "fail"

    def check(self, settings: KafkaSettings, backlog: Backlog) -> None:
        """Let a backlog pass, or refuse it because of what it has lost.

        :raises DataLossError: with the remedies
        """
        losses = losses_of(backlog)
        if losses and self.fails:
            raise self.error(settings, losses)

    def error(self, settings: KafkaSettings, losses: Sequence[Loss]) -> DataLossError:
        """Make the error to raise."""
        named = "; ".join(map(str, losses[:_NAMED]))
        if len(losses) > _NAMED:
            named += f"; and {len(losses) - _NAMED} more partitions"
        lost = sum(loss.lost for loss in losses)
        what = f"on_data_loss is fail, and events are lost ({lost} offsets): {named}"
        return DataLossError(settings.describe(what, self._remedy(settings, losses)))

    def _remedy(self, settings: KafkaSettings, losses: Sequence[Loss]) -> str:
        remedy = "lest it happen again, let the topic retain more, or run more often"
        if not self.state_key:
            return f"run once with on_data_loss=continue; {remedy}"
        how = "run once with on_data_loss=continue"
        if len(losses) <= _NAMED:
            how += f", or: {self._command(settings, losses)}"
        stays = f"the checkpoint (Variable {self.state_key!r}) stays, and every run fails until the loss is accepted"
        return f"{stays}: {how}; {remedy}"

    def _command(self, settings: KafkaSettings, losses: Sequence[Loss]) -> str:
        words = ["openmetadata-ol", "checkpoint", "set", "--kafka-config-id", settings.conn_id]
        words += ["--topics", ",".join(dict.fromkeys(loss.topic for loss in losses))]
        # The key is that of the lane, where there are lanes: of one only.
        words += ["--state-key", self.state_key, "--lanes", "1"]
        for loss in losses:
            words += ["--offset", f"{loss.topic}:{loss.partition}={loss.first}"]
        return shlex.join(words)


#: What happens unless somebody says otherwise.
GO_ON = OnLoss()


def losses_of(backlog: Backlog) -> list[Loss]:
    """Return what was lost before a backlog was taken."""
    return [
        Loss(item.topic, item.partition, item.low, item.lost, item.checkpoint, item.high)
        for item in backlog.partitions
        if item.lost or item.reset
    ]


def warn_of_loss(backlog: Backlog) -> None:
    """Log each partition whose position was not where it ought to be: loudly, since events are gone or come again."""
    for loss in losses_of(backlog):
        log.warning("%s; reading starts at %d", loss, loss.first)


def parse_policy(value: object, name: str) -> LossPolicy | None:
    """Return the policy that a parameter names; ``None`` when it is empty, as templates may leave it.

    :param name: of the parameter, for the error
    :raises ConfigError: if it is none
    """
    text = "" if value is None else str(value).strip().lower()
    if text in ("", "none"):
        return None
    policy: LossPolicy | None = _POLICIES.get(text)
    if policy is not None:
        return policy
    raise ConfigError(f"{name} is {value!r}; give fail or continue")
