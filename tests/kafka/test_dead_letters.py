"""Dead letters written and parsed, against a broker on a socket."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import DeadLetterError, DeadLetterRefusedError
from openmetadata_ol_provider.kafka.dead_letters import parse_dead_letter
from openmetadata_ol_provider.kafka.messages import DeadLetter, RawMessage

PRODUCE = 0


BOUNDS: dict[str, Any] = {"max_messages": 1000, "max_bytes": 50_000_000, "max_duration": 20}


def letter(value: bytes | None = b"{", **more: Any) -> DeadLetter:
    message = RawMessage("events", 2, 41, 1_700_000_000_000, b"run:1", value, (("trace", b"1"), ("trace", None)))
    return DeadLetter(message._replace(**more), "no JSON: line 1")


def read_all(hook: Any, topic: str) -> list[RawMessage]:
    messages: list[RawMessage] = hook.read(hook.backlog([topic], {}), **BOUNDS).messages
    return messages


def test_a_dead_letter_keeps_everything_and_says_why_and_where_from(hook: Any, broker: Any) -> None:
    broker.create_topic("dead", 1)
    assert hook.dead_letter([letter(b"\x00\xff not JSON")], "dead") == 1
    (found,) = read_all(hook, "dead")
    assert (found.key, found.value) == (b"run:1", b"\x00\xff not JSON")
    assert found.headers == (
        ("trace", b"1"),
        ("trace", None),
        ("openlineage.dead_letter.reason", b"no JSON: line 1"),
        ("openlineage.dead_letter.topic", b"events"),
        ("openlineage.dead_letter.partition", b"2"),
        ("openlineage.dead_letter.offset", b"41"),
        ("openlineage.dead_letter.timestamp", b"1700000000000"),
    )


def test_a_tombstone_stays_one(hook: Any, broker: Any) -> None:
    broker.create_topic("dead", 1)
    hook.dead_letter([letter(None, key=None, timestamp_ms=None, headers=())], "dead")
    (found,) = read_all(hook, "dead")
    assert (found.key, found.value) == (None, None)
    assert dict(found.headers)["openlineage.dead_letter.timestamp"] == b""


def test_what_was_large_enough_to_be_read_can_be_put_away(hook: Any, broker: Any, produce: Any) -> None:
    broker.create_topic("dead", 1)
    produce("single", 0, b"0123456789" * 480_000)
    (message,) = read_all(hook, "single")
    hook.dead_letter([DeadLetter(message, "too deep")], "dead")
    assert read_all(hook, "dead")[0].value == message.value


def test_many_are_all_confirmed(hook: Any, broker: Any) -> None:
    broker.create_topic("dead", 1)
    assert hook.dead_letter([letter(b"%d" % number) for number in range(500)], "dead") == 500
    assert [found.value for found in read_all(hook, "dead")] == [b"%d" % number for number in range(500)]


def test_none_needs_no_broker(connect: Any, dead_port: str) -> None:
    hook = connect(dead_port)
    assert hook.dead_letter([], "dead") == 0
    hook.commit({})
    hook.commit({"events": {}})


def test_the_users_producer_settings_do_not_weaken_the_delivery(broker: Any, connect: Any) -> None:
    broker.create_topic("dead", 1)
    extra = {"acks": 0, "retries": 0, "transactional.id": "x", "max.in.flight": 100, "delivery.report.only.error": True}
    hook = connect(broker.bootstrap, extra)
    assert hook.dead_letter([letter()], "dead") == 1
    assert len(read_all(hook, "dead")) == 1


def test_a_refused_dead_letter_is_an_error_that_names_topic_setting_and_remedy(hook: Any, broker: Any) -> None:
    from confluent_kafka import KafkaError as Code

    broker.create_topic("dead", 1)
    broker.push_errors(PRODUCE, Code.MSG_SIZE_TOO_LARGE)
    with pytest.raises(
        DeadLetterRefusedError, match=r"1 message .*'dead' \(setting dead_letter_topic\).*dead_letter_topic: none"
    ):
        hook.dead_letter([letter()], "dead")


def test_a_dead_letter_topic_that_may_not_be_written_is_an_error(hook: Any, broker: Any) -> None:
    from confluent_kafka import KafkaError as Code

    broker.create_topic("dead", 1)
    broker.push_errors(PRODUCE, *[Code.TOPIC_AUTHORIZATION_FAILED] * 3)
    with pytest.raises(DeadLetterRefusedError, match=r"'dead'.*setting dead_letter_topic"):
        hook.dead_letter([letter()], "dead")


def test_an_unreachable_broker_confirms_nothing(connect: Any, dead_port: str) -> None:
    with pytest.raises(DeadLetterError, match=r"'kafka_default'.*'dead' \(setting dead_letter_topic\).*refused"):
        connect(dead_port).dead_letter([letter()], "dead")


DEAD = "single.dead-letter"


def test_headers_that_the_sender_forged_do_not_count() -> None:
    forged = (("openlineage.dead_letter.topic", b"payroll"), ("openlineage.dead_letter.offset", b"0"))
    ours = (("openlineage.dead_letter.topic", b"single"), ("openlineage.dead_letter.offset", b"7"))
    letter = parse_dead_letter(RawMessage(DEAD, 0, 0, headers=(*forged, *ours)))
    assert (letter.topic, letter.offset, letter.headers) == ("single", 7, ())


@pytest.mark.parametrize("value", [None, b"", b"-1", b"7.5", b"\xff", "\u0661".encode(), b"9" * 30])
def test_a_number_that_is_none_is_left_out(value: bytes | None) -> None:
    letter = parse_dead_letter(RawMessage(DEAD, 0, 0, headers=(("openlineage.dead_letter.partition", value),)))
    assert (letter.partition, letter.replays, letter.origin) == (None, 0, "unknown")
