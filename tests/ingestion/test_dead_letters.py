"""Dead letters read and put back, by the functions and the operator, on a broker on a socket."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from openmetadata_ol_provider.exceptions import ConfigError, KafkaError
from openmetadata_ol_provider.ingestion import dead_letters as deadletters
from openmetadata_ol_provider.kafka.dead_letters import REPLAYS_HEADER
from openmetadata_ol_provider.operators.replay import ReplayDeadLettersOperator
from tests.ingestion.dead_letter_support import DEAD, HEADERS, TIME, lying_on, message, numbers, replay

pytestmark = pytest.mark.usefixtures("clean_variables")


# -- what a letter says ------------------------------------------------------------------------------------------------
def test_a_letter_says_why_where_from_and_what_it_was(hook: Any, bury: Any) -> None:
    bury(message(b"\x00\xff"))
    (letter,) = deadletters.list_dead_letters(hook, [DEAD])
    assert (letter.reason, letter.origin, letter.timestamp_ms) == ("not JSON: line 1", "single[0]@41", TIME)
    assert (letter.message.key, letter.message.value, letter.headers) == (b"run:1", b"\x00\xff", HEADERS)
    assert letter.replays == 0


# -- putting back ------------------------------------------------------------------------------------------------------
def test_a_message_goes_back_as_it_came_but_for_the_count(hook: Any, bury: Any, broker: Any) -> None:
    bury(message(b"\x00\xff"), message(None, key=None))
    assert numbers(replay()) == (2, 2, 0, 0)
    first, second = lying_on(hook, "single")
    assert (first.key, first.value, first.timestamp_ms) == (b"run:1", b"\x00\xff", TIME)
    assert first.headers == (*HEADERS, (REPLAYS_HEADER, b"1"))
    assert (second.key, second.value) == (None, None)


def test_it_goes_back_to_its_partition_so_that_a_run_stays_together(hook: Any, bury: Any) -> None:
    bury(*(message(b"%d" % number, topic="events", partition=number % 3) for number in range(6)))
    replay(topics=["events"], dead_letter_topic=DEAD)
    assert sorted((item.partition, item.value) for item in lying_on(hook, "events")) == [
        (0, b"0"), (0, b"3"), (1, b"1"), (1, b"4"), (2, b"2"), (2, b"5"),
    ]  # fmt: skip


def test_a_partition_that_is_gone_is_left_to_the_key(hook: Any, bury: Any) -> None:
    bury(message(partition=17))
    assert replay()["replayed"] == 1
    assert [item.partition for item in lying_on(hook, "single")] == [0]


def test_each_letter_goes_back_once(hook: Any, bury: Any) -> None:
    bury(message(b"1"))
    assert replay()["replayed"] == 1
    assert numbers(replay()) == (0, 0, 0, 0)
    bury(message(b"2"))
    assert replay()["replayed"] == 1
    assert [item.value for item in lying_on(hook, "single")] == [b"1", b"2"]


def test_what_fails_again_keeps_its_count_and_is_left_alone_in_the_end(hook: Any, bury: Any) -> None:
    bury(message())
    for count in (1, 2, 3):
        assert numbers(replay()) == (1, 1, 0, 0)
        came_back = lying_on(hook, "single")[-1]
        assert dict(came_back.headers)[REPLAYS_HEADER] == b"%d" % count
        bury(came_back)
    report = replay()
    assert numbers(report) == (1, 0, 1, 0)
    assert report["left"] == [f"{DEAD}[0]@3 from single[0]@2: already put back 3 times (not JSON: line 1)"]
    assert len(lying_on(hook, "single")) == 3
    assert numbers(replay()) == (0, 0, 0, 0)


def test_max_replays_says_how_often(bury: Any) -> None:
    bury(message(headers=((REPLAYS_HEADER, b"1"),)))
    assert numbers(replay(max_replays=1)) == (1, 0, 1, 0)
    with pytest.raises(ConfigError, match="max_replays is 0; give a whole number of at least 1"):
        replay(max_replays=0)


def test_headers_do_not_decide_where_we_write(hook: Any, bury: Any, produce: Any, broker: Any) -> None:
    broker.create_topic("payroll", 1)
    bury(message(topic="payroll"), message(topic=DEAD))
    produce(DEAD, 0, b"put there by somebody else")
    report = replay()
    assert numbers(report) == (3, 0, 0, 3)
    assert [line.split(": ", 1)[1] for line in report["left"]] == [
        "'payroll' is not among topics (not JSON: line 1)",
        f"{DEAD!r} is not among topics (not JSON: line 1)",
        "its headers name no topic (no reason given)",
    ]
    assert lying_on(hook, "payroll") == []


def test_a_pattern_says_where_messages_may_go(hook: Any, bury: Any) -> None:
    bury(message(topic="single"), message(topic="events"))
    assert numbers(replay(topics=["^sing"], dead_letter_topic=DEAD)) == (2, 1, 0, 1)
    with pytest.raises(
        AirflowFailException,
        match="topics has the pattern '\\^sing'; name the dead-letter topic with dead_letter_topic",
    ):
        replay(topics=["^sing"])


def test_all_may_go_to_a_topic_of_ones_own(hook: Any, bury: Any, broker: Any) -> None:
    broker.create_topic("mended", 1)
    bury(message(b"1"), message(b"2", topic="payroll"))
    assert replay(target_topic="mended")["replayed"] == 2
    assert [item.value for item in lying_on(hook, "mended")] == [b"1", b"2"]
    with pytest.raises(AirflowFailException, match=f"topic is '{DEAD}', which holds the dead letters"):
        replay(target_topic=DEAD)


def test_with_new_timestamps_retention_does_not_take_old_messages_away(hook: Any, bury: Any) -> None:
    bury(message())
    replay(keep_timestamp=False)
    (back,) = lying_on(hook, "single")
    assert back.timestamp_ms is not None
    assert back.timestamp_ms > TIME + 1_000_000


def test_no_letters_are_no_failure(hook: Any) -> None:
    assert numbers(replay()) == (0, 0, 0, 0)
    assert numbers(replay(dead_letter_topic="never.made")) == (0, 0, 0, 0)


def test_where_bad_messages_are_skipped_there_are_no_letters(hook: Any) -> None:
    with pytest.raises(AirflowFailException, match="dead_letter_topic is none, so there are no dead letters"):
        replay(dead_letter_topic="none")


def test_a_dry_run_sends_and_moves_nothing(hook: Any, bury: Any) -> None:
    bury(message())
    for _ in range(2):
        assert replay(dry_run=True)["replayed"] == 1
    assert lying_on(hook, "single") == []
    assert replay()["replayed"] == 1


def test_small_batches_put_all_back(hook: Any, bury: Any) -> None:
    bury(*(message(b"%d" % number) for number in range(10)))
    assert numbers(replay(max_events=3)) == (10, 10, 0, 0)
    assert [item.value for item in lying_on(hook, "single")] == [b"%d" % number for number in range(10)]


def test_what_a_topic_does_not_take_is_tried_again(hook: Any, bury: Any, broker: Any) -> None:
    from confluent_kafka import KafkaError as Code

    produce_request = 0
    bury(message())
    broker.push_errors(produce_request, Code.INVALID_REQUIRED_ACKS)
    with pytest.raises(AirflowException, match=r"1 dead letter could not be put back onto the topic 'single'.*create"):
        replay()
    assert replay()["replayed"] == 1
    assert len(lying_on(hook, "single")) == 1


def test_a_topic_that_may_not_be_written_is_a_matter_of_rights(hook: Any, bury: Any, broker: Any) -> None:
    from confluent_kafka import KafkaError as Code

    produce_request = 0
    bury(message())
    broker.push_errors(produce_request, Code.TOPIC_AUTHORIZATION_FAILED)
    with pytest.raises(AirflowFailException, match="grant the principal WRITE and DESCRIBE on the topic 'single'"):
        replay()


def test_names_are_templated() -> None:
    assert set(ReplayDeadLettersOperator.template_fields) == {
        "topics", "kafka_config_id", "dead_letter_topic", "target_topic", "state_key",
    }  # fmt: skip


# -- other errors ------------------------------------------------------------------------------------------------------
def test_a_letter_is_looked_for_on_its_topic_only(hook: Any, bury: Any) -> None:
    bury(message())
    assert deadletters.find_dead_letter(hook, DEAD, 0, 0).origin == "single[0]@41"
    with pytest.raises(ConfigError, match="there is no dead letter"):
        deadletters.find_dead_letter(hook, "never.made", 0, 0)


def test_an_unreachable_broker_is_an_error_not_an_empty_list(connect: Any, dead_port: str) -> None:
    with pytest.raises(KafkaError, match="refused"):
        list(deadletters.list_dead_letters(connect(dead_port), [DEAD]))
