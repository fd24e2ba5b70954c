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

from openmetadata_ol_provider.exceptions import ConfigError, DataLossError, KafkaError
from openmetadata_ol_provider.kafka.data_loss import GO_ON, Loss, OnLoss, warn_of_loss
from openmetadata_ol_provider.kafka.errors import BrokerErrors
from openmetadata_ol_provider.kafka.messages import RawMessage, ReadResult
from openmetadata_ol_provider.kafka.offsets import Backlog
from openmetadata_ol_provider.kafka.partition_progress import PartitionProgress, raw_message
from openmetadata_ol_provider.kafka.retry import REQUEST_TIMEOUT
from openmetadata_ol_provider.kafka.settings import KafkaSettings

if TYPE_CHECKING:
    from types import TracebackType

    from confluent_kafka import Consumer, Message
    from typing_extensions import Self

log = logging.getLogger(__name__)

#: Seconds without any progress after which a read ends, well before a long ``max_duration``.
STALL_TIMEOUT = 12.0
#: The same after a refusal (credentials, certificates), which another broker of the cluster may not share.
REFUSAL_TIMEOUT = 2.0
_CHUNK = 1000
_POLL = 0.5
# What one fetch may bring of each partition: reading ahead by less could miss the partitions that come second.
_FETCH_BYTES = 1024 * 1024
_FETCH_WAIT_MS = 100
# What the client reads ahead while a batch is worked on: half a batch of the usual size, the rest comes while that is
# taken over. Its own default is four times as much, and would be most of the memory of a task.
_AHEAD_KBYTES = 16 * 1024
# How long it then waits before it looks whether there is room again; its own default, a second, would be felt.
_FULL_PAUSE_MS = 20


class BacklogReader:
    """Reads one backlog batch after batch over one connection; a context manager.

    :param settings: the connection's settings
    :param backlog: what to read; its end offsets are the end
    :param on_loss: what to do when retention deletes what is to be read
    :raises DataLossError: if that has happened already, and is not to be passed over
    """

    def __init__(self, settings: KafkaSettings, backlog: Backlog, on_loss: OnLoss = GO_ON) -> None:
        on_loss.check(settings, backlog)
        self._settings = settings
        self._backlog = backlog
        self._on_loss = on_loss
        self._gap: DataLossError | None = None
        self._partitions = {(item.topic, item.partition): PartitionProgress(item) for item in backlog.partitions}
        self._consumer: Consumer | None = None
        self._errors = BrokerErrors()
        self._heard = False
        self._silent = 0.0
        warn_of_loss(backlog)

    def read(self, *, max_messages: int, max_bytes: int, max_duration: float) -> ReadResult:
        """Read the next batch; when everything is read, an empty one at once.

        :param max_messages: at most so many messages
        :param max_bytes: at most so many bytes of keys, values and headers, but always one message
        :param max_duration: at most so many seconds, whatever was read by then
        :raises KafkaError: if there is something to read and nothing comes, or the broker reports an error
        :raises DataLossError: if retention deleted what comes next, and that is not to be passed over; only when all
            that was read before it has been handed out
        :raises ConfigError: if a bound is not positive, or credentials or rights are refused
        """
        for name, value in (("max_messages", max_messages), ("max_bytes", max_bytes), ("max_duration", max_duration)):
            if not value > 0:
                raise ConfigError(f"{name} is {value!r}; it has to be greater than 0")
        started = time.monotonic()
        before = sum(partition.fetched for partition in self._partitions.values())
        self._fill(max_messages, max_bytes, started + max_duration)
        moved = sum(partition.fetched for partition in self._partitions.values()) > before
        messages = self._take(max_messages, max_bytes)
        if self._gap is not None and not messages:
            raise self._gap
        if moved or messages:
            self._heard, self._silent = True, 0.0
        elif self._more:
            # A last read with little time left may come back empty-handed; a reader that never heard anything may not.
            self._silent += time.monotonic() - started
            if not self._heard or self._silent >= STALL_TIMEOUT:
                raise self._silence()
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
        while self._gap is None and not self._enough(max_messages, max_bytes):
            now = time.monotonic()
            patience = REFUSAL_TIMEOUT if self._errors.hopeless else STALL_TIMEOUT
            left = min(deadline, progress + patience) - now
            if left <= 0:
                return
            if self._fetch(min(left, _POLL)):
                progress = now
                self._errors.last = None

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
        partitions = self._partitions
        for message in arrived:
            error = message.error()
            if error is None:
                raw = raw_message(message)
                partitions[raw.topic, raw.partition].add(raw)
                progress = True
            else:
                progress = self._event(message, error) or progress
        return progress

    def _open(self) -> Consumer:
        from confluent_kafka import TopicPartition

        # "error": an offset that vanished while reading has to be seen here, not skipped by the client.
        wait = self._settings.get("fetch.wait.max.ms", _FETCH_WAIT_MS)
        ahead = self._settings.get("queued.max.messages.kbytes", _AHEAD_KBYTES)
        pause = self._settings.get("fetch.queue.backoff.ms", _FULL_PAUSE_MS)
        consumer, self._errors = self._settings.consumer(
            auto_offset_reset="error",
            fetch_wait_max_ms=wait,
            queued_max_messages_kbytes=ahead,
            fetch_queue_backoff_ms=pause,
        )
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
        # No group is joined, so reading does not need the right to; what does will say so.
        if error.retriable() or code == Code.GROUP_AUTHORIZATION_FAILED or code in _passing():
            log.info("Kafka: %s", error.str())
            self._errors.hear(error)
            return False
        raise self._settings.failure(f"cannot read {message.topic() or 'the backlog'!r}", error, self._errors)

    def _jump(self, item: PartitionProgress) -> None:
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
        if self._on_loss.fails:
            self._gap = self._on_loss.error(self._settings, [Loss(*key, low, low - item.fetched)])
            return
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
            size += item.sizes[0]
            if messages and size > max_bytes:
                break
            messages.append(item.take())
            if item.buffer:
                turns.append(item)
        return messages

    def _of(self, message: Message) -> PartitionProgress:
        return self._partitions[message.topic() or "", message.partition() or 0]

    def _silence(self) -> Exception:
        events = sum(item.end - item.fetched for item in self._partitions.values())
        doing = f"{events} offsets are to be read and nothing came within {self._silent:.1f} s"
        last = self._errors.last
        remedy = (
            ""
            if last is not None
            else "check the brokers (partition leaders), or raise max_duration if it is very short"
        )
        return self._settings.failure(doing, last or "the broker is silent", remedy=remedy)


def _passing() -> tuple[int, ...]:
    """Return the codes of hiccups that the client mends itself; if it cannot, the read ends by silence."""
    from confluent_kafka import KafkaError as Code

    return (
        Code._TRANSPORT,  # noqa: SLF001 - their public names
        Code._ALL_BROKERS_DOWN,  # noqa: SLF001
        Code._TIMED_OUT,  # noqa: SLF001
        Code._RESOLVE,  # noqa: SLF001
        Code._WAIT_COORD,  # noqa: SLF001
        Code.BROKER_NOT_AVAILABLE,
        Code.FENCED_LEADER_EPOCH,
        Code.KAFKA_STORAGE_ERROR,
        Code.LEADER_NOT_AVAILABLE,
        Code.NETWORK_EXCEPTION,
        Code.OFFSET_NOT_AVAILABLE,
        Code.REPLICA_NOT_AVAILABLE,
        Code.REQUEST_TIMED_OUT,
        Code.UNKNOWN_LEADER_EPOCH,
        Code.NOT_LEADER_FOR_PARTITION,
        Code.COORDINATOR_NOT_AVAILABLE,
        Code.NOT_COORDINATOR,
        Code.COORDINATOR_LOAD_IN_PROGRESS,
    )
