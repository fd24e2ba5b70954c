"""Settings of a reading task: the limits of a batch, and the topic for malformed messages."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from openmetadata_ol_provider.exceptions import ConfigError

#: Value of ``dead_letter_topic`` that skips malformed messages; they are counted and logged.
SKIP = "none"


class BatchLimits(NamedTuple):
    """The limits of one batch: messages, bytes, seconds."""

    max_events: int
    max_bytes: int
    max_duration: float


class DeadLetterTarget(NamedTuple):
    """The destination of malformed messages.

    :param topic: name of the topic; ``None``: ``<topic>.dead-letter``; ``"none"``: no topic, they are skipped
    """

    topic: str | None

    @property
    def exclude(self) -> tuple[str, ...]:
        """Topics that a pattern must not match: dead letters that are read would only become dead letters again."""
        return () if self.topic in {None, SKIP} else (str(self.topic),)

    def require_apart(self, topics: Collection[str]) -> None:
        """Check that no topic that is read gets the dead letters, each of which would be a dead letter again.

        :param topics: names and patterns of the topics that are read
        :raises ConfigError: if it does
        """
        if self.topic in topics:
            raise ConfigError(
                f"dead_letter_topic is {self.topic!r}, which is also in topics, so that each dead letter would be read "
                "and become another one; name another topic"
            )
