"""Recognises dead letters of one message: reading the same events again makes the same letters again."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from openmetadata_ol_provider.exceptions import OpenLineageProviderError
from openmetadata_ol_provider.kafka.dead_letters import LetterIdentity, StoredDeadLetter, parse_dead_letter
from openmetadata_ol_provider.kafka.offsets import Backlog
from openmetadata_ol_provider.kafka.start_position import EARLIEST

if TYPE_CHECKING:
    from openmetadata_ol_provider.kafka.client import KafkaClient
    from openmetadata_ol_provider.kafka.messages import DeadLetter

log = logging.getLogger(__name__)

#: Most of the latest letters of a partition, most bytes and most seconds that are read to see what lies there.
_MOST_LETTERS: Final = 10_000
_MOST_BYTES: Final = 32 * 2**20
_MOST_SECONDS: Final = 10.0


class SeenLetters:
    """The dead letters that were seen, one of each message.

    :param repeats: number of further letters of messages that were seen
    """

    def __init__(self) -> None:
        self.repeats = 0
        self._first: dict[LetterIdentity, str] = {}

    def first(self, letters: Iterable[StoredDeadLetter]) -> Iterator[StoredDeadLetter]:
        """Yield the first letter of each message."""
        for letter in letters:
            if self.position_of_first(letter) == letter.position:
                yield letter
            else:
                self.repeats += 1

    def position_of_first(self, letter: StoredDeadLetter) -> str:
        """Return the position of the first letter of the same message, which may be this one."""
        return self._first.setdefault(letter.identity, letter.position)


class WrittenLetters:
    """The letters that lie on dead-letter topics, read once for each topic when the first letter is to be written.

    :param kafka: connection to read from
    """

    def __init__(self, kafka: KafkaClient) -> None:
        self._kafka = kafka
        self._by_topic: dict[str, set[LetterIdentity]] = {}

    def missing(self, letters: Sequence[DeadLetter], topic: str) -> list[DeadLetter]:
        """Return the letters that are not on a topic yet, each message once."""
        if topic not in self._by_topic:
            self._by_topic[topic] = self._read(topic)
        written = self._by_topic[topic]
        return list(
            {key: letter for letter in letters if (key := LetterIdentity.of(letter.message)) not in written}.values()
        )

    def add(self, letters: Iterable[DeadLetter], topic: str) -> None:
        """Remember letters that have been written."""
        self._by_topic.setdefault(topic, set()).update(LetterIdentity.of(letter.message) for letter in letters)

    def _read(self, topic: str) -> set[LetterIdentity]:
        """Return the latest letters of a topic."""
        found: set[LetterIdentity] = set()
        try:
            with self._kafka.query() as query:
                backlog = query.backlog(query.existing_topics([topic]), {}, start=EARLIEST)
            backlog = Backlog(
                tuple(
                    msgspec.structs.replace(item, start=max(item.start, item.high - _MOST_LETTERS))
                    for item in backlog.partitions
                )
            )
            if backlog.events:
                with self._kafka.reader(backlog) as reader:
                    result = reader.read(max_messages=backlog.events, max_bytes=_MOST_BYTES, max_duration=_MOST_SECONDS)
                found = {parse_dead_letter(message).identity for message in result.messages}
        except OpenLineageProviderError as error:
            log.warning(
                "what lies on the dead-letter topic %s cannot be read, so that letters may be written twice, which "
                "changes nothing: %s", topic, error,
            )  # fmt: skip
        return found
