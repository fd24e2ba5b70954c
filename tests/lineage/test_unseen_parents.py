"""Parents that were not seen, not yet, or only in another namespace."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan
from tests.support import Json, arrows, job_event, parent, plan_of, run_event, translated

DAG: Json = {"jobType": {"integration": "AIRFLOW", "jobType": "DAG", "processingType": "BATCH"}}
TASK: Json = {"jobType": {"integration": "AIRFLOW", "jobType": "TASK", "processingType": "BATCH"}}
APPLICATION: Json = {"jobType": {"integration": "SPARK", "jobType": "APPLICATION", "processingType": "NONE"}}


def pipelines(plan: LineagePlan) -> dict[str, tuple[str, str, str | None]]:
    """Return namespace and name of the pipeline of each job with a run, and its task."""
    return {run.job.name: (run.pipeline.namespace, run.pipeline.name, run.task) for run in plan.runs}


def lines(plan: LineagePlan) -> list[tuple[str, str]]:
    return [(str(problem.kind), problem.where) for problem in plan.problems]


# -- two deployments with the same jobs and run ids --------------------------------------------------------------------


def staging() -> list[Json]:
    """Return what staging's Airflow sends; prod's sends the same run ids, but was not read."""
    return [
        run_event("START", run_id="d", job="dag", namespace="staging", job_facets=DAG),
        run_event(
            "START", run_id="t", job="dag.load", namespace="staging", job_facets=TASK,
            run_facets={"parent": parent("dag", "d", namespace="staging")},
        ),
    ]  # fmt: skip


def app(**options: Any) -> Json:
    above = parent("dag.load", "t", namespace="prod")
    return run_event(
        run_id="app", job="app", namespace="prod", job_facets=APPLICATION, run_facets={"parent": above}, **options
    )


@pytest.mark.promise("C51")
@pytest.mark.parametrize("step", [1, -1])
def test_a_parent_of_another_namespace_is_another_run(step: int) -> None:
    plan = plan_of(*[*staging(), app()][::step])
    assert pipelines(plan)["app"][:2] == ("prod", "dag.load")
    assert lines(plan) == [("assumed_pipeline", "job prod app")]
    assert "in namespace prod, but a run with this name and id was in staging" in plan.problems[0].detail
    assert "let both send one namespace" in plan.problems[0].detail


def test_a_parent_of_another_namespace_is_another_run_over_batches_and_with_a_root() -> None:
    state = translated(*staging()).state
    event = app()
    event["run"]["facets"]["parent"] = parent("dag.load", "t", namespace="prod", root=("dag", "d"))
    event["run"]["facets"]["parent"]["root"]["job"]["namespace"] = "prod"
    plan = translated(event, state=state).plan
    assert pipelines(plan) == {"app": ("prod", "dag", "app")}
    assert lines(plan) == [("assumed_pipeline", "job prod app")]


def test_each_deployment_s_child_is_put_below_its_own_dag() -> None:
    prod = [event | {"job": {**event["job"], "namespace": "prod"}} for event in staging()]
    prod[1]["run"] = {"runId": "t", "facets": {"parent": parent("dag", "d", namespace="prod")}}
    plan = plan_of(*staging(), *prod, app())
    assert pipelines(plan)["app"] == ("prod", "dag", "app")
    assert plan.problems == ()


def test_a_parent_without_namespace_is_looked_for_in_all() -> None:
    event = app()
    del event["run"]["facets"]["parent"]["job"]["namespace"]
    assert pipelines(plan_of(*staging(), event))["app"] == ("staging", "dag", "app")


# -- what the parent facet says of the parent --------------------------------------------------------------------------


def says(kind: str, **options: Any) -> Json:
    """Return a parent facet that repeats the job type of the parent (ParentRunFacet 1-2-0)."""
    facet = parent("inner", "r-inner", **options)
    facet["job"]["facets"] = {"jobType": {"integration": "AIRFLOW", "jobType": kind, "processingType": "BATCH"}}
    return facet


@pytest.mark.promise("C52")
def test_a_parent_that_says_that_it_is_a_dag_is_the_pipeline_although_it_was_not_seen() -> None:
    plan = plan_of(run_event(job="app", run_facets={"parent": says("DAG", root=("outer", "r-outer"))}))
    assert pipelines(plan) == {"app": ("ns", "inner", "app")}
    assert plan.runs[0].pipeline_run_id == "r-inner"
    assert plan.problems == ()


@pytest.mark.promise("C52")
@pytest.mark.parametrize("cut", [0, 1, 2])
def test_a_parent_that_says_that_it_is_a_dag_is_the_pipeline_of_what_is_further_below(cut: int) -> None:
    events = [
        run_event("START", run_id="app", job="app", run_facets={"parent": says("DAG", root=("outer", "r-outer"))}),
        run_event(
            run_id="sql", job="app.save", seconds=1,
            run_facets={"parent": parent("app", "app", root=("outer", "r-outer"))},
        ),
    ]  # fmt: skip
    first = translated(*events[:cut])
    plan = translated(*events[cut:], state=first.state).plan
    placed = {**pipelines(first.plan), **pipelines(plan)}
    assert placed == {"app": ("ns", "inner", "app"), "app.save": ("ns", "inner", "app.save")}


def test_a_parent_that_says_that_it_is_no_dag_is_put_below_its_root() -> None:
    plan = plan_of(run_event(job="app", run_facets={"parent": says("TASK", root=("outer", "r-outer"))}))
    assert pipelines(plan) == {"app": ("ns", "outer", "app")}
    assert lines(plan) == [("assumed_pipeline", "job ns app")]


# -- parents that are read later ---------------------------------------------------------------------------------------


@pytest.mark.promise("C52")
def test_a_run_that_is_read_before_its_parent_moves_below_the_right_pipeline_with_a_line() -> None:
    child = run_event(
        run_id="app", job="app", inputs=["a"], outputs=["x"], run_facets={"parent": parent("dag.load", "t")}
    )
    below = run_event(run_id="sql", job="app.save", run_facets={"parent": parent("app", "app")})
    first = translated(child, below)
    assert {name: place[1] for name, place in pipelines(first.plan).items()} == {
        "app": "dag.load",
        "app.save": "dag.load",
    }
    task = run_event("START", run_id="t", job="dag.load", job_facets=TASK, run_facets={"parent": parent("dag", "d")})
    second = translated(task, state=first.state)
    assert {name: place[1] for name, place in pipelines(second.plan).items()} == {
        "dag.load": "dag",
        "app": "dag",
        "app.save": "dag",
    }
    assert arrows(second.plan) == ["a -> x"]
    assert lines(second.plan) == [("assumed_pipeline", "job ns app"), ("assumed_pipeline", "job ns app.save")]
    assert "put below ns dag.load" in second.plan.problems[0].detail
    third = translated(task, state=second.state)
    assert lines(third.plan) == []


def test_a_parent_that_is_read_later_and_changes_nothing_is_no_line() -> None:
    first = translated(
        run_event(run_id="t", job="dag.load", job_facets=TASK, run_facets={"parent": parent("dag", "d")})
    )
    second = translated(
        run_event("START", run_id="d", job="dag", job_facets=DAG), job_event("other"), state=first.state
    )
    assert list(pipelines(second.plan)) == ["dag"]
    assert second.plan.problems == ()


# -- parents that were withdrawn ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["parent", "parentRun"])
def test_a_parent_that_was_withdrawn_does_not_count(key: str) -> None:
    withdrawn = {**parent("dag", "d"), "_deleted": True}
    assert pipelines(plan_of(run_event(job="app", run_facets={key: withdrawn}))) == {"app": ("ns", "app", None)}
    events = [run_event("START", job="app", run_facets={key: parent("dag", "d")})]
    events.append(run_event(job="app", seconds=1, run_facets={key: withdrawn}))
    assert pipelines(plan_of(*events)) == {"app": ("ns", "app", None)}


# -- parents that say late what is above them --------------------------------------------------------------------------


@pytest.mark.parametrize("namespace", ["ns", "other"])
def test_a_parent_that_names_its_own_parent_late_moves_what_is_below_it(namespace: str) -> None:
    above = {"parent": parent("dag.load", "t", namespace=namespace, root=("dag", "d"))}
    below = {"parent": parent("app", "app")}
    first = translated(
        run_event("START", run_id="app", job="app", job_facets=APPLICATION),
        run_event(run_id="sql", job="app.sql", run_facets=below, inputs=["a"], outputs=["b"]),
    )
    assert pipelines(first.plan)["app.sql"] == ("ns", "app", "sql")
    ended = run_event(run_id="app", job="app", seconds=9, job_facets=APPLICATION, run_facets=above)
    plan = translated(ended, state=first.state).plan
    assert pipelines(plan)["app.sql"][1:] == ("dag", "app.sql")
    assert ("assumed_pipeline", "job ns app.sql") in lines(plan)
    again = translated(ended, state=translated(ended, state=first.state).state).plan
    assert "app.sql" not in pipelines(again)


def test_a_parent_that_says_late_that_it_is_a_dag_keeps_what_is_below_it() -> None:
    trigger = {"parent": parent("up.trigger", "t", root=("up", "u"))}
    below = {"parent": parent("down", "d")}
    first = translated(
        run_event("START", run_id="d", job="down", run_facets=trigger),
        run_event(run_id="l", job="down.load", run_facets=below, inputs=["a"], outputs=["b"]),
    )
    assert pipelines(first.plan)["down.load"][1] == "up"
    late = run_event(run_id="d", job="down", seconds=9, run_facets=trigger, job_facets=DAG)
    plan = translated(late, state=first.state).plan
    assert pipelines(plan) == {"down": ("ns", "down", None), "down.load": ("ns", "down", "load")}
    assert ("assumed_pipeline", "job ns down.load") in lines(plan)
