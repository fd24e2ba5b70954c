"""Many namespaces of one system: aliases, broker lists, protocols, mounts."""

from __future__ import annotations

import pytest

from tests.lineage.promises.spelling import named
from tests.support import Json, arrows, dataset, plan_of, run_event


def one_dataset(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Tell whether a run that reads one and writes the other is seen to write what it reads."""
    event = run_event(inputs=[dataset(one[1], one[0])], outputs=[dataset(other[1], other[0])])
    return arrows(plan_of(event)) == []


@pytest.mark.promise("A25")
def test_a_topic_is_one_whichever_of_the_brokers_an_event_lists() -> None:
    assert one_dataset(("kafka://b1:9092,b2:9092", "t"), ("kafka://b2:9092", "t"))
    assert one_dataset(("kafka://b1:9092,b2:9092", "t"), ("kafka://b2:9092,b1:9092", "t"))
    assert not one_dataset(("kafka://b1:9092", "t"), ("kafka://b3:9092", "t"))


@pytest.mark.promise("A25", "A27")
def test_a_namespace_can_be_overridden_where_events_are_read() -> None:
    rules = {"datasets": {"rename": [{"match": "/^oracle://(alias1|alias2):1521 /", "to": "oracle://main:1521 "}]}}
    first, second = (named(f"oracle://{host}:1521", "s.t", rules) for host in ("alias1", "alias2"))
    assert first == second
    assert first[0].startswith("table oracle://main:1521 ")


@pytest.mark.promise("A26")
def test_a_wildcard_speaks_for_hundreds_of_buckets() -> None:
    rules = {"namespaces": [{"namespace": "s3://tmp-*", "ignore": True}]}
    event = run_event(inputs=[dataset("a", f"s3://tmp-{number}") for number in range(300)], outputs=["x"])
    plan = plan_of(event, config=rules)
    assert [item.ignored for item in plan.datasets].count(True) == 300
    assert plan.edges == ()


@pytest.mark.promise("A28")
@pytest.mark.parametrize("scheme", ["s3", "s3a", "s3n", "S3A"])
def test_the_protocols_of_one_bucket_are_one(scheme: str) -> None:
    assert named(f"{scheme}://lake", "orders") == ["container s3://lake orders"]


@pytest.mark.promise("A29")
@pytest.mark.parametrize(
    "namespace",
    [
        "abfs://c@acc.dfs.core.windows.net",
        "abfss://c@acc.dfs.core.windows.net",
        "wasb://c@acc.blob.core.windows.net",
        "wasbs://c@acc.blob.core.windows.net",
    ],
)
def test_the_protocols_of_one_azure_container_are_one(namespace: str) -> None:
    assert one_dataset((namespace, "/orders"), ("abfss://c@acc.dfs.core.windows.net", "orders"))


@pytest.mark.promise("A30")
@pytest.mark.parametrize("host", ["org-acct", "ORG-ACCT", "org-acct.snowflakecomputing.com", "org_acct"])
def test_a_snowflake_account_is_one_with_and_without_its_domain(host: str) -> None:
    assert one_dataset((f"snowflake://{host}", "DB.S.T"), ("snowflake://org-acct", "DB.S.T"))


@pytest.mark.promise("A31")
def test_a_locator_can_be_said_to_be_an_account() -> None:
    rules = {"datasets": {"rename": [{"match": "/^snowflake://xy12345[^ ]* /", "to": "snowflake://org-acct "}]}}
    assert named("snowflake://xy12345.eu-west-1.aws", "DB.S.T", rules) == ["table snowflake://org-acct DB.S.T"]


@pytest.mark.promise("A33")
@pytest.mark.parametrize("namespace", ["file", "file:", "file://", "file://10.0.0.7:41231", "file:///"])
def test_the_host_of_a_local_file_is_no_part_of_its_name(namespace: str) -> None:
    assert named(namespace, "/data/x.csv") == ["container file /data/x.csv"]


@pytest.mark.promise("A34")
def test_hdfs_is_one_with_and_without_its_port() -> None:
    assert one_dataset(("hdfs://namenode", "/data/x"), ("hdfs://namenode:8020", "/data/x"))
    assert not one_dataset(("hdfs://namenode", "/data/x"), ("hdfs://other", "/data/x"))


@pytest.mark.promise("A35")
def test_the_brokers_of_an_old_flink_are_a_kafka() -> None:
    assert named("b1:9092,b2:9092", "orders")[0].split()[0] == "topic"
    assert one_dataset(("b1:9092,b2:9092", "orders"), ("kafka://b1:9092", "orders"))


@pytest.mark.promise("A37")
def test_the_longest_mount_point_wins_when_its_rule_comes_first() -> None:
    rules: Json = {
        "datasets": {
            "rename": [
                {"match": "/^dbfs /mnt/raw/eu//", "to": "abfss://eu@acc.dfs.core.windows.net /"},
                {"match": "/^dbfs /mnt/raw//", "to": "abfss://raw@acc.dfs.core.windows.net /"},
            ]
        }
    }
    assert named("dbfs", "/mnt/raw/eu/orders", rules) == ["container abfss://eu@acc.dfs.core.windows.net orders"]
    assert named("dbfs", "/mnt/raw/us/orders", rules) == ["container abfss://raw@acc.dfs.core.windows.net us/orders"]
