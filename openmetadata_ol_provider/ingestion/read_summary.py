"""Measures what is read of a batch, for metrics and receipts, which get it when the batch is about to be published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from openmetadata_ol_provider.kafka.messages import ReadResult


class MessageTime(NamedTuple):
    """The time of a message.

    :param timestamp_ms: milliseconds since 1970
    """

    topic: str
    timestamp_ms: int


class ReadSummary(NamedTuple):
    """What was read of a batch.

    :param offsets: number of offsets, those without a message among them
    :param times: times of the oldest and the newest message of each topic, as far as the broker gave times
    """

    offsets: int = 0
    times: tuple[MessageTime, ...] = ()


class ReadMeter:
    """Measures a batch part by part, as it is read."""

    def __init__(self) -> None:
        self._offsets = 0
        self._times: dict[str, tuple[int, int]] = {}

    @property
    def summary(self) -> ReadSummary:
        """What was read so far."""
        times = (MessageTime(topic, time) for topic, ends in self._times.items() for time in ends)
        return ReadSummary(self._offsets, tuple(times))

    def measured(self, parts: Iterable[ReadResult]) -> Iterator[ReadResult]:
        """Pass on the parts of a batch as they are read."""
        for part in parts:
            self._add(part)
            yield part
            # Otherwise its messages would stay while the next part is read.
            del part

    def _add(self, part: ReadResult) -> None:
        self._offsets += sum(item.end - item.start for item in part.ranges)
        for message in part.messages:
            if (time := message.timestamp_ms) is not None:
                oldest, newest = self._times.get(message.topic, (time, time))
                self._times[message.topic] = min(oldest, time), max(newest, time)
