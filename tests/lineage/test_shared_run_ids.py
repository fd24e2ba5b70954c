"""Jobs that share a run id, DAGs that trigger DAGs, and Spark's two names, from events to the plan."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import plan_from_state, translate
from openmetadata_ol_provider.openlineage.run_state import RunState, as_legacy, run_key
from tests.openlineage.test_run_assembler_properties import LAWS
from tests.support import BASE, Json, arrows, decode, parent, plan_of, run_event, stored, translated

TASK: Json = {"jobType": {"integration": "AIRFLOW", "jobType": "TASK", "processingType": "BATCH"}}
DAG: Json = {"jobType": {"integration": "AIRFLOW", "jobType": "DAG", "processingType": "BATCH"}}
SQL: Json = {"jobType": {"integration": "SPARK", "jobType": "SQL_JOB", "processingType": "BATCH"}}
APPLICATION: Json = {"jobType": {"integration": "SPARK", "jobType": "APPLICATION", "processingType": "NONE"}}


def in_batches(events: Sequence[Json], size: int, state: RunState | None = None) -> list[LineagePlan]:
    """Return the plans of batches, with the state packed in between."""
    plans = []
    for start in range(0, len(events), size):
        plan, state = translate(decode(*events[start : start + size]), Config(), state, now=BASE)
        state = stored(state)
        plans.append(plan)
    return plans


def statuses(plans: Iterable[LineagePlan]) -> dict[tuple[str, str, str | None], str]:
    """Return the last state of each job of each pipeline run."""
    return {(run.pipeline.name, run.pipeline_run_id, run.task): run.state for plan in plans for run in plan.runs}


def pipelines(plan: LineagePlan) -> dict[str, tuple[str, str | None]]:
    """Return the pipeline and the task of each job that has a run."""
    jobs = {job.id: job for job in plan.jobs}
    return {run.job.name: (run.pipeline.name, jobs[run.job].task) for run in plan.runs}


DAGSTER = [
    run_event(state, run_id="dagster", job=job, seconds=number, inputs=inputs, outputs=outputs)
    for number, (state, job, inputs, outputs) in enumerate(
        [
            ("START", "orders", ["raw_orders"], []),
            ("COMPLETE", "orders", ["raw_orders"], ["stg_orders"]),
            ("START", "users", ["raw_users"], []),
            ("COMPLETE", "users", ["raw_users"], ["stg_users"]),
            ("FAIL", "mart", ["stg_orders", "stg_users"], ["mart"]),
        ]
    )
]


@pytest.mark.promise("C51")
@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("step", [1, -1])
def test_assets_that_share_dagster_s_run_id_have_their_own_edges_and_states(size: int, step: int) -> None:
    plans = in_batches(DAGSTER[::step], size)
    assert sorted({arrow for plan in plans for arrow in arrows(plan)}) == [
        "raw_orders -> stg_orders",
        "raw_users -> stg_users",
    ]
    assert statuses(plans) == {
        ("orders", "dagster", None): "COMPLETE",
        ("users", "dagster", None): "COMPLETE",
        ("mart", "dagster", None): "FAIL",
    }
    assert {problem.kind for plan in plans for problem in plan.problems} <= {"shared_run_id"}
    assert len({(run.pipeline, run.pipeline_started_at) for plan in plans for run in plan.runs}) == 3


def airflow_tasks() -> list[Json]:
    """Return two DAGs whose tasks have one run id, as providers before 2024 made it, and Spark jobs below them."""
    events = []
    for dag in ("dag_one", "dag_two"):
        facets = {"parent": parent(dag, f"r-{dag}")}
        events += [
            run_event("START", run_id="same", job=f"{dag}.load", job_facets=TASK, run_facets=facets),
            run_event(
                "COMPLETE", run_id="same", job=f"{dag}.load", seconds=9, job_facets=TASK, run_facets=facets,
                inputs=[f"{dag}_in"], outputs=[f"{dag}_out"],
            ),
            run_event(
                run_id=f"spark-{dag}", job="app", seconds=5, job_facets=APPLICATION,
                run_facets={"parent": parent(f"{dag}.load", "same")},
            ),
        ]  # fmt: skip
    return events


@pytest.mark.promise("C51")
def test_equal_task_ids_of_two_dags_stay_apart_with_what_runs_below_them() -> None:
    for events in (airflow_tasks(), airflow_tasks()[::-1]):
        plan = plan_of(*events)
        assert arrows(plan) == ["dag_one_in -> dag_one_out", "dag_two_in -> dag_two_out"]
        assert sorted((run.run_id, run.pipeline.name) for run in plan.runs) == [
            ("same", "dag_one"), ("same", "dag_two"), ("spark-dag_one", "dag_one"), ("spark-dag_two", "dag_two"),
        ]  # fmt: skip


@pytest.mark.promise("C51")
def test_steps_that_send_their_flow_s_run_id_are_its_tasks() -> None:
    events = [run_event("START", job="flow"), run_event("COMPLETE", job="flow", seconds=9)]
    for step, inputs, outputs in (("extract", ["a"], ["b"]), ("load", ["c"], ["d"])):
        facets = {"parent": parent("flow", "run-1")}
        events.append(run_event(job=f"flow.{step}", seconds=3, run_facets=facets, inputs=inputs, outputs=outputs))
    plan = plan_of(*events)
    assert arrows(plan) == ["a -> b", "c -> d"]
    assert pipelines(plan) == {
        "flow": ("flow", None),
        "flow.extract": ("flow", "extract"),
        "flow.load": ("flow", "load"),
    }
    assert plan.problems == ()


# -- properties ------------------------------------------------------------------------------------------------------

SHARED = st.lists(
    st.builds(
        run_event,
        st.sampled_from(["START", "RUNNING", "COMPLETE", "FAIL"]),
        run_id=st.sampled_from(["r1", "r2"]),
        job=st.sampled_from(["j1", "j2", "j3"]),
        seconds=st.integers(0, 4),
        inputs=st.lists(st.sampled_from(["a", "b"]), max_size=2),
        outputs=st.lists(st.sampled_from(["x", "y"]), max_size=2),
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.promise("C51")
@LAWS
@given(SHARED)
def test_jobs_that_share_run_ids_have_the_edges_and_states_that_each_has_alone(events: list[Json]) -> None:
    together = plan_of(*events)
    alone = [plan_of(*(event for event in events if event["job"]["name"] == job)) for job in ("j1", "j2", "j3")]
    assert set(together.edges) == {edge for plan in alone for edge in plan.edges}
    assert statuses([together]) == statuses(alone)


@pytest.mark.promise("C51")
@LAWS
@given(SHARED, st.lists(st.integers(0, 8), max_size=3), st.randoms(use_true_random=False))
def test_neither_order_nor_batches_nor_duplicates_join_jobs(events: list[Json], cuts: list[int], random: Any) -> None:
    straight = translated(*events).state.runs
    crooked = events + [random.choice(events) for _ in range(2)]
    random.shuffle(crooked)
    state, bounds = RunState(), sorted({0, len(crooked), *cuts})
    for start, end in itertools.pairwise(bounds):
        state = stored(translated(*crooked[start:end], state=state).state)
    assert statuses([plan_from_state(state, Config(), now=BASE)]) == statuses([translated(*events).plan])
    assert set(state.runs) == set(straight)


# -- states of earlier versions ---------------------------------------------------------------------------------------


def test_a_run_that_an_earlier_version_has_merged_gives_a_status_and_no_product() -> None:
    before = translated(run_event("START", job="one", inputs=["a"])).state
    runs = {run_key(run.namespace, run.run_id): run for run in before.runs.values()}
    starts = {run_key("ns", "run-1"): next(iter(before.pipeline_starts.values()))}
    state = as_legacy(RunState(runs=runs, pipeline_starts=starts))
    first = translated(run_event("COMPLETE", job="two", seconds=60, outputs=["y"]), state=state)
    assert arrows(first.plan) == []
    assert [problem.kind for problem in first.plan.problems] == ["merged_run"]
    # The start of an earlier version answers for each job of its run id: another one would double the status.
    assert [(run.state, run.pipeline_started_at) for run in first.plan.runs] == [("COMPLETE", "2026-11-23T08:00:00Z")]
    second = translated(run_event("COMPLETE", job="two", seconds=60, outputs=["y"]), state=first.state)
    assert second.plan.problems == ()


# -- DAGs ------------------------------------------------------------------------------------------------------------


def triggered() -> list[Json]:
    """Return three DAGs, each of which triggers the next, and a Spark application below the last."""
    events: list[Json] = []
    above: Json | None = None
    for number, dag in enumerate(("first", "second", "third")):
        facets = {"parent": above} if above else {}
        events.append(run_event(run_id=f"r-{dag}", job=dag, seconds=number, job_facets=DAG, run_facets=facets))
        task = parent(dag, f"r-{dag}", root=("first", "r-first"))
        events.append(
            run_event(run_id=f"t-{dag}", job=f"{dag}.go", seconds=number, job_facets=TASK, run_facets={"parent": task})
        )
        above = parent(f"{dag}.go", f"t-{dag}", root=("first", "r-first"))
    assert above is not None
    events.append(run_event(run_id="spark", job="app", job_facets=APPLICATION, run_facets={"parent": above}))
    return events


@pytest.mark.promise("C52")
@pytest.mark.parametrize("step", [1, -1])
@pytest.mark.parametrize("level", ["root", "parent"])
def test_each_dag_in_a_chain_of_triggers_is_a_pipeline(step: int, level: str) -> None:
    plan = plan_of(*triggered()[::step], config={"pipelines": {"level": level}})
    placed = pipelines(plan)
    app = placed.pop("app")
    assert placed == {
        "first": ("first", None), "first.go": ("first", "go"), "second": ("second", None),
        "second.go": ("second", "go"), "third": ("third", None), "third.go": ("third", "go"),
    }  # fmt: skip
    assert app == (("third", "app") if level == "root" else ("third.go", "app"))
    assert {job.name: job.triggered_by.name for job in plan.jobs if job.triggered_by} == {
        "second": "first",
        "third": "second",
    }


@pytest.mark.promise("C52")
def test_a_task_s_dag_is_its_pipeline_although_the_dag_was_not_seen() -> None:
    below = {"parent": parent("inner", "r-inner", root=("outer", "r-outer"))}
    plan = plan_of(run_event(run_id="t", job="inner.load", job_facets=TASK, run_facets=below))
    assert pipelines(plan) == {"inner.load": ("inner", "load")}
    assert plan.runs[0].pipeline_run_id == "r-inner"


def test_a_job_whose_parent_was_not_seen_is_put_below_its_root_with_a_line_once() -> None:
    facets = {"parent": parent("inner.load", "t", root=("outer", "r-outer"))}
    first = translated(run_event("START", run_id="app", job="app", run_facets=facets))
    assert pipelines(first.plan) == {"app": ("outer", "app")}
    (problem,) = first.plan.problems
    assert (problem.kind, problem.where) == ("assumed_pipeline", "job ns app")
    assert "its parent inner.load was not seen" in problem.detail
    assert translated(run_event(run_id="app", job="app", run_facets=facets), state=first.state).plan.problems == ()
    plain = {"parent": parent("outer.load", "t", root=("outer", "r-outer"))}
    assert plan_of(run_event(run_id="app", job="app", run_facets=plain)).problems == ()


def test_a_dag_is_remembered_as_one_without_the_facets_that_told() -> None:
    above = {"parent": parent("outer.trigger", "t", root=("outer", "r-outer"))}
    facets = {**above, "airflowDagRun": {"dag": {"dag_id": "inner"}}}
    first = translated(run_event("START", run_id="r-inner", job="inner", run_facets=facets))
    below = {"parent": parent("inner", "r-inner", root=("outer", "r-outer"))}
    second = translated(run_event(run_id="x", job="x", run_facets=below), state=first.state)
    assert pipelines(second.plan) == {"x": ("inner", "x")}


def test_the_pipeline_that_triggers_a_dag_is_in_the_plan_where_pipelines_are_nodes() -> None:
    facets = {"parent": parent("outer.trigger", "t", root=("outer", "r-outer"))}
    event = run_event(run_id="r-inner", job="inner", job_facets=DAG, run_facets=facets)
    assert [job.name for job in plan_of(event).jobs] == ["inner"]
    plan = plan_of(event, config={"lineage": {"pipeline_nodes": True}})
    assert [(job.name, job.pipeline.name) for job in plan.jobs] == [("inner", "inner"), ("outer", "outer")]


# -- Spark -----------------------------------------------------------------------------------------------------------


def application(state: str = "COMPLETE", **options: Any) -> Json:
    return run_event(state, **{"run_id": "app", "job": "my_app", "job_facets": APPLICATION, **options})


def action(**options: Any) -> Json:
    facets = {"parent": parent("my_app", "app", root=("My App", "app"))}
    return run_event(**{"run_id": "sql", "job": "my_app.save", "job_facets": SQL, "run_facets": facets, **options})


@pytest.mark.promise("C53")
@pytest.mark.parametrize(
    "events",
    [[action()], [application(), action()], [action(), application()]],
    ids=["without-application", "application-first", "application-last"],
)
def test_an_application_s_raw_and_normalised_name_are_one_pipeline(events: list[Json]) -> None:
    plan = plan_of(*events)
    assert {run.pipeline.name for run in plan.runs} == {"my_app"}
    assert pipelines(plan)["my_app.save"] == ("my_app", "save")


@pytest.mark.promise("C53")
def test_the_raw_name_gives_way_where_the_parent_is_a_job_in_between() -> None:
    facets = {"parent": parent("my_app.save", "sql", root=("My App", "app"))}
    plan = plan_of(action(), run_event(run_id="rdd", job="my_app.save.rdd", run_facets=facets, job_facets=SQL))
    assert {run.pipeline.name for run in plan.runs} == {"my_app"}
    assert plan.problems == ()


def test_a_glue_job_answers_for_its_application_s_name() -> None:
    facets = {"parent": parent("spark_name", "app")}
    plan = plan_of(application(job="glue_job"), action(job="spark_name.save", run_facets=facets))
    assert pipelines(plan) == {"glue_job": ("glue_job", None), "spark_name.save": ("glue_job", "save")}


def test_one_application_name_with_two_run_ids_is_two_runs_of_one_pipeline() -> None:
    events = [application(run_id=run_id, seconds=number) for number, run_id in enumerate(("app", "app-2"))]
    plan = plan_of(*events, action())
    assert {(run.pipeline.name, run.pipeline_run_id) for run in plan.runs} == {("my_app", "app"), ("my_app", "app-2")}


def test_a_dag_above_an_application_is_its_pipeline() -> None:
    task = {"parent": parent("dag.spark", "task", root=("dag", "r-dag"))}
    plan = plan_of(application(run_facets=task), action())
    assert {run.pipeline.name for run in plan.runs} == {"dag"}
    assert pipelines(plan)["my_app.save"] == ("dag", "my_app.save")


def test_a_run_without_a_name_is_no_pipeline_until_it_ends() -> None:
    first = translated(run_event("START", job="unknown", inputs=["a"], job_facets=SQL))
    assert (first.plan.jobs, first.plan.runs) == ((), ())
    named = translated(run_event(job="app.save", seconds=1, outputs=["x"]), state=first.state).plan
    assert [(run.job.name, run.new) for run in named.runs] == [("app.save", True)]
    assert arrows(named) == ["a -> x"]
    ended = translated(run_event(job="unknown", seconds=1, outputs=["x"]), state=first.state).plan
    assert [(run.job.name, run.new) for run in ended.runs] == [("unknown", True)]
