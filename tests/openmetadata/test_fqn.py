"""Names: quoting round-trips, and pipeline names are allowed, bounded and never shared."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmetadata_ol_provider.lineage.names.identifiers import split_identifier
from openmetadata_ol_provider.openmetadata.fqn import (
    MAX_NAME,
    bounded,
    join,
    pipeline_name,
    quote,
    split,
    stored_name,
    task_name,
)

FORBIDDEN = re.compile(r'::|[">\x00-\x1f]')
part = st.text(st.characters(exclude_characters='"', exclude_categories=["Cs"]), min_size=1)
text = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('%:/>".\n3AaE'))


@given(st.lists(part, min_size=1))
def test_splitting_undoes_joining(parts: list[str]) -> None:
    assert split(join(*parts)) == tuple(parts)


@given(part)
def test_a_part_is_quoted_iff_it_has_a_dot(name: str) -> None:
    assert quote(name).startswith('"') == ("." in name)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("db.sch.tbl", ("db", "sch", "tbl")),
        ('"my.cat".sch.tbl', ("my.cat", "sch", "tbl")),
        ("`my-db`.`t.b.l`", ("my-db", "t.b.l")),
        ("[db].[dbo].[T]", ("db", "dbo", "T")),
        ('"open.tbl', ('"open', "tbl")),
        ('a"b.c', ('a"b', "c")),
        ("a..b", ("a", "", "b")),
        ("t", ("t",)),
    ],
)
def test_identifiers_are_split_outside_their_quotes(name: str, parts: tuple[str, ...]) -> None:
    assert split_identifier(name) == parts


@given(text, text)
def test_a_pipeline_name_is_one_the_server_takes(namespace: str, name: str) -> None:
    made = pipeline_name(namespace, name)
    assert 1 <= len(made.encode("utf-16-le")) // 2 <= MAX_NAME
    assert not FORBIDDEN.search(made)


@given(text, text, text, text)
def test_two_jobs_never_share_a_pipeline_name(ns1: str, name1: str, ns2: str, name2: str) -> None:
    assert (pipeline_name(ns1, name1) == pipeline_name(ns2, name2)) == ((ns1, name1) == (ns2, name2))


@given(text, text)
def test_two_tasks_never_share_a_name(one: str, other: str) -> None:
    if one and other:
        assert (task_name(one) == task_name(other)) == (one == other)
        assert not FORBIDDEN.search(task_name(one))


@pytest.mark.parametrize(
    ("namespace", "name", "expected"),
    [
        ("prod", "dag", "prod:dag"),
        ("https://air.flow:8080", "dag", "https%3A%2F%2Fair.flow%3A8080:dag"),
        ("ns", "a::b", "ns:a:%3Ab"),
        ("ns", ":b", "ns:%3Ab"),
        ("ns", 'say "x" > y', "ns:say %22x%22 %3E y"),
        ("ns", "50% off", "ns:50% off"),
        ("ns", "a%3Eb", "ns:a%253Eb"),
    ],
)
def test_ordinary_names_stay_readable(namespace: str, name: str, expected: str) -> None:
    assert pipeline_name(namespace, name) == expected


def test_long_names_differ_by_their_digest() -> None:
    one, other = bounded("x" * 300 + "1"), bounded("x" * 300 + "2")
    assert len(one) == len(other) == MAX_NAME
    assert one != other
    assert bounded("x" * MAX_NAME) == "x" * MAX_NAME
    assert len(bounded("\N{ROCKET}" * 200).encode("utf-16-le")) // 2 <= MAX_NAME


def test_reserved_characters_are_looked_up_as_connectors_store_them() -> None:
    assert (
        stored_name('a::b>c"d\te') == "a__reserved__colon__b__reserved__arrow__c__reserved__quote__d__reserved__tab__e"
    )
