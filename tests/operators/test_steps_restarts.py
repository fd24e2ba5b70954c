"""Tasks that die: between any two steps, within publication, and by SIGKILL. What is run again repairs everything."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException
from steps_support import (
    SEED,
    TOPIC,
    Holding,
    Sender,
    captured,
    checkpoint,
    committed,
    consume,
    holding,
    ingest,
    publish,
    run_event,
    run_steps,
    state_document,
    translate,
)

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook
from openmetadata_ol_provider.ingestion.plan_envelope import PlanEnvelope
from openmetadata_ol_provider.ingestion.publish import PublishedBatch, PublishSession
from openmetadata_ol_provider.openmetadata.publishing.core.held import Held
from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.state.store import StateStore
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("connections")
EVENTS = captured("dbt-postgres")
OFFSET_COMMIT = 8


@pytest.fixture
def sent(send: Sender) -> int:
    """Send the events; their number."""
    send.events(*EVENTS)
    return len(EVENTS)


@pytest.fixture
def undisturbed(sent: int, monkeypatch: pytest.MonkeyPatch) -> Holding:
    """Return what a catalogue holds after a run in which nothing went wrong."""
    with another_catalogue(monkeypatch) as server:
        run_steps(state_key="undisturbed", kafka_config_id="kafka_undisturbed")
        return holding(server)


@contextmanager
def another_catalogue(monkeypatch: pytest.MonkeyPatch) -> Iterator[CatalogueServer]:
    with CatalogueServer(SEED, token="test-token") as server, monkeypatch.context() as patch:
        connection = {"conn_type": "openmetadata", "host": server.url, "password": "test-token"}
        patch.setenv("AIRFLOW_CONN_OPENMETADATA_DEFAULT", json.dumps(connection))
        yield server


def nothing_is_left_to_do(catalogue: CatalogueServer) -> None:
    """Check that a further run reads nothing and writes nothing."""
    catalogue.reset_requests()
    assert run_steps()["events"] == 0
    assert catalogue.writes() == []


def test_a_task_that_dies_after_consuming_loses_nothing(
    sent: int, undisturbed: Holding, catalogue: CatalogueServer
) -> None:
    batch = consume()
    assert (batch["count"], checkpoint(), catalogue.requests) == (sent, {}, [])
    assert run_steps()["events"] == sent
    assert holding(catalogue) == undisturbed
    nothing_is_left_to_do(catalogue)


def test_a_task_that_dies_after_translating_loses_nothing(
    sent: int, undisturbed: Holding, catalogue: CatalogueServer
) -> None:
    translate(consume())
    assert (checkpoint(), catalogue.requests) == ({}, [])
    assert run_steps()["events"] == sent
    assert holding(catalogue) == undisturbed
    nothing_is_left_to_do(catalogue)


@pytest.mark.exhaustive
@pytest.mark.parametrize("work", [run_steps, lambda: ingest(max_events=20)], ids=["steps", "ingest"])
@pytest.mark.parametrize(
    ("status", "after_effect"),
    [(503, False), (0, False), (0, True)],
    ids=["unavailable", "cut before its effect", "cut after its effect"],
)
def test_a_publication_that_dies_at_any_call_is_repaired_by_the_next(  # noqa: PLR0917 - what it is parametrised with
    work: Callable[[], Any],
    status: int,
    after_effect: bool,
    undisturbed: Holding,
    monkeypatch: pytest.MonkeyPatch,
    catalogue: CatalogueServer,
) -> None:
    work()
    calls = len(catalogue.requests)
    for call in range(0, calls, 9):
        forget_everything()
        with another_catalogue(monkeypatch) as server:
            server.fail("*", ".", None, times=call)
            server.fail("*", ".", status, times=100_000, after_effect=after_effect)
            try:
                work()
            except AirflowException as error:
                assert "OpenMetadata" in str(error)  # noqa: PT017 - whether it raises depends on the call
            else:
                # Only what decorates lineage was left; it waits, and costs no task.
                left = {path for _, path, _ in server.requests[call:]}
                assert all(re.search(r"/status|/usage/|/pipelineObservability", path) for path in left), left
            server.clear_faults()
            work()
            assert holding(server) == undisturbed, f"died at call {call}"
            nothing_is_left_to_do(server)


def forget_everything() -> None:
    """Delete the state; the connection's group has committed offsets, so the next reading names another."""
    from airflow.models.variable import Variable

    for suffix in ("", ".ledger", ".parked"):
        Variable.delete(f"openmetadata_ol.lineage.{TOPIC}{suffix}")
    extra = json.loads(os.environ["AIRFLOW_CONN_KAFKA_DEFAULT"])
    extra["extra"]["group.id"] += "x"
    os.environ["AIRFLOW_CONN_KAFKA_DEFAULT"] = json.dumps(extra)


def published(translated: PlanEnvelope) -> PublishedBatch:
    """Publish a plan, and die then."""
    store = StateStore(translated.origin.state_key)
    return PublishSession(store, OpenMetadataHook().get_conn(), Config(), store.read_history()).publish(translated)


def test_dying_after_publication_but_before_the_state_is_written_doubles_nothing(
    sent: int, undisturbed: Holding, catalogue: CatalogueServer
) -> None:
    translated = PlanEnvelope.from_dict(translate(consume()))
    published(translated)
    assert (checkpoint(), holding(catalogue)) == ({}, undisturbed)
    catalogue.reset_requests()
    assert run_steps()["events"] == sent
    # Whether the counts were ranked, too, nobody knows.
    assert {write.path.rpartition("/")[0] for write in catalogue.writes()} <= {
        "/api/v1/usage/compute.percentile/pipeline"
    }
    assert holding(catalogue) == undisturbed
    nothing_is_left_to_do(catalogue)


def test_dying_before_the_offsets_are_committed_to_kafka_doubles_nothing(
    sent: int, undisturbed: Holding, catalogue: CatalogueServer, broker: KafkaBroker, send: Sender
) -> None:
    translated = PlanEnvelope.from_dict(translate(consume(kafka_config_id="kafka_other_group")))
    published(translated)
    StateStore(translated.origin.state_key).advance(translated.origin, translated.change, {}, Held())
    assert committed(broker.bootstrap, group="other_group") == {}
    assert sum(checkpoint().values()) == sent
    nothing_is_left_to_do(catalogue)
    assert holding(catalogue) == undisturbed
    # The offsets of the group follow with the next batch.
    send.events(run_event("later"))
    run_steps(kafka_config_id="kafka_other_group")
    assert committed(broker.bootstrap, group="other_group").items() <= checkpoint().items()


def test_a_refused_commit_to_kafka_is_a_warning_since_the_checkpoint_is_what_counts(
    sent: int, undisturbed: Holding, catalogue: CatalogueServer, broker: KafkaBroker, caplog: pytest.LogCaptureFixture
) -> None:
    from confluent_kafka import KafkaError

    broker.push_errors(OFFSET_COMMIT, *[KafkaError.GROUP_AUTHORIZATION_FAILED] * 3)
    assert run_steps()["events"] == sent
    assert "the checkpoint is safe" in caplog.text
    assert sum(checkpoint().values()) == sent
    nothing_is_left_to_do(catalogue)
    assert holding(catalogue) == undisturbed


def test_the_state_is_not_touched_when_the_publication_fails(sent: int, catalogue: CatalogueServer) -> None:
    run_steps(max_events=10)
    before = state_document()
    plan = translate(consume())
    catalogue.fail("PUT", "lineage", 503, times=100)
    with pytest.raises(AirflowException, match="503"):
        publish(plan)
    assert state_document() == before


@pytest.mark.promise("A59")
def test_too_many_failures_fail_the_task_and_leave_the_checkpoint(
    sent: int, undisturbed: Holding, catalogue: CatalogueServer
) -> None:
    catalogue.fail("PUT", "v1/lineage$", 400, times=100, message="The search index is full")
    with pytest.raises(AirflowException, match=r"write\.max_failure_ratio allows 10%.*The search index is full"):
        run_steps()
    assert checkpoint() == {}
    catalogue.clear_faults()
    run_steps()
    assert holding(catalogue) == undisturbed


KILLED = """
import sys
sys.path.insert(0, sys.argv[1])
from steps_support import ingest
print("ready", flush=True)
ingest(max_events=20)
"""


@pytest.mark.parametrize("writes", [1, 12])
def test_a_worker_that_is_killed_while_it_writes_is_repaired_by_the_next_run(
    writes: int, sent: int, undisturbed: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    with another_catalogue(monkeypatch) as server:
        # A catalogue that takes its time, so that there is a moment to die in.
        server.fail("PUT", ".", None, times=1000, delay=0.3)
        worker = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(Path(__file__).parent)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        try:
            until(lambda: len(server.writes()) >= writes or worker.poll() is not None, f"{writes} writes")
            assert worker.poll() is None, "the worker ended before it could be killed"
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.communicate()
        server.clear_faults()
        # What the worker had sent before is still carried out.
        server._http.close_connections()
        assert holding(server) != undisturbed
        ingest()
        assert holding(server) == undisturbed
        nothing_is_left_to_do(server)
