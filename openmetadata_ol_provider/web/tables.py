"""Sorts and divides the rows of a table into pages."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

Row = TypeVar("Row")
#: Rows of one page.
PAGE_SIZE = 100


class Order(NamedTuple):
    """An order of rows.

    :param column: name of a column; empty: the order in which they come
    """

    column: str = ""
    is_descending: bool = False


class Page(NamedTuple, Generic[Row]):
    """Some rows of a table.

    :param number: number of the page, from 1
    :param pages: number of pages
    :param matching: number of rows on all pages
    """

    rows: Sequence[Row]
    number: int
    pages: int
    matching: int


def sort_rows(rows: Sequence[Row], keys: Mapping[str, Callable[[Row], Any]], order: Order) -> list[Row]:
    """Return rows in an order; rows that are equal in it stay in the order in which they come.

    :param keys: what each column is sorted by; other columns leave the rows as they are
    """
    key = keys.get(order.column)
    return list(rows) if key is None else sorted(rows, key=key, reverse=order.is_descending)


def page_of(rows: Sequence[Row], number: int, size: int = PAGE_SIZE) -> Page[Row]:
    """Return a page of rows; the last one if there are fewer pages.

    :param number: number of the page, from 1
    """
    pages = max(1, math.ceil(len(rows) / size))
    number = min(max(1, number), pages)
    return Page(rows[(number - 1) * size : number * size], number, pages, len(rows))
