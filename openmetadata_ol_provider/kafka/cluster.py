"""Asking a cluster where things stand: topics, watermarks, committed offsets. Joins no group and commits nothing."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from openmetadata_ol_provider.exceptions import ConfigError, UnknownTopicError
from openmetadata_ol_provider.kafka.group_offsets import committed_offsets, raise_errors
from openmetadata_ol_provider.kafka.retry import REQUEST_TIMEOUT, call_with_retry
from openmetadata_ol_provider.kafka.settings import KafkaSettings
from openmetadata_ol_provider.lineage.safe_regex import Pattern, PatternError

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

T = TypeVar("T")

#: A topic whose name ends like this is never matched by a pattern: reading dead letters back would only repeat them.
DEAD_LETTER_SUFFIX = re.compile(r"[._-](dlq|dlt|dead[._-]?letters?)$", re.IGNORECASE)
_TOPIC_WAIT = 0.5

#: A topic and a partition of it.
Place = tuple[str, int]


class ClusterQuery:
    """A consumer kept open for asking the same cluster again and again; a context manager.

    Every question raises ConfigError if the credentials or rights are refused, and KafkaError if the broker does not
    answer.

    :param settings: the connection's settings
    :raises ConfigError: if librdkafka refuses a setting
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._consumer, self._errors = settings.consumer()

    def count_topics(self) -> int:
        """Return how many topics the cluster has, as a test of the connection."""
        return len(self._metadata(None).topics)

    def existing(self, topics: Sequence[str]) -> list[str]:
        """Return those of some topics, given by name, that there are."""
        known = self._metadata(None).topics
        return [topic for topic in topics if topic in known]

    def partitions(
        self, topics: Sequence[str], exclude: Sequence[str] = (), takes: Callable[[str, int], bool] | None = None
    ) -> list[Place]:
        """Return the partitions of topics, sorted.

        :param topics: names, or regular expressions when they start with ``^`` (matched from the start, as in Kafka)
        :param exclude: topics that a regular expression shall not match (names such as ``x.dead_letter``, ``x-dlq``
            and internal ones are never matched)
        :param takes: tells which partitions (topic, number) are asked about; all, if it is not given
        :raises UnknownTopicError: if a topic does not exist or nothing matches a pattern
        """
        found: dict[str, list[int]] = {}
        for topic in topics:
            if topic.startswith("^"):
                found.update(self._matching(topic, exclude))
            else:
                found[topic] = self._topic(topic)
        return [
            (topic, partition)
            for topic, numbers in sorted(found.items())
            for partition in sorted(numbers)
            if takes is None or takes(topic, partition)
        ]

    def watermarks(self, places: Sequence[Place]) -> dict[Place, tuple[int, int]]:
        """Return the first retained offset, and one past the last that can be read, of each partition."""
        from confluent_kafka import OFFSET_BEGINNING, OFFSET_END

        # Asked as if they were times: one request for all partitions of a broker, not one for each of them.
        lows, highs = (
            self._offsets("cannot ask for the offsets", places, kind) for kind in (OFFSET_BEGINNING, OFFSET_END)
        )
        return {place: (lows[place], highs[place]) for place in places}

    def committed(self, places: Sequence[Place], group: str = "") -> dict[Place, int]:
        """Return where a group stands, for the partitions that it has committed.

        :param group: the connection's own when empty
        """
        if not places:
            return {}
        if not group or group == self._settings.group:
            return committed_offsets(self._settings, self._consumer, self._errors, places)
        settings = self._settings.of_group(group)
        consumer, errors = settings.consumer()
        try:
            return committed_offsets(settings, consumer, errors, places)
        finally:
            consumer.close()

    def at_time(self, places: Sequence[Place], milliseconds: int) -> dict[Place, int]:
        """Return the first offset at or after a time, for the partitions that have one.

        :param milliseconds: since 1970; compared with the messages' timestamps
        """
        found = self._offsets("cannot ask for the offsets at a time", places, milliseconds)
        return {place: offset for place, offset in found.items() if offset >= 0}

    def close(self) -> None:
        """Close the consumer; harmless when repeated."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _offsets(self, doing: str, places: Sequence[Place], kind: int) -> dict[Place, int]:
        """Ask for an offset of each partition: at a time, or what librdkafka takes in place of one."""
        from confluent_kafka import TopicPartition

        asked = [TopicPartition(*place, kind) for place in places]

        def ask(wait: float) -> list[Any]:
            answer: list[Any] = self._consumer.offsets_for_times(asked, timeout=wait)
            raise_errors(answer)
            return answer

        answer = self._call(doing, ask) if asked else []
        return {(item.topic, item.partition): item.offset for item in answer}

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
            expression = Pattern(pattern)
        except PatternError as error:
            raise ConfigError(f"topics: {pattern!r} is no regular expression to use: {error}; correct it") from None
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
        named = {"topic": topic} if topic else {}
        return self._call("cannot ask for topics", lambda wait: self._consumer.list_topics(**named, timeout=wait))

    def _call(self, doing: str, ask: Callable[[float], T | None]) -> T:
        from confluent_kafka import KafkaException

        try:
            return call_with_retry(ask, self._consumer, self._errors)
        except KafkaException as error:
            raise self._settings.failure(doing, error, self._errors) from None
