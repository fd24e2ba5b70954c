"""Puts together what several lanes, and the sensor that looks at all of them, have measured."""

from __future__ import annotations

from collections.abc import Iterable

from openmetadata_ol_provider.receipts.receipt import Lag, TopicLag


def merge_lags(lanes: Iterable[Lag | None], whole: Lag | None = None) -> Lag | None:
    """Return what waits in all lanes together, as old as the oldest of the measurements.

    :param lanes: measurement of each lane
    :param whole: measurement of all lanes at once; it counts if none is later
    :return: ``None`` if nothing was measured
    """
    measured = [lag for lag in lanes if lag is not None]
    if whole is not None and all(whole.at >= lag.at for lag in measured):
        return whole
    if len(measured) < 2:
        return measured[0] if measured else None
    topics: dict[str, TopicLag] = {}
    for topic in (topic for lag in measured for topic in lag.topics):
        topics[topic.topic] = _added(topics[topic.topic], topic) if topic.topic in topics else topic
    return Lag(min(lag.at for lag in measured), measured[0].source, tuple(topics[name] for name in sorted(topics)))


def _added(mine: TopicLag, other: TopicLag) -> TopicLag:
    seconds = max((lag.seconds for lag in (mine, other) if lag.seconds is not None), default=None)
    newest = max((lag.newest_ms for lag in (mine, other) if lag.newest_ms is not None), default=None)
    return TopicLag(mine.topic, mine.messages + other.messages, seconds, newest)
