"""Tables behind a view that a job also names are read through the view."""

from __future__ import annotations

from itertools import permutations

import pytest

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.run_state_merge import merge_run_states
from tests.support import Json, arrows, column_lineage, dataset, dataset_event, plan_of, run_event, stored, translated

TRINO = "trino://t:8080"


def table(name: str, **facets: Json) -> Json:
    return dataset(name, TRINO, **facets)


def create(view: str, *sources: str, sql: str = "CREATE VIEW v AS SELECT 1", run_id: str = "c", **facets: Json) -> Json:
    job_facets = {"sql": {"query": sql}} if sql else {}
    return run_event(
        run_id=run_id,
        job=f"create {view}",
        inputs=[table(name) for name in sources],
        outputs=[table(view, **facets)],
        job_facets=job_facets,
    )


def insert(*sources: str, run_id: str = "i", **facets: Json) -> Json:
    inputs = [table(name) for name in sources]
    return run_event(run_id=run_id, job="insert", seconds=10, inputs=inputs, outputs=[table("c.s.out", **facets)])


BASE_VIEW = ["c.s.base -> c.s.v", "c.s.v -> c.s.out"]

DEFINITIONS = {
    "Trino's statement": create("c.s.v", "c.s.base"),
    "or replace": create("c.s.v", "c.s.base", sql="-- daily\ncreate or replace  view c.s.v as select * from c.s.base"),
    "materialized": create("c.s.v", "c.s.base", sql="/* x */ CREATE MATERIALIZED VIEW v AS SELECT 1"),
    "Spark's type": create("c.s.v", "c.s.base", sql="", datasetType={"datasetType": "VIEW"}),
    "dbt's type": create("c.s.v", "c.s.base", sql="", datasetType={"datasetType": "MATERIALIZED_VIEW"}),
}


@pytest.mark.promise("A226")
@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS)
def test_a_base_table_beside_its_view_is_no_source(definition: Json) -> None:
    for events in permutations([definition, insert("c.s.base", "c.s.v")]):
        plan = plan_of(*events)
        assert arrows(plan) == BASE_VIEW
        (problem,) = plan.problems
        assert problem.kind is ProblemKind.VIEW_SOURCE
        assert problem.where == "job ns insert"
        assert problem.detail.startswith(f"{TRINO} c.s.base is behind the view {TRINO} c.s.v")


def test_a_view_is_remembered_and_told_once() -> None:
    first = translated(create("c.s.v", "c.s.base"))
    state = stored(merge_run_states([first.state]))
    second = translated(insert("c.s.base", "c.s.v"), state=state)
    assert arrows(second.plan) == ["c.s.v -> c.s.out"]
    assert [problem.kind for problem in second.plan.problems] == [ProblemKind.VIEW_SOURCE]
    third = translated(insert("c.s.base", "c.s.v", run_id="again"), state=second.state)
    assert arrows(third.plan) == ["c.s.v -> c.s.out"]
    assert third.plan.problems == ()


BASE = {"namespace": TRINO, "name": "c.s.base", "type": "DATASET"}


@pytest.mark.parametrize(
    "stated",
    [
        {"lineage": {"inputs": [BASE]}},
        {"lineage": {"fields": {"x": {"inputs": [{**BASE, "field": "x"}]}}}},
        {"columnLineage": column_lineage(x=[(TRINO, "c.s.base", "x")])},
        {"columnLineage": {"fields": {}, "dataset": [{**BASE, "field": "x"}]}},
    ],
    ids=["lineage", "lineage of fields", "column lineage", "column lineage of the dataset"],
)
def test_a_dataset_event_defines_a_view(stated: Json) -> None:
    view = table("c.s.v", datasetType={"datasetType": "VIEW"}, **stated)
    assert arrows(plan_of(dataset_event(view), insert("c.s.base", "c.s.v"))) == BASE_VIEW


def test_a_view_that_only_its_reader_calls_so_is_known_by_earlier_lineage() -> None:
    def reads() -> Json:
        inputs = [table("c.s.base"), table("c.s.v", datasetType={"datasetType": "VIEW"})]
        return run_event(run_id="i", job="insert", seconds=10, inputs=inputs, outputs=[table("c.s.out")])

    written = create("c.s.v", "c.s.base", sql="")
    for events in permutations([written, reads()]):
        assert arrows(plan_of(*events)) == BASE_VIEW
    state = translated(written).state
    assert arrows(translated(reads(), state=state).plan) == ["c.s.v -> c.s.out"]
    assert arrows(plan_of(reads())) == ["c.s.base -> c.s.out", "c.s.v -> c.s.out"]


def test_what_is_behind_a_view_of_a_view_is_behind_it() -> None:
    views = [create("c.s.w", "c.s.base", run_id="c1"), create("c.s.v", "c.s.w", run_id="c2")]
    assert arrows(plan_of(*views, insert("c.s.base", "c.s.w", "c.s.v"))) == [
        "c.s.base -> c.s.w",
        "c.s.v -> c.s.out",
        "c.s.w -> c.s.v",
    ]


def test_columns_of_a_base_table_come_through_the_view() -> None:
    lineage = column_lineage(id=[(TRINO, "c.s.base", "id"), (TRINO, "c.s.v", "id")])
    plan = plan_of(create("c.s.v", "c.s.base"), insert("c.s.base", "c.s.v", columnLineage=lineage))
    assert arrows(plan) == BASE_VIEW


@pytest.mark.parametrize(
    "definition",
    [
        create("c.s.v", "c.s.base", sql="CREATE TABLE v AS SELECT 1"),
        create("c.s.v", "c.s.base", sql="INSERT INTO v SELECT 'create view'"),
        create("c.s.v", "c.s.base", sql="", datasetType={"datasetType": "TABLE"}),
        create("c.s.other", "c.s.base"),
        create("c.s.v", "c.s.elsewhere"),
    ],
)
def test_tables_and_other_views_hide_nothing(definition: Json) -> None:
    plan = plan_of(definition, insert("c.s.base", "c.s.v"))
    assert {"c.s.base -> c.s.out", "c.s.v -> c.s.out"} <= set(arrows(plan))
    assert plan.problems == ()


def test_a_view_that_was_not_created_hides_nothing() -> None:
    failed = {**create("c.s.v", "c.s.base"), "eventType": "FAIL"}
    assert arrows(plan_of(failed, insert("c.s.base", "c.s.v"))) == ["c.s.base -> c.s.out", "c.s.v -> c.s.out"]


def test_two_views_behind_each_other_both_stay() -> None:
    views = [create("c.s.a", "c.s.b", run_id="c1"), create("c.s.b", "c.s.a", run_id="c2")]
    assert {"c.s.a -> c.s.out", "c.s.b -> c.s.out"} <= set(arrows(plan_of(*views, insert("c.s.a", "c.s.b"))))
