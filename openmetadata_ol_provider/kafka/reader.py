"""Reads a backlog in bounded batches: explicit assignment, exact offset ranges, fair to all partitions.

A read does not wait for a batch to fill: it ends when a limit is reached, when everything up to the backlog's end is
read, when its time is over, or when nothing comes from the broker. Messages that arrived after the backlog was
computed are not read.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.exceptions import ConfigError, DataLossError, KafkaError
from openmetadata_ol_provider.kafka.data_loss import CONTINUE, DataLossPolicy, PartitionLoss, log_losses
from openmetadata_ol_provider.kafka.errors import BrokerErrors
from openmetadata_ol_provider.kafka.fair_share import Room, has_fair_part, take_in_turn
from openmetadata_ol_provider.kafka.messages import ReadResult
from openmetadata_ol_provider.kafka.offsets import Backlog
from openmetadata_ol_provider.kafka.partition_progress import PartitionProgress, copy_message
from openmetadata_ol_provider.kafka.retry import REQUEST_TIMEOUT, is_transient_while_reading
from openmetadata_ol_provider.kafka.settings import KafkaSettings
from openmetadata_ol_provider.openlineage.listing import counted

if TYPE_CHECKING:
    from types import TracebackType

    from confluent_kafka import Consumer, Message
    from typing_extensions import Self

log = logging.getLogger(__name__)

#: Seconds without any progress after which a read ends, well before a long ``max_duration``.
STALL_TIMEOUT = 12.0
#: The same after a refusal (credentials, certificates): another broker of the cluster may still accept the client.
REFUSAL_TIMEOUT = 2.0
#: Size of a part of a batch, in bytes.
PART_BYTES = 1024 * 1024
_CHUNK = 1000
_POLL = 0.5
_FETCH_WAIT_MS = 100
# The client's read-ahead while a batch is processed; the rest arrives while what was read ahead is decoded.
# librdkafka's own default is 16 times as much and would be most of a task's memory.
_AHEAD_KBYTES = 4 * 1024
# Most bytes of one response, which come on top: by default a megabyte for each partition.
_RESPONSE_BYTES = 2 * 1024 * 1024
# Names and limits of the bytes of a response that are of one partition: all of them have a part in each response, or
# what is ahead of the others would be held until the others come. librdkafka's own default is the larger limit.
_PARTITION_BYTES = ("fetch.message.max.bytes", "max.partition.fetch.bytes")
_LEAST_PARTITION_BYTES = 64 * 1024
_MOST_PARTITION_BYTES = 1024 * 1024
# Pause of the client when its queue is full; the default of a second would slow the reading down noticeably.
_QUEUE_FULL_PAUSE_MS = 20


class BacklogReader:
    """Reads one backlog batch after batch over one connection; a context manager.

    :param settings: the connection's settings
    :param backlog: the offsets to read
    :param loss_policy: reaction when retention deletes messages before they are read
    :raises DataLossError: if the backlog already has losses and the policy is ``fail``
    """

    def __init__(self, settings: KafkaSettings, backlog: Backlog, loss_policy: DataLossPolicy = CONTINUE) -> None:
        loss_policy.check(settings, backlog)
        self._settings = settings
        self._backlog = backlog
        self._loss_policy = loss_policy
        self._loss_error: DataLossError | None = None
        self._partitions = {(item.topic, item.partition): PartitionProgress(item) for item in backlog.partitions}
        self._partition_bytes = _partition_bytes(settings, len(self._partitions))
        self._consumer: Consumer | None = None
        self._errors = BrokerErrors()
        self._received_any = False
        self._silent_seconds = 0.0
        self._is_cancelled = False
        log_losses(backlog)

    def read(self, *, max_messages: int, max_bytes: int, max_duration: float) -> ReadResult:
        """Read the next batch; return an empty one immediately when everything is read.

        :param max_messages: largest number of messages
        :param max_bytes: largest size of keys, values and headers, in bytes; a single larger message is still read
        :param max_duration: largest number of seconds, however many messages have been read by then
        :raises KafkaError: if there is something to read and nothing comes, or the broker reports an error
        :raises DataLossError: if retention deleted what comes next and the policy is ``fail``; raised only when
            everything read before it has been handed out
        :raises ConfigError: if a limit is not positive, or credentials or rights are refused
        """
        return next(
            self.parts(max_messages=max_messages, max_bytes=max_bytes, max_duration=max_duration, part_bytes=max_bytes)
        )

    def parts(
        self, *, max_messages: int, max_bytes: int, max_duration: float, part_bytes: int = PART_BYTES
    ) -> Iterator[ReadResult]:
        """Read the next batch in parts, so that a caller that decodes part after part never holds all of its messages.

        The limits are those of the whole batch. Parameters and errors are those of :meth:`read`; an error that leaves
        messages to be handed out is raised by the next batch.

        :param part_bytes: largest size of a part, in bytes; a single larger message is still a part
        """
        for name, value in (("max_messages", max_messages), ("max_bytes", max_bytes), ("max_duration", max_duration)):
            if not value > 0:
                raise ConfigError(f"{name} is {value!r}; it must be greater than 0")
        deadline = time.monotonic() + max_duration
        room = Room(max_messages, max_bytes, part_bytes)
        while True:
            started = time.monotonic()
            fetched_before = sum(partition.fetched for partition in self._partitions.values())
            is_full = self._fill(room, deadline)
            moved = sum(partition.fetched for partition in self._partitions.values()) > fetched_before
            messages = take_in_turn(self._partitions.values(), room)
            if not room.has_begun:
                self._check_progress(started, has_moved=moved, has_messages=bool(messages))
            ranges = (partition.close_range() for partition in self._partitions.values())
            room = room.after(messages)
            is_last = not (is_full and messages and room.messages and room.bytes > 0 and self._more)
            yield ReadResult(messages, tuple(item for item in ranges if item is not None), self._more)
            if is_last:
                return
            # The next part takes the room of this one.
            del messages

    def batches(self, *, max_messages: int, max_bytes: int, max_duration: float) -> Iterator[ReadResult]:
        """Read batch after batch to the end of the backlog; every batch moves the checkpoint of a partition.

        Parameters and errors are those of :meth:`read`; ``max_duration`` limits each batch.
        """
        more = True
        while more:
            result = self.read(max_messages=max_messages, max_bytes=max_bytes, max_duration=max_duration)
            more = result.more
            if result.ranges:
                yield result

    def cancel(self) -> None:
        """End a read in another thread early: it returns what it has; nothing may be read after that."""
        self._is_cancelled = True

    def close(self) -> None:
        """Close the connection; calling it again does nothing."""
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

    def _check_progress(self, started: float, *, has_moved: bool, has_messages: bool) -> None:
        """Raise an error if nothing comes next because it was lost, or because the broker is silent."""
        if self._loss_error is not None and not has_messages:
            raise self._loss_error
        if has_moved or has_messages:
            self._received_any, self._silent_seconds = True, 0.0
        elif self._more:
            # A last read with little time left may return nothing; a reader that has never received anything may not.
            self._silent_seconds += time.monotonic() - started
            if not self._received_any or self._silent_seconds >= STALL_TIMEOUT:
                raise self._silence_error()

    def _fill(self, room: Room, deadline: float) -> bool:
        """Buffer the messages of the next part; return whether all of them came."""
        last_progress = time.monotonic()
        while self._loss_error is None and not self._is_cancelled:
            if has_fair_part(self._partitions.values(), room, self._partition_bytes):
                return True
            now = time.monotonic()
            timeout = REFUSAL_TIMEOUT if self._errors.is_fatal else STALL_TIMEOUT
            remaining = min(deadline, last_progress + timeout) - now
            if remaining <= 0:
                return False
            if self._fetch(min(remaining, _POLL)):
                last_progress = now
                self._errors.last = None
        return False

    def _fetch(self, timeout: float) -> bool:
        """Buffer the messages that the client has, or wait for the next one. Return whether there was progress."""
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
                raw = copy_message(message)
                partitions[raw.topic, raw.partition].add(raw)
                progress = True
            else:
                progress = self._handle_error(message, error) or progress
        return progress

    def _open(self) -> Consumer:
        from confluent_kafka import TopicPartition

        # "error": an offset that is deleted while reading must be reported here, not skipped by the client.
        wait = self._settings.get("fetch.wait.max.ms", _FETCH_WAIT_MS)
        ahead = self._settings.get("queued.max.messages.kbytes", _AHEAD_KBYTES)
        pause = self._settings.get("fetch.queue.backoff.ms", _QUEUE_FULL_PAUSE_MS)
        # The client refuses less than its own message.max.bytes; a larger message that is on the topic comes anyway.
        names = ("fetch.max.bytes", "message.max.bytes")
        is_set = any(self._settings.get(name) is not None for name in names)
        consumer, self._errors = self._settings.consumer(
            auto_offset_reset="error",
            fetch_wait_max_ms=wait,
            queued_max_messages_kbytes=ahead,
            fetch_queue_backoff_ms=pause,
            fetch_message_max_bytes=self._partition_bytes,
            **({} if is_set else {"fetch_max_bytes": _RESPONSE_BYTES}),
        )
        self._consumer = consumer
        targets = [TopicPartition(*key, item.fetched) for key, item in self._partitions.items() if not item.finished]
        consumer.assign(targets)
        return consumer

    def _handle_error(self, message: Message, error: Any) -> bool:
        from confluent_kafka import KafkaError as Code

        code = error.code()
        if code == Code._PARTITION_EOF:  # noqa: SLF001 - its public name
            self._progress_of(message).mark_end(message.offset() or 0)
            return True
        if code in (Code._AUTO_OFFSET_RESET, Code.OFFSET_OUT_OF_RANGE):  # noqa: SLF001 - its public name
            self._skip_deleted(self._progress_of(message))
            return True
        if is_transient_while_reading(error):
            log.info("Kafka: %s", error.str())
            self._errors.record(error)
            return False
        raise self._settings.failure(f"cannot read {message.topic() or 'the backlog'!r}", error, self._errors)

    def _skip_deleted(self, item: PartitionProgress) -> None:
        """Continue at the first retained offset after retention has deleted messages that were to be read next."""
        from confluent_kafka import KafkaException, TopicPartition

        consumer = self._consumer or self._open()
        key = (item.backlog.topic, item.backlog.partition)
        action = f"topic {key[0]!r}, partition {key[1]}: offset {item.fetched} is out of range"
        try:
            low, high = consumer.get_watermark_offsets(TopicPartition(*key), timeout=REQUEST_TIMEOUT)
        except (KafkaException, TypeError) as error:
            raise self._settings.failure(action, error, self._errors) from None
        if low <= item.fetched or self._settings.reset_policy == "error":
            what = f"{action}: the partition now holds {low} to {high}"
            raise KafkaError(
                self._settings.describe(what, "run again: reading then starts at the beginning of the topic")
            )
        if self._loss_policy.fails:
            self._loss_error = self._loss_policy.error(self._settings, [PartitionLoss(*key, low, low - item.fetched)])
            return
        resumed = min(low, item.end)
        lost = counted(resumed - item.fetched, "offset is LOST", "offsets are LOST")
        log.warning("%s: %s: deleted by retention while reading", action, lost)
        item.lost += resumed - item.fetched
        item.fetched = resumed
        consumer.incremental_unassign([TopicPartition(*key)])
        if not item.finished:
            consumer.incremental_assign([TopicPartition(*key, resumed)])

    def _progress_of(self, message: Message) -> PartitionProgress:
        return self._partitions[message.topic() or "", message.partition() or 0]

    def _silence_error(self) -> Exception:
        events = sum(item.end - item.fetched for item in self._partitions.values())
        unread = counted(events, "offset remains", "offsets remain")
        action = f"{unread} to be read but nothing came within {self._silent_seconds:.1f} s"
        last = self._errors.last
        remedy = (
            ""
            if last is not None
            else "check the brokers (partition leaders), or raise max_duration if it is very short"
        )
        return self._settings.failure(action, last or "the broker does not answer", remedy=remedy)


def _partition_bytes(settings: KafkaSettings, partitions: int) -> int:
    """Return most bytes of one partition in a response: those of the connection, else an equal share for each."""
    for name in _PARTITION_BYTES:
        if (size := settings.get(name)) is not None:
            return int(size)
    return min(max(_RESPONSE_BYTES // max(partitions, 1), _LEAST_PARTITION_BYTES), _MOST_PARTITION_BYTES)
