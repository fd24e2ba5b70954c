"""Where to begin and reading again: the checkpoint moves back when asked to, and what was published stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from steps_support import (
    EXPECTED,
    TOPIC,
    Sender,
    captured,
    checkpoint,
    consume,
    holding,
    ingest,
    lineage,
    run_event,
    run_steps,
    state_document,
)

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.operators.consume import ConsumeOpenLineageOperator
from openmetadata_ol_provider.operators.ingest import IngestOpenLineageOperator
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

pytestmark = pytest.mark.usefixtures("connections")
BOTH = pytest.mark.parametrize("work", [run_steps, ingest], ids=["steps", "ingest"])
CAPTURE = "dbt-postgres"


@BOTH
def test_reading_again_publishes_nothing_twice_and_ends_where_it_was(
    work: Callable[..., Any], send: Sender, catalogue: CatalogueServer
) -> None:
    send.events(*captured(CAPTURE))
    work()
    stood, held = checkpoint(), holding(catalogue)
    catalogue.reset_requests()
    assert work(replay_from="earliest")["events"] == len(captured(CAPTURE))
    assert (checkpoint(), holding(catalogue)) == (stood, held)
    # Days are ranked anew, since nobody can tell whether they were; that changes nothing twice.
    assert [write for write in catalogue.writes() if "/compute.percentile/" not in write.path] == []
    assert lineage(catalogue) == EXPECTED[CAPTURE]


@BOTH
def test_offsets_say_from_where_partition_by_partition(
    work: Callable[..., Any], send: Sender, catalogue: CatalogueServer
) -> None:
    for number in range(4):
        send.message(run_event(f"r{number}", minute=number))
        send.message(run_event(f"s{number}", minute=number), partition=1)
    work()
    assert work(replay_from={TOPIC: {"0": 1}})["events"] == 3
    assert work(replay_from=f'{{"{TOPIC}": {{"0": 2, "1": 3}}}}')["events"] == 3
    assert checkpoint() == {0: 4, 1: 4, 2: 0}


@BOTH
@pytest.mark.parametrize("nothing", ["", "None", None])
def test_an_empty_parameter_of_the_dag_reads_nothing_again(
    nothing: Any, work: Callable[..., Any], send: Sender, catalogue: CatalogueServer
) -> None:
    send.message(run_event("a"))
    work()
    assert work(replay_from=nothing)["events"] == 0


def test_the_runs_after_a_replay_go_on_from_there(send: Sender, catalogue: CatalogueServer) -> None:
    for number in range(5):
        send.message(run_event(f"r{number}", minute=number))
    run_steps()
    assert run_steps(replay_from="earliest", max_events=2)["events"] == 2
    assert checkpoint()[0] == 2
    assert run_steps(max_events=2)["events"] == 2
    assert run_steps()["events"] == 1


def test_a_replay_that_failed_is_begun_again(send: Sender, catalogue: CatalogueServer) -> None:
    send.events(*captured(CAPTURE))
    ingest()
    catalogue.fail("*", ".", 401, times=10_000)
    with pytest.raises(AirflowFailException, match="401"):
        ingest(replay_from="earliest")
    assert sum(checkpoint().values()) == 0
    catalogue.clear_faults()
    assert ingest(replay_from="earliest")["events"] == len(captured(CAPTURE))
    assert lineage(catalogue) == EXPECTED[CAPTURE]


def test_runs_that_are_remembered_stay_so_when_the_checkpoint_moves_back(
    send: Sender, catalogue: CatalogueServer
) -> None:
    send.message(run_event("a", "START", outputs=()))
    run_steps()
    send.message(run_event("a", "COMPLETE", minute=1, inputs=()))
    batch = consume(replay_from={TOPIC: {"0": 1}})
    assert (batch["count"], bool(state_document()["remembered"])) == (1, True)
    assert run_steps()["edges"]["published"] == 1


def test_a_dry_run_reads_again_and_moves_nothing(send: Sender, catalogue: CatalogueServer) -> None:
    send.message(run_event("a"))
    ingest()
    before = state_document()
    assert ingest(replay_from="earliest", dry_run=True)["events"] == 1
    assert state_document() == before


@BOTH
@pytest.mark.parametrize("value", ["yesterday", "latest", "group", {TOPIC: 5}])
def test_what_is_no_place_to_read_from_again_is_refused(
    value: Any, work: Callable[..., Any], send: Sender, catalogue: CatalogueServer
) -> None:
    send.message(run_event("a"))
    with pytest.raises(ConfigError, match=r"replay_from is .*; give one of: earliest, a time such as"):
        work(replay_from=value)
    assert state_document() is None


def test_offsets_that_the_topic_does_not_have_are_refused(send: Sender, catalogue: CatalogueServer) -> None:
    send.message(run_event("a"))
    with pytest.raises(AirflowFailException, match="offset 9 is not within the retained offsets 0 to 1"):
        ingest(replay_from={TOPIC: {"0": 9}})


@BOTH
def test_without_a_checkpoint_reading_begins_at_the_configured_start(
    work: Callable[..., Any], send: Sender, catalogue: CatalogueServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        send.message(run_event(f"r{number}", minute=number))
    work(state_key="before")
    send.message(run_event("r4", minute=4))
    assert work(state_key="a", start_from="earliest")["events"] == 5
    assert work(state_key="b", start_from="latest")["events"] == 0
    assert work(state_key="a", start_from="earliest")["events"] == 0
    monkeypatch.setenv("AIRFLOW__OPENMETADATA_OL__START_FROM", "earliest")
    assert work(state_key="c")["events"] == 5
    with pytest.raises(AirflowFailException, match=r"group 'nobody' has committed no offsets of"):
        work(state_key="d", start_from="group:nobody")
    send.message(run_event("r5", minute=5))
    assert work(state_key="e", start_from="group")["events"] == 1
    assert work(state_key="f", start_from="group:tests")["events"] == 0


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"end": "2026-05-02T00:00:00Z"}, "start is None; give a time .a run without data interval has none"),
        ({"start": "None", "end": "None"}, "start is 'None'; give a time"),
        ({"start": "2026-05-01T00:00:00Z", "end": "None"}, "end is 'None'; give a time, or leave end out"),
        ({"start": "earliest"}, "start is 'earliest'; give a time"),
        ({"start": "2026-05-02T00:00:00Z", "end": "2026-05-01T00:00:00Z"}, "end must be later"),
        ({"start": "2026-05-01T00:00:00Z", "replay_from": "earliest"}, "replay_from and start are both given"),
    ],
)
def test_a_span_of_time_that_is_none_is_refused(
    parameters: dict[str, Any], said: str, catalogue: CatalogueServer
) -> None:
    with pytest.raises(ConfigError, match=said):
        ingest(**parameters)
    assert state_document() is None


def test_where_to_begin_is_templated() -> None:
    assert {"start_from", "replay_from"} <= set(ConsumeOpenLineageOperator.template_fields)
    assert {"start_from", "replay_from", "start", "end"} <= set(IngestOpenLineageOperator.template_fields)
