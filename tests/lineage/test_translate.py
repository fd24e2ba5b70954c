"""Which runs give edges, across batches, for streaming and for declared lineage."""

from __future__ import annotations

import datetime as dt

import pytest

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_assembler import Limits
from openmetadata_ol_provider.openlineage.run_state import RunState
from tests.support import (
    BASE,
    Json,
    arrows,
    columns,
    dataset,
    dataset_event,
    decode,
    job_event,
    parent,
    plan_of,
    run_event,
    translated,
)


@pytest.mark.parametrize(
    ("states", "edges"),
    [
        (["START"], []),
        (["START", "RUNNING"], []),
        (["START", "COMPLETE"], ["a -> x"]),
        (["COMPLETE"], ["a -> x"]),
        (["complete"], ["a -> x"]),
        (["START", "FAIL"], []),
        (["START", "ABORT"], []),
        (["START", "FAIL", "COMPLETE"], []),
        (["START", "COMPLETE", "FAIL"], ["a -> x"]),
        (["START", "OTHER"], []),
        ([None], ["a -> x"]),
        (["START", None], []),
        ([None, "FAIL"], []),
        ([None, None], []),
        ([None, "OTHER"], []),
        (["START", "Succeeded"], ["a -> x"]),
        (["START", "failed"], []),
        (["START", "CANCELLED"], []),
        (["START", "SKIPPED"], []),
        (["START", "something new"], []),
    ],
    ids=str,
)
def test_only_a_run_that_completed_gives_edges(states: list[str | None], edges: list[str]) -> None:
    events = [run_event(state, seconds=n, inputs=["a"], outputs=["x"]) for n, state in enumerate(states)]
    plan = plan_of(*events)
    assert arrows(plan) == edges
    assert len(plan.runs) == 1


def test_a_failed_run_gives_its_status_and_what_its_datasets_are() -> None:
    schema = {"fields": [{"name": "id"}]}
    error = {"errorMessage": {"message": "no space"}}
    plan = plan_of(run_event("FAIL", inputs=["a"], outputs=[dataset("x", schema=schema)], run_facets=error))
    assert [(run.state, run.error) for run in plan.runs] == [("FAIL", "no space")]
    assert [(item.name, len(item.fields)) for item in plan.datasets] == [("a", 0), ("x", 1)]


def test_the_config_says_which_states_give_edges() -> None:
    config = {"lineage": {"on": ["RUNNING", "FAIL"]}}
    assert arrows(plan_of(run_event("FAIL", inputs=["a"], outputs=["x"]), config=config)) == ["a -> x"]
    assert arrows(plan_of(run_event("RUNNING", inputs=["a"], outputs=["x"]), config=config)) == ["a -> x"]
    assert arrows(plan_of(run_event("COMPLETE", inputs=["a"], outputs=["x"]), config=config)) == []


@pytest.mark.parametrize(("split"), [1, 2])
def test_inputs_of_one_batch_and_outputs_of_the_next_make_an_edge(split: int) -> None:
    events = [
        run_event("START", inputs=["a"], outputs=[]),
        run_event("RUNNING", seconds=1, inputs=["b"]),
        run_event("COMPLETE", seconds=2, inputs=[], outputs=["x"]),
    ]
    first = translated(*events[:split])
    second = translated(*events[split:], state=first.state)
    assert arrows(first.plan) == []
    assert arrows(second.plan) == ["a -> x", "b -> x"] == arrows(plan_of(*events))


def test_a_completion_that_comes_first_gives_its_edges_and_the_late_start_more() -> None:
    first = translated(run_event("COMPLETE", seconds=5, inputs=["a"], outputs=["x"]))
    second = translated(run_event("START", seconds=0, inputs=["b"]), state=first.state)
    assert arrows(first.plan) == ["a -> x"]
    assert arrows(second.plan) == ["a -> x", "b -> x"]
    assert [(run.state, run.started_at) for run in second.plan.runs] == [("COMPLETE", "2026-11-23T08:00:00Z")]


def test_a_failure_of_an_earlier_batch_is_not_undone_by_a_later_completion() -> None:
    first = translated(run_event("FAIL", inputs=["a"], outputs=["x"]))
    second = translated(run_event("COMPLETE", seconds=1, inputs=["a"], outputs=["x"]), state=first.state)
    assert [(run.state, arrows(second.plan)) for run in second.plan.runs] == [("FAIL", [])]


def test_a_batch_without_events_is_an_empty_plan() -> None:
    plan = plan_of()
    assert (plan.events, plan.edges, plan.jobs, plan.runs, plan.datasets, plan.problems) == (0, (), (), (), (), ())


@pytest.mark.parametrize("kind", ["STREAMING", "SERVICE", "streaming"])
@pytest.mark.parametrize(
    ("states", "edges"),
    [
        (["START"], []),  # it may yet fail before it runs
        (["RUNNING"], ["a -> x"]),
        (["START", "ABORT"], ["a -> x"]),
        (["START", "FAIL"], []),
        (["START", "RUNNING", "FAIL"], ["a -> x"]),
    ],
    ids=str,
)
def test_a_streaming_job_gives_edges_while_it_runs(kind: str, states: list[str], edges: list[str]) -> None:
    facets = {"jobType": {"processingType": kind, "integration": "FLINK"}}
    first = run_event(states[0], inputs=["a"], outputs=["x"], job_facets=facets)
    rest = [run_event(state, seconds=n) for n, state in enumerate(states[1:], 1)]  # with neither datasets nor type
    assert arrows(plan_of(first, *rest)) == edges


def test_a_stream_that_only_started_runs_once_it_had_the_time_to_fail() -> None:
    facets = {"jobType": {"processingType": "STREAMING", "integration": "FLINK"}}
    batches = [run_event("START", inputs=["a"], outputs=["x"], job_facets=facets)]
    batches += [run_event("START", run_id=f"other {seconds}", seconds=seconds) for seconds in (30, 90, 95)]
    found, state = [], RunState()
    for event in batches:
        plan, state = translate(decode(event), Config(), state, now=BASE + dt.timedelta(minutes=5))
        found.append(arrows(plan))
    assert found == [[], [], ["a -> x"], []]


def test_a_stream_that_only_started_runs_when_nothing_more_will_come() -> None:
    facets = {"jobType": {"processingType": "STREAMING", "integration": "FLINK"}}
    events = decode(run_event("START", inputs=["a"], outputs=["x"], job_facets=facets))
    assert arrows(translate(events, Config(), final=True).plan) == ["a -> x"]


def test_heartbeats_say_the_same_again() -> None:
    facets = {"jobType": {"processingType": "STREAMING", "integration": "FLINK"}}
    started = translated(run_event("START", inputs=["a"], outputs=["x"], job_facets=facets))
    first = translated(run_event("RUNNING", seconds=30), state=started.state)
    second = translated(run_event("RUNNING", seconds=60), state=first.state)
    assert first.plan.edges
    assert second.plan.edges == first.plan.edges
    assert second.plan.jobs == first.plan.jobs


def test_tests_give_no_edges() -> None:
    facets = {"jobType": {"processingType": "BATCH", "integration": "DBT", "jobType": "TEST"}}
    plan = plan_of(run_event("COMPLETE", inputs=["a"], outputs=["x"], job_facets=facets))
    assert (plan.edges, len(plan.runs), plan.jobs[0].type) == ((), 1, "TEST")


def test_runs_of_one_job_unite_their_edges() -> None:
    mapped = [run_event(run_id=f"r{n}", inputs=[f"a{n}"], outputs=[f"x{n}"]) for n in range(3)]
    assert arrows(plan_of(*mapped)) == ["a0 -> x0", "a1 -> x1", "a2 -> x2"]


def test_the_same_edge_of_several_runs_is_stated_once() -> None:
    plan = plan_of(*(run_event(run_id=f"r{n}", seconds=n, inputs=["a"], outputs=["x"]) for n in range(3)))
    assert (len(plan.edges), len(plan.runs), len(plan.jobs)) == (1, 3, 1)


@pytest.mark.parametrize(
    ("include", "exclude", "kept"),
    [
        (["*"], [], ["dag", "dag.load", "other"]),
        (["dag"], [], ["dag"]),
        (["dag*"], [], ["dag", "dag.load"]),
        (["*"], ["dag"], ["other"]),
        (["*"], ["*.load"], ["dag", "other"]),
        (["*"], ["ns dag*"], ["other"]),
        ([], [], []),
    ],
)
def test_pipelines_are_filtered_with_all_that_belongs_to_them(
    include: list[str], exclude: list[str], kept: list[str]
) -> None:
    plan = plan_of(
        run_event(job="dag", run_id="r1", inputs=["a"], outputs=["dag"]),
        run_event(job="dag.load", run_id="r2", run_facets={"parent": parent("dag", "r1")}, inputs=["b"], outputs=["l"]),
        job_event("other", inputs=["c"], outputs=["o"]),
        config={"pipelines": {"include": include, "exclude": exclude}},
    )
    assert sorted(job.name for job in plan.jobs) == kept
    assert sorted({edge.job.name for edge in plan.edges if edge.job}) == kept
    assert sorted(run.job.name for run in plan.runs) == [name for name in kept if name != "other"]


def test_a_job_event_declares_edges_without_a_run() -> None:
    output = dataset("x", columnLineage=columns(p=[("a", "c")]))
    plan = plan_of(job_event("etl", inputs=["a"], outputs=[output]))
    assert [(edge.job.name, edge.basis) for edge in plan.edges if edge.job] == [("etl", "columns")]
    assert ([job.name for job in plan.jobs], plan.runs) == (["etl"], ())


def test_the_latest_declaration_of_a_job_replaces_those_before_it() -> None:
    events = [
        job_event("etl", seconds=1, inputs=["b"], outputs=["y"]),
        job_event("etl", seconds=0, inputs=["a"], outputs=["x"]),
        job_event("other", seconds=0, inputs=["c"], outputs=["z"]),
    ]
    assert arrows(plan_of(*events)) == ["b -> y", "c -> z"]


def test_a_dataset_event_tells_facts_and_makes_no_edge() -> None:
    plan = plan_of(dataset_event(dataset("x", documentation={"description": "d"})))
    assert [(item.name, item.description) for item in plan.datasets] == [("x", "d")]
    assert (plan.edges, plan.jobs, plan.runs) == ((), (), ())


def test_all_kinds_of_events_are_used_together() -> None:
    full: Json = run_event(inputs=["a"], outputs=["x"]) | {"dataset": dataset("ignored beside a run")}
    plan = plan_of(full, job_event("declared", inputs=["b"], outputs=["y"]), dataset_event(dataset("z")))
    assert plan.events == 3
    assert arrows(plan) == ["a -> x", "b -> y"]
    assert [item.name for item in plan.datasets] == ["a", "b", "x", "y", "z"]


def test_what_was_lost_while_reading_and_what_is_given_up_is_in_the_plan() -> None:
    lost = Problem(ProblemKind.BAD_FACET, "t[0]@1 run.facets.parent", "not an object")
    state = translated(*(run_event("START", run_id=f"r{n}") for n in range(2))).state
    found = translate(
        decode(run_event("START", run_id="r9")), Config(), state, now=BASE, limits=Limits(max_runs=2), problems=[lost]
    )
    assert [problem.kind for problem in found.plan.problems] == ["bad_facet", "run_given_up"]


def test_what_a_job_declared_holds_in_later_batches_until_it_says_otherwise() -> None:
    first = translated(job_event(inputs=["a"], outputs=["x"], seconds=10))
    described = translated(job_event(job_facets={"documentation": {"description": "d"}}, seconds=20), state=first.state)
    late = translated(job_event(inputs=["old"], outputs=["x"], seconds=5), state=described.state)
    anew = translated(job_event(inputs=["b"], outputs=["x"], seconds=30), state=late.state)
    assert [arrows(each.plan) for each in (first, described, late, anew)] == [["a -> x"]] * 3 + [["b -> x"]]
