"""Dead letters read and put back: by the functions, the operator and the command line, on a broker on a socket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.exceptions import ConfigError, KafkaError
from openmetadata_ol_provider.ingestion import dead_letters as deadletters
from openmetadata_ol_provider.kafka.dead_letters import REPLAYS_HEADER, read_letter
from openmetadata_ol_provider.kafka.messages import DeadLetter, RawMessage
from openmetadata_ol_provider.operators.replay import ReplayDeadLettersOperator

pytestmark = pytest.mark.usefixtures("airflow_db")
BOUNDS: dict[str, Any] = {"max_messages": 1000, "max_bytes": 50_000_000, "max_duration": 20}
DEAD = "single.dead-letter"
TIME = 1_700_000_000_123
HEADERS = (("trace", b"1"), ("trace", b"2"), ("nothing", None))


@pytest.fixture(autouse=True)
def no_state(airflow_db: None) -> Any:
    """Leave no Variable to the next test."""
    yield
    from airflow.models.variable import Variable
    from airflow.utils.session import create_session

    with create_session() as session:
        session.query(Variable).delete()


def message(value: bytes | None = b"{", **more: Any) -> RawMessage:
    return RawMessage("single", 0, 41, TIME, b"run:1", value, HEADERS)._replace(**more)


@pytest.fixture
def bury(hook: Any, broker: Any) -> Callable[..., None]:
    """Return ``bury(*messages)``: puts messages on the dead-letter topic, as the consume task does."""
    broker.create_topic(DEAD, 1)

    def send(*messages: RawMessage) -> None:
        hook.dead_letter([DeadLetter(item, "not JSON: line 1") for item in messages], DEAD)

    return send


def lying_on(hook: Any, topic: str) -> list[RawMessage]:
    found: list[RawMessage] = hook.read(hook.backlog([topic], {}), **BOUNDS).messages
    return found


def replay(**more: Any) -> Any:
    task = ReplayDeadLettersOperator(task_id="replay", **{"topics": ["single"], **more})
    return json.loads(json.dumps(task.execute(context={})))


def numbers(report: dict[str, Any]) -> tuple[int, int, int, int]:
    return report["read"], report["replayed"], report["exhausted"], report["foreign"]


# -- what a letter says ------------------------------------------------------------------------------------------------


def test_a_letter_says_why_where_from_and_what_it_was(hook: Any, bury: Any) -> None:
    bury(message(b"\x00\xff"))
    (letter,) = deadletters.list_letters(hook, [DEAD])
    assert (letter.reason, letter.origin, letter.timestamp_ms) == ("not JSON: line 1", "single[0]@41", TIME)
    assert (letter.message.key, letter.message.value, letter.headers) == (b"run:1", b"\x00\xff", HEADERS)
    assert letter.replays == 0


def test_headers_that_the_sender_forged_do_not_count() -> None:
    forged = (("openlineage.dead_letter.topic", b"payroll"), ("openlineage.dead_letter.offset", b"0"))
    ours = (("openlineage.dead_letter.topic", b"single"), ("openlineage.dead_letter.offset", b"7"))
    letter = read_letter(RawMessage(DEAD, 0, 0, headers=(*forged, *ours)))
    assert (letter.topic, letter.offset, letter.headers) == ("single", 7, ())


@pytest.mark.parametrize("value", [None, b"", b"-1", b"7.5", b"\xff", "\u0661".encode(), b"9" * 30])
def test_a_number_that_is_none_is_left_out(value: bytes | None) -> None:
    letter = read_letter(RawMessage(DEAD, 0, 0, headers=(("openlineage.dead_letter.partition", value),)))
    assert (letter.partition, letter.replays, letter.origin) == (None, 0, "unknown")


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
    assert report["left"] == [f"{DEAD}[0]@3 from single[0]@2: put back 3 times already (not JSON: line 1)"]
    assert len(lying_on(hook, "single")) == 3
    assert numbers(replay()) == (0, 0, 0, 0)


def test_max_replays_says_how_often(bury: Any) -> None:
    bury(message(headers=((REPLAYS_HEADER, b"1"),)))
    assert numbers(replay(max_replays=1)) == (1, 0, 1, 0)
    with pytest.raises(AirflowFailException, match="max_replays is 0; it has to be at least 1"):
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
    with pytest.raises(AirflowFailException, match="topics has the pattern '\\^sing'; name the topic of the letters"):
        replay(topics=["^sing"])


def test_all_may_go_to_a_topic_of_ones_own(hook: Any, bury: Any, broker: Any) -> None:
    broker.create_topic("mended", 1)
    bury(message(b"1"), message(b"2", topic="payroll"))
    assert replay(target_topic="mended")["replayed"] == 2
    assert [item.value for item in lying_on(hook, "mended")] == [b"1", b"2"]
    with pytest.raises(AirflowFailException, match=f"topic is '{DEAD}', where the dead letters are"):
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
    with pytest.raises(AirflowException, match=r"1 dead letters could not be put back onto the topic 'single'.*create"):
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


# -- the command line --------------------------------------------------------------------------------------------------


@pytest.fixture
def dlq(hook: Any, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Return ``dlq(action, *arguments)``: exit code, stdout and stderr."""

    def run(action: str, *arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["dlq", action, "--topics", "single", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_list_shows_where_they_are_where_from_and_why(bury: Any, dlq: Any) -> None:
    bury(message(), message(key=None, offset=42, headers=((REPLAYS_HEADER, b"2"),)))
    code, out, err = dlq("list")
    head, first, second = out.splitlines()
    assert code == 0
    assert head.split() == ["letter", "put", "there", "from", "replays", "bytes", "key", "reason"]
    assert first.startswith(f"{DEAD}[0]@0  ")
    for text in ("single[0]@41", "  0  ", "run:1", "not JSON: line 1"):
        assert text in first
    assert "single[0]@42  2  " in second
    assert "(none)" in second
    assert f"2 dead letters on {DEAD}\n" in err


def test_list_is_bounded_and_says_that_there_are_more(bury: Any, dlq: Any) -> None:
    bury(*[message()] * 3)
    code, out, err = dlq("list", "--limit", "2", "--json")
    assert code == 0
    assert [row["letter"] for row in json.loads(out)] == [f"{DEAD}[0]@0", f"{DEAD}[0]@1"]
    assert "2 dead letters" in err
    assert "and more: raise --limit or give --since" in err
    with pytest.raises(SystemExit):
        dlq("list", "--limit", "0")


def test_list_of_a_topic_that_is_not_there_is_empty(dlq: Any) -> None:
    assert dlq("list", "--json")[:2] == (0, "[]\n")


def test_show_gives_headers_and_value(bury: Any, dlq: Any, tmp_path: Path) -> None:
    bury(message(b"{\x1b[31m"), message(b"\xff\xfe"))
    code, out, _ = dlq("show", f"{DEAD}[0]@0")
    assert code == 0
    for line in ("from     single[0]@41", "reason   not JSON: line 1", "header   nothing: (none)", "{\\x1b[31m"):
        assert line in out.splitlines()
    shown = json.loads(dlq("show", "0@1", "--json")[1])
    assert shown["value"] == {"base64": "//4="}
    assert shown["headers"][:3] == [["trace", "1"], ["trace", "2"], ["nothing", None]]
    file = tmp_path / "value"
    assert dlq("show", "0@1", "--output", str(file)) == (0, "", "")
    assert file.read_bytes() == b"\xff\xfe"


@pytest.mark.parametrize(
    ("letter", "said"),
    [
        ("0@7", f"there is no dead letter {DEAD}[0]@7"),
        ("3@0", f"there is no dead letter {DEAD}[3]@0"),
        ("17", "give it as `dlq list` does"),
        ("payroll[0]@0", f"the dead letters are on {DEAD}; set --dead-letter-topic"),
    ],
)
def test_a_letter_that_is_not_there_is_wrong_use(bury: Any, dlq: Any, letter: str, said: str) -> None:
    bury(message())
    code, _, err = dlq("show", letter)
    assert code == 2
    assert said in err


def test_replay_puts_back_what_came_since_the_last_time(hook: Any, bury: Any, dlq: Any) -> None:
    bury(message(b"1"))
    code, out, err = dlq("replay")
    assert (code, numbers(json.loads(out))) == (0, (1, 1, 0, 0))
    assert "1 dead letters read, 1 put back" in err
    # The operator and the command share the checkpoint.
    assert numbers(replay()) == (0, 0, 0, 0)
    assert json.loads(dlq("replay", "--again", "--dry-run")[1])["replayed"] == 1
    assert json.loads(dlq("replay", "--again")[1])["replayed"] == 1
    assert json.loads(dlq("replay")[1])["read"] == 0
    assert [item.value for item in lying_on(hook, "single")] == [b"1", b"1"]


def test_replay_of_named_letters_moves_nothing(hook: Any, bury: Any, dlq: Any) -> None:
    bury(message(b"1"), message(b"2"), message(b"3"))
    code, out, _ = dlq("replay", "0@2", f"{DEAD}[0]@0")
    assert (code, numbers(json.loads(out))) == (0, (2, 2, 0, 0))
    assert [item.value for item in lying_on(hook, "single")] == [b"3", b"1"]
    assert json.loads(dlq("replay")[1])["replayed"] == 3


def test_what_is_left_alone_is_an_exit_code(bury: Any, dlq: Any) -> None:
    bury(message(topic="payroll"))
    code, out, _ = dlq("replay")
    assert (code, numbers(json.loads(out))) == (1, (1, 0, 0, 1))


def test_results_are_alone_on_stdout_whatever_airflow_logs(bury: Any) -> None:
    bury(message(topic="payroll"))
    command = [sys.executable, "-m", "openmetadata_ol_provider", "dlq", "replay", "--topics", "single", "--dry-run"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False, env={**os.environ})
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["foreign"] == 1
    assert "left alone: " in done.stderr


# -- other errors ------------------------------------------------------------------------------------------------------


def test_a_letter_is_looked_for_on_its_topic_only(hook: Any, bury: Any) -> None:
    bury(message())
    assert deadletters.find_letter(hook, DEAD, 0, 0).origin == "single[0]@41"
    with pytest.raises(ConfigError, match="there is no dead letter"):
        deadletters.find_letter(hook, "never.made", 0, 0)


def test_an_unreachable_broker_is_an_error_not_an_empty_list(connect: Any, dead_port: str) -> None:
    with pytest.raises(KafkaError, match="refused"):
        list(deadletters.list_letters(connect(dead_port), [DEAD]))
