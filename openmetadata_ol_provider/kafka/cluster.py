"""Reads a cluster's topics, watermarks and committed offsets. Joins no group and commits nothing."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from openmetadata_ol_provider.exceptions import ConfigError, UnknownTopicError
from openmetadata_ol_provider.kafka.group_offsets import committed_offsets, raise_partition_errors
from openmetadata_ol_provider.kafka.offsets import GroupOffset
from openmetadata_ol_provider.kafka.retry import REQUEST_TIMEOUT, call_with_retry
from openmetadata_ol_provider.kafka.settings import KafkaSettings
from openmetadata_ol_provider.kafka.topic_ids import fetch_topic_ids
from openmetadata_ol_provider.openlineage.listing import suggested
from openmetadata_ol_provider.regex.safe_regex import Pattern, PatternError

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

T = TypeVar("T")

#: A topic whose name ends like this is never matched by a pattern: reading dead letters back would only repeat them.
DEAD_LETTER_SUFFIX = re.compile(r"[._-](dlq|dlt|dead[._-]?letters?)$", re.IGNORECASE)
_TOPIC_WAIT = 0.5

#: Topic and partition number.
PartitionKey = tuple[str, int]
#: Returns whether a partition (topic, number) is included.
PartitionFilter = Callable[[str, int], bool]


class ClusterQuery:
    """A consumer kept open for repeated requests to the same cluster; a context manager.

    Every request raises ConfigError if the credentials or rights are refused, and KafkaError if the broker does not
    answer.

    :param settings: the connection's settings
    :raises ConfigError: if librdkafka refuses a setting
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._consumer, self._errors = settings.consumer()
        self._has_controller = False

    def count_topics(self) -> int:
        """Return the number of topics in the cluster, as a test of the connection."""
        return len(self._metadata(None).topics)

    def existing_topics(self, topics: Sequence[str]) -> list[str]:
        """Return the given topic names that exist."""
        all_topics = self._metadata(None).topics
        return [topic for topic in topics if topic in all_topics]

    def partitions(
        self, topics: Sequence[str], exclude: Sequence[str] = (), partition_filter: PartitionFilter | None = None
    ) -> list[PartitionKey]:
        """Return the partitions of topics, sorted.

        :param topics: names, or regular expressions when they start with ``^`` (matched from the start, as in Kafka)
        :param exclude: topics that a regular expression must not match (names such as ``x.dead_letter``, ``x-dlq``
            and internal ones are never matched)
        :param partition_filter: the partitions to include; default: all
        :raises UnknownTopicError: if a topic does not exist or nothing matches a pattern
        """
        numbers_by_topic: dict[str, list[int]] = {}
        for topic in topics:
            if topic.startswith("^"):
                numbers_by_topic.update(self._matching(topic, exclude))
            else:
                numbers_by_topic[topic] = self._partition_numbers(topic)
        return [
            (topic, partition)
            for topic, numbers in sorted(numbers_by_topic.items())
            for partition in sorted(numbers)
            if partition_filter is None or partition_filter(topic, partition)
        ]

    def topic_ids(self, topics: Collection[str]) -> dict[str, str]:
        """Return the ids of topics, as far as they can be had."""
        # The embedded broker of the sandbox has no controller, and would be waited for.
        return fetch_topic_ids(self._settings, topics) if self._has_controller else {}

    def watermarks(self, partitions: Sequence[PartitionKey]) -> dict[PartitionKey, tuple[int, int]]:
        """Return each partition's first retained offset and the offset after its last readable message."""
        from confluent_kafka import OFFSET_BEGINNING, OFFSET_END

        # Requested as if they were times: one request for all partitions of a broker, not one for each of them.
        lows, highs = (
            self._offsets("cannot read the first and last offsets", partitions, which)
            for which in (OFFSET_BEGINNING, OFFSET_END)
        )
        return {key: (lows[key], highs[key]) for key in partitions}

    def committed(self, partitions: Sequence[PartitionKey], group: str = "") -> dict[PartitionKey, GroupOffset]:
        """Return a group's committed offsets, without the partitions that it has not committed.

        :param group: name of the group; default: the connection's own
        """
        if not partitions:
            return {}
        if not group or group == self._settings.group:
            return committed_offsets(self._settings, self._consumer, self._errors, partitions)
        settings = self._settings.with_group(group)
        consumer, errors = settings.consumer()
        try:
            return committed_offsets(settings, consumer, errors, partitions)
        finally:
            consumer.close()

    def may_read_group(self, group: str) -> None:
        """Ask for an offset of a group, as a test of the right to do so.

        :raises ConfigError: if the right is missing
        """
        # A topic that may be described, so that only the right on the group counts.
        if topics := sorted(self._metadata(None).topics):
            self.committed([(topics[0], 0)], group)

    def offsets_at(self, partitions: Sequence[PartitionKey], milliseconds: int) -> dict[PartitionKey, int]:
        """Return the first offset at or after a time, for the partitions that have one.

        :param milliseconds: milliseconds since 1970, compared with the messages' timestamps
        """
        offsets = self._offsets("cannot look up offsets by time", partitions, milliseconds)
        return {key: offset for key, offset in offsets.items() if offset >= 0}

    def close(self) -> None:
        """Close the consumer; calling it again does nothing."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _offsets(self, action: str, partitions: Sequence[PartitionKey], which: int) -> dict[PartitionKey, int]:
        """Return one offset of each partition: that of a time, or of a constant that librdkafka takes in its place."""
        from confluent_kafka import TopicPartition

        requested = [TopicPartition(*key, which) for key in partitions]

        def request(wait: float) -> list[Any]:
            answer: list[Any] = self._consumer.offsets_for_times(requested, timeout=wait)
            raise_partition_errors(answer)
            return answer

        answer = self._call(action, request) if requested else []
        return {(item.topic, item.partition): item.offset for item in answer}

    def _partition_numbers(self, topic: str) -> list[int]:
        """Return a topic's partitions; a topic created a moment ago may still be unknown to one of the brokers."""
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
                remedy = f"create it, or correct topics (a regular expression starts with ^){self._similar(topic)}"
                raise UnknownTopicError(self._settings.describe(what, remedy))
            if code in (Code.TOPIC_AUTHORIZATION_FAILED, Code.TOPIC_EXCEPTION) or time.monotonic() > deadline:
                raise self._settings.failure(f"topic {topic!r} cannot be read", metadata.error or "it has no leader")
            time.sleep(_TOPIC_WAIT)

    def _similar(self, topic: str) -> str:
        """Return a question for the topic that may have been meant."""
        others = [name for name in self._metadata(None).topics if name != topic and not name.startswith("__")]
        return suggested(topic, others)

    def _matching(self, pattern: str, exclude: Sequence[str]) -> dict[str, list[int]]:
        try:
            expression = Pattern(pattern)
        except PatternError as error:
            raise ConfigError(f"topics: {pattern!r} cannot be used as a pattern: {error}; correct it") from None
        matching = {
            name: list(topic.partitions)
            for name, topic in self._metadata(None).topics.items()
            if topic.error is None
            and expression.match(name)
            and not (name in exclude or name.startswith("__") or DEAD_LETTER_SUFFIX.search(name))
        }
        if not matching:
            what = f"no topic matches {pattern!r}"
            raise UnknownTopicError(self._settings.describe(what, "create one, or correct topics"))
        return matching

    def _metadata(self, topic: str | None) -> Any:
        arguments = {"topic": topic} if topic else {}
        answer = self._call("cannot list topics", lambda wait: self._consumer.list_topics(**arguments, timeout=wait))
        self._has_controller = answer.controller_id in answer.brokers
        return answer

    def _call(self, action: str, request: Callable[[float], T | None]) -> T:
        from confluent_kafka import KafkaException

        try:
            return call_with_retry(request, self._consumer, self._errors)
        except KafkaException as error:
            raise self._settings.failure(action, error, self._errors) from None
