"""Jobs of a pipeline that have one task name are reported: they are shown as one task."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.openlineage.problem_groups import group_problems
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from tests.support import Json, parent, plan_of, run_event, stored, translated


def job(name: str, namespace: str = "ns", run_id: str = "", flow: str = "flow", **facets: Json) -> Json:
    """Return the event of a job that a flow has started."""
    started_by = {"parent": parent(flow, f"r-{flow}")}
    return run_event(
        job=name, namespace=namespace, run_id=run_id or f"{namespace} {name}", run_facets=started_by, job_facets=facets
    )


def reported(plan: LineagePlan) -> list[tuple[str, str]]:
    return [(problem.where, problem.detail) for problem in plan.problems if problem.kind is ProblemKind.SHARED_TASK]


@pytest.mark.parametrize(
    "jobs",
    [[job("flow.load"), job("load")], [job("flow.load"), job("load", "spark")], [job("load", "dbt"), job("load")]],
    ids=["with and without the flow's name", "called like the task that starts it", "of two namespaces"],
)
def test_jobs_with_one_task_name_are_reported_once(jobs: list[Json]) -> None:
    for events in (jobs, jobs[::-1]):
        first = translated(*events)
        ((where, detail),) = reported(first.plan)
        assert where == "pipeline ns flow"
        assert 'are shown as one task, "load"' in detail
        assert all(f"{event['job']['namespace']} {event['job']['name']}" in detail for event in jobs)
        again = translated(*events, state=stored(first.state))
        assert reported(again.plan) == []


@pytest.mark.parametrize(
    "jobs",
    [
        [job("load"), job("load", run_id="another run")],
        [job("load_2026-11-22"), job("load_2026-11-23")],
        [job("MyLoad"), job("my_load")],
        [job("load"), job("load", flow="other")],
        [job("flow.load"), job("flow.load.query.1", jobType={"jobType": "QUERY", "integration": "AIRFLOW"})],
        [job("load"), job("store")],
    ],
    ids=["runs", "names with dates", "spellings", "pipelines", "queries", "names"],
)
def test_one_job_or_task_names_of_their_own_are_not(jobs: list[Json]) -> None:
    assert reported(plan_of(*jobs)) == []


def test_many_tasks_are_one_line_with_a_count_and_examples() -> None:
    names = ["load", "store", "read_all", "Tidy up"]
    plan = plan_of(*(job(name, space) for name in names for space in ("ns", "spark", "dbt")[: 2 + (name == "load")]))
    assert len(reported(plan)) == len(names)
    # Lists of two names and of three say the same.
    (group,) = group_problems(plan.problems)
    assert group.count == len(names)
    assert group.text.startswith("4 times: e.g. pipeline ns flow: the jobs ")
    assert group.text.endswith("and 2 more")
