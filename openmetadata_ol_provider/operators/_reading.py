"""What the operators that read are told of where to begin, as text, time or template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.exceptions import ConfigError

if TYPE_CHECKING:
    from openmetadata_ol_provider.kafka.losses import LossPolicy
    from openmetadata_ol_provider.kafka.startpoints import StartPoint
    from openmetadata_ol_provider.reading import Reading, Window


def reading_of(operator: Any) -> Reading:
    """Return what an operator reads; what it does not say of ``start_from`` and ``on_data_loss``, the options do.

    :raises ConfigError: naming the parameter that is wrong
    """
    from openmetadata_ol_provider.kafka.startpoints import parse_start
    from openmetadata_ol_provider.reading import Reading

    replay = parse_start(operator.replay_from, "replay_from", ("earliest", "time", "offsets"))
    return Reading(start_of(operator), replay, _window_of(operator, replay), on_data_loss=_loss_policy_of(operator))


def start_of(operator: Any) -> StartPoint:
    """Return where an operator begins while there is no checkpoint.

    :raises ConfigError: if that is no start
    """
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.kafka.startpoints import OWN_GROUP, STARTS, parse_start

    given = parse_start(operator.start_from, "start_from", STARTS)
    return given or parse_start(conf.start_from(), "[openmetadata_ol] start_from", STARTS) or OWN_GROUP


def _loss_policy_of(operator: Any) -> LossPolicy:
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.kafka.losses import parse_policy

    given = parse_policy(getattr(operator, "on_data_loss", None), "on_data_loss")
    return given or parse_policy(conf.on_data_loss(), "[openmetadata_ol] on_data_loss") or "continue"


def _window_of(operator: Any, replay: StartPoint | None) -> Window | None:
    from openmetadata_ol_provider.kafka.startpoints import parse_start
    from openmetadata_ol_provider.reading import Window

    given = getattr(operator, "start", None), getattr(operator, "end", None)
    if given == (None, None):
        return None
    start, end = (parse_start(value, name, ("time",)) for value, name in zip(given, ("start", "end"), strict=True))
    if start is None:
        # Reading on from the checkpoint instead would be quite another thing than what was asked for.
        raise ConfigError(
            f"start is {given[0]!r}; give a time (a run without data interval has none), or neither start nor end"
        )
    if given[1] is not None and end is None:
        raise ConfigError(f"end is {given[1]!r}; give a time, or leave end out to read to the end of the topics")
    if end is not None and end.milliseconds <= start.milliseconds:
        raise ConfigError(f"start is {start} and end is {end}; end has to be later")
    if replay is not None:
        raise ConfigError("replay_from and start are both given; give one of them")
    return Window(start, end)
