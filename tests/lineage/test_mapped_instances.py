"""Mapped instances of an Airflow task that share a run id: nothing is multiplied, and the worst end counts."""

from __future__ import annotations

import itertools

import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.openlineage.run_instances import MAX_INSTANCES
from tests.support import PG, Json, arrows, columns, dataset, parent, plan_of, run_event, translated

TASK = {"jobType": {"integration": "AIRFLOW", "jobType": "TASK", "processingType": "BATCH"}}


def instance(state: str, seconds: float, *, index: int | None = None, **options: object) -> Json:
    facets: Json = {"parent": parent("dag", "dag-run")}
    if index is not None:
        facets["airflow"] = {"task": {"operator_class": "PythonOperator"}, "taskInstance": {"map_index": index}}
    return run_event(
        state, run_id="shared", job="dag.load", seconds=seconds, run_facets=facets, job_facets=TASK, **options
    )


def kinds(plan: LineagePlan) -> list[str]:
    return [str(problem.kind) for problem in plan.problems]


WITHOUT_INDEX = [
    instance("START", 1, inputs=["a"], outputs=["x"]),
    instance("START", 2, inputs=["b"], outputs=["y"]),
    instance("COMPLETE", 10, inputs=["a"], outputs=["x"]),
    instance("COMPLETE", 11, inputs=["b"], outputs=["y"]),
    instance("COMPLETE", 12, inputs=["c"]),
    instance("FAIL", 13, inputs=["d"], outputs=["z"]),
]
WITH_INDEX = [
    instance("START", 0, index=0, inputs=["a"]),
    instance("START", 1, index=1, inputs=["b"]),
    instance("START", 2, index=2, inputs=["c"]),
    instance("COMPLETE", 10, index=0, outputs=["x"]),
    instance("FAIL", 11, index=1, outputs=["y"]),
    instance("COMPLETE", 12, index=2, outputs=["z"]),
]


@pytest.mark.promise("A242")
def test_only_complete_events_that_name_both_sides_give_edges() -> None:
    plan = plan_of(*WITHOUT_INDEX)
    assert arrows(plan) == ["a -> x", "b -> y"]
    assert [(run.state, run.ended_at) for run in plan.runs] == [("FAIL", "2026-11-23T08:00:13Z")]
    assert kinds(plan) == ["shared_mapped_run"]


@pytest.mark.parametrize("integration", ["Airflow 3", "AIRFLOW-2.10"])
def test_the_version_of_airflow_does_not_matter(integration: str) -> None:
    facets = {"jobType": {**TASK["jobType"], "integration": integration}}
    events = [event | {"job": {**event["job"], "facets": facets}} for event in WITHOUT_INDEX]
    assert arrows(plan_of(*events)) == ["a -> x", "b -> y"]


def test_instances_with_a_map_index_are_told_apart() -> None:
    plan = plan_of(*WITH_INDEX)
    assert arrows(plan) == ["a -> x", "c -> z"]
    assert [run.state for run in plan.runs] == ["FAIL"]
    assert kinds(plan) == []


@pytest.mark.parametrize("events", [WITHOUT_INDEX, WITH_INDEX], ids=["without index", "with index"])
def test_order_repetition_and_batches_do_not_matter(events: list[Json]) -> None:
    whole = translated(*events).plan
    for order in itertools.islice(itertools.permutations(events), 0, None, 37):
        assert translated(*order, *order).plan.edges == whole.edges
        state = None
        for event in order:
            plan, state = translated(event, state=state)
        assert arrows(plan) == arrows(whole)
        assert [run.state for run in plan.runs] == ["FAIL"]


AIRFLOW = "https://github.com/apache/airflow/tree/providers-openlineage/1.9.0"


@pytest.mark.promise("A242")
@pytest.mark.parametrize("producer", [AIRFLOW, "https://example.com/producer"])
def test_facets_that_tell_of_airflow_only_in_a_later_batch_keep_instances_apart(producer: str) -> None:
    early = [
        run_event(state, run_id="shared", job="dag.load", seconds=seconds, inputs=inputs, outputs=outputs)
        | {"producer": producer}
        for state, seconds, inputs, outputs in (
            ("START", 1, ["a"], ["x"]),
            ("START", 2, ["b"], ["y"]),
            ("COMPLETE", 10, ["a"], ["x"]),
        )
    ]
    late = instance("COMPLETE", 11, inputs=["b"], outputs=["y"])
    for first, second in ((early, [late]), ([late], early), (early[:2], [*early[2:], late])):
        state = translated(*first).state
        plan = translated(*second, state=state).plan
        assert arrows(plan) == ["a -> x", "b -> y"]


def test_airflow_s_producer_alone_keeps_halves_apart_unless_the_run_is_a_dag() -> None:
    halves = [run_event(seconds=10, inputs=["a"]), run_event(seconds=11, outputs=["x"])]
    airflow = [event | {"producer": AIRFLOW} for event in halves]
    assert arrows(plan_of(*halves)) == ["a -> x"]
    plan = plan_of(*airflow)
    assert (arrows(plan), kinds(plan)) == ([], ["shared_mapped_run"])
    dag = {"jobType": {"integration": "AIRFLOW", "jobType": "DAG", "processingType": "BATCH"}}
    assert kinds(plan_of(*(event | {"job": {**event["job"], "facets": dag}} for event in airflow))) == []


def test_the_facet_of_mapped_tasks_gives_the_map_index() -> None:
    events = [
        run_event(state, run_id="shared", job="dag.load", seconds=seconds, inputs=inputs, outputs=outputs,
                  run_facets={"airflow_mappedTask": {"mapIndex": index}}, job_facets=TASK)
        for state, seconds, index, inputs, outputs in (
            ("START", 0, 0, ["a"], []), ("START", 1, 1, ["b"], []),
            ("COMPLETE", 10, 0, [], ["x"]), ("COMPLETE", 11, 1, [], ["y"]),
        )
    ]  # fmt: skip
    plan = plan_of(*events)
    assert (arrows(plan), kinds(plan)) == (["a -> x", "b -> y"], [])


def test_all_instances_that_ended_well_are_a_success() -> None:
    plan = plan_of(*WITHOUT_INDEX[:4])
    assert (arrows(plan), [run.state for run in plan.runs]) == (["a -> x", "b -> y"], ["COMPLETE"])


def test_columns_of_another_instance_are_not_taken_for_those_of_this_one() -> None:
    events = [
        instance("COMPLETE", seconds, inputs=[source], outputs=[dataset("x", columnLineage=columns(c=[(source, "b")]))])
        for seconds, source in ((10, "a"), (11, "b"))
    ]
    edges = {edge.source.name: edge for edge in plan_of(*events).edges}
    assert {name: (edge.basis, len(edge.columns)) for name, edge in edges.items()} == {
        "a": ("product", 0),
        "b": ("columns", 1),
    }


@pytest.mark.parametrize(
    ("integration", "job_type"), [("SPARK", "SQL_JOB"), ("DBT", "MODEL"), ("AIRFLOW", "DAG"), ("PREFECT", "TASK")]
)
def test_two_ends_of_another_kind_of_run_are_one_run(integration: str, job_type: str) -> None:
    facets = {"jobType": {"integration": integration, "jobType": job_type, "processingType": "BATCH"}}
    events = [
        run_event(seconds=10, inputs=["a"], outputs=["x"], job_facets=facets),
        run_event(seconds=11, inputs=["b"], outputs=["x"], job_facets=facets),
    ]
    plan = plan_of(*events)
    assert arrows(plan) == ["a -> x", "b -> x"]
    assert kinds(plan) == []


def test_one_end_that_is_repeated_is_one_instance() -> None:
    event = instance("COMPLETE", 10, inputs=["a", "b"], outputs=["x"])
    plan = plan_of(instance("START", 1, inputs=["c"]), event, event)
    assert arrows(plan) == ["a -> x", "b -> x", "c -> x"]


def test_the_number_of_instances_that_are_remembered_is_bounded() -> None:
    events = [instance("COMPLETE", n, inputs=[f"a{n}"], outputs=["x"]) for n in range(MAX_INSTANCES + 50)]
    (run,) = translated(*events).state.runs.values()
    assert len(run.instances) == MAX_INSTANCES
    assert run.instances[0].inputs == [f"{PG}\x1fa0"]


@pytest.mark.parametrize("sides", [{"inputs": ["a"], "outputs": ["x"]}, {}], ids=["end with sides", "end without"])
def test_one_end_of_two_that_have_started_multiplies_nothing(sides: Json) -> None:
    events = [*WITHOUT_INDEX[:2], instance("COMPLETE", 10, **sides)]
    for order in itertools.permutations(events):
        plan = plan_of(*order)
        assert arrows(plan) == (["a -> x"] if sides else [])
        assert kinds(plan) == ["shared_mapped_run"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_one_end_of_two_multiplies_nothing_over_batches(order: tuple[int, ...]) -> None:
    events = [WITHOUT_INDEX[number] for number in (0, 1, 2)]
    state, edges = None, set[str]()
    for number in order:
        plan, state = translated(events[number], state=state)
        edges.update(arrows(plan))
    assert edges == {"a -> x"}


def test_ends_of_two_over_batches_have_an_edge_each() -> None:
    state, edges = None, set[str]()
    for event in WITHOUT_INDEX[:4]:
        plan, state = translated(event, state=state)
        edges.update(arrows(plan))
    assert edges == {"a -> x", "b -> y"}


def test_a_deferred_task_starts_again_with_its_datasets() -> None:
    plan = plan_of(
        instance("START", 1, inputs=["a"]),
        instance("START", 5, inputs=["a"], outputs=["x"]),
        instance("COMPLETE", 10, outputs=["x"]),
    )
    assert (arrows(plan), kinds(plan)) == (["a -> x"], [])
