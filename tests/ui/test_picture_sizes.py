"""The picture of few and many datasets, with many columns, on a small screen, and of lineage that goes in circles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from openmetadata_ol_provider.picture.graph import Arrow, Card, LineageGraph, graph_of

Draw = Callable[..., Any]


def chain(number: int, **card: Any) -> LineageGraph:
    """Return a graph in which each dataset is made from the one before."""
    cards = [Card(f"c{index}", f"customers_{index}", **card) for index in range(number)]
    return graph_of(cards, [Arrow(f"c{index}", f"c{index + 1}", ("j",)) for index in range(number - 1)])


def test_names_of_a_large_picture_can_be_read_when_it_opens(drawn: Draw) -> None:
    page = drawn(chain(40, path="s.d"), 1440, 900)
    name = page.locator(".lineage-far").first
    scale = float(page.locator("section.lineage").evaluate("item => item.style.getPropertyValue('--scale')"))
    assert scale < 0.5
    size = float(name.evaluate("item => parseFloat(getComputedStyle(item).fontSize)")) * scale
    assert size >= 11
    # Nothing of it is cut: an underscore is the lowest sign.
    assert name.evaluate("item => item.scrollHeight <= item.clientHeight + 1")


def test_from_nearby_a_card_has_its_path(drawn: Draw) -> None:
    page = drawn(chain(2, path="s.d"))
    assert page.locator(".lineage-far").first.is_hidden()
    assert page.locator(".lineage-path").first.evaluate("item => getComputedStyle(item).opacity") == "1"


def test_a_picture_that_is_too_tall_begins_at_its_first_source(drawn: Draw) -> None:
    cards = [Card("hub", "hub"), *(Card(f"c{number}", f"c{number}") for number in range(200))]
    page = drawn(graph_of(cards, [Arrow("hub", card.id, ("j",)) for card in cards[1:]]))
    box = page.locator(".lineage-card", has_text="hub").bounding_box()
    assert 60 < box["y"] < 540


def test_a_table_with_hundreds_of_columns_shows_some_first_those_with_lineage_among_them(drawn: Draw) -> None:
    columns = tuple(f"column_{number:03}" for number in range(400))
    cards = [Card("a", "wide", columns=columns), Card("b", "target", columns=("x",))]
    page = drawn(graph_of(cards, [Arrow("a", "b", ("j",), (("column_350", "x"),))]))
    page.get_by_role("button", name="400 columns of wide").click()
    card = page.locator(".lineage-card", has_text="wide")
    rows = card.locator(".lineage-columns li:not(.more)")
    assert rows.count() == 25
    assert "column_350" in rows.all_inner_texts()
    card.get_by_role("button", name="375 more").click()
    assert rows.all_inner_texts() == list(columns)


def test_columns_that_are_traced_are_shown_however_many_there_are(drawn: Draw) -> None:
    columns = tuple(f"column_{number:03}" for number in range(400))
    pairs = tuple((name, name) for name in columns)
    cards = [Card("a", "wide", columns=columns), Card("b", "target", columns=columns)]
    page = drawn(graph_of(cards, [Arrow("a", "b", ("j",), pairs)]), name="#wide.column_399")
    assert page.locator(".lineage-columns li.on").all_inner_texts() == ["column_399", "column_399"]


def test_a_long_name_is_cut_on_the_card_and_whole_in_the_panel(drawn: Draw) -> None:
    name = "a_long_name_" * 20
    page = drawn(graph_of([Card("a", name, "s")], []))
    card = page.locator(".lineage-card")
    assert card.bounding_box()["height"] < 120
    assert card.get_attribute("title") == f"s.{name}"
    card.click()
    assert page.locator(".lineage-panel h2").inner_text() == name


def test_an_arrow_that_closes_a_circle_passes_below_the_cards(drawn: Draw) -> None:
    page = drawn(graph_of([], [Arrow("a", "b", ("j",)), Arrow("b", "c", ("k",)), Arrow("c", "a", ("back",))]))
    boxes = [card.bounding_box() for card in page.locator(".lineage-card").all()]
    lowest = max(box["y"] + box["height"] for box in boxes)
    paths = [path.bounding_box() for path in page.locator(".lineage-edge").all()]
    (back,) = [box for box in paths if box["y"] + box["height"] > lowest]
    assert back["x"] >= 0
    assert back["x"] + back["width"] <= 1000
    assert page.locator(".lineage-job", has_text="back").bounding_box()["y"] > lowest - 10


@pytest.mark.parametrize(("width", "height"), [(390, 800), (1000, 600)])
def test_the_legend_of_many_systems_covers_little(drawn: Draw, width: int, height: int) -> None:
    cards = [Card(str(number), "t", system=f"a_system_with_a_name_{number}") for number in range(30)]
    legend = drawn(graph_of(cards, []), width, height).locator(".lineage-legend")
    assert legend.bounding_box()["height"] < 90
    assert legend.locator("span").count() == 30


def test_on_a_telephone_the_panel_leaves_the_card_visible(drawn: Draw) -> None:
    page = drawn(chain(5), 390, 800, name="#c3", has_touch=True)
    panel, card = page.locator(".lineage-panel").bounding_box(), page.locator(".lineage-card.pick").bounding_box()
    assert panel["width"] > 350
    assert panel["height"] < 400
    assert card["y"] + card["height"] <= panel["y"]
    assert card["x"] >= 0
    assert card["x"] + card["width"] <= 390


def test_paper_has_paths_and_jobs_too(drawn: Draw) -> None:
    page = drawn(chain(5, path="s.d"), 600, 400)
    page.emulate_media(media="print")
    shown = "item => [item.offsetWidth > 0, getComputedStyle(item).opacity]"
    assert page.locator(".lineage-job").first.evaluate(shown) == [True, "0"]
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    for name in (".lineage-path", ".lineage-job"):
        assert page.locator(name).first.evaluate(shown) == [True, "1"]
