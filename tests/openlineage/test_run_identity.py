"""A run is a job and a run id; one run under two names is only what Spark is known to send."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import pytest

from openmetadata_ol_provider.openlineage.job_names import alike, is_related
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_assembler import Limits, assemble
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import Run, RunState, as_legacy, run_key
from tests.support import BASE, Json, decode, parent, run_event

SPARK: Json = {"jobType": {"integration": "SPARK", "jobType": "SQL_JOB", "processingType": "BATCH"}}
APPLICATION: Json = {"jobType": {"integration": "SPARK", "jobType": "APPLICATION", "processingType": "NONE"}}


def spark(state: str, job: str, **options: Any) -> Json:
    return run_event(state, job=job, **{"job_facets": SPARK, **options})


def merged(events: Iterable[Json], state: RunState | None = None) -> tuple[list[Run], list[Problem]]:
    found = assemble(decode(*events), state or RunState(), BASE)
    return list(found.changed.values()), list(found.problems)


def names_of(*events: Json) -> list[list[str]]:
    """Return the job names of the runs, the same in any order and after any cut."""
    straight = sorted(run.name for run in merged(events)[0])
    for ordered in itertools.permutations(events):
        assert sorted(run.name for run in merged(ordered)[0]) == straight
        state = RunState()
        for event in ordered:
            state = assemble(decode(event), state, BASE).state
        assert sorted(run.name for run in RunIndex(state.runs).runs.values()) == straight
    return [straight, sorted({problem.kind for problem in merged(events)[1]})]


@pytest.mark.parametrize(
    ("events", "names"),
    [
        ([run_event("START", job="a"), run_event("START", job="b")], ["a", "b"]),
        ([run_event("COMPLETE", job="a"), run_event("FAIL", job="b")], ["a", "b"]),
        ([spark("START", "unknown"), spark("COMPLETE", "a")], ["a"]),
        (
            [
                spark("START", "app", job_facets=APPLICATION),
                spark("COMPLETE", "app.save"),
            ],
            ["app", "app.save"],
        ),
        ([spark("START", "app.node"), spark("COMPLETE", "app.node.orders")], ["app.node.orders"]),
        ([spark("START", "My App.node"), spark("COMPLETE", "my_app.node")], ["my_app.node"]),
        ([spark("START", "app.node"), spark("START", "app.node.orders")], ["app.node", "app.node.orders"]),
        ([spark("COMPLETE", "app.node"), spark("COMPLETE", "app.node.x", seconds=1)], ["app.node", "app.node.x"]),
        (
            [spark("START", "app.node", outputs=["x"]), spark("COMPLETE", "app.node.y", outputs=["y"])],
            ["app.node", "app.node.y"],
        ),
        (
            [
                spark("START", "app.one", run_facets={"parent": parent("app", "r-app")}),
                spark("COMPLETE", "app.two", run_facets={"parent": parent("app", "r-app")}),
            ],
            ["app.two"],
        ),
        (
            [
                spark("START", "app.one", run_facets={"parent": parent("app", "r-1")}),
                spark("COMPLETE", "app.one.x", run_facets={"parent": parent("app", "r-2")}),
            ],
            ["app.one", "app.one.x"],
        ),
        (
            [run_event("START", job="flow"), run_event(job="step", run_facets={"parent": parent("flow", "run-1")})],
            ["flow", "step"],
        ),
    ],
    ids=[
        *(
            "starts",
            "ends",
            "unknown",
            "application",
            "suffix",
            "raw",
            "two-starts",
            "two-ends",
            "outputs",
            "parent",
            "parents",
        ),
        "child",
    ],
)
def test_two_names_are_one_run_only_where_nothing_contradicts(events: list[Json], names: list[str]) -> None:
    assert names_of(*events) == [names, []]


def test_names_without_evidence_are_two_runs_and_a_line() -> None:
    events = [run_event("START", job="all_shops_ol"), run_event("RUNNING", job="all_shops", seconds=1)]
    assert names_of(*events) == [["all_shops", "all_shops_ol"], [ProblemKind.SHARED_RUN_ID]]
    (problem,) = merged(events)[1]
    assert problem.where == "run run-1 of ns"
    assert problem.detail.startswith("all_shops and all_shops_ol send this run id")


@pytest.mark.promise("C51")
def test_a_job_that_is_called_unknown_by_another_producer_than_spark_is_a_job_of_its_own() -> None:
    events = [
        run_event("START", job="unknown", inputs=["a"]),
        run_event("COMPLETE", job="load", seconds=1, outputs=["x"]),
    ]
    assert names_of(*events) == [["load", "unknown"], [ProblemKind.SHARED_RUN_ID]]


def test_of_several_jobs_the_one_with_the_same_parent_takes_the_events_without_a_name() -> None:
    events = [
        spark("START", "unknown", inputs=["a"], run_facets={"parent": parent("app", "r-1")}),
        run_event("COMPLETE", job="app.one", outputs=["x"], run_facets={"parent": parent("app", "r-1")}),
        run_event("COMPLETE", job="app.two", outputs=["y"], run_facets={"parent": parent("app", "r-2")}),
    ]
    runs = {run.name: sorted(item.name for item in run.inputs.values()) for run in merged(events)[0]}
    assert runs == {"app.one": ["a"], "app.two": []}


def test_jobs_that_share_a_run_id_share_nothing_else() -> None:
    events = [
        run_event("COMPLETE", job="orders", inputs=["a"], outputs=["x"]),
        run_event("COMPLETE", job="users", inputs=["b"], outputs=["y"]),
        run_event("FAIL", job="mart", inputs=["x", "y"], outputs=["z"]),
    ]
    runs, problems = merged(events)
    assert {run.name: (run.state, len(run.inputs), len(run.outputs)) for run in runs} == {
        "orders": ("COMPLETE", 1, 1),
        "users": ("COMPLETE", 1, 1),
        "mart": ("FAIL", 2, 1),
    }
    assert problems == []


def test_a_start_without_a_name_is_not_lost_when_its_run_ends_under_a_name() -> None:
    first = assemble(decode(spark("START", "unknown")), RunState(), BASE)
    second = assemble(decode(run_event(job="app.save", seconds=1)), first.state, BASE)
    (key,) = second.changed
    assert second.new == {key}
    limits = Limits(closed_seconds=0, max_runs=0)
    third = assemble(decode(run_event(run_id="other")), second.state, BASE, limits)
    assert [run.run_id for run in third.state.runs.values()] == []
    assert third.problems == ()


# -- looking up -----------------------------------------------------------------------------------------------------


def test_a_run_answers_for_its_own_job_alone() -> None:
    events = [run_event("START", job="dag_one.load", run_id="r"), run_event("START", job="dag_two.load", run_id="r")]
    index = RunIndex(assemble(decode(*events), RunState(), BASE).state.runs)
    assert [run.name for job in ("dag_one.load", "dag_two.load") if (run := index.lookup("ns", job, "r"))] == [
        "dag_one.load",
        "dag_two.load",
    ]
    assert index.lookup("ns", "dag_three.load", "r") is None
    assert index.lookup("ns", "dag_one.load", "other") is None


@pytest.mark.parametrize(
    ("job", "facets", "asked", "answers"),
    [
        ("my_app", SPARK, "My App", True),
        ("my_app", SPARK, "other", False),
        ("glue_job", APPLICATION, "spark name", True),
        ("flow", {}, "Flow", True),
        ("flow", {}, "flow.step", False),
    ],
)
def test_a_run_answers_under_another_spelling_of_its_name(job: str, facets: Json, asked: str, answers: bool) -> None:
    index = RunIndex(assemble(decode(run_event(job=job, job_facets=facets)), RunState(), BASE).state.runs)
    assert (index.lookup("ns", asked, "run-1") is not None) is answers


def test_names_are_compared_by_letters_in_any_script() -> None:
    assert alike("My App", "my_app")
    assert not alike("отчёт", "заказ")
    assert not alike("--", "__")
    assert is_related("app.node", "app.node.orders")
    assert not is_related("app", "apple")


# -- runs of earlier versions ---------------------------------------------------------------------------------------


def legacy(*events: Json) -> RunState:
    """Return a state as version 1 had it, with runs by run id."""
    runs = {
        run_key(run.namespace, run.run_id): run
        for run in assemble(decode(*events), RunState(), BASE).state.runs.values()
    }
    return as_legacy(RunState(runs=runs))


def test_a_run_of_an_earlier_version_goes_on() -> None:
    state = legacy(run_event("START", inputs=["a"]))
    runs, problems = merged([run_event("COMPLETE", seconds=1, outputs=["x"])], state)
    assert [(run.name, run.state, len(run.inputs), len(run.outputs)) for run in runs] == [("job", "COMPLETE", 1, 1)]
    assert problems == []


def test_jobs_that_an_earlier_version_has_merged_stay_merged_with_a_line() -> None:
    state = legacy(run_event("START", job="one", inputs=["a"]))
    events = [run_event("COMPLETE", job="two", seconds=1, inputs=["b"], outputs=["y"])]
    found = assemble(decode(*events), state, BASE)
    (run,) = found.changed.values()
    assert (run.state, list(run.other_names)) == ("COMPLETE", ["one"])
    (problem,) = found.problems
    assert (problem.kind, problem.where) == (ProblemKind.MERGED_RUN, "run run-1 of ns")
    # Only what one event states by itself gives edges.
    (alone,) = found.snapshots
    assert (alone.name, len(alone.inputs), len(alone.outputs)) == ("two", 1, 1)


def test_spark_s_names_in_a_run_of_an_earlier_version_are_no_merged_jobs() -> None:
    state = legacy(run_event("START", job="unknown", inputs=["a"]))
    for name in ("app.node", "app.node.orders"):
        found = assemble(decode(spark("RUNNING", name, seconds=1)), state, BASE)
        assert found.problems == ()
        state = found.state
    assert len(state.runs) == 1
