"""Asking a cluster where things stand: topics, watermarks, committed offsets. Joins no group and commits nothing."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from openmetadata_ol_provider.exceptions import ConfigError, KafkaError, UnknownTopicError
from openmetadata_ol_provider.kafka.offsets import Backlog, Checkpoint, place, position_of
from openmetadata_ol_provider.kafka.patience import patiently
from openmetadata_ol_provider.kafka.settings import REQUEST_TIMEOUT, KafkaSettings

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

log = logging.getLogger(__name__)
T = TypeVar("T")

#: A topic whose name ends like this is never matched by a pattern: reading dead letters back would only repeat them.
DEAD_LETTER_SUFFIX = re.compile(r"[._-](dlq|dlt|dead[._-]?letters?)$", re.IGNORECASE)
# One long metadata request would hide refused credentials for its whole time: the first waits are short.
_METADATA_WAITS = (1.0, 3.0, 6.0)
_TOPIC_WAIT = 0.5


class BacklogQuery:
    """A consumer kept open for asking about the same cluster again and again; a context manager.

    :param settings: the connection's settings
    :raises ConfigError: if librdkafka refuses a setting
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._consumer, self._errors = settings.consumer()

    def backlog(
        self,
        topics: Sequence[str],
        checkpoint: Checkpoint,
        exclude: Sequence[str] = (),
        takes: Callable[[str, int], bool] | None = None,
    ) -> Backlog:
        """Return what is still to be read.

        :param topics: names, or regular expressions when they start with ``^`` (matched from the start, as in Kafka)
        :param checkpoint: topic -> partition -> next offset
        :param exclude: topics that a regular expression shall not match (names such as ``x.dead_letter``, ``x-dlq``
            and internal ones are never matched)
        :param takes: tells which partitions (topic, number) are asked about; all, if it is not given
        :raises UnknownTopicError: if a topic does not exist or nothing matches a pattern
        :raises ConfigError: if the credentials or rights are refused
        :raises KafkaError: if the broker does not answer, or, with ``auto.offset.reset`` = error, a position is missing
            or out of range
        """
        found = [
            (topic, partition)
            for topic, partitions in sorted(self._partitions(topics, exclude).items())
            for partition in sorted(partitions)
            if takes is None or takes(topic, partition)
        ]
        unknown = [item for item in found if position_of(checkpoint, *item) is None]
        committed = self._committed(unknown) if unknown else {}
        policy = self._settings.reset_policy
        backlog = Backlog(
            tuple(
                place(
                    *item,
                    self._watermarks(*item),
                    checkpoint=checkpoint,
                    committed=committed.get(item),
                    policy=policy,
                )
                for item in found
            )
        )
        if policy == "error":
            self._refuse_jumps(backlog, committed)
        return backlog

    def count_topics(self) -> int:
        """Return how many topics the cluster has, as a test of the connection.

        :raises OpenLineageProviderError: as :meth:`backlog`
        """
        return len(self._metadata(None).topics)

    def close(self) -> None:
        """Close the consumer; harmless when repeated."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _partitions(self, topics: Sequence[str], exclude: Sequence[str]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for topic in topics:
            if topic.startswith("^"):
                found.update(self._matching(topic, exclude))
            else:
                found[topic] = self._topic(topic)
        return found

    def _topic(self, topic: str) -> list[int]:
        """Return the partitions; a topic that was created just now may be unknown to one broker for a moment."""
        from confluent_kafka import KafkaError as Code

        deadline = time.monotonic() + REQUEST_TIMEOUT
        unknown = 0
        while True:
            metadata = self._metadata(topic).topics[topic]
            if metadata.error is None and metadata.partitions:
                return list(metadata.partitions)
            code = metadata.error.code() if metadata.error is not None else Code.LEADER_NOT_AVAILABLE
            unknown += code in (Code.UNKNOWN_TOPIC_OR_PART, Code._UNKNOWN_TOPIC)  # noqa: SLF001 - its public name
            if unknown > 1:
                what = f"topic {topic!r} does not exist"
                remedy = "create it, or correct topics (a regular expression starts with ^)"
                raise UnknownTopicError(self._settings.describe(what, remedy))
            if code in (Code.TOPIC_AUTHORIZATION_FAILED, Code.TOPIC_EXCEPTION) or time.monotonic() > deadline:
                raise self._settings.failure(f"topic {topic!r} cannot be read", metadata.error or "it has no leader")
            time.sleep(_TOPIC_WAIT)

    def _matching(self, pattern: str, exclude: Sequence[str]) -> dict[str, list[int]]:
        try:
            expression = re.compile(pattern)
        except re.error as error:
            raise ConfigError(f"topics: {pattern!r} is no regular expression: {error}; correct it") from None
        found = {
            name: list(topic.partitions)
            for name, topic in self._metadata(None).topics.items()
            if topic.error is None
            and expression.match(name)
            and not (name in exclude or name.startswith("__") or DEAD_LETTER_SUFFIX.search(name))
        }
        if not found:
            what = f"no topic matches {pattern!r}"
            raise UnknownTopicError(self._settings.describe(what, "create one, or correct topics"))
        return found

    def _metadata(self, topic: str | None) -> Any:
        from confluent_kafka import KafkaException

        named = {"topic": topic} if topic else {}
        failure: KafkaException | None = None
        for wait in _METADATA_WAITS:
            # Serves callbacks: a token that OAUTHBEARER has to fetch first, and the errors reported meanwhile.
            self._consumer.poll(0)
            if self._errors.authentication:
                break
            try:
                return self._consumer.list_topics(**named, timeout=wait)
            except KafkaException as error:
                failure = error
        self._consumer.poll(0)
        raise self._settings.failure("cannot ask for topics", failure, self._errors)

    def _committed(self, partitions: list[tuple[str, int]]) -> dict[tuple[str, int], int]:
        from confluent_kafka import KafkaException, TopicPartition

        asked = [TopicPartition(*item) for item in partitions]
        doing = f"cannot ask for the offsets of group {self._settings.group!r}"

        def ask() -> list[Any]:
            answer: list[Any] = self._consumer.committed(asked, timeout=REQUEST_TIMEOUT)
            for item in answer:
                if item.error is not None:
                    raise KafkaException(item.error)
            return answer

        answer = self._call(doing, ask)
        return {(item.topic, item.partition): item.offset for item in answer if item.offset >= 0}

    def _watermarks(self, topic: str, partition: int) -> tuple[int, int]:
        from confluent_kafka import TopicPartition

        target = TopicPartition(topic, partition)
        doing = f"cannot ask for the offsets of topic {topic!r}, partition {partition}"
        low, high = self._call(doing, lambda: self._consumer.get_watermark_offsets(target, timeout=REQUEST_TIMEOUT))
        return low, high

    def _call(self, doing: str, function: Callable[[], T | None]) -> T:
        from confluent_kafka import KafkaException

        try:
            answer = patiently(function)
        except KafkaException as error:
            self._consumer.poll(0)
            raise self._settings.failure(doing, error, self._errors) from None
        if answer is None:
            # The client's way to say that it timed out.
            raise self._settings.failure(doing, f"no answer within {REQUEST_TIMEOUT:g} s", self._errors)
        return answer

    def _refuse_jumps(self, backlog: Backlog, committed: dict[tuple[str, int], int]) -> None:
        for item in backlog.partitions:
            position = committed.get((item.topic, item.partition)) if item.checkpoint is None else item.checkpoint
            if position is None or item.lost or item.reset:
                what = (
                    f"topic {item.topic!r}, partition {item.partition}: position {position} is not within the retained "
                    f"offsets {item.low} to {item.high} and auto.offset.reset is error"
                )
                remedy = "set a checkpoint within them, or auto.offset.reset to earliest"
                raise KafkaError(self._settings.describe(what, remedy))


def warn_of_loss(backlog: Backlog) -> None:
    """Log each partition whose position was not where it ought to be: loudly, since events are gone or come again."""
    for item in backlog.partitions:
        where = f"topic {item.topic!r}, partition {item.partition}"
        if item.lost:
            log.warning(
                "%s: %d offsets are LOST, deleted by retention before they were read (position %d, first retained %d)",
                where,
                item.lost,
                item.low - item.lost,
                item.low,
            )
        elif item.reset:
            log.warning(
                "%s: the position (%s) lies beyond the end (%d): topic recreated or truncated; reading starts at %d",
                where,
                "of the group" if item.checkpoint is None else item.checkpoint,
                item.high,
                item.start,
            )
