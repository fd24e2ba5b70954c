"""Every system has examples, and every example is read as it says; the laws of names hold for all of them."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from openmetadata_ol_provider.config import DatasetOptions
from openmetadata_ol_provider.lineage import systems
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.systems import SYSTEMS, comparison_keys, parse_namespace, system_of
from openmetadata_ol_provider.lineage.systems.system import System
from openmetadata_ol_provider.openlineage.facets import Identifier

FIXTURES = Path(__file__).parent / "fixtures"
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['why']}")
    for file in sorted(FIXTURES.glob("*.json"))
    for case in json.loads(file.read_text(encoding="utf-8"))
]
LAWS = settings(max_examples=500, deadline=None, derandomize=True, database=None)


def identities(case: dict[str, Any]) -> tuple[Identity, ...]:
    links = [Identifier(**link) for link in case.get("symlinks", ())]
    return Naming(DatasetOptions()).identities(case["namespace"], case["name"], links)


@pytest.mark.parametrize("case", CASES)
def test_a_name_is_read_as_its_system_means_it(case: dict[str, Any]) -> None:
    assert [[one.namespace, one.name, one.kind] for one in identities(case)] == case["identities"]


@pytest.mark.parametrize("case", CASES)
def test_what_was_read_is_its_own_spelling(case: dict[str, Any]) -> None:
    for one in identities(case):
        again = Naming(DatasetOptions()).identities(one.namespace, one.name, [])
        in_directory = one.kind == "table" and again[0].kind == "container"  # a table's name in a warehouse's directory
        assert in_directory or again[0] == one or one in again


def test_every_system_has_examples_and_every_file_of_examples_a_system() -> None:
    assert sorted(system.name for system in SYSTEMS) == sorted(file.stem for file in FIXTURES.glob("*.json"))


def test_every_module_of_a_system_is_listed_under_its_name() -> None:
    helpers = {"__init__", "__main__", "system", "simple_tables", "simple_assets"}
    modules = {file.stem for file in Path(systems.__file__).parent.glob("*.py")} - helpers
    assert modules == {name for name, module in vars(systems).items() if hasattr(module, "SYSTEM")}
    assert all(vars(systems)[name].SYSTEM in SYSTEMS for name in modules)
    assert all(vars(systems)[name].SYSTEM.name == name for name in modules)


def test_a_scheme_belongs_to_one_system() -> None:
    claimed = [scheme for system in SYSTEMS for scheme in (*system.schemes, *system.aliases)]
    assert len(claimed) == len(set(claimed))
    assert all(scheme in system.schemes for system in SYSTEMS for scheme in system.aliases.values())


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_the_examples_show_every_kind_a_system_is_said_to_have(system: System) -> None:
    cases = json.loads((FIXTURES / f"{system.name}.json").read_text(encoding="utf-8"))
    assert any(system.kind in {kind for _, _, kind in case["identities"]} for case in cases)
    said = {parse_namespace(namespace).scheme for case in cases for namespace, _, _ in case["identities"]}
    assert said & set(system.schemes)


SAME = [
    (("postgres://db", "a.b.c"), ("postgresql://DB:5432", "A.B.C")),
    (("postgres://u:p@db:5432", "a.b.c"), ("postgres://db:5432", "a.b.c")),
    (("postgres://db:5432/a", "b.c"), ("postgres://db:5432", "a.b.c")),
    (("redshift://c.x1.eu-west-1.redshift.amazonaws.com:5439", "a.b.c"), ("redshift://c.eu-west-1:5439", "a.b.c")),
    (("mssql://db:1433", "[a].[dbo].[t]"), ("sqlserver://db", "a..t")),
    (("snowflake://org-my_acc", "A.B.C"), ("snowflake://ORG-MY-ACC.snowflakecomputing.com", '"A"."B"."C"')),
    (("bigquery", "`p.d.t`"), ("bigquery://p", "d.t$20261123")),
    (("arn:aws:glue:r:1", "table/d/t"), ("arn:aws:glue:r:1", "`d`.`t`")),
    (("spanner://p:i", "d.t"), ("spanner://p/i", "d/t")),
    (("kafka://b1:9092,b2:9092", "t"), ("kafka://B2", "t")),
    (("b1:9092,b2:9092", "t"), ("kafka://b1:9092", "t")),
    (("hive://m1:9083,m2:9083", "d.t"), ("hive://m2", "spark_catalog.d.t")),
    (("hdfs://nn:8020", "/d/t/dt=1"), ("hdfs://nn", "d/t")),
    (("wasbs://c@acc.blob.core.windows.net", "t"), ("abfss://c@acc.dfs.core.windows.net", "/t/")),
    (("file://worker-7", "/d/t"), ("", "/d/t")),
    (("file", "s3a://lake/t"), ("s3://lake", "t")),
    (("trino:8080", "c.s.t"), ("trino://trino:8080", "c.s.t")),
    (("pulsar://p:6650", "t"), ("pulsar://p", "persistent://public/default/t")),
]
DIFFERENT = [
    (("postgres://db:5432", "a.b.c"), ("postgres://db:5433", "a.b.c")),
    (("postgres://db1:5432", "a.b.c"), ("postgres://db10:5432", "a.b.c")),
    (("postgres://db:5432/x", "b.c"), ("postgres://db:5432/y", "b.c")),
    (("postgres://db:5432", "a.b.c"), ("greenplum://db:5432", "a.b.c")),
    (("sqlserver://db:1433/i1", "a.dbo.t"), ("sqlserver://db:1433/i2", "a.dbo.t")),
    (("saphana://h:30015/T1", "s.t"), ("saphana://h:30015/T2", "s.t")),
    (("duckdb:///data/A.db", "t"), ("duckdb:///data/a.db", "t")),
    (("databricks://h/s1", "t"), ("databricks://h/s2", "t")),
    (("exasol://h/s1", "t"), ("exasol://h/s2", "t")),
    (("mongodb://m", "a.b.c"), ("mongodb://m", "a.c")),
    (("azurecosmos://h/dbs/a", "colls/t"), ("azurecosmos://h/dbs/b", "colls/t")),
    (("bigtable://p/i1", "t"), ("bigtable://p/i2", "t")),
    (("spanner://p:i1", "d.t"), ("spanner://p:i2", "d.t")),
    (("pubsub", "topic:p1:t"), ("pubsub", "topic:p2:t")),
    (("pubsub", "topic:p:t"), ("pubsub", "subscription:p:t")),
    (("kafka://b1:9092", "Orders"), ("kafka://b1:9092", "orders")),
    (("pulsar://p", "persistent://a/b/t"), ("pulsar://p", "t")),
    (("s3://lake", "Orders"), ("s3://lake", "orders")),
    (("s3://lake", "wh1/sales.db/orders"), ("s3://lake", "wh2/sales.db/orders")),
    (("file", "/data/A/sales.db/t"), ("file", "/data/a/sales.db/t")),
    (("abfss://c1@acc.dfs.core.windows.net", "t"), ("abfss://c2@acc.dfs.core.windows.net", "t")),
    (("https://rest/a", "d.t"), ("https://rest/b", "d.t")),
    (("arn:aws:glue:r:1", "d.t"), ("arn:aws:glue:r:2", "d.t")),
    (("arn:aws:s3tables:r:1:bucket/a", "d.t"), ("arn:aws:s3tables:r:1:bucket/b", "d.t")),
    (("trino://t:8080", "c.s.t$history"), ("trino://t:8080", "c.s.t")),
    (("postgres://db", 'a."b.c"'), ("postgres://db", "a.b.c")),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_one_dataset_are_the_same(one: tuple[str, str], other: tuple[str, str]) -> None:
    naming = Naming(DatasetOptions())
    assert naming.same(naming.identities(*one), naming.identities(*other))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_datasets_are_never_the_same(one: tuple[str, str], other: tuple[str, str]) -> None:
    naming = Naming(DatasetOptions())
    assert not naming.same(naming.identities(*one), naming.identities(*other))


#: Namespaces of the examples that are one place.
ONE_PLACE = {
    ("abfss://lake@acc.dfs.core.windows.net", "wasbs://lake@acc.blob.core.windows.net"),
    ("databricks://adb-15.22.azuredatabricks.net", "databricks://adb-15.22.azuredatabricks.net:443"),
    ("hdfs://nn", "hdfs://nn:8020"),
    ("kafka://b1:9092", "kafka://b1:9092,b2:9092"),
    ("postgres://db", "postgres://db:5432"),
}


def test_of_all_examples_only_these_are_the_same() -> None:
    naming = Naming(DatasetOptions())
    found = {tuple(case.values[0]["identities"][0]) for case in CASES}
    # One of those that differ in letter case only, which tables may.
    firsts = {(namespace, name.lower() if kind == "table" else name, kind) for namespace, name, kind in found}
    alike = {
        (one[0], other[0])
        for one, other in combinations(sorted(firsts), 2)
        if naming.same([Identity(*one)], [Identity(*other)])
    }
    assert alike == ONE_PLACE


NAMESPACES = [case.values[0]["namespace"] for case in CASES]
NAMES = st.text(alphabet='ab.`"[]/:$@=-_ 1', min_size=1, max_size=14)


@LAWS
@given(st.sampled_from(NAMESPACES), NAMES)
@example("oracle://db:1521", "[@")
def test_any_name_in_any_system_is_read_and_read_again_as_itself(namespace: str, name: str) -> None:
    naming = Naming(DatasetOptions())
    found = naming.identities(namespace, name)
    assert found
    assert len(found) == len(set(found))
    first = found[0]
    assert first in naming.identities(first.namespace, first.name)


@LAWS
@given(st.text(max_size=20), st.text(min_size=1, max_size=20))
def test_no_namespace_and_no_name_is_an_error(namespace: str, name: str) -> None:
    address = parse_namespace(namespace)
    assert comparison_keys(namespace)
    assert address.scheme == address.scheme.lower()
    assert Naming(DatasetOptions()).identities(namespace, name)


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_a_canonical_scheme_is_its_own(system: System) -> None:
    for scheme in system.schemes:
        assert parse_namespace(f"{scheme}://h").scheme == scheme
        assert system_of(scheme) is system
    for alias, scheme in system.aliases.items():
        assert parse_namespace(f"{alias}://h").scheme == scheme
