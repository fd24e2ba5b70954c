"""Where to begin on a real broker: at a time, in a span of time, where another consumer stopped."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.kafka.offsets import Backlog
from openmetadata_ol_provider.kafka.start_position import StartPosition, parse_start
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.operators.steps_support import EDGE, holding, ingest, run_event, run_steps, state_document
from tests.real_kafka.cluster import RealKafka, wait

pytestmark = pytest.mark.usefixtures("airflow_db", "connections")

HOUR = 3_600_000


def time_of(text: str) -> StartPosition:
    found = parse_start(text, "x")
    assert found is not None
    return found


DAY = time_of("2026-05-01T00:00:00Z").milliseconds


def clock(hour: int, minute: int = 0) -> str:
    return f"2026-05-01T{hour:02d}:{minute:02d}:00Z"


@pytest.fixture
def hourly(topic: Any, produce: Any) -> str:
    """Make a topic with a run in each of six hours, over two partitions, with times as their senders gave them."""
    name: str = topic(2, retention_ms=-1)
    for hour in range(6):
        produce(name, run_event(f"run-{hour}", minute=hour), partition=hour % 2, timestamp=DAY + hour * HOUR)
    return name


def events(backlog: Backlog) -> list[tuple[int, int, int]]:
    return [(item.partition, item.start, item.high) for item in backlog.partitions]


# -- starting ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        (clock(0), [0, 0]),
        (clock(1), [1, 0]),
        (clock(2, 1), [2, 1]),
        (clock(23), [3, 3]),
        ("1999-01-01T00:00:00Z", [0, 0]),
    ],
)
def test_reading_begins_at_the_first_message_of_a_time(hook: Any, hourly: str, text: str, starts: list[int]) -> None:
    backlog = hook.backlog([hourly], {}, start=time_of(text))
    assert [item.start for item in backlog.partitions] == starts
    assert {item.origin for item in backlog.partitions} == {"time"}
    # What has a checkpoint goes on there.
    assert hook.backlog([hourly], {hourly: {0: 1, 1: 2}}, start=time_of(text)).starts == {hourly: {"0": 1, "1": 2}}


@pytest.mark.parametrize("work", [run_steps, ingest], ids=["steps", "ingest"])
def test_operators_begin_at_a_time_once(work: Any, hourly: str, catalogue: CatalogueServer, produce: Any) -> None:
    parameters = {"topics": [hourly], "start_from": clock(4), "state_key": f"{work.__name__}.{hourly}"}
    assert work(**parameters)["events"] == 2
    produce(hourly, run_event("late", minute=30), timestamp=DAY)
    assert work(**parameters)["events"] == 1


def test_reading_again_from_a_time_moves_the_checkpoint_back_to_it(hourly: str, catalogue: CatalogueServer) -> None:
    run_steps(topics=[hourly])
    held = holding(catalogue)
    catalogue.reset_requests()
    assert run_steps(topics=[hourly], replay_from=clock(3))["events"] == 3
    assert ingest(topics=[hourly], replay_from=clock(5))["events"] == 1
    assert ingest(topics=[hourly], replay_from=clock(9))["events"] == 0
    assert (catalogue.writes(), holding(catalogue)) == ([], held)


# -- spans of time -----------------------------------------------------------------------------------------------------


def test_spans_share_the_messages_out_without_gap_or_repeat(hook: Any, hourly: str) -> None:
    with hook.query() as query:
        spans = [query.window([hourly], time_of(clock(hour)), time_of(clock(hour + 2)), {}) for hour in range(0, 8, 2)]
        rest = query.window([hourly], time_of(clock(3)), None, {hourly: {0: 2}})
    assert [events(span) for span in spans] == [
        [(0, 0, 1), (1, 0, 1)],
        [(0, 1, 2), (1, 1, 2)],
        [(0, 2, 3), (1, 2, 3)],
        [(0, 3, 3), (1, 3, 3)],
    ]
    assert events(rest) == [(0, 2, 3), (1, 1, 3)]
    assert [item.checkpoint for item in rest.partitions] == [2, None]


def test_a_span_is_published_and_moves_neither_checkpoint_nor_group(
    hook: Any, hourly: str, catalogue: CatalogueServer
) -> None:
    live = f"openmetadata_ol.lineage.{hourly}"
    assert ingest(topics=[hourly], start_from=clock(5))["events"] == 1
    stood, committed = state_document(live), hook.backlog([hourly], {}).starts
    reports = [
        ingest(topics=[hourly], start=clock(hour), end=clock(hour + 2), max_events=1, max_duration=30)
        for hour in range(0, 6, 2)
    ]
    assert [report["events"] for report in reports] == [2, 2, 2]
    assert (state_document(live), hook.backlog([hourly], {}).starts) == (stood, committed)
    # The same span again is the same work, and finds everything in place.
    catalogue.reset_requests()
    assert ingest(topics=[hourly], start=clock(0), end=clock(2))["events"] == 2
    assert catalogue.writes() == []
    assert list(catalogue.edges()) == [EDGE]


def test_a_run_over_two_spans_is_one_run(topic: Any, produce: Any, catalogue: CatalogueServer) -> None:
    name = topic(retention_ms=-1)
    produce(name, run_event("run", "START", outputs=()), timestamp=DAY)
    produce(name, run_event("run", "COMPLETE", minute=1, inputs=()), timestamp=DAY + HOUR)
    assert ingest(topics=[name], start=clock(0), end=clock(1))["edges"]["published"] == 0
    assert ingest(topics=[name], start=clock(1), end=clock(2))["edges"]["published"] == 1
    assert list(catalogue.edges()) == [EDGE]


def test_a_span_that_failed_is_read_whole_again(hourly: str, catalogue: CatalogueServer) -> None:
    catalogue.fail("PUT", ".", 401, times=10_000)
    with pytest.raises(AirflowFailException, match="401"):
        ingest(topics=[hourly], start=clock(0), end=clock(4), max_events=2)
    catalogue.clear_faults()
    assert ingest(topics=[hourly], start=clock(0), end=clock(4))["events"] == 4


def test_a_span_of_what_retention_deleted_is_what_is_left_of_it(
    hook: Any, kafka: RealKafka, hourly: str, catalogue: CatalogueServer
) -> None:
    kafka.delete_records(hourly, {0: 2})
    assert ingest(topics=[hourly], start=clock(0), end=clock(6))["events"] == 4


# -- taking over from another consumer ---------------------------------------------------------------------------------


@pytest.fixture
def incumbent(kafka: RealKafka, topic: Any, produce: Any) -> tuple[str, str]:
    """Return topic and group of a consumer that has read some of it by subscription, and was stopped."""
    from confluent_kafka import Consumer

    name = topic(2)
    for partition in range(2):
        produce(name, *(run_event(f"run-{partition}-{n}", minute=n) for n in range(3)), partition=partition)
    group = f"connector.{name}"
    settings = {**kafka.settings, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False}
    consumer = Consumer(settings, logger=logging.getLogger("incumbent"))
    consumer.subscribe([name])
    read: list[Any] = []

    def more() -> bool:
        read.extend(message for message in consumer.consume(6 - len(read), timeout=1) if message.error() is None)
        return len(read) == 6

    wait(more, timeout=60)
    consumer.commit(offsets=[*_positions(name, {0: 1, 1: 2})], asynchronous=False)
    consumer.close()
    return name, group


def _positions(topic: str, offsets: dict[int, int]) -> Any:
    from confluent_kafka import TopicPartition

    return (TopicPartition(topic, partition, offset) for partition, offset in offsets.items())


def test_the_group_of_another_connector_is_taken_over_without_gap_or_repeat(
    incumbent: tuple[str, str], catalogue: CatalogueServer, capsys: pytest.CaptureFixture[str]
) -> None:
    name, group = incumbent
    key = f"openmetadata_ol.lineage.{name}"
    arguments = ["--topics", name, "--state-key", key]
    assert main(["checkpoint", "set", "--to", f"group:{group}", *arguments]) == 0
    assert capsys.readouterr().out.splitlines() == [f"{name}[0] 1 (was not set)", f"{name}[1] 2 (was not set)"]
    assert main(["checkpoint", "show", "--json", *arguments]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [(row["checkpoint"], row["committed"], row["lag"]) for row in shown["partitions"]] == [
        (1, None, 2),
        (2, None, 1),
    ]
    assert ingest(topics=[name])["events"] == 3


def test_so_it_is_with_start_from_alone(
    hook: Any, group: str, incumbent: tuple[str, str], catalogue: CatalogueServer
) -> None:
    name, theirs = incumbent
    assert ingest(topics=[name], start_from=f"group:{theirs}")["events"] == 3
    # From now on the checkpoint decides, and our own group has the offsets.
    assert ingest(topics=[name], start_from=f"group:{theirs}")["events"] == 0
    assert hook.settings.group == group
    assert hook.backlog([name], {}).starts == {name: {"0": 3, "1": 3}}


def test_a_checkpoint_is_set_to_a_time(
    hourly: str, catalogue: CatalogueServer, capsys: pytest.CaptureFixture[str]
) -> None:
    key = f"openmetadata_ol.lineage.{hourly}"
    for text, expected in ((clock(3), {"0": 2, "1": 1}), (clock(23), {"0": 3, "1": 3})):
        assert main(["checkpoint", "set", "--to", text, "--topics", hourly, "--state-key", key]) == 0
        assert state_document(key)["checkpoint"] == {hourly: expected}
    assert ingest(topics=[hourly])["events"] == 0
    assert "the next run continues from these offsets" in capsys.readouterr().err
