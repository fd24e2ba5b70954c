"""Quotes in names: dots within them do not separate, and the one spelling can be taken apart again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmetadata_ol_provider.lineage.names.identifiers import (
    join_identifier,
    spell_identifier,
    split_identifier,
    without_missing,
)

LAWS = settings(max_examples=500, deadline=None, derandomize=True, database=None)
PART = st.text(alphabet='ab.-_"`[] é', max_size=6)


@LAWS
@given(st.lists(PART, min_size=1, max_size=4))
def test_splitting_undoes_joining_whatever_the_parts_are(parts: list[str]) -> None:
    assert split_identifier(join_identifier(parts)) == tuple(parts)


@LAWS
@given(st.text(alphabet='ab.`"[]', max_size=14))
def test_the_one_spelling_is_its_own(name: str) -> None:
    spelt = spell_identifier(name)
    assert spell_identifier(spelt) == spelt
    assert split_identifier(spelt) == split_identifier(name)


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        ("a.b.c", "a.b.c"),
        ('"a"."b"."c"', "a.b.c"),
        ("`a-1`.`b`", "a-1.b"),
        ("[a].[b c].[d]", "a.b c.d"),
        ('"a.b".c', '"a.b".c'),
        ("`a.b`.[c.d]", '"a.b"."c.d"'),
        ('"a""b".c', 'a"b.c'),
        ('"a"".b".c', '"a"".b".c'),
        ("[a]]b].c", "a]b.c"),
        ('"open.c', '"""open".c'),
        ("a..b", "a..b"),
        ("", ""),
    ],
)
def test_a_part_is_quoted_only_for_its_dots(written: str, spelt: str) -> None:
    assert spell_identifier(written) == spelt


@pytest.mark.parametrize("part", ['"', '"a.', "[a.", "a.", '"a".'])
def test_a_name_of_any_length_is_read_in_time(part: str) -> None:
    name = part * 100_000
    assert spell_identifier(spell_identifier(name)) == spell_identifier(name)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("None.orders", "orders"),
        ("None.None.orders", "orders"),
        ("shop.None.orders", "shop..orders"),
        ("SHOP.NONE.ORDERS", "SHOP..ORDERS"),
        ("shop.None", "shop.None"),
        ("shop.Nonesuch.orders", "shop.Nonesuch.orders"),
        ("shop.isNone.orders", "shop.isNone.orders"),
        ("None.", "None."),
    ],
)
def test_parts_that_a_producer_did_not_know_are_left_out(name: str, known: str) -> None:
    assert without_missing(name) == known
