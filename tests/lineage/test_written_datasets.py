"""Which datasets a batch shows to be written: by a COMPLETE that was sent, once for each run."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.config import load_config
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import Translation, translate
from openmetadata_ol_provider.openlineage.run_state import RunState
from tests.support import BASE, Json, dataset, decode, job_event, plan_of, run_event, translated


def written(plan: LineagePlan) -> list[tuple[str, str]]:
    return sorted((run.run_id, one.name) for run in plan.runs for one in run.written)


def wrote(state: str | None = "COMPLETE", **options: Any) -> Json:
    return run_event(state, **{"inputs": ["a"], "outputs": ["x"], **options})


def test_a_completed_run_has_written_its_outputs_of_all_its_events() -> None:
    plan = plan_of(wrote("START", outputs=["x"]), wrote("RUNNING", outputs=["y"]), run_event(seconds=2))
    assert written(plan) == [("run-1", "x"), ("run-1", "y")]
    assert not any(run.replayed for run in plan.runs)


@pytest.mark.parametrize("state", ["START", "RUNNING", "FAIL", "ABORT", "OTHER", "SKIPPED", None])
def test_a_run_that_did_not_send_complete_has_written_nothing(state: str | None) -> None:
    assert written(plan_of(wrote(state))) == []


def test_a_failure_wins_over_a_later_complete() -> None:
    assert written(plan_of(wrote("FAIL"), wrote(seconds=1))) == []


def test_each_dataset_counts_once_for_each_run_whichever_batch_brings_it() -> None:
    first = translated(wrote("START"))
    second = translated(run_event(seconds=1), state=first.state)
    assert (written(first.plan), written(second.plan)) == ([], [("run-1", "x")])
    again = translated(wrote(seconds=1), state=second.state)
    assert written(again.plan) == []
    late = translated(wrote("RUNNING", outputs=["y"]), state=again.state)
    assert written(late.plan) == [("run-1", "y")]
    another = translated(wrote(run_id="run-2", seconds=3), state=late.state)
    assert written(another.plan) == [("run-2", "x")]


def read_again(*events: Json, replayed: tuple[str, str, str], state: RunState) -> Translation:
    return translate(decode(*events), load_config(None), state, now=BASE, replayed=[replayed])


def test_what_is_read_again_counts_again_and_says_so() -> None:
    first = translated(wrote())
    again = read_again(wrote(), replayed=("ns", "job", "run-1"), state=first.state)
    assert written(again.plan) == [("run-1", "x")]
    assert [run.replayed for run in again.plan.runs] == [True]
    other = read_again(wrote(), wrote(run_id="run-2"), replayed=("ns", "job", "run-1"), state=RunState())
    assert {run.run_id: run.replayed for run in other.plan.runs} == {"run-1": True, "run-2": False}


@pytest.mark.parametrize(
    "output",
    [
        dataset("x", lifecycleStateChange={"lifecycleStateChange": "DROP"}),
        dataset("x", datasetType={"datasetType": "JOB_OUTPUT"}),
        dataset("/data/_temporary/0/x", "file"),
        dataset("QUERY"),
    ],
    ids=["dropped", "a job's output", "temporary", "a query"],
)
def test_what_does_not_last_was_not_written(output: Json) -> None:
    assert written(plan_of(wrote(outputs=[output]))) == []


def test_a_list_of_topics_is_several_datasets() -> None:
    plan = plan_of(wrote(outputs=[dataset("t1,t2", "kafka://b:9092")]))
    assert written(plan) == [("run-1", "t1"), ("run-1", "t2")]


def test_tests_write_nothing_and_streams_only_when_they_complete() -> None:
    kind = {"processingType": "BATCH", "integration": "DBT", "jobType": "TEST"}
    assert written(plan_of(wrote(job_facets={"jobType": kind}))) == []
    stream = {"jobType": {"processingType": "STREAMING", "integration": "FLINK", "jobType": "JOB"}}
    running = translated(wrote("RUNNING", job_facets=stream))
    assert [edge.target.name for edge in running.plan.edges] == ["x"]
    assert written(running.plan) == []
    assert written(translated(run_event(seconds=9, job_facets=stream), state=running.state).plan) == [("run-1", "x")]


def test_declared_lineage_and_excluded_jobs_write_nothing() -> None:
    assert written(plan_of(job_event(inputs=["a"], outputs=["x"]))) == []
    assert written(plan_of(wrote(), config={"pipelines": {"exclude": ["job"]}})) == []


def test_of_several_instances_of_a_run_those_that_completed_have_written() -> None:
    plan = plan_of(
        wrote("START"),
        wrote(seconds=1),
        wrote("START", seconds=2, outputs=["y"]),
        wrote("FAIL", seconds=3, outputs=["y"]),
    )
    assert written(plan) == [("run-1", "x")]
