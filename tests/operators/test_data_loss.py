"""Events that are gone before they were read: passed over loudly, or not at all until somebody accepts the loss."""

from __future__ import annotations

import json
import os
import re
import shlex
import threading
from collections.abc import Callable
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from steps_support import DAG_ID, TOPIC, Sender, checkpoint, committed, consume, ingest, run_event, run_steps

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.state.lanes import Lane
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("connections")
BOTH = pytest.mark.parametrize("work", [run_steps, ingest], ids=["steps", "ingest"])
KEY = f"openmetadata_ol.{DAG_ID}.{TOPIC}"
Work = Callable[..., Any]


def stand_at(**positions: int) -> None:
    """Let the checkpoint stand somewhere: ``p0=2`` in partition 0."""
    from airflow.models.variable import Variable

    where = {name.removeprefix("p"): offset for name, offset in positions.items()}
    Variable.set(KEY, json.dumps({"version": 1, "checkpoint": {TOPIC: where}}))


def overflow(send: Sender, partition: int = 0) -> None:
    """Send twelve events; the mock broker retains about 5 MB of a partition, so the first of them are gone."""
    for number in range(12):
        send.message(run_event(f"r{number}", padding={"text": "x" * 1_000_000}), partition=partition)


def lost(report: Any) -> dict[str, str]:
    return {problem["where"]: problem["detail"] for problem in report["problems"] if problem["kind"] == "data_loss"}


def refused(work: Work, **parameters: Any) -> str:
    """Work, and return with what it failed: an error that no retry mends."""
    with pytest.raises((AirflowFailException, ConfigError)) as failure:
        work(**parameters)
    return str(failure.value)


@BOTH
def test_by_default_a_loss_is_reported_with_its_number_and_the_rest_is_published(
    work: Work, send: Sender, catalogue: CatalogueServer
) -> None:
    overflow(send)
    stand_at(p0=2)
    report = work()
    (detail,) = lost(report).values()
    first = 12 - report["events"]
    assert first > 2
    assert detail == f"retention deleted {first - 2} unread messages (2 to {first})"
    assert (checkpoint()[0], len(catalogue.edges())) == (12, 1)


@BOTH
def test_with_fail_nothing_is_published_and_nothing_moves_until_the_loss_is_accepted(
    work: Work, send: Sender, catalogue: CatalogueServer, broker: KafkaBroker
) -> None:
    overflow(send)
    send.message(b"no event", partition=1)
    stand_at(p0=2, p1=0)
    for _ in range(2):
        message = refused(work, on_data_loss="fail")
        assert (catalogue.requests, checkpoint(), committed(broker.bootstrap)) == ([], {0: 2, 1: 0}, {})
    first = int(re.search(r"--offset openlineage.events:0=(\d+)", message)[1])  # type: ignore[index]
    assert f"on_data_loss is fail, and events are lost ({first - 2} offsets)" in message
    assert f"topic '{TOPIC}', partition 0: {first - 2} offsets are LOST" in message
    assert f"(position 2, first retained {first})" in message
    assert f"the checkpoint (Variable '{KEY}') stays, and every run fails until the loss is accepted" in message
    assert "run once with on_data_loss=continue" in message
    # Not even what cannot be used has gone anywhere: no topic was made for it.
    assert work(on_data_loss="continue")["dead_letters"] == 1
    assert checkpoint() == {0: 12, 1: 1, 2: 0}
    assert work(on_data_loss="fail")["events"] == 0


@BOTH
def test_the_command_that_the_error_names_accepts_the_loss(work: Work, send: Sender) -> None:
    overflow(send, 0)
    overflow(send, 2)
    stand_at(p0=2, p1=0, p2=1)
    message = refused(work, on_data_loss="fail")
    words = shlex.split(message.partition("or: ")[2].partition(";")[0])
    assert words[0] == "openmetadata-ol"
    assert main(words[1:]) == 0
    first = checkpoint()
    assert (first[0] > 2, first[1], first[2] > 1) == (True, 0, True)
    report = work(on_data_loss="fail")
    assert (report["events"], lost(report)) == (24 - first[0] - first[2], {})
    assert checkpoint() == {0: 12, 1: 0, 2: 12}


@BOTH
def test_a_topic_recreated_is_a_loss_too(work: Work, send: Sender, catalogue: CatalogueServer) -> None:
    send.message(run_event("second life"))
    stand_at(p0=50)
    message = refused(work, on_data_loss="fail")
    assert "partition 0: the position (50) lies beyond the end (1): the topic was recreated or truncated" in message
    assert f"--offset {TOPIC}:0=0" in message
    assert (catalogue.requests, checkpoint()) == ([], {0: 50})
    report = work()
    assert lost(report) == {
        f"{TOPIC}[0]": "the checkpoint 50 lies beyond the end: the topic was deleted and recreated, or truncated; "
        "reading starts at 0"
    }
    assert checkpoint()[0] == 1


@BOTH
def test_of_lanes_only_that_one_fails_which_has_lost_something(work: Work, send: Sender) -> None:
    damaged = next(number for number in range(2) if Lane(number, 2).takes(TOPIC, 0))
    for lane in range(2):
        work(lane=lane, lanes=2)
    overflow(send)
    for number in range(1, 3):
        send.message(run_event(f"other-{number}"), partition=number)
    others = work(lane=1 - damaged, lanes=2, on_data_loss="fail")
    assert others["events"] in {1, 2}
    message = refused(work, lane=damaged, lanes=2, on_data_loss="fail")
    assert f"Variable '{Lane(damaged, 2).key(KEY)}'" in message
    assert main(shlex.split(message.partition("or: ")[2].partition(";")[0])[1:]) == 0
    report = work(lane=damaged, lanes=2, on_data_loss="fail")
    assert 0 < report["events"] < 12
    assert lost(report) == {}


def test_a_loss_of_what_the_group_has_not_read_counts_as_well(send: Sender, broker: KafkaBroker) -> None:
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook

    OpenLineageKafkaHook().commit({TOPIC: {0: 1}})
    overflow(send)
    message = refused(ingest, on_data_loss="fail")
    assert "(position 1, first retained" in message
    assert checkpoint() == {}
    assert main(shlex.split(message.partition("or: ")[2].partition(";")[0])[1:]) == 0
    assert lost(ingest(on_data_loss="fail")) == {}


def test_the_option_decides_where_a_task_does_not_say(send: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__OPENMETADATA_OL__ON_DATA_LOSS", "fail")
    overflow(send)
    stand_at(p0=2)
    assert "events are lost" in refused(consume)
    # A parameter of the DAG that is left alone is empty.
    assert "events are lost" in refused(ingest, on_data_loss="")
    assert lost(ingest(on_data_loss="continue"))


@BOTH
def test_a_misspelled_policy_is_named(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(work, on_data_loss="ignore") == "on_data_loss is 'ignore'; give fail or continue"
    monkeypatch.setenv("AIRFLOW__OPENMETADATA_OL__ON_DATA_LOSS", "stop")
    assert refused(work) == "[openmetadata_ol] on_data_loss is 'stop'; give fail or continue"


@BOTH
def test_reading_again_does_not_move_the_checkpoint_before_it_fails(work: Work, send: Sender) -> None:
    overflow(send)
    for number in range(3):
        send.message(run_event(f"other-{number}"), partition=1)
    stand_at(p0=2, p1=3)
    assert "events are lost" in refused(work, on_data_loss="fail", replay_from=f'{{"{TOPIC}": {{"1": 0}}}}')
    assert checkpoint() == {0: 2, 1: 3}


def test_a_dry_run_fails_as_the_real_one_would(send: Sender, catalogue: CatalogueServer) -> None:
    overflow(send)
    stand_at(p0=2)
    assert "events are lost" in refused(ingest, on_data_loss="fail", dry_run=True)
    assert lost(ingest(on_data_loss="continue", dry_run=True))
    assert checkpoint() == {0: 2}


def test_a_loss_while_the_task_is_at_work_ends_it_after_what_it_had_read(
    send: Sender, catalogue: CatalogueServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As little as can be is fetched ahead.
    kafka = json.loads(os.environ["AIRFLOW_CONN_KAFKA_DEFAULT"])
    kafka["extra"] |= {"queued.max.messages.kbytes": 1, "fetch.message.max.bytes": 1000}
    monkeypatch.setenv("AIRFLOW_CONN_KAFKA_DEFAULT", json.dumps(kafka))
    for number in range(20):
        send.message(run_event(f"early-{number}", minute=number, padding={"text": "x" * 200_000}))
    catalogue.fail("*", ".", None, times=10_000, delay=0.1)

    def overtake() -> None:
        until(lambda: catalogue.requests, "a request of the task")
        overflow(send)

    retention = threading.Thread(target=overtake)
    retention.start()
    try:
        message = refused(ingest, on_data_loss="fail", max_events=1)
    finally:
        retention.join()
    position = int(re.search(r"position (\d+), first retained", message)[1])  # type: ignore[index]
    assert 0 < position < 20
    assert checkpoint()[0] == position
    (pipeline,) = catalogue.entities("pipeline")
    held = catalogue.statuses(pipeline["fullyQualifiedName"])
    assert len(held) == position
    catalogue.clear_faults()
    assert f"(position {position}, " in refused(ingest, on_data_loss="fail")
    assert catalogue.statuses(pipeline["fullyQualifiedName"]) == held
