"""Which dataset an event means: symlinks, catalogs, physical and logical names."""

from __future__ import annotations

import pytest

from tests.lineage.promises.spelling import identities, linked, named
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

GLUE = "arn:aws:glue:eu-west-1:123456789012"
HIVE = "hive://metastore:9083"


def one_table(one: Json, other: Json) -> bool:
    """Tell whether a run that reads one and writes the other is seen to write what it reads."""
    return arrows(plan_of(run_event(inputs=[one], outputs=[other]))) == []


@pytest.mark.promise("A1", "A20")
def test_a_glue_table_is_found_by_its_symlink_when_the_primary_name_is_a_path() -> None:
    found = identities(linked("s3://lake", "wh/orders", (GLUE, "table/sales/orders", "TABLE")))
    assert found == [f"table {GLUE} sales.orders", "container s3://lake wh/orders"]


@pytest.mark.promise("A2", "A10")
@pytest.mark.parametrize("name", ["table/sales/orders", "sales/orders", "sales.orders", "`sales`.`orders`"])
def test_every_form_of_a_glue_name_is_one_table(name: str) -> None:
    assert named(GLUE, name) == [f"table {GLUE} sales.orders"]
    assert one_table(dataset(name, GLUE), dataset("sales.orders", GLUE))


@pytest.mark.promise("A2")
@pytest.mark.parametrize("name", ["table/sales/orders", "sales/orders", "sales.orders", "spark_catalog.sales.orders"])
def test_every_form_of_a_hive_name_is_one_table(name: str) -> None:
    assert named(HIVE, name) == [f"table {HIVE} sales.orders"]
    assert named(HIVE, "/warehouse/orders") == [f"table {HIVE} /warehouse/orders"]


@pytest.mark.promise("A2")
def test_a_column_source_may_use_another_form_of_a_glue_name() -> None:
    lineage = {"fields": {"t": {"inputFields": [{"namespace": GLUE, "name": "sales.orders", "field": "a"}]}}}
    target = dataset("table/sales/facts", GLUE, columnLineage=lineage)
    plan = plan_of(run_event(inputs=[dataset("table/sales/orders", GLUE)], outputs=[target]))
    assert column_arrows(plan.edges) == ["table/sales/orders.a -> table/sales/facts.t"]


@pytest.mark.promise("A3")
@pytest.mark.parametrize("name", ["table/", "//", "...", 'a"b', "[", "table/a/b/c/d", "\x00", " "])
def test_a_name_that_cannot_be_parsed_costs_no_other_dataset(name: str) -> None:
    plan = plan_of(run_event(inputs=[dataset(name, GLUE), "d.s.a"], outputs=["d.s.x"]))
    assert "d.s.a -> d.s.x" in arrows(plan)


@pytest.mark.promise("A10")
def test_symlinks_of_every_type_are_names_too() -> None:
    found = identities(linked("s3://lake", "raw/orders", ("s3://warehouse", "sales.db/orders", "LOCATION")))
    assert found[0] == "container s3://lake raw/orders"
    assert "table s3://warehouse sales.orders" in found


@pytest.mark.promise("A10")
def test_a_glue_namespace_does_not_imply_slashes() -> None:
    assert named(GLUE, "silver.tbl") == [f"table {GLUE} silver.tbl"]


@pytest.mark.promise("A11")
@pytest.mark.parametrize("namespace", ["unity-catalog", "abfss://c@acc.dfs.core.windows.net/warehouse"])
def test_a_unity_catalog_table_is_named_by_either_namespace(namespace: str) -> None:
    found = identities(linked("abfss://c@acc.dfs.core.windows.net", "w/t", (namespace, "main.s.t", "TABLE")))
    assert found[0] == f"table {namespace} main.s.t"


@pytest.mark.promise("A12")
def test_a_symlink_that_comes_only_when_a_table_is_read_names_it_when_it_is_written() -> None:
    path = ("s3://lake", "wh/orders")
    reading = run_event(run_id="r", inputs=[linked(*path, (HIVE, "sales.orders", "TABLE"))])
    writing = run_event(run_id="w", inputs=["d.s.a"], outputs=[dataset(path[1], path[0])])
    state = translated(reading).state
    (_, found) = translated(writing, state=state).plan.datasets
    assert found.identities[0].name == "sales.orders"


@pytest.mark.promise("A12")
def test_symlinks_of_one_run_add_up_over_its_events() -> None:
    one = linked("s3://lake", "orders", (HIVE, "sales.orders", "TABLE"))
    other = linked("s3://lake", "orders", (GLUE, "table/sales/orders", "TABLE"))
    events = [run_event("START", inputs=[one]), run_event(seconds=1, inputs=[other])]
    (found,) = plan_of(*events).datasets
    assert {identity.namespace for identity in found.identities[:2]} == {HIVE, GLUE}


@pytest.mark.promise("A12")
@pytest.mark.parametrize("withdrawn", [False, True])
def test_symlinks_do_not_depend_on_how_batches_are_cut(withdrawn: bool) -> None:
    link = linked("s3://lake", "orders", (HIVE, "sales.orders", "TABLE"))
    other = linked("s3://lake", "orders", (GLUE, "table/sales/orders", "TABLE"))
    last = dataset("orders", "s3://lake", symlinks={"_deleted": True}) if withdrawn else other
    first, second = run_event("START", inputs=[link]), run_event(seconds=1, inputs=[last])
    cut = translated(second, state=translated(first).state).plan.datasets
    assert cut == plan_of(first, second).datasets == plan_of(second, first).datasets
    assert len(cut[0].identities) == (1 if withdrawn else 3)


@pytest.mark.promise("A13")
def test_a_symlink_without_namespace_is_in_the_datasets_own() -> None:
    assert identities(linked(HIVE, "/warehouse/t", ("", "sales.t", "TABLE")))[0] == f"table {HIVE} sales.t"


@pytest.mark.promise("A14", "A18")
@pytest.mark.parametrize(
    "namespace", [HIVE, "http://rest:8181/catalog", "postgres://metastore:5432", "hdfs://nn/warehouse"]
)
def test_a_metastores_symlink_is_a_table_in_whatever_form_its_namespace_comes(namespace: str) -> None:
    (kind, *_, name) = identities(linked("s3://lake", "t", (namespace, "sales.orders", "TABLE")))[0].split()
    assert (kind, name) == ("table", "sales.orders")


@pytest.mark.promise("A15")
@pytest.mark.parametrize("table_first", [True, False])
def test_the_logical_name_comes_first_whichever_of_two_names_is_the_primary(table_first: bool) -> None:
    table, path = ("snowflake://org-acct", "DB.S.T"), ("s3://lake", "wh/t")
    first, second = (table, path) if table_first else (path, table)
    found = identities(linked(*first, (*second, "LOCATION" if table_first else "TABLE")))
    assert found == ["table snowflake://org-acct DB.S.T", "container s3://lake wh/t"]


@pytest.mark.promise("A16", "A22")
def test_a_path_and_the_table_linked_to_it_are_one_dataset() -> None:
    table = linked("awsathena://athena.eu-west-1.amazonaws.com", "AwsDataCatalog.db.t", ("s3://lake", "t", "LOCATION"))
    assert one_table(table, dataset("t", "s3://lake"))
    assert not one_table(table, dataset("u", "s3://lake"))


@pytest.mark.promise("A17")
def test_names_outside_the_convention_can_be_rewritten() -> None:
    rules = {"datasets": {"rename": [{"match": r"/^legacy (\w+)-(\w+)$/", "to": rf"{PG} d.\1.\2"}]}}
    assert named("legacy", "s-orders", rules) == [f"table {PG} d.s.orders"]


@pytest.mark.promise("A21")
def test_a_symlink_of_a_dataset_event_counts_and_column_sources_follow_it() -> None:
    lineage = {"fields": {"t": {"inputFields": [{"namespace": HIVE, "name": "sales.orders", "field": "a"}]}}}
    output = dataset("d.s.x", columnLineage=lineage)
    plan = plan_of(
        run_event(inputs=[dataset("wh/orders", "s3://lake")], outputs=[output]),
        dataset_event(linked("s3://lake", "wh/orders", (HIVE, "sales.orders", "TABLE")), seconds=9),
    )
    assert column_arrows(plan.edges) == ["wh/orders.a -> d.s.x.t"]


@pytest.mark.promise("A22")
def test_a_hive_warehouse_path_also_says_its_table() -> None:
    assert "table hdfs://nn:8020/warehouse sales.orders" in named("hdfs://nn:8020", "/warehouse/sales.db/orders")


@pytest.mark.promise("A23")
def test_lineage_goes_through_temporary_files_of_bigquery() -> None:
    files = dataset("/.spark-bigquery-local-1/part-0.parquet", "gs://tmp")
    plan = plan_of(
        run_event(run_id="1", inputs=["d.s.a"], outputs=[files]),
        run_event(run_id="2", inputs=[files], outputs=[dataset("p.d.t", "bigquery")]),
    )
    assert arrows(plan) == ["d.s.a -> p.d.t"]


@pytest.mark.promise("A24")
def test_a_namespace_without_scheme_is_read() -> None:
    assert named("trino:8080", "hive.s.t") == named("trino://trino:8080", "hive.s.t")


@pytest.mark.promise("A21")
def test_a_symlinked_column_source_is_the_input() -> None:
    source = dataset("d.s.a", symlinks=symlinks((HIVE, "s.a", "TABLE")))
    lineage = columns(t=[("d.s.a", "id")])
    lineage["fields"]["t"]["inputFields"][0].update(namespace=HIVE, name="s.a")
    plan = plan_of(run_event(inputs=[source], outputs=[dataset("d.s.x", columnLineage=lineage)]))
    assert column_arrows(plan.edges) == ["d.s.a.id -> d.s.x.t"]
