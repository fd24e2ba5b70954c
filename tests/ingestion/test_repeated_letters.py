"""What lies on a dead-letter topic is known before a letter is written there, as far as it can be read."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.ingestion.repeated_letters import WrittenLetters
from openmetadata_ol_provider.kafka.messages import DeadLetter, RawMessage
from tests.ingestion.dead_letter_support import DEAD, lying_on, message

LIST_OFFSETS = 2


def letters(*messages: RawMessage) -> list[DeadLetter]:
    return [DeadLetter(item, "not JSON") for item in messages]


def test_letters_that_lie_there_are_not_missing(hook: Any, bury: Any) -> None:
    bury(message(b"1"), message(b"2", offset=42))
    again = letters(message(b"2", offset=42), message(b"3", offset=43), message(b"3", offset=43))
    missing = WrittenLetters(hook).missing(again, DEAD)
    assert [letter.message.value for letter in missing] == [b"3"]


def test_what_was_written_meanwhile_is_known_without_reading_it(hook: Any, bury: Any, broker: Any) -> None:
    written, first = WrittenLetters(hook), letters(message(b"1"))
    assert written.missing(first, DEAD) == first
    written.add(first, DEAD)
    assert written.missing(first, DEAD) == []
    assert lying_on(hook, DEAD) == []


def test_a_topic_that_is_not_there_has_no_letters(hook: Any) -> None:
    first = letters(message(b"1", timestamp_ms=None))
    assert WrittenLetters(hook).missing(first, "not.there.dead-letter") == first


def test_letters_that_cannot_be_read_are_written_again_and_that_is_said(
    hook: Any, bury: Any, broker: Any, caplog: pytest.LogCaptureFixture
) -> None:
    from confluent_kafka import KafkaError

    bury(message(b"1"))
    broker.push_errors(LIST_OFFSETS, *[KafkaError.TOPIC_AUTHORIZATION_FAILED] * 20)
    again = letters(message(b"1"))
    assert WrittenLetters(hook).missing(again, DEAD) == again
    broker.push_errors(LIST_OFFSETS)
    assert f"what lies on the dead-letter topic {DEAD} cannot be read" in caplog.text
