"""``openmetadata-ol checkpoint``: where reading stands, shown, moved and deleted; compared before it is moved."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
from openmetadata_ol_provider.kafka.default_group import default_group
from openmetadata_ol_provider.openlineage.batch import BatchOrigin
from openmetadata_ol_provider.openlineage.positions import OffsetRange
from openmetadata_ol_provider.openlineage.run_state import Run, RunState
from openmetadata_ol_provider.openlineage.segments.change import whole_change
from openmetadata_ol_provider.openmetadata.publishing.core.held import Held, HeldCount, HeldRow
from openmetadata_ol_provider.state.keys import segment_key
from openmetadata_ol_provider.state.lanes import Lane
from openmetadata_ol_provider.state.store import StateStore
from openmetadata_ol_provider.version_compat import get_variable, set_variable
from tests.kafka import fixtures

broker, connect, hook, produce = fixtures.broker, fixtures.connect, fixtures.hook, fixtures.produce
clean_variables = fixtures.clean_variables

pytestmark = pytest.mark.usefixtures("clean_variables")
GROUP = default_group("openlineage_to_openmetadata", ["events"])
KEY = "openmetadata_ol.openlineage_to_openmetadata.events"


@pytest.fixture
def command(hook: Any, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Return ``command(action, *arguments)``: exit code, stdout and stderr."""

    def run(action: str, *arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["checkpoint", action, "--topics", "events", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def two_groups(connect: Callable[..., Any], broker: Any, produce: Any) -> None:
    """Fill three partitions with 3, 4 and 5 messages; our group and another have read some of them."""
    for partition in range(3):
        produce("events", partition, *[b"x"] * (partition + 3))
    connect(broker.bootstrap, {"group.id": "connector"}).commit({"events": {2: 5}})
    connect(broker.bootstrap).commit({"events": {1: 1}})


def stand_at(**offsets: int) -> None:
    """Store a checkpoint: ``stand_at(p0=3)``, with an open run and one that has ended."""
    runs = {"open": Run("1", "ns", "job", state="START"), "done": Run("2", "ns", "job", state="COMPLETE")}
    ranges = [OffsetRange("events", int(name[1:]), None, 0, offset) for name, offset in offsets.items()]
    origin = BatchOrigin(KEY, "kafka_default", tuple(ranges))
    StateStore(KEY).advance(origin, whole_change(RunState(runs=runs)), {}, Held())


def test_show_tells_how_checkpoint_group_and_ends_stand(hook: Any, produce: Any, command: Any) -> None:
    for partition in range(3):
        produce("events", partition, *[b"x"] * (partition + 3))
    stand_at(p0=1)
    OpenLineageKafkaHook("kafka_default", GROUP).commit({"events": {0: 1, 1: 2}})
    code, out, _ = command("show", "--json")
    shown = json.loads(out)
    assert code == 0
    assert (shown["state_key"], shown["runs"], shown["open_runs"], shown["lag"]) == (KEY, 2, 1, 9)
    assert shown["updated_at"].endswith("Z")
    assert shown["group"] == GROUP
    names = ("partition", "checkpoint", "committed", "low", "high", "start", "start_by", "lag", "lost")
    assert [tuple(row[name] for name in names) for row in shown["partitions"]] == [
        (0, 1, 1, 0, 3, 1, "checkpoint", 2, 0),
        (1, None, 2, 0, 4, 2, "group", 2, 0),
        (2, None, None, 0, 5, 0, "earliest", 5, 0),
    ]


def test_show_is_readable(produce: Any, command: Any) -> None:
    produce("events", 0, b"x")
    lines = command("show")[1].splitlines()
    assert lines[0] == f"Variable {KEY}: not written yet; 0 runs remembered, 0 of them open"
    assert lines[1] == f"group {GROUP}; 1 offset to read, 0 lost"
    assert lines[2].split() == [
        "topic", "partition", "checkpoint", "group", "low", "high", "starts", "at", "by", "lag", "lost",
    ]  # fmt: skip
    assert lines[3].split() == ["events", "0", "-", "-", "0", "1", "0", "earliest", "1", "0"]


def test_show_says_where_start_from_begins(produce: Any, command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__OPENMETADATA_OL__START_FROM", "latest")
    produce("events", 0, b"x", b"x")
    assert json.loads(command("show", "--json")[1])["partitions"][0]["start"] == 2


def test_lost_offsets_are_an_exit_code(produce: Any, command: Any) -> None:
    # The mock broker retains about 5 MB a partition.
    produce("events", 0, *[b"x" * 1_000_000] * 12)
    stand_at(p0=2)
    code, out, _ = command("show", "--json")
    assert code == 1
    assert json.loads(out)["lost"] == json.loads(out)["partitions"][0]["low"] - 2 > 0


def test_a_topic_recreated_is_an_exit_code_too(produce: Any, command: Any) -> None:
    produce("events", 1, b"x")
    stand_at(p1=7)
    code, out, _ = command("show")
    assert code == 1
    assert out.splitlines()[2] == "recreated or truncated, so that reading starts over: events[1]"
    assert [row["reset"] for row in json.loads(command("show", "--json")[1])["partitions"]] == [False, True, False]


def test_positions_that_are_set_as_they_were_are_those_of_the_topic_that_is_there(command: Any, produce: Any) -> None:
    produce("events", 0, *[b"x"] * 5)
    ranges = tuple(OffsetRange(topic, 0, None, 0, 5, topic_id="before") for topic in ("events", "other"))
    StateStore(KEY).advance(BatchOrigin(KEY, "kafka_default", ranges), whole_change(RunState()), {}, Held())
    offset = ("--offset", "events:0=5")
    assert "unchanged" in command("set", *offset, "--dry-run")[1]
    assert StateStore(KEY).read_positions().topic_ids == {"events": "before", "other": "before"}
    assert "unchanged" in command("set", *offset)[1]
    head = StateStore(KEY).read_positions()
    assert head.checkpoint == {"events": {"0": 5}, "other": {"0": 5}}
    assert head.topic_ids == {"other": "before"}


def test_the_state_key_of_one_lane_selects_its_partitions(command: Any) -> None:
    key = "openmetadata_ol.wide.lane-1-of-2"
    assert command("set", "--state-key", key, "--to", "earliest")[0] == 0
    assert StateStore(key).read_checkpoint() == {
        "events": {str(number): 0 for number in range(3) if Lane(1, 2).takes("events", number)}
    }


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--to", "earliest"], {"0": 0, "1": 0, "2": 0}),
        (["--to", "latest"], {"0": 3, "1": 4, "2": 5}),
        (["--to", "group"], {"0": 2, "1": 1}),
        (["--to", "group:connector"], {"0": 2, "2": 5}),
        (["--offset", "events:1=3", "--offset", "events:2=0"], {"0": 2, "1": 3, "2": 0}),
    ],
)
@pytest.mark.usefixtures("two_groups")
def test_set_moves_it_and_keeps_the_runs(arguments: list[str], expected: dict[str, int], command: Any) -> None:
    stand_at(p0=2)
    before = StateStore(KEY).read_checkpoint()
    code, out, err = command("set", *arguments, "--dry-run")
    assert (code, StateStore(KEY).read_checkpoint()) == (0, before)
    assert "nothing was changed (dry run)" in err
    code, again, err = command("set", *arguments)
    assert (code, again) == (0, out)
    assert "the next run continues from these offsets" in err
    assert StateStore(KEY).read_checkpoint() == {"events": expected}
    assert set(StateStore(KEY).read_state().runs.runs) == {"open", "done"}
    assert f"events[0] {expected['0']} ({'unchanged' if expected['0'] == 2 else 'was 2'})" in out


def test_set_makes_a_checkpoint_where_there_is_none(produce: Any, command: Any) -> None:
    produce("events", 0, b"x", b"x")
    code, out, _ = command("set", "--to", "latest")
    assert (code, out.splitlines()[0]) == (0, "events[0] 2 (was not set)")
    assert StateStore(KEY).read_checkpoint() == {"events": {"0": 2, "1": 0, "2": 0}}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "group:nobody"], "group 'nobody' has committed no offsets of events; correct the group's name"),
        (["--to", "yesterday"], "--to is 'yesterday'; give one of: group, group:NAME, earliest, latest, a time"),
        (["--to", ""], "--to is empty"),
        (["--offset", "events:0=99"], "offset 99 is not within the retained offsets 0 to 1"),
        (["--offset", "events:7=0"], "there is no topic 'events', partition 7"),
        (["--offset", "payroll:0=0"], "there is no topic 'payroll', partition 0"),
        (["--offset", "events=5"], "--offset is 'events=5'; give TOPIC:PARTITION=OFFSET"),
    ],
)
def test_what_cannot_be_set_is_wrong_use_and_moves_nothing(
    arguments: list[str], said: str, produce: Any, command: Any
) -> None:
    produce("events", 0, b"x")
    code, _, err = command("set", *arguments)
    assert code == 2
    assert said in err
    assert StateStore(KEY).read_summary() is None


def test_the_ways_to_say_where_exclude_each_other(command: Any) -> None:
    for arguments in ([], ["--to", "latest", "--offset", "events:0=1"]):
        with pytest.raises(SystemExit):
            command("set", *arguments)


def test_a_checkpoint_that_was_moved_meanwhile_is_left_alone() -> None:
    stand_at(p0=2)
    with pytest.raises(CheckpointError, match=r"was moved meanwhile.*Nothing was changed; pause the DAG"):
        StateStore(KEY).replace_checkpoint({"events": {"0": 1}}, {"events": {"0": 0}})
    assert StateStore(KEY).read_checkpoint() == {"events": {"0": 2}}


def test_reset_deletes_it_and_says_what_it_was(command: Any) -> None:
    stand_at(p0=2)
    assert command("reset", "--dry-run")[0] == 0
    assert StateStore(KEY).read_checkpoint() == {"events": {"0": 2}}
    code, out, err = command("reset")
    assert (code, json.loads(out)) == (0, {"checkpoint": {"events": {"0": 2}}})
    assert "deleted, with 2 runs, 1 of them open" in err
    assert StateStore(KEY).read_summary() is None
    assert "nothing to delete" in command("reset")[2]


def test_show_and_reset_say_what_was_not_written_yet(command: Any) -> None:
    stand_at(p0=2)
    row = HeldRow("id", "pg.shop.public.totals", "id", "openlineage.prod", "run", 1, "Successful", 1, 2, final=True)
    count = HeldCount("id", "openlineage.prod:etl", "2026-01-01", 3)
    StateStore(KEY).write_held(Held(), Held({row.key: row}, {count.key: count}))
    _, shown, _ = command("show")
    assert "to be written by the next run: 1 row of observability and 1 usage count\n" in shown
    assert json.loads(command("show", "--json")[1])["held"] == {"observability": 1, "usage": 1}
    for arguments in (["--dry-run"], []):
        code, _, err = command("reset", *arguments)
        assert code == 0
        assert "and 1 row of observability and 1 usage count not written yet" in err
        assert "show the next run of their pipelines instead" in err
        assert "is counted with the next runs" in err


def test_reset_takes_away_what_is_damaged(command: Any) -> None:
    from airflow.models.variable import Variable

    Variable.set(KEY, "offsets: 5")
    code, _, err = command("show")
    assert code == 1
    assert "is not a state of this package" in err
    assert command("reset")[0] == 0
    assert StateStore(KEY).read_summary() is None


def test_reset_takes_away_the_segments_of_a_state_that_was_deleted_by_hand(command: Any) -> None:
    left = segment_key(KEY, 5)
    set_variable(left, "1800000000_of a state that was deleted")
    for arguments, text in ((["--dry-run"], "1800000000_of a state that was deleted"), ([], None)):
        code, _, err = command("reset", *arguments)
        assert (code, get_variable(left)) == (0, text)
        assert f"Variable {KEY} does not exist" in err


def test_another_dag_has_another_checkpoint(produce: Any, command: Any) -> None:
    produce("events", 0, b"x")
    command("set", "--to", "latest", "--dag-id", "mine")
    command("set", "--to", "earliest", "--state-key", "theirs")
    assert StateStore("openmetadata_ol.mine.events").read_checkpoint()["events"]["0"] == 1
    assert StateStore("theirs").read_checkpoint()["events"]["0"] == 0
    assert StateStore(KEY).read_summary() is None


def test_lanes_are_shown_together_and_moved_each(produce: Any, command: Any) -> None:
    for partition in range(3):
        produce("events", partition, *[b"x"] * (partition + 3))
    code, out, err = command("set", "--to", "latest", "--lanes", "2")
    assert code == 0
    assert sorted(line.split(" ")[0] for line in out.splitlines()) == ["events[0]", "events[1]", "events[2]"]
    assert [f"{KEY}.lane-{number}-of-2" in err for number in range(2)] == [True, True]
    lanes = [StateStore(f"{KEY}.lane-{number}-of-2").read_checkpoint()["events"] for number in range(2)]
    assert sorted(map(len, lanes)) == [1, 2]
    assert lanes[0] | lanes[1] == {"0": 3, "1": 4, "2": 5}
    shown = json.loads(command("show", "--json", "--lanes", "2")[1])
    assert (shown["lag"], [row["checkpoint"] for row in shown["partitions"]]) == (0, [3, 4, 5])
    assert command("reset", "--lanes", "2")[0] == 0
    assert json.loads(command("show", "--json", "--lanes", "2")[1])["lag"] == 12
