"""The entity that an event's names lead to."""

from __future__ import annotations

import pytest

from tests.openmetadata.promises.told import PG_SERVICE, container, service, shop, table, told
from tests.support import Json, dataset, run_event, symlinks

GLUE = "arn:aws:glue:eu-west-1:123456789012"
HIVE = service("hive", "Hive", hostPort="metastore:10000")
LAKE: Json = {
    "databaseServices": [service("glue", "Glue"), PG_SERVICE],
    "storageServices": [service("s3", "S3")],
    "tables": [table("glue.default.sales.orders"), table("pg.d.s.x")],
    "containers": [container("lake", "s3://lake"), container("orders", "s3://lake/orders", "s3.lake")],
}


def arrows(seed: Json, namespace: str, name: str, config: Json | None = None, **facets: object) -> list[str]:
    """Return the edges that a run from one dataset to the table ``d.s.x`` leaves."""
    return told(seed, [run_event(inputs=[dataset(name, namespace, **facets)], outputs=["d.s.x"])], config=config).arrows


@pytest.mark.promise("A1")
def test_a_glue_table_is_found_by_its_symlink_when_the_primary_name_is_a_path() -> None:
    link = symlinks((GLUE, "table/sales/orders", "TABLE"))
    assert arrows(LAKE, "s3://lake", "orders", symlinks=link) == ["glue.default.sales.orders -> pg.d.s.x"]


@pytest.mark.promise("A16")
def test_a_path_is_its_container_when_the_table_is_not_in_the_catalogue() -> None:
    link = symlinks((GLUE, "table/sales/unknown", "TABLE"))
    assert arrows(LAKE, "s3://lake", "orders", symlinks=link) == ["s3.lake.orders -> pg.d.s.x"]


@pytest.mark.promise("A2")
@pytest.mark.parametrize("namespace", [GLUE, "arn:aws:glue:eu-west-1"])
@pytest.mark.parametrize("name", ["table/sales/orders", "sales/orders", "sales.orders"])
def test_every_form_of_a_glue_name_leads_to_the_table(namespace: str, name: str) -> None:
    assert arrows(LAKE, namespace, name) == ["glue.default.sales.orders -> pg.d.s.x"]


@pytest.mark.promise("A3")
@pytest.mark.parametrize("name", ["table/", "...", "[", "table/a/b/c/d", "\x01"])
def test_a_name_that_cannot_be_parsed_is_one_unresolved_dataset(name: str) -> None:
    result = told(shop("a", "x"), [run_event(inputs=[dataset(name, GLUE), "d.s.a"], outputs=["d.s.x"])])
    assert result.arrows == ["pg.d.s.a -> pg.d.s.x"]
    assert (result.report.datasets.unresolved, result.problems) == (1, ["unresolved"])


@pytest.mark.promise("A4")
def test_the_account_of_a_glue_arn_can_be_the_database() -> None:
    seed = {**LAKE, "tables": [table("glue.123456789012.sales.orders"), table("pg.d.s.x")]}
    rules = {"namespaces": [{"namespace": GLUE, "service": "glue", "database": "123456789012"}]}
    found = arrows(seed, GLUE, "table/sales/orders", rules)
    assert found == ["glue.123456789012.sales.orders -> pg.d.s.x"]


@pytest.mark.promise("A5")
def test_a_bare_name_is_looked_for_only_in_a_service_that_is_known() -> None:
    seed = {**LAKE, "databaseServices": [HIVE, PG_SERVICE], "tables": [table("hive.default.s.only"), table("pg.d.s.x")]}
    assert arrows(seed, "hive://metastore:9083", "only") == ["hive.default.s.only -> pg.d.s.x"]
    assert arrows(seed, "hive://elsewhere:9083", "only") == []


@pytest.mark.promise("A5", "A6")
def test_a_bare_name_of_two_tables_is_neither() -> None:
    tables = [table("hive.default.s.twice"), table("hive.default.t.twice"), table("pg.d.s.x")]
    result = told(
        {"databaseServices": [HIVE, PG_SERVICE], "tables": tables},
        [run_event(inputs=[dataset("twice", "hive://metastore:9083")], outputs=["d.s.x"])],
    )
    assert (result.arrows, result.problems) == ([], ["ambiguous"])
    assert "hive.default.s.twice, hive.default.t.twice" in result.report.problems[0].detail


@pytest.mark.promise("A6", "A7")
def test_the_same_name_in_two_services_is_never_guessed() -> None:
    seed: Json = {
        "databaseServices": [service("one", "Postgres"), service("two", "Postgres"), PG_SERVICE],
        "tables": [table("one.d.s.a"), table("two.d.s.a"), table("pg.d.s.x")],
    }
    result = told(seed, [run_event(inputs=[dataset("d.s.a", "postgres://unknown:5432")], outputs=["d.s.x"])])
    assert (result.arrows, result.report.datasets.ambiguous) == ([], 1)


@pytest.mark.promise("A8")
def test_a_catalog_of_trino_can_have_another_name_than_the_database() -> None:
    seed: Json = {"databaseServices": [HIVE, PG_SERVICE], "tables": [table("hive.prod.s.a"), table("pg.d.s.x")]}
    rules = {"namespaces": [{"namespace": "trino://t:8080", "service": "hive", "database": "prod"}]}
    assert arrows(seed, "trino://t:8080", "catalog.s.a", rules) == ["hive.prod.s.a -> pg.d.s.x"]


@pytest.mark.promise("A9")
@pytest.mark.parametrize("order", [1, -1])
def test_many_services_need_no_order(order: int) -> None:
    services = [service("other", "Postgres", hostPort="other:5432", database="shop"), PG_SERVICE, HIVE]
    seed: Json = {"databaseServices": services[::order], "tables": [table("pg.d.s.a"), table("other.d.s.a")]}
    seed["tables"].append(table("pg.d.s.x"))
    assert arrows(seed, "postgres://other:5432", "d.s.a") == ["other.d.s.a -> pg.d.s.x"]


@pytest.mark.promise("A11")
def test_a_literal_namespace_can_be_given_to_a_service() -> None:
    seed: Json = {
        "databaseServices": [service("uc", "UnityCatalog"), PG_SERVICE],
        "tables": [table("uc.main.s.t"), table("pg.d.s.x")],
    }
    rules = {"namespaces": [{"namespace": "unity-catalog", "service": "uc"}]}
    assert arrows(seed, "unity-catalog", "main.s.t", rules) == ["uc.main.s.t -> pg.d.s.x"]
    assert arrows(seed, "unity-catalog", "main.s.t") == ["uc.main.s.t -> pg.d.s.x"]


@pytest.mark.promise("A14")
@pytest.mark.parametrize("pattern", ["http://rest:8181/*", "/https?:.rest:8181.*/", "http://rest:8181/catalog"])
def test_any_text_or_pattern_can_be_a_rule(pattern: str) -> None:
    pattern = pattern.replace(":.rest", "://rest")
    rules = {"namespaces": [{"namespace": pattern, "service": "glue"}]}
    link = symlinks(("http://rest:8181/catalog", "sales.orders", "TABLE"))
    found = arrows(LAKE, "s3://elsewhere", "wh/o", rules, symlinks=link)
    assert found == ["glue.default.sales.orders -> pg.d.s.x"]


@pytest.mark.promise("A19")
def test_the_rule_decides_the_service_not_the_scheme() -> None:
    seed: Json = {
        "databaseServices": [service("starrocks", "StarRocks"), service("my", "Mysql"), PG_SERVICE],
        "tables": [table("starrocks.default.s.a"), table("my.default.s.a"), table("pg.d.s.x")],
    }
    rules = {"namespaces": [{"namespace": "mysql://sr:9030", "service": "starrocks"}]}
    assert arrows(seed, "mysql://sr:9030", "s.a", rules) == ["starrocks.default.s.a -> pg.d.s.x"]


@pytest.mark.promise("A24")
def test_a_namespace_without_scheme_can_be_a_rule() -> None:
    rules = {"namespaces": [{"namespace": "trino:8080", "service": "glue"}]}
    assert arrows(LAKE, "trino:8080", "cat.sales.orders", rules) == ["glue.default.sales.orders -> pg.d.s.x"]


@pytest.mark.promise("A32")
def test_a_database_that_names_lack_can_be_said() -> None:
    rules = {"namespaces": [{"namespace": "postgres://db:5432", "service": "pg", "database": "d"}]}
    event = run_event(inputs=["s.a"], outputs=["s.x"])
    assert told(shop("a", "x"), [event], config=rules).arrows == ["pg.d.s.a -> pg.d.s.x"]
