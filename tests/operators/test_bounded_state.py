"""The Variable stays small however many runs are open, and what was shed of them does not undo what was published."""

from __future__ import annotations

import json
from typing import Any

import pytest
from steps_support import EDGE, TOPIC, Sender, consume, ingest, publish, run_event, translate

from openmetadata_ol_provider.openlineage.segments.eviction import StateDraft
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.state.store import StateStore

pytestmark = pytest.mark.usefixtures("connections")
KEY = f"openmetadata_ol.lineage.{TOPIC}"


def kinds(report: Any) -> set[str]:
    return {problem["kind"] for problem in report["problems"]}


@pytest.mark.parametrize("steps", ["one task", "three tasks"])
def test_many_open_runs_do_not_make_the_variable_grow(
    steps: str, send: Sender, catalogue: CatalogueServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__OPENMETADATA_OL__MAX_STATE_BYTES", "6000")
    send.events(*(run_event(f"run-{number * 7919:x}", "START", minute=number % 60) for number in range(400)))
    report = ingest() if steps == "one task" else publish(translate(consume()))
    stored = StateStore(KEY).read_state()
    assert 0 < stored.stored_as.size <= 6000
    kept = stored.runs.runs
    assert 0 < len(kept) < 400
    given_up = [problem for problem in report["problems"] if problem["kind"] == "run_given_up"]
    assert len(given_up) == 400 - len(kept)
    assert "state_trimmed" in kinds(report)
    # The one that was kept is whole again once it ends.
    run = next(iter(kept.values()))
    send.events(run_event(run.run_id, "COMPLETE", minute=59, inputs=(), outputs=()))
    ingest()
    assert list(catalogue.edges()) == [EDGE]


def test_what_a_run_no_longer_knows_stays_in_the_catalogue(send: Sender, catalogue: CatalogueServer) -> None:
    begun = json.loads(run_event("r", "START"))
    begun["job"]["facets"] = {
        "documentation": {"description": "Loads the customers."},
        "sourceCodeLocation": {"url": "https://git.example.com/load.py"},
        "sql": {"query": "select * from customers"},
    }
    begun["outputs"][0]["facets"] = {"documentation": {"description": "Staged customers."}}
    send.message(json.dumps(begun).encode())
    ingest()
    [before] = catalogue.entities("pipeline")
    assert before["description"] == "Loads the customers."
    stored = StateStore(KEY).read_state()
    draft = StateDraft(stored.runs)
    assert list(draft.evict_descriptions())
    assert list(draft.evict_columns())
    StateStore(KEY).write_state(stored._replace(runs=draft.finish()), None)
    send.message(run_event("r", "COMPLETE", minute=5, inputs=(), outputs=()))
    report = ingest()
    assert list(catalogue.edges()) == [EDGE]
    assert "run_trimmed" in kinds(report)
    [after] = catalogue.entities("pipeline")
    assert (after["description"], after["sourceUrl"]) == (before["description"], before["sourceUrl"])
    assert [status["executionStatus"] for status in catalogue.statuses(after["fullyQualifiedName"])] == ["Successful"]
