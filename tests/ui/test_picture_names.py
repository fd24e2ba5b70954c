"""Names in the picture are what they are: nothing reverses or hides them, and they can be copied whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from openmetadata_ol_provider.picture.graph import Arrow, Card, LineageGraph, graph_of

Draw = Callable[..., Any]

#: The column from which an amount is read, and the one that it is written to, in Arabic.
READ, WRITTEN = "المبلغ", "العميل"
ARABIC = graph_of(
    [Card("a", "جدول", "s", columns=(READ,)), Card("b", "تقرير", "s", columns=(WRITTEN,))],
    [Arrow("a", "b", ("j",), ((READ, WRITTEN),))],
)


def events() -> LineageGraph:
    """Return a graph as events give it: ids with a separator that nobody can type, and paths of files."""
    return graph_of(
        [
            Card("s3://lake\x1fraw/2026/orders.csv", "orders.csv", "s3://lake raw/2026", "container", "s3://lake",
                 ("id",), full_name="s3://lake raw/2026/orders.csv"),
            Card("x", "x", "pg", full_name='pg."a.b".x'),
        ],
        [Arrow("s3://lake\x1fraw/2026/orders.csv", "x", ("j",))],
    )  # fmt: skip


def test_characters_that_reverse_or_hide_a_name_are_shown_as_such(drawn: Draw) -> None:
    page = drawn(graph_of([Card("a", "gnp\u202egpj.exe", "s\u2066", columns=("c\u200e",))], []))
    page.locator(".lineage-name").click()
    page.get_by_role("button", name="1 column of").click()
    shown = page.locator("section.lineage").inner_text()
    assert "gnp\\u202egpj.exe" in shown
    assert "c\\u200e" in shown
    assert not set("\u202e\u2066\u200e") & set(shown)


def test_an_arrow_between_names_in_arabic_still_leads_from_the_left_to_the_right(drawn: Draw) -> None:
    page = drawn(ARABIC)
    page.locator(".lineage-job").click()
    panel = page.locator(".lineage-panel")
    for names, where in (((READ, WRITTEN), "li"), (("جدول", "تقرير"), "h2")):
        source, target = (panel.locator(f"{where} bdi", has_text=name).last.bounding_box()["x"] for name in names)
        assert source < target


def test_the_whole_name_is_that_of_the_producer_or_the_catalogue(drawn: Draw) -> None:
    page = drawn(events())
    page.locator(".lineage-card", has_text="orders.csv").click()
    assert page.locator(".lineage-panel li", has_text="a.b").inner_text() == 'pg."a.b".x'
    assert page.get_by_role("button", name="Copy name").get_attribute("title") == "s3://lake raw/2026/orders.csv"


def test_the_name_is_copied(drawn: Draw) -> None:
    page = drawn(events())
    page.locator(".lineage-card", has_text="orders.csv").click()
    page.get_by_role("button", name="Copy name").click()
    page.get_by_role("button", name="Copied").wait_for()
    page.locator("input").focus()
    page.keyboard.press("Control+V")
    assert page.locator("input").input_value() == "s3://lake raw/2026/orders.csv"


@pytest.mark.parametrize(
    ("name", "title"),
    [("s3://lake raw/2026/orders.csv", "orders.csv"), ("s3://lake raw/2026/orders.csv.id", "orders.csv.id")],
)
def test_the_address_takes_the_whole_name(drawn: Draw, name: str, title: str) -> None:
    assert drawn(events(), name=f"#{name}").locator(".lineage-panel h2").inner_text() == title


def test_the_address_follows_the_selection(drawn: Draw) -> None:
    page = drawn(events())
    page.locator(".lineage-card", has_text="orders.csv").click()
    assert unquote(page.url).endswith("#s3://lake raw/2026/orders.csv")
    page.reload()
    assert page.locator(".lineage-panel h2").inner_text() == "orders.csv"
    page.keyboard.press("Escape")
    assert page.url.endswith("html#")


@pytest.mark.parametrize("text", ['pg."a.b".x', "s3://lake raw/2026/orders.csv"])
def test_a_name_that_was_copied_elsewhere_is_searched_for(drawn: Draw, text: str) -> None:
    page = drawn(events())
    page.locator("input").fill(text)
    assert page.locator(".count").inner_text() == "1 of 2"
    assert page.get_by_role("status").count() == 1


def test_a_hit_by_the_name_of_a_column_shows_the_column(drawn: Draw) -> None:
    page = drawn(graph_of([Card("a", "orders", columns=("id", "amount")), Card("b", "b")], [Arrow("a", "b")]))
    page.locator("input").fill("amou")
    page.keyboard.press("Enter")
    assert page.locator(".lineage-panel h2").inner_text() == "orders.amount"


def test_shift_and_enter_go_to_the_last_hit_first(drawn: Draw) -> None:
    page = drawn(graph_of([Card(name, name) for name in ("t1", "t2", "t3")], []))
    page.locator("input").fill("t")
    page.keyboard.press("Shift+Enter")
    assert page.locator(".count").inner_text() == "3 of 3"
