"""Ends that are not sent: told by Airflow's DAG run, or presumed with the run at the top; real ends replace them."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.plan import LineagePlan, RunRecord
from openmetadata_ol_provider.lineage.run_completion import effective_state
from openmetadata_ol_provider.lineage.translate import Translation, translate
from openmetadata_ol_provider.openlineage.run_state import TERMINAL, RunState
from tests.openlineage.test_run_assembler_properties import LAWS
from tests.support import BASE, Json, arrows, decode, parent, run_event, stored

GRACE = 601


def translated(*events: Json) -> Translation:
    return translate(decode(*events), Config(), now=BASE + dt.timedelta(hours=1))


def below(job: str, run_id: str, root: tuple[str, str] | None = None) -> Json:
    return {"parent": parent(job, run_id, root=root)}


def kind(integration: str, job_type: str, processing: str = "BATCH") -> Json:
    return {"jobType": {"integration": integration, "jobType": job_type, "processingType": processing}}


def dag(state: str, *, seconds: float = 60, tasks: Json | None = None, **options: object) -> Json:
    facets = {} if tasks is None else {"airflowState": {"dagRunState": "success", "tasksState": tasks}}
    return run_event(
        state,
        run_id="dag-run",
        job="dag",
        seconds=seconds,
        run_facets=facets,
        job_facets=kind("AIRFLOW", "DAG"),
        **options,
    )


def task(state: str | None, name: str = "load", *, run_id: str = "", seconds: float = 1, **options: object) -> Json:
    return run_event(
        state,
        run_id=run_id or f"{name}-run",
        job=f"dag.{name}",
        seconds=seconds,
        run_facets=below("dag", "dag-run", root=("dag", "dag-run")),
        job_facets=kind("AIRFLOW", "TASK"),
        **options,
    )


def later(seconds: float = 60 + GRACE) -> Json:
    """Return an event of something else, by which time has gone on."""
    return run_event(run_id="clock", job="clock", seconds=seconds)


def record(plan: LineagePlan, run_id: str) -> RunRecord:
    return next(run for run in plan.runs if run.run_id == run_id)


def told(plan: LineagePlan) -> list[tuple[str, str]]:
    return [(str(problem.kind), problem.where) for problem in plan.problems]


def in_batches(*batches: Sequence[Json]) -> list[LineagePlan]:
    plans, state = [], RunState()
    for batch in batches:
        plan, state = translate(decode(*batch), Config(), state, now=BASE + dt.timedelta(hours=1))
        plans.append(plan)
    return plans


# -- what the DAG run says -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "state", "skipped", "edges"),
    [
        ("success", "COMPLETE", False, ["a -> x"]),
        ("failed", "FAIL", False, []),
        ("skipped", "COMPLETE", True, []),
        ("upstream_failed", "COMPLETE", True, []),
        ("removed", "ABORT", False, []),
    ],
)
@pytest.mark.promise("A240")
def test_the_dag_run_says_at_once_what_became_of_a_task(said: str, state: str, skipped: bool, edges: list[str]) -> None:
    events = [
        dag("START", seconds=0),
        task("START", inputs=["a"], outputs=["x"]),
        dag("COMPLETE", tasks={"load": said}),
    ]
    for order in itertools.permutations(events):
        plan = translated(*order).plan
        load = record(plan, "load-run")
        assert (load.state, load.skipped, load.presumed) == (state, skipped, True)
        assert load.ended_at == "2026-11-23T08:01:00Z"
        assert arrows(plan) == edges
        assert told(plan) == [("presumed_end", "job ns dag.load")]


@pytest.mark.parametrize("said", ["running", "deferred", None])
def test_any_other_state_says_nothing(said: str | None) -> None:
    plan = translated(task("START", inputs=["a"], outputs=["x"]), dag("COMPLETE", tasks={"load": said})).plan
    assert (record(plan, "load-run").state, arrows(plan), told(plan)) == ("START", [], [])


def test_the_dag_run_may_come_a_batch_before_or_after_its_task() -> None:
    start, end = task("START", inputs=["a"], outputs=["x"]), dag("COMPLETE", tasks={"load": "success"})
    for batches in (([start], [end]), ([end], [start])):
        plans = in_batches(*batches)
        assert record(plans[-1], "load-run").state == "COMPLETE"
        assert arrows(plans[-1]) == ["a -> x"]


def test_a_skipped_task_that_sent_complete_is_skipped() -> None:
    done = task("COMPLETE", seconds=5, inputs=["a"], outputs=["x"])
    plan = translated(task("START"), done, dag("COMPLETE", tasks={"load": "skipped"})).plan
    load = record(plan, "load-run")
    assert (load.skipped, load.presumed, load.ended_at) == (True, False, "2026-11-23T08:00:05Z")
    assert arrows(plan) == []


def test_an_end_of_its_own_counts_whatever_the_dag_run_says() -> None:
    plan = translated(task("FAIL", seconds=5), dag("COMPLETE", tasks={"load": "success"})).plan
    assert (record(plan, "load-run").state, record(plan, "load-run").presumed) == ("FAIL", False)


def test_a_try_that_was_lost_is_no_success_because_the_next_one_is() -> None:
    lost = task("START", run_id="try-1", seconds=1, inputs=["a"], outputs=["lost"])
    second = task("START", run_id="try-2", seconds=20, inputs=["a"], outputs=["x"])
    plan = translated(lost, second, dag("COMPLETE", tasks={"load": "success"})).plan
    assert (record(plan, "try-1").state, record(plan, "try-1").ended_at) == ("ABORT", "2026-11-23T08:00:20Z")
    assert record(plan, "try-2").state == "COMPLETE"
    assert arrows(plan) == ["a -> x"]


def test_one_word_for_mapped_instances_says_nothing_about_those_without_an_end() -> None:
    one = [task("START", run_id="one", seconds=1), task("COMPLETE", run_id="one", seconds=30)]
    two = task("START", run_id="two", seconds=2, inputs=["a"], outputs=["x"])
    plan = translated(*one, two, dag("COMPLETE", tasks={"load": "success"})).plan
    assert (record(plan, "two").state, arrows(plan)) == ("START", [])


def test_tasks_that_sent_nothing_have_the_status_that_the_dag_run_gives_them() -> None:
    tasks = {"load": "success", "check": "upstream_failed", "branch": "skipped", "gone": "removed", "odd": None}
    plan = translated(task("COMPLETE", seconds=5), dag("FAIL", tasks=tasks)).plan
    unseen = {run.task: run for run in plan.runs if run.run_id.startswith("dag-run/")}
    assert {name: (run.state, run.skipped) for name, run in unseen.items()} == {
        "check": ("COMPLETE", True),
        "branch": ("COMPLETE", True),
    }
    assert not any(run.new or run.started_at for run in unseen.values())
    assert {job.name for job in plan.jobs} == {"dag", "dag.load", "dag.check", "dag.branch"}


def test_a_task_that_its_dag_does_not_list_gets_no_status() -> None:
    listing = dag("START", seconds=0)
    listing["job"]["facets"]["airflow"] = {"tasks": {"load": {"operator": "a.PythonOperator"}}}
    plan = translated(listing, dag("COMPLETE", tasks={"load": "skipped", "old": "skipped"})).plan
    assert [run.task for run in plan.runs if run.task] == ["load"]


def test_a_task_that_comes_after_its_dag_replaces_the_status_that_the_dag_gave_it() -> None:
    plans = in_batches([dag("COMPLETE", tasks={"load": "skipped"})], [task("COMPLETE", seconds=5)])
    assert [(run.run_id, run.replaces) for run in plans[1].runs] == [("load-run", True)]


def test_a_skipped_task_stays_skipped_when_its_dag_run_is_forgotten() -> None:
    state, events = RunState(), [task("COMPLETE", seconds=5, inputs=["a"], outputs=["x"])]
    first = translate(decode(*events, dag("COMPLETE", tasks={"load": "skipped"})), Config(), state, now=BASE)
    without_dag = replace(first.state, runs={key: run for key, run in first.state.runs.items() if run.name != "dag"})
    plan = translate(decode(later()), Config(), without_dag, now=BASE).plan
    assert [run.run_id for run in plan.runs] == ["clock"]
    assert arrows(plan) == []


# -- with the run at the top ---------------------------------------------------------------------------------------


def spark(state: str, *, job: str = "app", run_id: str = "app-run", seconds: float, **options: object) -> Json:
    top = job == "app"
    facets = None if top else below("app", "app-run", root=("app", "app-run"))
    job_facets = kind("SPARK", "APPLICATION" if top else "SQL_JOB")
    return run_event(
        state, run_id=run_id, job=job, seconds=seconds, run_facets=facets, job_facets=job_facets, **options
    )


def chain(integration: str, job_type: str, state: str, *, processing: str = "BATCH", root: str = "FAIL") -> list[Json]:
    """Return a run that has not ended below one that has."""
    top = run_event(root, run_id="top", job="top", seconds=60, job_facets=kind(integration, "JOB"))
    child = run_event(
        state,
        run_id="child",
        job="top.child",
        seconds=1,
        inputs=["a"],
        outputs=["x"],
        run_facets=below("top", "top"),
        job_facets=kind(integration, job_type, processing),
    )
    return [top, child]


@pytest.mark.parametrize(("integration", "job_type"), [("SPARK", "SQL_JOB"), ("DBT", "MODEL"), ("PREFECT", "TASK")])
@pytest.mark.parametrize(("root", "state", "edges"), [("COMPLETE", "COMPLETE", ["a -> x"]), ("FAIL", "ABORT", [])])
@pytest.mark.promise("A240")
def test_a_run_without_end_is_closed_with_the_run_at_the_top(
    integration: str, job_type: str, root: str, state: str, edges: list[str]
) -> None:
    for events in itertools.permutations([*chain(integration, job_type, "START", root=root), later()]):
        plan = translated(*events).plan
        assert (record(plan, "child").state, record(plan, "child").presumed) == (state, True)
        assert arrows(plan) == edges
        assert told(plan) == [("presumed_end", "job ns top.child")]


def test_it_is_closed_after_a_grace_only_because_its_own_end_may_be_late() -> None:
    events = chain("SPARK", "SQL_JOB", "START", root="COMPLETE")
    plans = in_batches(events, [later(60 + 500)], [later()], [later(60 + 2 * GRACE)])
    assert [arrows(plan) for plan in plans] == [[], [], ["a -> x"], []]
    assert [run.state for plan in plans for run in plan.runs if run.run_id == "child"] == ["START", "COMPLETE"]
    assert sum(len(plan.problems) for plan in plans) == 1


def test_a_file_ends_so_nothing_more_is_waited_for() -> None:
    events = decode(*chain("SPARK", "SQL_JOB", "START", root="COMPLETE"))
    assert arrows(translate(events, Config(), now=BASE, final=True).plan) == ["a -> x"]


def test_a_failure_within_the_grace_leaves_no_trace_of_a_success() -> None:
    failed = run_event("FAIL", run_id="child", job="top.child", seconds=70)
    plans = in_batches(chain("SPARK", "SQL_JOB", "START", root="COMPLETE"), [failed], [later()])
    assert [arrows(plan) for plan in plans] == [[], [], []]
    assert not any(run.presumed or run.replaces for plan in plans for run in plan.runs)


@pytest.mark.promise("A240")
def test_a_failure_that_comes_later_replaces_the_presumed_success_and_says_that_edges_stay() -> None:
    failed = run_event("FAIL", run_id="child", job="top.child", seconds=70)
    plans = in_batches(chain("SPARK", "SQL_JOB", "START", root="COMPLETE"), [later()], [failed], [failed])
    child = record(plans[2], "child")
    assert (child.state, child.presumed, child.replaces) == ("FAIL", False, True)
    assert told(plans[2]) == [("late_end", "run child of ns top.child")]
    assert not record(plans[3], "child").replaces


def test_a_success_that_comes_later_replaces_the_presumed_failure() -> None:
    done = run_event("COMPLETE", run_id="child", job="top.child", seconds=70)
    plans = in_batches(chain("DBT", "MODEL", "START", root="FAIL"), [later()], [done])
    assert [record(plan, "child").state for plan in plans] == ["START", "ABORT", "COMPLETE"]
    assert record(plans[2], "child").replaces
    assert arrows(plans[2]) == ["a -> x"]


def test_a_stream_outlives_the_dag_that_started_it_but_not_its_own_application() -> None:
    flink = run_event(
        "RUNNING",
        run_id="flink",
        job="flink",
        seconds=1,
        inputs=["a"],
        outputs=["x"],
        run_facets=below("dag", "dag-run"),
        job_facets=kind("FLINK", "JOB", "STREAMING"),
    )
    plan = translated(flink, dag("COMPLETE"), later()).plan
    assert (record(plan, "flink").state, told(plan)) == ("RUNNING", [])
    plan = translated(*chain("SPARK", "SQL_JOB", "RUNNING", processing="STREAMING", root="COMPLETE"), later()).plan
    assert record(plan, "child").state == "COMPLETE"


def test_a_dag_is_not_closed_with_the_one_that_triggered_it() -> None:
    child = run_event("START", run_id="child", job="child", seconds=1, job_facets=kind("AIRFLOW", "DAG"))
    child["run"]["facets"] = below("dag", "dag-run")
    assert record(translated(child, dag("COMPLETE"), later()).plan, "child").state == "START"


def test_what_runs_below_a_failed_run_has_not_succeeded_although_the_run_at_the_top_did() -> None:
    query = run_event("START", run_id="q", job="dag.load.query.1", seconds=2, inputs=["a"], outputs=["x"])
    query["run"]["facets"] = below("dag.load", "load-run", root=("dag", "dag-run"))
    plan = translated(query, task("FAIL", seconds=5), dag("COMPLETE"), later()).plan
    assert (record(plan, "q").state, arrows(plan)) == ("ABORT", [])


def test_a_run_that_starts_after_the_end_of_the_run_at_the_top_has_its_own_grace() -> None:
    late = spark("START", job="app.late", run_id="late", seconds=300, inputs=["a"], outputs=["x"])
    plans = in_batches([spark("COMPLETE", seconds=60), late, later(700)], [later(300 + GRACE)])
    assert [arrows(plan) for plan in plans] == [[], ["a -> x"]]


def test_the_run_at_the_top_may_be_forgotten_before_the_grace_is_over() -> None:
    state, plans = RunState(), []
    for hours, events in ((1, chain("SPARK", "SQL_JOB", "START", root="COMPLETE")), (4, [later(70)]), (5, [later()])):
        now = BASE + dt.timedelta(hours=hours)
        plan, state = translate(decode(*events), Config(), state, now=now)
        plans.append(plan)
    assert "top" not in {run.run_id for run in state.runs.values()}
    assert [arrows(plan) for plan in plans] == [[], [], ["a -> x"]]


def test_a_closed_run_is_forgotten_without_a_word() -> None:
    plans = in_batches(chain("SPARK", "SQL_JOB", "START", root="COMPLETE"), [later()])
    assert [str(problem.kind) for plan in plans for problem in plan.problems] == ["presumed_end"]


# -- order, batches and duplicates ---------------------------------------------------------------------------------

STATES = st.sampled_from(["START", "RUNNING", "COMPLETE", "FAIL", None, "SUCCESS"])
SAID = st.sampled_from([None, "success", "failed", "skipped", "upstream_failed", "removed", "running"])
EVENTS = st.lists(
    st.one_of(
        st.builds(
            task,
            STATES,
            st.sampled_from(["load", "check"]),
            run_id=st.sampled_from(["r1", "r2"]),
            seconds=st.integers(1, 50),
            inputs=st.sampled_from([[], ["a"], ["b"]]),
            outputs=st.sampled_from([[], ["x"], ["y"]]),
        ),
        st.builds(
            lambda state, load, seconds: dag(state, tasks={"load": load, "check": "success"}, seconds=seconds),
            st.sampled_from(["COMPLETE", "FAIL"]),
            SAID,
            st.integers(50, 60),
        ),
        st.builds(
            lambda state, seconds: run_event(
                state,
                run_id="q",
                job="dag.load.query.1",
                seconds=seconds,
                inputs=["a"],
                outputs=["x"],
                run_facets=below("dag.load", "r1", root=("dag", "dag-run")),
            ),
            st.sampled_from(["START", "COMPLETE"]),
            st.integers(1, 50),
        ),
        st.just(later()),
    ),
    min_size=1,
    max_size=7,
)


def ends(state: RunState) -> dict[str, object]:
    """Return the states of all runs that are remembered, whatever was remembered to get there."""
    return {key: effective_state(run) for key, run in state.runs.items()}


@LAWS
@given(EVENTS, st.lists(st.integers(0, 8), max_size=3), st.randoms(use_true_random=False))
def test_neither_order_nor_batches_nor_duplicates_decide_how_runs_end(
    events: list[Json], cuts: list[int], random: Any
) -> None:
    crooked = events + [random.choice(events) for _ in range(2)]
    random.shuffle(crooked)
    state, bounds = RunState(), sorted({0, len(crooked), *cuts})
    for start, end in itertools.pairwise(bounds):
        batch = decode(*crooked[start:end])
        state = translate(batch, Config(), state, now=BASE + dt.timedelta(hours=1)).state
        state = stored(state)
    assert ends(state) == ends(translated(*events).state)


@LAWS
@given(EVENTS)
@pytest.mark.promise("A241")
def test_nothing_is_pending_below_a_run_that_has_ended_once_the_grace_is_over(events: list[Json]) -> None:
    plan = translated(*events, dag("COMPLETE", seconds=60), later()).plan
    assert {run.run_id for run in plan.runs if run.state not in TERMINAL} == set()
