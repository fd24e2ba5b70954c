"""Reading a backlog in bounded batches: explicit assignment, exact offset ranges, fair over the partitions.

Nothing waits for a batch to fill: a read ends when a bound is reached, when the offsets that the backlog knew are read,
when its time is over, or when the broker falls silent. Messages that arrived after the backlog was taken are not read.
"""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.exceptions import ConfigError, KafkaError
from openmetadata_ol_provider.kafka.messages import OffsetRange, RawMessage, ReadResult
from openmetadata_ol_provider.kafka.offsets import Backlog, PartitionBacklog
from openmetadata_ol_provider.kafka.query import warn_of_loss
from openmetadata_ol_provider.kafka.settings import REQUEST_TIMEOUT, BrokerErrors, KafkaSettings

if TYPE_CHECKING:
    from types import TracebackType

    from confluent_kafka import Consumer, Message
    from typing_extensions import Self

log = logging.getLogger(__name__)

#: Seconds without any progress after which a read ends, well before a long ``max_duration``.
STALL_TIMEOUT = 12.0
_CHUNK = 1000
_POLL = 0.5
# What one fetch may bring of each partition: reading ahead by less could miss the partitions that come second.
_FETCH_BYTES = 1024 * 1024
_FETCH_WAIT_MS = 100


class _Partition:
    """One partition's progress: up to ``position`` handed out, up to ``fetched`` read, ``buffer`` lies between."""

    __slots__ = ("backlog", "buffer", "checkpoint", "end", "fetched", "lost", "position", "reset", "size", "start")

    def __init__(self, backlog: PartitionBacklog) -> None:
        self.backlog = backlog
        self.checkpoint = backlog.checkpoint
        self.start = self.position = self.fetched = backlog.start
        self.end = backlog.high
        self.lost = backlog.lost
        self.reset = backlog.reset
        self.buffer: deque[RawMessage] = deque()
        self.size = 0

    @property
    def finished(self) -> bool:
        return self.fetched >= self.end

    def add(self, message: RawMessage) -> None:
        if self.finished or message.offset < self.fetched:
            return
        if message.offset >= self.end:
            self.fetched = self.end
            return
        self.fetched = message.offset + 1
        self.buffer.append(message)
        self.size += message.size

    def reach_end(self, offset: int) -> None:
        """Take the news that the partition ends at ``offset`` and all before it was delivered: the rest are gaps."""
        # Below the known end only after a truncation; then the partition ends here, for the next backlog to notice.
        self.end = min(self.end, max(self.fetched, offset))
        self.fetched = self.end

    def take(self) -> RawMessage:
        message = self.buffer.popleft()
        self.size -= message.size
        self.position = message.offset + 1
        return message

    def cover(self) -> OffsetRange | None:
        """Close the batch: return the range it covers, or ``None`` when the checkpoint stays where it is."""
        if not self.buffer:
            # Gaps of compaction and transactions behind the last message are covered too.
            self.position = self.fetched
        if self.checkpoint == self.position and not self.lost:
            return None
        topic, partition = self.backlog.topic, self.backlog.partition
        covered = OffsetRange(topic, partition, self.checkpoint, self.start, self.position, self.lost, self.reset)
        self.checkpoint = self.start = self.position
        self.lost, self.reset = 0, False
        return covered


class BacklogReader:
    """Reads one backlog batch after batch over one connection; a context manager.

    :param settings: the connection's settings
    :param backlog: what to read; its end offsets are the end
    """

    def __init__(self, settings: KafkaSettings, backlog: Backlog) -> None:
        self._settings = settings
        self._backlog = backlog
        self._partitions = {(item.topic, item.partition): _Partition(item) for item in backlog.partitions}
        self._consumer: Consumer | None = None
        self._errors = BrokerErrors()
        warn_of_loss(backlog)

    def read(self, *, max_messages: int, max_bytes: int, max_duration: float) -> ReadResult:
        """Read the next batch; when everything is read, an empty one at once.

        :param max_messages: at most so many messages
        :param max_bytes: at most so many bytes of keys, values and headers, but always one message
        :param max_duration: at most so many seconds, whatever was read by then
        :raises KafkaError: if there is something to read and nothing came, or the broker reports an error
        :raises ConfigError: if a bound is not positive, or credentials or rights are refused
        """
        for name, value in (("max_messages", max_messages), ("max_bytes", max_bytes), ("max_duration", max_duration)):
            if not value > 0:
                raise ConfigError(f"{name} is {value!r}; it has to be greater than 0")
        before = sum(partition.fetched for partition in self._partitions.values())
        self._fill(max_messages, max_bytes, time.monotonic() + max_duration)
        moved = sum(partition.fetched for partition in self._partitions.values()) > before
        messages = self._take(max_messages, max_bytes)
        if self._more and not messages and not moved:
            raise self._silence(max_duration)
        ranges = (partition.cover() for partition in self._partitions.values())
        return ReadResult(messages, tuple(item for item in ranges if item is not None), self._more)

    def batches(self, *, max_messages: int, max_bytes: int, max_duration: float) -> Iterator[ReadResult]:
        """Read batch after batch to the end of the backlog; every batch moves the checkpoint of a partition.

        Parameters and errors as :meth:`read`; ``max_duration`` bounds each batch.
        """
        more = True
        while more:
            result = self.read(max_messages=max_messages, max_bytes=max_bytes, max_duration=max_duration)
            more = result.more
            if result.ranges:
                yield result

    def close(self) -> None:
        """Close the connection; harmless when repeated."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _more(self) -> bool:
        return any(item.buffer or not item.finished for item in self._partitions.values())

    def _fill(self, max_messages: int, max_bytes: int, deadline: float) -> None:
        progress = time.monotonic()
        while not self._enough(max_messages, max_bytes):
            now = time.monotonic()
            left = min(deadline, progress + STALL_TIMEOUT) - now
            if left <= 0:
                return
            if self._fetch(min(left, _POLL)):
                progress = now

    def _enough(self, max_messages: int, max_bytes: int) -> bool:
        """Tell whether a fair batch can be made: each partition gave its share or all it has, and there is enough."""
        open_ones = [item for item in self._partitions.values() if not item.finished]
        if not open_ones:
            return True
        size = sum(item.size for item in self._partitions.values())
        # A partition whose broker is silent must not make the others read without end.
        if size >= 2 * max_bytes + len(open_ones) * _FETCH_BYTES:
            return True
        count = sum(len(item.buffer) for item in self._partitions.values())
        if count < max_messages and size < max_bytes:
            return False
        active = sum(1 for item in self._partitions.values() if item.buffer or not item.finished)
        share, bytes_share = math.ceil(max_messages / active), math.ceil(max_bytes / active)
        return all(len(item.buffer) >= share or item.size >= bytes_share for item in open_ones)

    def _fetch(self, timeout: float) -> bool:
        """Take what the client has, or wait for the first that comes. Return whether there was progress."""
        consumer = self._consumer or self._open()
        # consume() with a timeout would wait for a full chunk.
        arrived: list[Message] = consumer.consume(_CHUNK, timeout=0)
        if not arrived:
            message = consumer.poll(timeout)
            arrived = [message] if message is not None else []
        progress = False
        for message in arrived:
            error = message.error()
            if error is None:
                self._of(message).add(_raw(message))
                progress = True
            else:
                progress = self._event(message, error) or progress
        return progress

    def _open(self) -> Consumer:
        from confluent_kafka import TopicPartition

        # "error": an offset that vanished while reading has to be seen here, not skipped by the client.
        wait = self._settings.get("fetch.wait.max.ms", _FETCH_WAIT_MS)
        consumer, self._errors = self._settings.consumer(auto_offset_reset="error", fetch_wait_max_ms=wait)
        self._consumer = consumer
        targets = [TopicPartition(*key, item.fetched) for key, item in self._partitions.items() if not item.finished]
        consumer.assign(targets)
        return consumer

    def _event(self, message: Message, error: Any) -> bool:
        from confluent_kafka import KafkaError as Code

        code = error.code()
        if code == Code._PARTITION_EOF:  # noqa: SLF001 - its public name
            self._of(message).reach_end(message.offset() or 0)
            return True
        if code in (Code._AUTO_OFFSET_RESET, Code.OFFSET_OUT_OF_RANGE):  # noqa: SLF001 - its public name
            self._jump(self._of(message))
            return True
        if error.retriable() or code in _passing():
            log.info("Kafka: %s", error.str())
            return False
        raise self._settings.failure(f"cannot read {message.topic() or 'the backlog'!r}", error, self._errors)

    def _jump(self, item: _Partition) -> None:
        """Go on at the first retained offset, after retention has overtaken the reader."""
        from confluent_kafka import KafkaException, TopicPartition

        consumer = self._consumer or self._open()
        key = (item.backlog.topic, item.backlog.partition)
        doing = f"topic {key[0]!r}, partition {key[1]}: offset {item.fetched} is out of range"
        try:
            low, high = consumer.get_watermark_offsets(TopicPartition(*key), timeout=REQUEST_TIMEOUT)
        except (KafkaException, TypeError) as error:
            raise self._settings.failure(doing, error, self._errors) from None
        if low <= item.fetched or self._settings.reset_policy == "error":
            what = f"{doing}: the partition holds {low} to {high} now"
            raise KafkaError(self._settings.describe(what, "run again: reading then starts where the topic does"))
        first = min(low, item.end)
        log.warning("%s: %d offsets are LOST: retention deleted them while reading", doing, first - item.fetched)
        item.lost += first - item.fetched
        item.fetched = first
        consumer.incremental_unassign([TopicPartition(*key)])
        if not item.finished:
            consumer.incremental_assign([TopicPartition(*key, first)])

    def _take(self, max_messages: int, max_bytes: int) -> list[RawMessage]:
        """Take turns, beginning with the partition whose first message is the oldest."""
        turns = deque(
            sorted(
                (item for item in self._partitions.values() if item.buffer),
                key=lambda item: item.buffer[0].timestamp_ms or 0,
            )
        )
        messages: list[RawMessage] = []
        size = 0
        while turns and len(messages) < max_messages:
            item = turns.popleft()
            size += item.buffer[0].size
            if messages and size > max_bytes:
                break
            messages.append(item.take())
            if item.buffer:
                turns.append(item)
        return messages

    def _of(self, message: Message) -> _Partition:
        return self._partitions[message.topic() or "", message.partition() or 0]

    def _silence(self, max_duration: float) -> Exception:
        events = sum(item.end - item.fetched for item in self._partitions.values())
        seconds = min(max_duration, STALL_TIMEOUT)
        doing = f"{events} offsets are to be read and nothing came within {seconds:g} s"
        last = self._errors.last
        remedy = (
            ""
            if last is not None
            else "check the brokers (partition leaders), or raise max_duration if it is very short"
        )
        return self._settings.failure(doing, last or "the broker is silent", remedy=remedy)


def _raw(message: Message) -> RawMessage:
    kind, milliseconds = message.timestamp()
    headers: Any = message.headers()
    value: Any = message.value()
    key: Any = message.key()
    return RawMessage(
        message.topic() or "",
        message.partition() or 0,
        message.offset() or 0,
        milliseconds if kind else None,
        key,
        value,
        tuple(headers) if headers else (),
    )


def _passing() -> tuple[int, ...]:
    """Return the codes of hiccups that the client mends itself; if it cannot, the read ends by silence."""
    from confluent_kafka import KafkaError as Code

    return (
        Code._TRANSPORT,  # noqa: SLF001 - their public names
        Code._ALL_BROKERS_DOWN,  # noqa: SLF001
        Code._TIMED_OUT,  # noqa: SLF001
        Code._RESOLVE,  # noqa: SLF001
        Code._WAIT_COORD,  # noqa: SLF001
        Code.LEADER_NOT_AVAILABLE,
        Code.NOT_LEADER_FOR_PARTITION,
        Code.COORDINATOR_NOT_AVAILABLE,
        Code.NOT_COORDINATOR,
        Code.COORDINATOR_LOAD_IN_PROGRESS,
    )
