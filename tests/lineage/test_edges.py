"""Which edges a run makes: from column lineage where there is one, else inputs x outputs, and never to itself."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage import edges as edges_module
from openmetadata_ol_provider.lineage.plan import Edge, LineagePlan
from tests.support import (
    PG,
    Json,
    arrows,
    column_arrows,
    columns,
    dataset,
    dataset_event,
    plan_of,
    run_event,
    symlinks,
    translated,
)


def edges_of(*, inputs: Any, outputs: Any) -> tuple[Edge, ...]:
    return plan_of(run_event(inputs=inputs, outputs=outputs)).edges


def arrows_of(*, inputs: Any, outputs: Any) -> list[str]:
    return arrows(plan_of(run_event(inputs=inputs, outputs=outputs)))


def test_without_column_lineage_every_input_goes_to_every_output() -> None:
    edges = edges_of(inputs=["a", "b"], outputs=["x", "y"])
    assert sorted((edge.source.name, edge.target.name) for edge in edges) == [
        ("a", "x"),
        ("a", "y"),
        ("b", "x"),
        ("b", "y"),
    ]
    assert {(edge.basis, edge.columns, edge.job.name) for edge in edges} == {("product", (), "job")}


def test_with_column_lineage_each_output_has_the_sources_it_names_and_no_others() -> None:
    outputs = [dataset("x", columnLineage=columns(p=[("a", "c")])), dataset("y", columnLineage=columns(q=[("b", "d")]))]
    edges = edges_of(inputs=["a", "b"], outputs=outputs)
    assert sorted((edge.source.name, edge.target.name, edge.basis) for edge in edges) == [
        ("a", "x", "columns"),
        ("b", "y", "columns"),
    ]
    assert column_arrows(edges) == ["a.c -> x.p", "b.d -> y.q"]


def test_a_column_of_several_sources_is_a_pair_for_each() -> None:
    output = dataset("x", columnLineage=columns(p=[("a", "c"), ("b", "d"), ("a", "e")]))
    edges = edges_of(inputs=["a", "b"], outputs=[output])
    assert len(edges) == 2
    assert column_arrows(edges) == ["a.c -> x.p", "a.e -> x.p", "b.d -> x.p"]


def test_a_source_named_twice_for_a_column_is_one_pair() -> None:
    [edge] = edges_of(inputs=["a"], outputs=[dataset("x", columnLineage=columns(p=[("a", "c"), ("a", "c")]))])
    assert len(edge.columns) == 1


def test_dataset_wide_sources_are_table_edges() -> None:
    output = dataset("x", columnLineage=columns(("b", "key"), p=[("a", "c")]))
    edges = edges_of(inputs=["a", "b"], outputs=[output])
    assert {edge.source.name: len(edge.columns) for edge in edges} == {"a": 1, "b": 0}


def test_what_column_lineage_left_over_goes_to_a_single_output() -> None:
    output = dataset("x", columnLineage=columns(p=[("a", "c")]))
    edges = edges_of(inputs=["a", "joined"], outputs=[output])
    assert {edge.source.name: edge.basis for edge in edges} == {"a": "columns", "joined": "product"}


def test_what_column_lineage_left_over_goes_to_none_of_several_outputs() -> None:
    outputs = [dataset(name, columnLineage=columns(p=[("a", "c")])) for name in ("x", "y")]
    assert arrows_of(inputs=["a", "joined"], outputs=outputs) == ["a -> x", "a -> y"]


def test_an_output_without_column_lineage_beside_one_with_takes_every_input() -> None:
    outputs = [dataset("x", columnLineage=columns(p=[("a", "c")])), "y"]
    assert arrows_of(inputs=["a", "b"], outputs=outputs) == ["a -> x", "a -> y", "b -> y"]


@pytest.mark.parametrize(
    "facet",
    [
        {},
        {"fields": {}},
        {"fields": None, "dataset": []},
        {"_deleted": True},
        columns(p=[("a", "c")]) | {"_deleted": True},
    ],
)
def test_column_lineage_that_is_empty_or_withdrawn_is_none(facet: Json) -> None:
    [edge] = edges_of(inputs=["a"], outputs=[dataset("x", columnLineage=facet)])
    assert (edge.basis, edge.columns) == ("product", ())


def test_column_lineage_may_name_sources_that_are_no_inputs() -> None:
    plan = plan_of(run_event(inputs=[], outputs=[dataset("d.s.x", columnLineage=columns(p=[("d.s.a", "c")]))]))
    assert arrows(plan) == ["d.s.a -> d.s.x"]
    assert "d.s.a" in [item.name for item in plan.datasets]


def test_the_name_of_a_cte_is_no_source() -> None:
    output = dataset("d.s.x", columnLineage=columns(p=[("recent", "c"), ("d.s.a", "c")]))
    assert arrows_of(inputs=["d.s.a"], outputs=[output]) == ["d.s.a -> d.s.x"]


def test_a_source_named_by_a_symlink_of_an_input_is_that_input() -> None:
    source = dataset("/wh/orders", "s3://lake", symlinks=symlinks((PG, "sales.orders", "TABLE")))
    edges = edges_of(inputs=[source], outputs=[dataset("x", columnLineage=columns(p=[("sales.orders", "c")]))])
    [edge] = edges
    assert (edge.source.namespace, edge.source.name) == ("s3://lake", "/wh/orders")
    assert column_arrows(edges) == ["/wh/orders.c -> x.p"]


def test_a_source_named_by_a_partition_of_an_input_is_that_input() -> None:
    refs = columns(p=[])
    refs["fields"]["p"]["inputFields"] = [{"namespace": "s3a://lake", "name": "/orders/dt=1", "field": "c"}]
    edges = edges_of(inputs=[dataset("orders", "s3://lake")], outputs=[dataset("x", columnLineage=refs)])
    assert column_arrows(edges) == ["orders.c -> x.p"]


def test_which_of_two_partitions_a_source_means_does_not_depend_on_their_order() -> None:
    refs = columns(p=[])
    refs["fields"]["p"]["inputFields"] = [{"namespace": "s3://lake", "name": "orders", "field": "c"}]
    parts = [dataset(f"orders/dt={day}", "s3://lake") for day in (1, 2)]
    found = [edges_of(inputs=order, outputs=[dataset("x", columnLineage=refs)]) for order in (parts, parts[::-1])]
    assert found[0] == found[1]
    assert column_arrows(found[0]) == ["orders/dt=1.c -> x.p"]


def test_incomplete_references_are_left_out() -> None:
    facet = {"fields": {"p": {"inputFields": [{}, {"namespace": PG}, {"namespace": PG, "name": "a"}]}, "q": {}}}
    [edge] = edges_of(inputs=["a"], outputs=[dataset("x", columnLineage=facet)])
    assert (edge.basis, edge.columns) == ("columns", ())


@pytest.mark.parametrize(
    ("source", "target"),
    [
        pytest.param(dataset("a"), dataset("a"), id="the same name"),
        pytest.param(dataset("A", "postgresql://db:5432"), dataset("a"), id="another spelling"),
        pytest.param(dataset("t/dt=1", "s3a://b"), dataset("t", "s3://b"), id="a partition"),
        pytest.param(
            dataset("/wh/t", "s3://b", symlinks=symlinks(("hive://m:1", "d.t", "TABLE"))),
            dataset("d.t", "hive://m:1"),
            id="a table symlink",
        ),
        pytest.param(
            dataset("d.t", "hive://m:1"),
            dataset("d.t", "hive://other:1", symlinks=symlinks(("hive://m:1", "d.t", "LOCATION"))),
            id="another symlink",
        ),
        pytest.param(
            dataset("/wh/t", "file", symlinks=symlinks(("hive://m:1", "d.t", "TABLE"))),
            dataset("/other/t", "file", symlinks=symlinks(("hive://m:1", "d.t", "TABLE"))),
            id="a symlink of both",
        ),
    ],
)
def test_a_dataset_is_never_its_own_source(source: Json, target: Json) -> None:
    assert edges_of(inputs=[source], outputs=[target]) == ()
    refs = {"namespace": source["namespace"], "name": source["name"], "field": "c"}
    target["facets"] = target["facets"] | {"columnLineage": {"fields": {"p": {"inputFields": [refs]}}}}
    assert edges_of(inputs=[source], outputs=[target]) == ()


def test_a_withdrawn_symlink_is_no_identity() -> None:
    gone = symlinks((PG, "x", "TABLE")) | {"_deleted": True}
    plan = plan_of(run_event(inputs=[dataset("a", symlinks=gone)], outputs=["x"]))
    assert arrows(plan) == ["a -> x"]
    assert [identity.name for item in plan.datasets for identity in item.identities] == ["a", "x"]


@pytest.mark.parametrize("side", ["inputs", "outputs"])
def test_a_dropped_dataset_has_no_part_in_lineage(side: str) -> None:
    dropped = dataset("gone", lifecycleStateChange={"lifecycleStateChange": "drop"})
    sides: dict[str, Any] = {"inputs": ["a"], "outputs": ["x"]}
    sides[side] = [*sides[side], dropped]
    assert arrows_of(**sides) == ["a -> x"]


@pytest.mark.parametrize("change", ["CREATE", "ALTER", "OVERWRITE", "TRUNCATE", "RENAME", None])
def test_other_changes_leave_lineage_alone(change: str | None) -> None:
    output = dataset("x", lifecycleStateChange={"lifecycleStateChange": change})
    assert arrows_of(inputs=["a"], outputs=[output]) == ["a -> x"]


def test_an_ephemeral_dbt_model_has_no_part_in_lineage() -> None:
    cte = dataset("d.s.cte", dbt_model={"config": {"materialized": "ephemeral"}})
    table = dataset("d.s.t", dbt_model={"config": {"materialized": "table"}})
    assert arrows_of(inputs=["a"], outputs=[cte, table]) == ["a -> d.s.t"]


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_list_of_topics_is_a_dataset_for_each(separator: str) -> None:
    topics = dataset(f"orders{separator} refunds", "kafka://b:9092")
    plan = plan_of(run_event(inputs=[topics], outputs=["x"]))
    assert arrows(plan) == ["orders -> x", "refunds -> x"]
    assert [item.name for item in plan.datasets] == ["orders", "refunds", "x"]


def transformations_of(column: Json) -> list[tuple[Any, ...]]:
    facet = {"fields": {"p": column}}
    [edge] = edges_of(inputs=["a"], outputs=[dataset("x", columnLineage=facet)])
    [pair] = edge.columns
    return [(item.type, item.subtype, item.description, item.masking) for item in pair.transformations]


REF = {"namespace": PG, "name": "a", "field": "c"}


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        pytest.param({"inputFields": [REF]}, [], id="none given"),
        pytest.param({"inputFields": [REF | {"transformations": []}]}, [], id="empty"),
        pytest.param(
            {"inputFields": [REF | {"transformations": [{"type": "INDIRECT", "subtype": "JOIN", "masking": False}]}]},
            [("INDIRECT", "JOIN", None, None)],
            id="indirect",
        ),
        pytest.param(
            {"inputFields": [REF | {"transformations": [{"type": "direct"}, {"subtype": "SUM", "masking": True}]}]},
            [("DIRECT", None, None, None), ("DIRECT", "SUM", None, True)],
            id="several",
        ),
        pytest.param(
            {"inputFields": [REF], "transformationType": "IDENTITY", "transformationDescription": "as it is"},
            [("DIRECT", "IDENTITY", "as it is", None)],
            id="old keys",
        ),
        pytest.param(
            {"inputFields": [REF], "transformationType": "MASKED"},
            [("DIRECT", "MASKED", None, True)],
            id="old keys, masked",
        ),
        pytest.param(
            {"inputFields": [REF | {"transformations": [{"type": "DIRECT"}]}], "transformationType": "MASKED"},
            [("DIRECT", None, None, None)],
            id="new keys win over old ones",
        ),
        pytest.param(
            {"inputFields": [REF | {"transformations": []}], "transformationType": "IDENTITY"},
            [("DIRECT", "IDENTITY", None, None)],
            id="old keys beside an empty list",
        ),
    ],
)
def test_transformations_are_read_with_the_keys_of_every_version(column: Json, expected: list[tuple[Any, ...]]) -> None:
    assert transformations_of(column) == expected


def test_a_product_that_is_too_large_is_reported_and_not_drawn() -> None:
    inputs, outputs = [f"a{number}" for number in range(101)], [f"x{number}" for number in range(100)]
    plan = plan_of(run_event(inputs=inputs, outputs=outputs, job="wide"))
    assert plan.edges == ()
    assert [(problem.kind, problem.where) for problem in plan.problems] == [("product_too_large", "job ns wide")]


def test_a_product_that_is_too_large_costs_no_edge_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edges_module, "MAX_PRODUCT", 3)
    outputs = [dataset("x", columnLineage=columns(p=[("a", "c")])), "y", "z"]
    plan = plan_of(run_event(inputs=["a", "b"], outputs=outputs))
    assert arrows(plan) == ["a -> x"]
    assert [problem.kind for problem in plan.problems] == ["product_too_large"]


def test_a_product_of_the_largest_size_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edges_module, "MAX_PRODUCT", 4)
    assert len(edges_of(inputs=["a", "b"], outputs=["x", "y"])) == 4


@pytest.mark.parametrize("sides", [{"inputs": ["a"], "outputs": []}, {"inputs": [], "outputs": ["x"]}])
def test_a_run_with_one_side_only_makes_no_edge(sides: dict[str, list[str]]) -> None:
    plan = plan_of(run_event(**sides))  # type: ignore[arg-type]
    assert plan.edges == ()
    assert len(plan.datasets) == 1


def test_a_column_source_without_its_database_is_the_input_that_ends_alike() -> None:
    lineage = columns(id=[("public.orders", "id")])
    event = run_event(
        "COMPLETE", inputs=["shop.public.orders"], outputs=[dataset("shop.mart.x", columnLineage=lineage)]
    )
    assert column_arrows(plan_of(event).edges) == ["shop.public.orders.id -> shop.mart.x.id"]


def with_bare_source(**config: Json) -> LineagePlan:
    facet = columns(total=[("recent", "amount")], id=[("db.s.orders", "id")])
    return plan_of(
        run_event(inputs=["db.s.orders"], outputs=[dataset("db.s.facts", columnLineage=facet)]), config=config
    )


def test_a_column_source_without_a_schema_is_taken_for_a_subquery_and_reported() -> None:
    plan = with_bare_source()
    assert column_arrows(plan.edges) == ["db.s.orders.id -> db.s.facts.id"]
    [problem] = plan.problems
    assert (problem.kind.value, problem.where) == ("assumed_subquery", "job ns job")
    assert problem.detail.startswith(f"recent in the columnLineage of {PG} db.s.facts: ")


@pytest.mark.parametrize("namespace", ["kafka://b:9092", "s3://lake"])
def test_a_topic_or_file_without_a_dot_is_no_subquery(namespace: str) -> None:
    facet = {"fields": {"id": {"inputFields": [{"namespace": namespace, "name": "orders", "field": "id"}]}}}
    output = dataset("orders.v1", namespace, columnLineage=facet)
    for event in (dataset_event(output), run_event(inputs=[], outputs=[output])):
        plan = plan_of(event)
        assert column_arrows(plan.edges) == ["orders.id -> orders.v1.id"]
        assert plan.problems == ()


def test_a_column_source_that_a_rule_gives_a_schema_is_a_table() -> None:
    plan = with_bare_source(datasets={"rename": [{"match": f"{PG} recent", "to": f"{PG} db.s.recent"}]})
    assert column_arrows(plan.edges) == ["db.s.orders.id -> db.s.facts.id", "recent.amount -> db.s.facts.total"]
    assert plan.problems == ()


def test_a_column_source_that_two_inputs_end_with_is_neither() -> None:
    lineage = columns(id=[("public.orders", "id")])
    outputs = [dataset("shop.mart.x", columnLineage=lineage)]
    event = run_event("COMPLETE", inputs=["a.public.orders", "b.public.orders"], outputs=outputs)
    assert column_arrows(plan_of(event).edges) == ["public.orders.id -> shop.mart.x.id"]


# -- the same datasets on both sides -------------------------------------------------------------------------------


@pytest.mark.promise("A194")
@pytest.mark.parametrize(
    ("inputs", "outputs", "count"),
    [
        pytest.param(["d.s.a", "d.s.b", "d.s.c"], ["d.s.c", "d.s.a", "d.s.b"], 3, id="maintenance of tables"),
        pytest.param(["d.s.a", "d.s.b"], ["D.S.A", "d.s.B"], 2, id="letter case"),
        pytest.param(
            [dataset("/orders/dt=1", "s3a://b"), dataset("/orders/dt=2", "s3a://b"), dataset("/users/dt=1", "s3a://b")],
            [dataset("orders", "s3://b"), dataset("users", "s3://b")],
            2,
            id="partitions",
        ),
        pytest.param(
            [dataset("orders", "kafka://b1:9092,b2:9092"), dataset("users", "kafka://b1:9092,b2:9092")],
            [dataset("orders", "kafka://b2:9092"), dataset("users", "kafka://b1:9092")],
            2,
            id="topics",
        ),
        pytest.param(
            [dataset("/wh/a", "s3://b", symlinks=symlinks((PG, "d.s.a", "TABLE"))), "d.s.b"],
            ["d.s.a", "d.s.b"],
            2,
            id="symlinks",
        ),
    ],
)
@pytest.mark.parametrize("integration", ["SPARK", "KAFKA_CONNECT", "AIRBYTE"])
def test_several_datasets_that_are_read_and_written_are_not_moved(
    inputs: list[Any], outputs: list[Any], count: int, integration: str
) -> None:
    kind = {"jobType": {"processingType": "BATCH", "integration": integration, "jobType": "RDD_JOB"}}
    plan = plan_of(run_event(job="app.rdd", inputs=inputs, outputs=outputs, job_facets=kind))
    assert plan.edges == ()
    [problem] = plan.problems
    assert (problem.kind, problem.where) == ("same_datasets", "job ns app.rdd")
    assert f"the same {count} datasets" in problem.detail


@pytest.mark.promise("C70")
@pytest.mark.parametrize(
    ("source", "target"),
    [
        pytest.param(dataset("x", "s3a://vol"), dataset("x", "s3://vol"), id="schemes"),
        pytest.param(
            dataset("x", "https://vol.s3.eu-west-1.amazonaws.com"), dataset("x", "s3://vol"), id="web address"
        ),
        pytest.param(dataset("x/dt=2026-01-01", "gs://vol"), dataset("x", "gs://vol"), id="partition"),
        pytest.param(
            dataset("/x", "wasbs://c@a.blob.core.windows.net"),
            dataset("x", "abfss://c@a.dfs.core.windows.net"),
            id="endpoints",
        ),
    ],
)
def test_one_dataset_under_two_names_leaves_a_line(source: dict[str, Any], target: dict[str, Any]) -> None:
    plan = plan_of(run_event(inputs=[source], outputs=[target]))
    assert plan.edges == ()
    [problem] = plan.problems
    assert problem.kind == "same_datasets"
    assert all(f"{side['namespace']} {side['name']}" in problem.detail for side in (source, target))


def test_that_nothing_was_moved_is_reported_once() -> None:
    first = translated(run_event(run_id="1", inputs=["a", "b"], outputs=["a", "b"]))
    second = translated(run_event(run_id="2", inputs=["a", "b"], outputs=["b", "a"]), state=first.state)
    assert [len(translation.plan.problems) for translation in (first, second)] == [1, 0]


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        pytest.param(["a", "b", "s"], ["a", "b"], id="one more input"),
        pytest.param(["a", "b"], ["a", "b", "x"], id="one more output"),
        pytest.param(["a", "b"], ["a", "c"], id="another output"),
    ],
)
def test_almost_the_same_datasets_are_lineage(inputs: list[str], outputs: list[str]) -> None:
    plan = plan_of(run_event(inputs=inputs, outputs=outputs))
    assert arrows(plan) == sorted(f"{one} -> {other}" for one in inputs for other in outputs if one != other)
    assert plan.problems == ()


def test_the_same_datasets_with_column_lineage_are_lineage() -> None:
    outputs = [dataset("a", columnLineage=columns(p=[("b", "c")])), "b"]
    assert arrows_of(inputs=["a", "b"], outputs=outputs) == ["a -> b", "b -> a"]


def test_one_dataset_that_is_read_and_written_is_no_edge_and_no_problem() -> None:
    plan = plan_of(run_event(inputs=["a"], outputs=["a"]))
    assert (plan.edges, plan.problems) == ((), ())


@pytest.mark.parametrize("change", ["RENAME", "rename"])
def test_what_a_dataset_was_called_before_is_no_source_of_it(change: str) -> None:
    former = {"namespace": PG, "name": "DB.S.ORDERS"}
    renamed = dataset("db.s.sales", lifecycleStateChange={"lifecycleStateChange": change, "previousIdentifier": former})
    assert arrows_of(inputs=["db.s.orders", "db.s.customers"], outputs=[renamed]) == ["db.s.customers -> db.s.sales"]


def test_what_dbt_writes_first_is_the_models_table() -> None:
    """As Trino's listener has it: each statement is a job, and the last one reads what the first has written."""
    trino, names = "trino://t:8080", ("hive.raw.orders", "hive.mart.orders__dbt_tmp", "hive.mart.orders")
    raw, first, model = (dataset(name, trino) for name in names)
    plan = plan_of(
        run_event(run_id="1", job="20260101_000000_00001_abcde", inputs=[raw], outputs=[first]),
        run_event(run_id="2", job="20260101_000001_00002_abcde", seconds=1, inputs=[first], outputs=[model]),
    )
    assert arrows(plan) == ["hive.raw.orders -> hive.mart.orders__dbt_tmp"]
    written = next(item for item in plan.datasets if item.name == first["name"])
    assert [identity.name for identity in written.identities] == ["hive.mart.orders"]
    assert plan.problems == ()
