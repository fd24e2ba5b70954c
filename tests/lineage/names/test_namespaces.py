"""A namespace is parsed once, into parts that all who need them share."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmetadata_ol_provider.lineage.names.namespaces import parse_hosts
from openmetadata_ol_provider.lineage.systems import parse_namespace, spellings


@pytest.mark.parametrize(
    ("namespace", "parts"),
    [
        ("postgres://u:p@DB:5432/shop", ("postgres", "u:p@DB:5432", "/shop", "")),
        ("jdbc:sqlserver://db:1433;databaseName=shop", ("sqlserver", "db:1433", "", ";databaseName=shop")),
        ("https://rest/a/b?warehouse=w;x=1", ("https", "rest", "/a/b", "?warehouse=w;x=1")),
        ("mysql+pymysql://h:None/db", ("mysql", "h", "/db", "")),
        ("oracle:thin:@//h:1521/svc", ("oracle", "h:1521", "/svc", "")),
        ("arn:aws:glue:eu-west-1:123:table/x", ("glue", "arn:aws:glue:eu-west-1:123", "table/x", "")),
        ("bq", ("bigquery", "", "", "")),
        ("file:/data", ("file", "", "/data", "")),
        ("/data", ("file", "", "/data", "")),
        ("", ("file", "", "", "")),
        ("b1:9092,b2", ("kafka", "b1:9092,b2", "", "")),
        ("trino:8080", ("trino", "trino:8080", "", "")),
        ("custom thing", ("custom thing", "", "", "")),
    ],
)
def test_the_parts_of_a_namespace(namespace: str, parts: tuple[str, ...]) -> None:
    parsed = parse_namespace(namespace)
    assert (parsed.scheme, parsed.authority, parsed.path, parsed.parameters) == parts


@pytest.mark.parametrize(
    ("namespace", "facts"),
    [
        ("postgres://u:p@DB:5432/shop", {"hosts": (("db", 5432),), "user": "u:p", "segments": ("shop",)}),
        ("abfss://lake@acc.dfs.core.windows.net", {"hosts": (("acc.dfs.core.windows.net", None),), "user": "lake"}),
        ("kafka://b1:9092,B2", {"hosts": (("b1", 9092), ("b2", None))}),
        ("redshift://c.x1.eu-west-1.redshift.amazonaws.com", {"hosts": (("c.eu-west-1", None),)}),
        ("awsathena://athena.eu-west-1.amazonaws.com", {"region": "eu-west-1", "account": None}),
        ("arn:aws:glue:eu-west-1:123", {"region": "eu-west-1", "account": "123", "hosts": (), "is_arn": True}),
        ("arn:aws:s3:::lake", {"region": None, "account": None, "hosts": ()}),
        ("file://worker-7/data", {"hosts": (), "root": "file"}),
        ("https://rest", {"is_web": True, "is_url": True}),
        ("S3A://lake/a/", {"root": "s3://lake", "canonical": "s3://lake/a", "is_web": False}),
    ],
)
def test_what_the_parts_tell(namespace: str, facts: dict[str, Any]) -> None:
    parsed = parse_namespace(namespace)
    assert {name: getattr(parsed, name) for name in facts} == facts


def test_user_and_password_can_be_taken_off() -> None:
    assert parse_namespace("postgres://u:p@db/shop").without_user().canonical == "postgres://db/shop"


def test_a_broker_list_has_several_hosts() -> None:
    assert parse_hosts("PLAINTEXT://B1:9092,b2, [2001:db8::1]:9094;user@b3:1") == (
        ("b1", 9092),
        ("b2", None),
        ("2001:db8::1", 9094),
        ("b3", 1),
    )


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ("s3", {"s3", "s3a", "s3n", "minio"}),
        ("abfss", {"abfss", "abfs", "wasbs", "wasb", "az", "azure"}),
        ("dbfs", {"dbfs"}),
        ("unknown", {"unknown"}),
    ],
)
def test_the_spellings_of_one_storage(scheme: str, expected: set[str]) -> None:
    assert set(spellings(scheme)) == expected
    assert spellings(scheme)[0] == scheme


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(st.text(alphabet="ab3:/@?;,.[]- ", max_size=20))
def test_no_namespace_is_an_error(namespace: str) -> None:
    parsed = parse_namespace(namespace)
    assert all(host == host.lower() for host, _ in parsed.hosts)
    assert parsed.region is None or parsed.region in namespace.lower()
    assert parsed.account is None or parsed.account in namespace
    assert (parsed.canonical == "") is not bool(namespace)
    assert parsed.without_user().user == ""
    assert parsed.without_user().segments == parsed.segments
