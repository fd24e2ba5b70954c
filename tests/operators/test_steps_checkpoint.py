"""The checkpoint: old tasks that are run again, gaps, and a state that was deleted or damaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from steps_support import (
    EDGE,
    TOPIC,
    Sender,
    asked,
    captured,
    checkpoint,
    consume,
    holding,
    ingest,
    publish,
    run_event,
    run_steps,
    state_document,
    translate,
)

from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

pytestmark = pytest.mark.usefixtures("connections")
KEY = f"openmetadata_ol.lineage.{TOPIC}"


def one_partition(send: Sender, *values: bytes) -> None:
    for value in values:
        send.message(value)


def store(text: str | None) -> None:
    from airflow.models.variable import Variable

    if text is None:
        Variable.delete(KEY)
    else:
        Variable.set(KEY, text)


def test_an_old_publish_task_that_is_run_again_writes_nothing_and_moves_nothing(
    send: Sender, catalogue: CatalogueServer
) -> None:
    one_partition(send, run_event("a"))
    old = translate(consume())
    assert publish(old)["edges"]["published"] == 1
    one_partition(send, run_event("b", minute=5))
    run_steps()
    before, held = state_document(), holding(catalogue)
    catalogue.reset_requests()
    report = publish(old)
    assert [(problem["kind"], problem["where"]) for problem in report["problems"]] == [
        ("already_published", f"{TOPIC}[0] 0-1, {TOPIC}[1] 0-0, {TOPIC}[2] 0-0")
    ]
    assert (report["events"], report["edges"]["published"]) == (0, 0)
    assert asked(catalogue) == []
    assert (state_document(), holding(catalogue)) == (before, held)


def test_an_old_task_of_an_empty_batch_does_not_bring_back_old_runs(send: Sender, catalogue: CatalogueServer) -> None:
    one_partition(send, run_event("a"))
    run_steps()
    empty = translate(consume())
    one_partition(send, run_event("b", "START", minute=5))
    run_steps()
    before = state_document()
    publish(empty)
    assert state_document() == before
    one_partition(send, run_event("b", "COMPLETE", minute=6, inputs=(), outputs=()))
    run_steps()
    assert catalogue.edges()[EDGE]["source"] == "OpenLineage"
    started = {status["executionId"]: status["taskStatus"] for status in holding(catalogue).statuses.popitem()[1]}
    assert "b" in started


def test_consuming_and_translating_an_old_run_again_is_harmless(send: Sender, catalogue: CatalogueServer) -> None:
    one_partition(send, run_event("a", "START"), run_event("a", minute=1))
    batch = consume()
    first = translate(batch)
    publish(first)
    again = translate(batch)
    # Only that the run is new, and has just written something, is no longer true.
    assert [run.pop("new") for run in first["runs"]] == [True]
    assert [len(run.pop("written")) for run in first["runs"]] == [1]
    assert again["runs"] == first["runs"]
    assert {key: again[key] for key in ("edges", "jobs", "datasets")} == {
        key: first[key] for key in ("edges", "jobs", "datasets")
    }
    catalogue.reset_requests()
    publish(again)
    assert asked(catalogue) == []


def refused(plan: Any, text: str) -> None:
    with pytest.raises(AirflowFailException, match="the start of the batch differs from the checkpoint") as error:
        publish(plan)
    message = str(error.value)
    assert KEY in message
    assert text in message
    assert "Nothing was published. Run the DAG again, or clear the consume task" in message


def test_a_gap_is_refused(send: Sender, catalogue: CatalogueServer) -> None:
    one_partition(send, run_event("a"))
    run_steps()
    at_one = json.dumps(state_document())
    one_partition(send, run_event("b"))
    run_steps()
    one_partition(send, run_event("c"))
    plan = translate(consume())
    store(at_one)
    catalogue.reset_requests()
    refused(plan, f"{TOPIC}[0]: batch from 2, checkpoint at 1")
    assert catalogue.requests == []
    assert checkpoint()[0] == 1


def test_a_batch_that_overlaps_one_already_published_is_refused(send: Sender, catalogue: CatalogueServer) -> None:
    one_partition(send, run_event("a"))
    shorter = translate(consume())
    one_partition(send, run_event("b"))
    longer = translate(consume())
    publish(shorter)
    refused(longer, f"{TOPIC}[0]: batch from None, checkpoint at 1")
    assert run_steps()["events"] == 1
    assert checkpoint()[0] == 2


def test_two_runs_at_once_publish_a_batch_once(send: Sender, catalogue: CatalogueServer) -> None:
    one_partition(send, run_event("a"))
    one, two = translate(consume()), translate(consume())
    publish(one)
    catalogue.reset_requests()
    assert publish(two)["problems"][0]["kind"] == "already_published"
    assert asked(catalogue) == []


def test_without_its_variable_a_batch_is_refused_and_the_next_run_goes_on_at_the_groups_offsets(
    send: Sender, catalogue: CatalogueServer
) -> None:
    one_partition(send, run_event("a"))
    run_steps()
    one_partition(send, run_event("b"))
    plan = translate(consume())
    store(None)
    refused(plan, f"{TOPIC}[0]: batch from 1, checkpoint at None")
    assert run_steps()["events"] == 1
    assert checkpoint()[0] == 2


@pytest.mark.parametrize("step", [consume, ingest, run_steps], ids=["consume", "ingest", "all"])
@pytest.mark.parametrize(
    "text",
    [
        "offsets: 5",
        "[]",
        "5",
        '{"checkpoint": {}}',
        '{"version": 99, "checkpoint": {}}',
        '{"version": 1}',
        '{"version": 1, "checkpoint": [1]}',
        '{"version": 1, "checkpoint": {"openlineage.events": 5}}',
        '{"version": 1, "checkpoint": {"openlineage.events": {"0": "5"}}}',
        '{"version": 1, "checkpoint": {"openlineage.events": {"0": -5}}}',
    ],
)
def test_a_damaged_variable_is_named_and_nothing_is_read(
    text: str, step: Callable[[], Any], send: Sender, catalogue: CatalogueServer
) -> None:
    one_partition(send, run_event("a"))
    store(text)
    with pytest.raises(AirflowFailException) as error:
        step()
    assert f"Variable '{KEY}' is not a state of this package" in str(error.value)
    assert "delete it to start from the offsets that the consumer group committed" in str(error.value)
    assert catalogue.writes() == []


@pytest.mark.parametrize(
    "content",
    [
        *({"version": 2, "runs": runs} for runs in ("damaged", "eJyLNtQxigUAA9UBSA==", 7, {"a": 1})),
        *({"remembered": {"tail": tail}} for tail in ("damaged", "eJyLNtQxigUAA9UBSA==", 7)),
        {"remembered": {"segments": [{"slot": 0, "digest": "no such text", "size": 1}]}},
        {"remembered": {"segments": 1}},
    ],
)
def test_damaged_runs_are_named_before_anything_is_published(
    content: Any, send: Sender, catalogue: CatalogueServer
) -> None:
    one_partition(send, run_event("a"))
    run_steps()
    store(json.dumps({**state_document(), **content}))
    for step in (lambda: translate(consume()), ingest):
        with pytest.raises(
            AirflowFailException, match=r"is not a state of this package|a segment of the state .* is missing"
        ):
            step()


def test_tasks_with_one_state_key_share_a_checkpoint(send: Sender, catalogue: CatalogueServer) -> None:
    one_partition(send, run_event("a"))
    run_steps(state_key="shared")
    assert ingest(state_key="shared")["events"] == 0
    assert state_document() is None
    assert checkpoint("shared")[0] == 1


def test_the_variable_of_many_topics_has_a_key_that_airflow_takes(send: Sender, catalogue: CatalogueServer) -> None:
    topics = [TOPIC, *(f"{'long' * 20}.{number}" for number in range(5))]
    for topic in topics[1:]:
        send.message(run_event(topic[-1]), topic=topic)
    assert ingest(topics=topics)["events"] == 5
    assert ingest(topics=topics[::-1])["events"] == 0


@pytest.mark.parametrize("capture", ["airflow-scheduler"])
def test_the_state_holds_nothing_but_what_it_says(capture: str, send: Sender, catalogue: CatalogueServer) -> None:
    send.events(*captured(capture))
    run_steps()
    document = state_document()
    # Task runs of the last days are counted; the capture may be older.
    optional = {"counts", "retired", "waiting"}
    assert set(document) - optional == {"version", "checkpoint", "updated_at", "remembered", "writes"}
    assert document.get("waiting", {}) == {}
    assert document["version"] == 3
