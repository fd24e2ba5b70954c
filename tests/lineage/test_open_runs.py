"""Files may end before a run does, and some producers send no ends: both are reported, and only there."""

from __future__ import annotations

from openmetadata_ol_provider.config import load_config
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from tests.support import BASE, Json, arrows, decode, plan_of, run_event

BATCH = {"jobType": {"processingType": "BATCH", "integration": "MATILLION", "jobType": "ORCHESTRATION"}}
RUNNING = run_event("RUNNING", inputs=["src.orders"], outputs=["lnd.orders"], job_facets=BATCH)


def of_files(*events: Json, **config: Json) -> LineagePlan:
    return translate(decode(*events), load_config(config), now=BASE, final=True).plan


def test_a_run_without_an_end_is_reported_once_for_its_job() -> None:
    again = {**RUNNING, "run": {"runId": "run-2", "facets": {}}}
    (problem,) = of_files(RUNNING, again).problems
    assert (problem.kind, problem.where) == (ProblemKind.RUN_GIVEN_UP, "job ns job")
    assert "2 runs" in problem.detail
    assert "lineage.on" in problem.detail


def test_the_remedy_helps() -> None:
    plan = of_files(RUNNING, lineage={"on": ["COMPLETE", "RUNNING"]})
    assert (arrows(plan), plan.problems) == (["src.orders -> lnd.orders"], ())


def test_nothing_else_is_reported() -> None:
    stream = {"jobType": {"processingType": "STREAMING", "integration": "FLINK"}}
    one_sided = run_event("RUNNING", run_id="run-2", job="reader", inputs=["src.orders"])
    running = run_event("RUNNING", run_id="run-3", job="stream", inputs=["a"], outputs=["b"], job_facets=stream)
    end = run_event("FAIL", seconds=9)
    assert of_files(RUNNING, one_sided, running, end).problems == ()
    assert plan_of(RUNNING).problems == ()
