"""Rules match whole namespaces, and the first one wins."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.config import NamespaceRule
from openmetadata_ol_provider.openmetadata.resolution.lookup_scope import first_rule


@pytest.mark.parametrize(
    ("pattern", "namespace", "matches"),
    [
        ("mysql://host-1", "mysql://host-1", True),
        ("mysql://host-1", "mysql://host-10", False),
        ("mysql://host-1", "MYSQL://host-1", False),
        ("s3://*", "s3://any", True),
        ("s3://*", "s3a://any", False),
        ("db?", "db1", True),
        ("postgres://[::1]:5432", "postgres://[::1]:5432", True),
        ("/postgres://(a|b)(:5432)?/", "postgres://b", True),
        ("/postgres://(a|b)(:5432)?/", "postgres://b:54321", False),
        ("unity-catalog", "unity-catalog", True),
        ("s3a://*", "s3://any", True),
        ("mssql://h*", "sqlserver://h1", True),
        ("mssql://h", "sqlserver://h1", False),
        ("/s3a:.*/", "s3://any", False),
    ],
)
def test_a_rule_matches_the_whole_namespace(pattern: str, namespace: str, matches: bool) -> None:
    assert (first_rule([NamespaceRule(namespace=pattern)], namespace) is not None) is matches


def test_the_first_rule_wins() -> None:
    rules = [NamespaceRule(namespace="pg*", service="a"), NamespaceRule(namespace="pg1", service="b")]
    found = first_rule(rules, "pg1")
    assert found is not None
    assert found.service == "a"
