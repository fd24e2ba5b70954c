"""A start without a checkpoint says where it begins and what it leaves out, and DAGs do not share a group unasked."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG
from steps_support import DAG_ID, TOPIC, Sender, committed, consume, ingest, publish, run_event, run_steps, translate

from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
from openmetadata_ol_provider.kafka.default_group import default_group
from openmetadata_ol_provider.kafka.settings import DEFAULT_GROUP
from openmetadata_ol_provider.operators.ingest import IngestOpenLineageOperator
from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.sensors.openlineage import OpenLineageSensor

pytestmark = pytest.mark.usefixtures("connections")

BOTH = pytest.mark.parametrize("work", [run_steps, ingest], ids=["steps", "ingest"])
GROUP = default_group(DAG_ID, [TOPIC])
STATE = f"openmetadata_ol.{DAG_ID}.{TOPIC}"


@pytest.fixture
def no_group(connections: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave ``group.id`` out of the connection."""
    kafka = json.loads(os.environ["AIRFLOW_CONN_KAFKA_DEFAULT"])
    del kafka["extra"]["group.id"]
    monkeypatch.setenv("AIRFLOW_CONN_KAFKA_DEFAULT", json.dumps(kafka))


def second_dag() -> Any:
    with DAG("second", schedule=None):
        task = IngestOpenLineageOperator(task_id="ingest", topics=[TOPIC])
    return task.execute({})


def unread(report: Any) -> list[str]:
    return [problem["detail"] for problem in report["problems"] if problem["kind"] == "unread_before_start"]


@pytest.mark.promise("A290")
@BOTH
@pytest.mark.usefixtures("no_group")
def test_a_second_dag_with_the_same_connection_reads_everything(
    work: Any, send: Sender, broker: KafkaBroker, catalogue: CatalogueServer
) -> None:
    send.events(*(run_event(f"r{number}") for number in range(6)))
    assert work()["events"] == 6
    assert second_dag()["events"] == 6
    assert sum(committed(broker.bootstrap, GROUP).values()) == 6
    assert sum(committed(broker.bootstrap, default_group("second", [TOPIC])).values()) == 6
    assert committed(broker.bootstrap, DEFAULT_GROUP) == {}


@pytest.mark.promise("A290")
@pytest.mark.usefixtures("no_group")
def test_lanes_share_the_group_of_their_dag(send: Sender, broker: KafkaBroker, catalogue: CatalogueServer) -> None:
    send.events(*(run_event(f"r{number}") for number in range(9)))
    for lane in range(2):
        ingest(lane=lane, lanes=2)
    assert sum(committed(broker.bootstrap, GROUP).values()) == 9


@pytest.mark.promise("A291")
@BOTH
def test_the_first_start_is_one_warning_that_says_where_and_why(
    work: Any, send: Sender, catalogue: CatalogueServer, logged: Callable[[], str]
) -> None:
    send.message(run_event("a"), partition=0)
    assert unread(work()) == []
    said = logged()
    assert f"no checkpoint of {TOPIC} yet (Variable {STATE!r}): reading starts at the beginning" in said
    assert "because the group has committed nothing and auto.offset.reset is earliest" in said
    assert "are not read" not in said


@BOTH
def test_later_runs_do_not_repeat_it(
    work: Any, send: Sender, catalogue: CatalogueServer, capfd: pytest.CaptureFixture[str]
) -> None:
    send.message(run_event("a"), partition=0)
    work()
    capfd.readouterr()
    work()
    assert "no checkpoint of" not in "".join(capfd.readouterr())


@pytest.mark.promise("A291")
@BOTH
def test_messages_before_the_start_are_counted_in_the_report_with_the_way_to_read_them(
    work: Any, send: Sender, catalogue: CatalogueServer
) -> None:
    for number in range(5):
        send.message(run_event(f"r{number}", minute=number), partition=0)
    OpenLineageKafkaHook().commit({TOPIC: {0: 3}})
    [detail] = unread(work())
    assert f"reading starts at the offsets that group 'tests' has committed ({TOPIC}[0] from 3)" in detail
    assert "3 messages lie before it and are not read" in detail
    assert "replay_from: earliest" in detail
    assert work(replay_from="earliest")["events"] == 5


@pytest.mark.parametrize(
    ("start_from", "said"),
    [("latest", "reading starts at the end, as start_from says"), ("2030-01-01T00:00:00Z", "starts at 2030-01-01")],
)
def test_a_configured_start_is_said_too(start_from: str, said: str, send: Sender, catalogue: CatalogueServer) -> None:
    send.message(run_event("a"), partition=0)
    [detail] = unread(ingest(start_from=start_from))
    assert said in detail
    assert "1 message lies before it and is not read" in detail


@pytest.mark.promise("A291")
@BOTH
def test_a_group_of_another_dag_is_named_with_the_remedy(
    work: Any, send: Sender, catalogue: CatalogueServer, logged: Callable[[], str]
) -> None:
    send.message(run_event("a"), partition=0)
    second_dag()
    [detail] = unread(work())
    assert f"ANOTHER reader ('openmetadata_ol.second.{TOPIC}')" in detail
    assert "give this DAG a group.id of its own or remove group.id from the connection" in detail


@pytest.mark.promise("A291")
def test_a_commit_to_a_group_that_another_state_uses_is_warned_about(
    send: Sender, catalogue: CatalogueServer, logged: Callable[[], str]
) -> None:
    send.message(run_event("a"), partition=0)
    second_dag()
    ingest(start_from="earliest")
    assert f"group 'tests' is also used by the state 'openmetadata_ol.second.{TOPIC}'" in logged()


@pytest.mark.promise("A290")
@BOTH
@pytest.mark.usefixtures("no_group")
def test_without_a_checkpoint_the_group_of_earlier_versions_counts(
    work: Any, send: Sender, broker: KafkaBroker, catalogue: CatalogueServer
) -> None:
    for number in range(3):
        send.message(run_event(f"r{number}", minute=number), partition=0)
    OpenLineageKafkaHook().commit({TOPIC: {0: 2}})
    report = work()
    assert report["events"] == 1
    [detail] = unread(report)
    assert f"at the offsets that group {DEFAULT_GROUP!r} has committed" in detail
    assert "the group of all DAGs in earlier versions, because this DAG's own has committed nothing" in detail
    assert committed(broker.bootstrap, GROUP)[0] == 3


@pytest.mark.promise("A290")
@pytest.mark.usefixtures("no_group")
def test_a_checkpoint_of_an_earlier_version_stays_valid(
    send: Sender, broker: KafkaBroker, catalogue: CatalogueServer, logged: Callable[[], str]
) -> None:
    from airflow.models.variable import Variable

    for number in range(3):
        send.message(run_event(f"r{number}", minute=number), partition=0)
    OpenLineageKafkaHook().commit({TOPIC: {0: 2}})
    Variable.set(STATE, json.dumps({"version": 1, "checkpoint": {TOPIC: {"0": 2, "1": 0, "2": 0}}}))
    report = ingest()
    assert (report["events"], unread(report)) == (1, [])
    assert "no checkpoint of" not in logged()


@pytest.mark.usefixtures("no_group")
def test_offsets_that_a_newer_version_committed_for_another_dag_are_not_taken_for_old_ones(
    send: Sender, catalogue: CatalogueServer
) -> None:
    send.message(run_event("a"), partition=0)
    OpenLineageKafkaHook().commit({TOPIC: {0: 1}}, owner="openmetadata_ol.other.topic")
    assert ingest()["events"] == 1


@pytest.mark.usefixtures("no_group")
def test_a_plan_of_an_earlier_version_can_be_published(send: Sender, catalogue: CatalogueServer) -> None:
    send.message(run_event("a"), partition=0)
    batch = consume()
    del batch["origin"]["group"], batch["origin"]["owner"]
    assert publish(translate(batch))["edges"]["published"] == 1


def test_one_task_says_once_where_it_starts_and_reports_it(
    send: Sender, catalogue: CatalogueServer, logged: Callable[[], str]
) -> None:
    for number in range(2):
        send.message(run_event(f"r{number}", minute=number), partition=0)
    OpenLineageKafkaHook().commit({TOPIC: {0: 1}})
    logged()
    assert len(unread(ingest())) == 1
    warnings = {line.partition("no checkpoint")[0] for line in logged().splitlines() if "message lies before" in line}
    assert warnings
    assert not any("unread_before_start" in line for line in warnings)


def test_the_sensor_says_it_once_because_it_may_wait_for_ever(
    send: Sender, catalogue: CatalogueServer, logged: Callable[[], str]
) -> None:
    send.message(run_event("a"), partition=0)
    OpenLineageKafkaHook().commit({TOPIC: {0: 1}})
    with DAG(DAG_ID, schedule=None):
        sensor = OpenLineageSensor(task_id="wait", topics=[TOPIC], timeout=30)
    assert not sensor.poke({}).is_done
    assert not sensor.poke({}).is_done
    start = "reading starts at the offsets that group 'tests' has committed"
    lines = [line for line in logged().splitlines() if start in line]
    assert len({line for line in lines if "1 message lies before it and is not read" in line}) == 1
