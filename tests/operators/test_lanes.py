"""Lanes at work: together they do what one task does, each on its own partitions, and say where that cannot be."""

from __future__ import annotations

import importlib
import json
import threading
from typing import Any

import airflow
import pytest
from airflow.providers.common.compat.sdk import DAG
from steps_support import (
    EDGE,
    EXPECTED,
    TOPIC,
    Sender,
    captured,
    checkpoint,
    committed,
    consume,
    holding,
    ingest,
    lineage,
    publish,
    run_event,
    state_document,
    translate,
)

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.sensors.openlineage import OpenLineageSensor
from openmetadata_ol_provider.state.lanes import Lane

pytestmark = pytest.mark.usefixtures("connections")
KEY = f"openmetadata_ol.lineage.{TOPIC}"


def lane_key(number: int, lanes: int) -> str:
    return Lane(number, lanes).key(KEY)


def all_lanes(lanes: int, **parameters: Any) -> list[Any]:
    return [ingest(lane=number, lanes=lanes, **parameters) for number in range(lanes)]


def kinds(*reports: Any) -> set[str]:
    return {problem["kind"] for report in reports for problem in report["problems"]}


def test_lanes_together_publish_what_one_task_would(send: Sender, catalogue: CatalogueServer) -> None:
    for capture in EXPECTED:
        send.events(*captured(capture))
    sent = sum(len(captured(capture)) for capture in EXPECTED)
    ingest(state_key="whole", kafka_config_id="kafka_other_group")
    whole = holding(catalogue)
    reports = all_lanes(3, max_events=40)
    assert sum(report["events"] for report in reports) == sent
    assert all(0 < report["events"] < sent for report in reports)
    assert holding(catalogue).edges == whole.edges
    assert holding(catalogue).pipelines.keys() == whole.pipelines.keys()


def test_every_message_is_read_by_exactly_one_lane(
    send: Sender, catalogue: CatalogueServer, broker: KafkaBroker
) -> None:
    send.events(*(run_event(f"r{number}", minute=number % 60) for number in range(60)))
    reports = all_lanes(2)
    assert sum(report["events"] for report in reports) == 60
    first, second = (checkpoint(lane_key(number, 2)) for number in range(2))
    assert not first.keys() & second.keys()
    assert sum((first | second).values()) == 60
    assert committed(broker.bootstrap) == first | second
    assert state_document() is None
    assert [report["events"] for report in all_lanes(2)] == [0, 0]
    assert list(catalogue.edges()) == [EDGE]


def test_single_tasks_may_be_lanes_too(send: Sender, catalogue: CatalogueServer) -> None:
    send.events(*captured("dbt-postgres"))
    batches = [consume(lane=number, lanes=3) for number in range(3)]
    assert sum(batch["count"] for batch in batches) == len(captured("dbt-postgres"))
    # All read before any publishes, as mapped tasks do.
    plans = [translate(batch) for batch in batches]
    for plan in reversed(plans):
        publish(plan)
    assert lineage(catalogue) == EXPECTED["dbt-postgres"]
    assert publish(plans[0])["problems"][0]["kind"] == "already_published"


def test_a_lane_that_reads_again_leaves_the_others_where_they_are(send: Sender, catalogue: CatalogueServer) -> None:
    send.events(*(run_event(f"r{number}", minute=number) for number in range(30)))
    assert sum(report["events"] for report in all_lanes(2)) == 30
    before = [checkpoint(lane_key(number, 2)) for number in range(2)]
    again = ingest(lane=1, lanes=2, replay_from="earliest")["events"]
    assert again == sum(before[1].values()) > 0
    assert [checkpoint(lane_key(number, 2)) for number in range(2)] == before
    assert sum(report["events"] for report in all_lanes(2, replay_from="earliest")) == 30


def test_more_lanes_than_partitions_are_harmless(send: Sender, catalogue: CatalogueServer) -> None:
    send.events(*(run_event(f"r{number}") for number in range(30)))
    reports = all_lanes(5)
    assert sorted(report["events"] > 0 for report in reports) == [False, False, True, True, True]
    assert sum(report["events"] for report in reports) == 30


def test_a_run_that_was_open_when_lanes_came_ends_in_its_lane(send: Sender, catalogue: CatalogueServer) -> None:
    ids = [f"run-{number}" for number in range(12)]
    send.events(*(run_event(name, "START", job=name, outputs=()) for name in ids))
    ingest()
    send.events(*(run_event(name, "COMPLETE", job=name, minute=9, inputs=()) for name in ids))
    reports = all_lanes(3)
    assert list(catalogue.edges()) == [EDGE]
    statuses = {
        item["fullyQualifiedName"]: catalogue.statuses(item["fullyQualifiedName"]) for item in pipelines(catalogue)
    }
    assert [len(found) for found in statuses.values()] == [1] * 12
    assert {found[0]["executionStatus"] for found in statuses.values()} == {"Successful"}
    assert "run_without_start" not in kinds(*reports)


def pipelines(catalogue: CatalogueServer) -> list[dict[str, Any]]:
    return catalogue.entities("pipeline")


def test_and_a_run_that_was_open_in_a_lane_ends_without_lanes(send: Sender, catalogue: CatalogueServer) -> None:
    ids = [f"run-{number}" for number in range(12)]
    send.events(*(run_event(name, "START", job=name, outputs=()) for name in ids))
    all_lanes(3)
    send.events(*(run_event(name, "COMPLETE", job=name, minute=9, inputs=()) for name in ids))
    assert ingest()["events"] == 12
    assert [len(catalogue.statuses(item["fullyQualifiedName"])) for item in pipelines(catalogue)] == [1] * 12
    assert list(catalogue.edges()) == [EDGE]


def test_lineage_parked_before_lanes_came_is_published_by_one_of_them(send: Sender, catalogue: CatalogueServer) -> None:
    send.message(run_event("r", outputs=("shop.analytics_stg.not_there_yet",)))
    assert ingest()["parked"] == 1
    assert sorted(report["parked"] for report in all_lanes(3)) == [0, 0, 1]


def test_a_dry_run_in_a_lane_moves_nothing(send: Sender, catalogue: CatalogueServer, broker: KafkaBroker) -> None:
    send.events(*(run_event(f"r{number}") for number in range(10)))
    ingest(max_events=10)
    send.events(*(run_event(f"s{number}", job="another") for number in range(10)))
    before = (state_document(), committed(broker.bootstrap))
    catalogue.reset_requests()
    reports = all_lanes(3, dry_run=True)
    assert sum(report["events"] for report in reports) == 10
    assert catalogue.writes() == []
    assert (state_document(), committed(broker.bootstrap)) == before
    assert [state_document(lane_key(number, 3)) for number in range(3)] == [None] * 3


def test_the_sensor_waits_for_all_lanes(send: Sender, catalogue: CatalogueServer) -> None:
    def waiting(lanes: Any = 3) -> int:
        with DAG("lineage", schedule=None):
            sensor = OpenLineageSensor(task_id="wait", topics=[TOPIC], lanes=lanes, timeout=30)
        return int(sensor.poke({}).xcom_value["events"])

    send.events(*(run_event(f"r{number}") for number in range(30)))
    assert waiting() == 30
    first = ingest(lane=0, lanes=3)["events"]
    assert waiting() == waiting("3") == 30 - first
    all_lanes(3)
    assert waiting() == 0
    # Another number of lanes is no reason to read anything again.
    assert [waiting(lanes) for lanes in (1, 2, 5)] == [0, 0, 0]
    with pytest.raises(ConfigError, match="lanes is 0"):
        waiting(0)


# -- what is told ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("work", [ingest, consume])
def test_a_lane_that_there_is_not_is_an_error_of_the_dag_file(work: Any) -> None:
    for parameters in ({"lane": 4, "lanes": 4}, {"lanes": 4}, {"lane": "x", "lanes": 2}, {"lane": 0, "lanes": 0}):
        with pytest.raises(ConfigError, match=r"lanes? is "):
            work(**parameters)
    assert state_document() is None


def test_parts_of_a_run_in_two_lanes_are_reported_when_it_ends(send: Sender, catalogue: CatalogueServer) -> None:
    lanes = [next(number for number in range(2) if Lane(number, 2).takes(TOPIC, partition)) for partition in range(2)]
    send.message(run_event("r", "START"), partition=0, key=b"first")
    send.message(run_event("r", "COMPLETE", minute=1, inputs=(), outputs=()), partition=1, key=b"second")
    begun, ended = (ingest(lane=lane, lanes=2) for lane in lanes)
    assert "run_without_start" not in kinds(begun)
    [problem] = [problem for problem in ended["problems"] if problem["kind"] == "run_without_start"]
    assert problem["where"] == "job scheduler nightly.load"
    assert "set lanes to 1" in problem["detail"]
    # Without lanes, nothing of this matters.
    assert "run_without_start" not in kinds(ingest(state_key="whole", kafka_config_id="kafka_other_group"))


def test_messages_without_keys_are_reported(send: Sender, catalogue: CatalogueServer) -> None:
    for number in range(9):
        send.message(run_event(f"r{number}"), partition=number % 3)
    [problem] = [
        problem for report in all_lanes(3) for problem in report["problems"] if problem["kind"] == "no_message_key"
    ][:1]
    assert problem["where"] == f"topic {TOPIC}"
    assert "no_message_key" not in kinds(ingest(state_key="whole", kafka_config_id="kafka_other_group"))


# -- at the same time --------------------------------------------------------------------------------------------------


def task_events(dag_run: str, hour: int) -> list[bytes]:
    """Return events of thirty tasks of one pipeline, all of which write the same edge."""
    events = []
    for number in range(30):
        event = json.loads(run_event(f"{dag_run}-{number}", job=f"dag.task_{number}", minute=number))
        event["eventTime"] = f"2026-05-01T{hour}:{number}:00Z" if number > 9 else f"2026-05-01T{hour}:0{number}:00Z"
        dag = {"job": {"namespace": "scheduler", "name": "dag"}, "run": {"runId": dag_run}}
        event["run"]["facets"]["parent"] = dag
        events.append(json.dumps(event).encode())
    return events


def test_lanes_at_the_same_time_leave_the_catalogue_as_one_task_would(send: Sender, catalogue: CatalogueServer) -> None:
    send.events(*task_events("first", 10))
    catalogue.fail("*", ".", None, times=10_000, delay=0.003)
    failures: list[BaseException] = []

    def work(lane: int) -> None:
        try:
            if airflow.__version__.startswith("2."):
                # It keeps a note of who calls an operator in each thread, but begins it in one only.
                importlib.import_module("airflow.models.baseoperator").ExecutorSafeguard._sentinel.callers = {}
            ingest(lane=lane, lanes=3, max_events=4)
        except BaseException as error:  # noqa: BLE001 - told by the test
            failures.append(error)

    threads = [threading.Thread(target=work, args=(lane,)) for lane in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    # What one has overwritten too late for the other's second look is put back when the same jobs run again.
    send.events(*task_events("second", 11))
    all_lanes(3)
    [pipeline] = pipelines(catalogue)
    assert {task["name"] for task in pipeline["tasks"]} == {f"task_{number}" for number in range(30)}
    [(ends, details)] = catalogue.edges().items()
    assert ends == EDGE
    assert details["description"].count("dag.task_") == 30


def test_what_each_lane_has_parked_is_listed_tried_again_and_dropped(
    send: Sender, catalogue: CatalogueServer, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = [f"shop.public.missing_{number}" for number in range(12)]
    send.events(*(run_event(name[-10:], job=f"job.{name}", outputs=[name]) for name in missing))
    assert sorted(report["parked"] > 0 for report in all_lanes(2)) == [True, True]
    capsys.readouterr()
    selected = ["--dag-id", "lineage", "--topics", TOPIC, "--lanes", "2"]
    assert main(["parked", "list", "--json", *selected]) == 0
    keys = [item["key"] for item in json.loads(capsys.readouterr().out)]
    assert len(set(keys)) == 12
    assert main(["parked", "retry", "--all", *selected]) == 1
    assert json.loads(capsys.readouterr().out)["parked"] == 12
    assert main(["parked", "drop", keys[0], *selected]) == 0
    assert capsys.readouterr().out == "dropped 1, 11 left\n"
    assert main(["parked", "drop", "--all", *selected]) == 0
    assert capsys.readouterr().out == "dropped 11, 0 left\n"


def test_the_state_key_of_one_lane_selects_what_that_lane_has_parked(
    send: Sender, catalogue: CatalogueServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = [f"shop.public.missing_{number}" for number in range(12)]
    send.events(*(run_event(name[-10:], job=f"job.{name}", outputs=[name]) for name in missing))
    reports = all_lanes(2)
    monkeypatch.setenv("AIRFLOW__OPENMETADATA_OL__LANES", "2")
    for number, report in enumerate(reports):
        capsys.readouterr()
        key = f"openmetadata_ol.lineage.{TOPIC}.lane-{number}-of-2"
        assert main(["parked", "list", "--json", "--state-key", key]) == 0
        assert len(json.loads(capsys.readouterr().out)) == report["parked"] > 0
