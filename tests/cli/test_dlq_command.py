"""``openmetadata-ol dlq``: dead letters listed, shown and put back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.kafka.dead_letters import REPLAYS_HEADER
from tests.ingestion import dead_letter_support
from tests.ingestion.dead_letter_support import DEAD, lying_on, message, numbers, replay
from tests.kafka import fixtures

broker, connect, hook = fixtures.broker, fixtures.connect, fixtures.hook
clean_variables, bury = fixtures.clean_variables, dead_letter_support.bury

pytestmark = pytest.mark.usefixtures("clean_variables")


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
    assert head.split() == ["letter", "written", "from", "replays", "bytes", "key", "reason"]
    assert first.startswith(f"{DEAD}[0]@0  ")
    for text in ("single[0]@41", "  0  ", "run:1", "not JSON: line 1"):
        assert text in first
    assert "single[0]@42  2  " in second
    assert "(none)" in second
    assert f"2 dead letters on {DEAD}\n" in err


def test_list_is_bounded_and_says_that_there_are_more(bury: Any, dlq: Any) -> None:
    bury(*(message(offset=number) for number in range(3)))
    code, out, err = dlq("list", "--limit", "2", "--json")
    assert code == 0
    assert [row["letter"] for row in json.loads(out)] == [f"{DEAD}[0]@0", f"{DEAD}[0]@1"]
    assert "2 dead letters" in err
    assert "and more: raise --limit or give --since" in err
    with pytest.raises(SystemExit):
        dlq("list", "--limit", "0")


@pytest.mark.promise("A294")
def test_list_has_each_message_once_and_counts_its_other_letters(bury: Any, dlq: Any) -> None:
    bury(message(), message(offset=42))
    bury(message(), message(offset=42), message())
    code, out, err = dlq("list", "--json")
    assert code == 0
    assert [row["letter"] for row in json.loads(out)] == [f"{DEAD}[0]@0", f"{DEAD}[0]@1"]
    assert err.endswith(f"2 dead letters on {DEAD} (and 3 more of the same messages)\n")


def test_show_names_the_first_letter_of_the_message(bury: Any, dlq: Any) -> None:
    bury(message(), message(offset=42), message())
    assert f"first    {DEAD}[0]@0\n" in dlq("show", "0@2")[1]
    assert json.loads(dlq("show", "0@1", "--json")[1])["first"] == f"{DEAD}[0]@1"


@pytest.mark.promise("A294")
def test_replay_puts_each_message_back_once(hook: Any, bury: Any, dlq: Any) -> None:
    bury(message(b"1"), message(b"1"))
    _, out, err = dlq("replay")
    report = json.loads(out)
    assert (report["read"], report["replayed"], report["repeated"]) == (2, 1, 1)
    assert "2 dead letters read, 1 put back, 1 of messages that other letters have" in err
    # Reading the events again has written the same letters again.
    bury(message(b"1"), message(b"2", offset=42))
    report = json.loads(dlq("replay")[1])
    assert (report["read"], report["replayed"], report["repeated"]) == (2, 1, 1)
    assert json.loads(dlq("replay", "0@0", "0@1")[1])["replayed"] == 1
    assert json.loads(dlq("replay", "--again")[1])["replayed"] == 2
    assert [item.value for item in lying_on(hook, "single")] == [b"1", b"2", b"1", b"1", b"2"]


@pytest.mark.parametrize(
    "other",
    [
        message(b"1", timestamp_ms=None),
        message(b"1", timestamp_ms=7),
        message(b"2"),
        message(b"1", partition=1),
        message(b"1", topic="another"),
        message(b"1", headers=((REPLAYS_HEADER, b"1"),)),
    ],
    ids=["no time", "recreated topic", "other value", "other partition", "other topic", "put back before"],
)
def test_letters_of_other_messages_are_not_taken_for_repeats(bury: Any, dlq: Any, other: Any) -> None:
    bury(message(b"1"), other)
    assert len(json.loads(dlq("list", "--json")[1])) == 2


def test_letters_that_other_programs_wrote_are_all_listed(broker: Any, dlq: Any) -> None:
    from confluent_kafka import Producer

    broker.create_topic(DEAD, 1)
    producer = Producer({"bootstrap.servers": broker.bootstrap})
    for _ in range(2):
        producer.produce(DEAD, b"rubbish")
    assert producer.flush(60) == 0
    assert len(json.loads(dlq("list", "--json")[1])) == 2


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
        ("17", "give it as `dlq list` shows it"),
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
    assert "1 dead letter read, 1 put back" in err
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
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env={**os.environ})
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["foreign"] == 1
    assert "not put back: " in done.stderr
