"""The events of the DAG that ingests are left out: published, each run would give the next one something to do."""

from __future__ import annotations

from typing import Any

import pytest
from steps_support import DAG_ID, EDGE, Sender, checkpoint, ingest, run_event, run_steps

from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

pytestmark = pytest.mark.usefixtures("connections")


@pytest.mark.parametrize("work", [run_steps, ingest], ids=["steps", "ingest"])
@pytest.mark.parametrize("level", ["root", "parent", "job"])
def test_own_events_make_no_pipeline_and_no_edge(
    work: Any, level: str, send: Sender, catalogue: CatalogueServer
) -> None:
    parent = {"job": {"namespace": "scheduler", "name": DAG_ID}, "run": {"runId": "dag"}}
    send.message(run_event("dag", job=DAG_ID))
    send.message(run_event("task", job=f"{DAG_ID}.consume", parent=parent, minute=1))
    send.message(run_event("group", job=f"{DAG_ID}.group.publish", minute=2))
    report = work(config={"pipelines": {"level": level}})
    assert (report["events"], report["runs"]) == (3, 0)
    assert (catalogue.entities("pipeline"), catalogue.edges()) == ([], {})
    assert checkpoint()[0] == 3


def test_what_is_only_named_alike_is_kept(send: Sender, catalogue: CatalogueServer) -> None:
    send.message(run_event("a", job=f"{DAG_ID}_of_others"))
    send.message(run_event("b", job=f"of_others.{DAG_ID}", minute=1))
    assert ingest()["runs"] == 2
    assert list(catalogue.edges()) == [EDGE]


def test_excluded_pipelines_stay_excluded(send: Sender, catalogue: CatalogueServer) -> None:
    send.message(run_event("a", job="tmp.x"))
    send.message(run_event("b", job=f"{DAG_ID}.x"))
    send.message(run_event("c", job="kept"))
    run_steps(config={"pipelines": {"exclude": ["tmp.*"]}})
    assert [pipeline["displayName"] for pipeline in catalogue.entities("pipeline")] == ["kept"]
