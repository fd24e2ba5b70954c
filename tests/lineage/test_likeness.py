"""Names are compared word by word, whatever separates the words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmetadata_ol_provider.lineage.likeness import Position, Rank, likenesses, read_name


def words(text: str) -> list[tuple[str, ...]]:
    return [name.whole for name in read_name(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("shop.public.orders", [("shop", "public", "orders")]),
        ("/topics/orders/", [("topics", "orders")]),
        ("dbo.OrderItems", [("dbo", "order", "items")]),
        ("HTTPLogs", [("http", "logs")]),
        ("ORDER_ITEMS", [("order", "items")]),
        ('"My Schema"."größe"', [("my", "schema", "größe")]),
        ("RAW.SHOP_BIDS_118822331", [("raw", "shop", "bids", "118822331"), ("raw", "shop", "bids")]),
        ("orders-v2", [("orders", "v2"), ("orders",)]),
        ("orders.v1", [("orders", "v1"), ("orders",)]),
        ("v1", [("v1",)]),
        ("123456789", [("123456789",)]),
        ("...", []),
        ("", []),
    ],
)
def test_a_name_is_read_as_words(text: str, expected: list[tuple[str, ...]]) -> None:
    assert words(text) == expected


def test_only_the_end_of_a_very_long_name_counts() -> None:
    [name] = read_name("_".join(f"w{number}x" for number in range(10_000)))
    assert name.whole[-1] == "w9999x"
    assert len(name.whole) == len(name.last) == 32


def rank(one: str, other: str) -> Rank | None:
    likeness = likenesses([read_name(one)], [read_name(other)]).get((0, 0))
    return likeness.best if likeness else None


@pytest.mark.parametrize(
    ("one", "other", "position", "letters"),
    [
        ("orders", "ORDERS", Position.WHOLE, 6),
        ("order_items", "OrderItems", Position.WHOLE, 10),
        ("public.orders", "erp.public.orders", Position.WHOLE, 12),
        ("shop.orders", "dwh.shop_orders", Position.WHOLE, 10),
        ("public.orders", "pg-orders", Position.SUFFIX, 6),
        ("public.orders", "orders-cdc", Position.PREFIX, 6),
        ("public.orders", "pg-orders-cdc", Position.MIDDLE, 6),
        ("orders", "raw.ORDERS_99182233", Position.WHOLE, 6),
        ("shop.orders", "raw.public.orders", Position.LAST_SEGMENTS, 6),
    ],
)
def test_where_a_name_is_in_another(one: str, other: str, position: Position, letters: int) -> None:
    for there in (rank(one, other), rank(other, one)):
        assert there is not None
        assert there[:2] == (position, letters)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("orders", "users"),
        ("orders", "preorders"),
        ("public.orders", "public.users"),
        ("t", "pg-t"),
        ("ab", "ab-cdc"),
        ("a_20260101", "b_20260101"),
        ("", "orders"),
    ],
)
def test_names_that_are_not_alike(one: str, other: str) -> None:
    assert rank(one, other) is None
    assert rank(other, one) is None


def test_days_are_not_alike_because_the_rest_is() -> None:
    same, other = rank("s.events_20260101", "p.events_20260101"), rank("s.events_20260101", "p.events_20260102")
    assert same is not None
    assert other is None or other < same


def test_a_word_that_very_many_names_have_tells_none_of_them_from_the_others() -> None:
    tables = [read_name(f"s{number}.orders") for number in range(150)]
    topics = [read_name(f"p.s{number}.orders") for number in range(149)] + [read_name("p.other.orders")]
    ranks = likenesses(tables, topics)
    assert {pair: likeness.best.letters for pair, likeness in ranks.items()} == {
        (number, number): len(f"s{number}orders") for number in range(149)
    }


NAMES = st.lists(st.text("ab_.1V", min_size=1, max_size=8), max_size=6, unique=True)


@given(NAMES, NAMES)
def test_likeness_is_the_same_from_both_sides(ones: list[str], others: list[str]) -> None:
    left, right = [read_name(text) for text in ones], [read_name(text) for text in others]
    there, back = likenesses(left, right), likenesses(right, left)
    assert {pair: likeness.best for pair, likeness in there.items()} == {
        (one, other): likeness.best for (other, one), likeness in back.items()
    }
