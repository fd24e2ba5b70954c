"""Where the operators that read begin: without a checkpoint, again from an earlier point, or in a span of time."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.exceptions import ConfigError

if TYPE_CHECKING:
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.kafka.offsets import Backlog
    from openmetadata_ol_provider.kafka.startpoints import StartPoint
    from openmetadata_ol_provider.state import Checkpoint

log = logging.getLogger(__name__)


def start_of(operator: Any) -> StartPoint:
    """Return where an operator begins without a checkpoint, if it does not say so where ``[openmetadata_ol]`` does.

    :raises ConfigError: if that is no start
    """
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.kafka.startpoints import OWN_GROUP, STARTS, parse_start

    given = parse_start(operator.start_from, "start_from", STARTS)
    return given or parse_start(conf.start_from(), "[openmetadata_ol] start_from", STARTS) or OWN_GROUP


def replay_of(operator: Any) -> StartPoint | None:
    """Return from where an operator reads again, ``None`` when it does not.

    :raises ConfigError: if that is neither a start nor offsets
    """
    from openmetadata_ol_provider.kafka.startpoints import parse_start

    return parse_start(operator.replay_from, "replay_from", ("earliest", "time", "offsets"))


def rewind(
    replay: StartPoint | None,
    hook: OpenLineageKafkaHook,
    topics: Sequence[str],
    checkpoint: Checkpoint,
    exclude: Sequence[str] = (),
) -> Checkpoint:
    """Return the checkpoint as it is to be for reading again: never further on than it is.

    :param replay: from where; ``None`` changes nothing
    """
    from openmetadata_ol_provider.kafka.offsets import rewound

    if replay is None:
        return checkpoint
    return rewound(checkpoint, hook.positions(topics, replay, exclude))


def move_back(state_key: str, before: Checkpoint, after: Checkpoint) -> None:
    """Store a checkpoint that was moved back, before anything is read: what follows is compared with it.

    :raises CheckpointError: if somebody else has moved it meanwhile
    """
    from openmetadata_ol_provider.keeping import move_checkpoint

    if after != before:
        move_checkpoint(state_key, before, after)
        log.warning("replay_from: the checkpoint (Variable %r) moves back from %s to %s", state_key, before, after)


class Window(NamedTuple):
    """A span of time that is read whole, whatever was read before, up to but not including its end."""

    start: StartPoint
    end: StartPoint | None

    def backlog(
        self, hook: OpenLineageKafkaHook, topics: Sequence[str], checkpoint: Checkpoint, exclude: Sequence[str]
    ) -> Backlog:
        """Return what it holds."""
        with hook.query() as query:
            return query.window(topics, self.start, self.end, checkpoint, exclude)


def window_of(operator: Any) -> Window | None:
    """Return the span that an operator reads, ``None`` when it goes on where the checkpoint stands.

    :raises ConfigError: if one of its ends is no time, or they do not fit
    """
    from openmetadata_ol_provider.kafka.startpoints import parse_start

    if operator.start is None and operator.end is None:
        return None
    start, end = parse_start(operator.start, "start", ("time",)), parse_start(operator.end, "end", ("time",))
    if start is None:
        # Reading on from the checkpoint instead would be quite another thing than what was asked for.
        raise ConfigError(
            f"start is {operator.start!r}; give a time (a run without data interval has none), or neither start nor end"
        )
    if operator.end is not None and end is None:
        raise ConfigError(f"end is {operator.end!r}; give a time, or leave end out to read to the end of the topics")
    if end is not None and end.milliseconds <= start.milliseconds:
        raise ConfigError(f"start is {start} and end is {end}; end has to be later")
    if operator.replay_from not in (None, "", "None"):
        raise ConfigError("replay_from and start are both given; give one of them")
    return Window(start, end)
