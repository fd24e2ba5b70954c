"""The picture of lineage as a page of its own, in Chromium: its address says what it shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openmetadata_ol_provider.picture.graph import Arrow, Card, graph_of
from openmetadata_ol_provider.picture.page import as_page
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.sandbox.catalogue_page import catalogue_page

GRAPH = graph_of(
    [
        Card("s.d.public.orders", "orders", "s.d.public", "table", columns=("id", "amount")),
        Card("s.d.public.totals", "totals", "s.d.public", "table", columns=("total", "note")),
        Card("s.d.public.other", "other", "s.d.public", "table"),
    ],
    [Arrow("s.d.public.orders", "s.d.public.totals", ("etl:totals",), (("amount", "total"),))],
)


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Any:
    """Return a function that opens the picture at an address."""
    file = tmp_path / "lineage.html"
    file.write_text(as_page(GRAPH, "t"), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1000, "height": 600})

    def show(name: str) -> Any:
        page.goto("about:blank")
        page.goto(f"{file.as_uri()}#{name}")
        return page

    yield show
    page.close()


def test_the_address_names_the_dataset_that_is_shown(opened: Any) -> None:
    page = opened("s.d.public.totals")
    assert page.locator(".lineage-panel h2").inner_text() == "totals"
    assert page.locator(".lineage-card.on .lineage-name").all_inner_texts() == ["orders", "totals"]


def test_the_address_names_the_column_that_is_traced(opened: Any) -> None:
    page = opened("s.d.public.totals.total")
    assert page.locator(".lineage-panel h2").inner_text() == "totals.total"
    assert page.locator(".lineage-columns li.on").all_inner_texts() == ["amount", "total"]
    assert "orders.amount" in page.locator(".lineage-panel").inner_text()


def test_the_panel_says_that_a_column_has_no_lineage(opened: Any) -> None:
    assert "no column lineage" in opened("s.d.public.totals.note").locator(".lineage-panel").inner_text()


@pytest.mark.parametrize("name", ["", "nothing", "%E0%A4%A"])
def test_any_other_address_shows_everything(opened: Any, name: str) -> None:
    page = opened(name)
    assert page.locator(".lineage-panel").is_hidden()
    assert page.locator(".lineage-card").count() == 3


def test_the_panel_does_not_cover_what_is_shown(opened: Any) -> None:
    page = opened("s.d.public.totals")
    right = max(
        box["x"] + box["width"] for box in (card.bounding_box() for card in page.locator(".lineage-card.on").all())
    )
    assert right < page.locator(".lineage-panel").bounding_box()["x"]


def test_a_card_that_is_clicked_and_what_is_fitted_are_not_under_the_panel(opened: Any) -> None:
    page = opened("")
    card, panel = page.locator(".lineage-card", has_text="totals"), page.locator(".lineage-panel")
    card.click()
    left = panel.bounding_box()["x"]
    assert card.bounding_box()["x"] + card.bounding_box()["width"] < left
    page.get_by_role("button", name="Show everything").click()
    boxes = [one.bounding_box() for one in page.locator(".lineage-card").all()]
    assert max(box["x"] + box["width"] for box in boxes) < left


@pytest.mark.parametrize("width", [360, 480])
def test_the_bar_of_a_narrow_window_covers_no_card(opened: Any, width: int) -> None:
    page = opened("")
    page.set_viewport_size({"width": width, "height": 300})
    page.reload()
    bar = page.locator(".lineage-bar").bounding_box()
    assert bar["height"] > 50, "the bar has several lines"
    tops = [card.bounding_box()["y"] for card in page.locator(".lineage-card").all()]
    assert min(tops) >= bar["y"] + bar["height"]


def test_keys_work_wherever_the_focus_is(opened: Any) -> None:
    page = opened("")
    page.keyboard.press("/")
    page.keyboard.type("amount")
    assert page.locator(".lineage-bar .count").inner_text() == "1 of 3"
    page.keyboard.press("Enter")
    assert page.locator(".lineage-panel h2").inner_text() == "orders.amount"
    page.keyboard.press("Escape")
    assert page.locator(".lineage-panel").is_hidden()


def test_a_large_picture_begins_with_names_that_can_be_read(browser: Any, tmp_path: Path) -> None:
    cards = [Card(f"s.{number}", f"table_{number}") for number in range(200)]
    file = tmp_path / "large.html"
    arrows = [Arrow("s.0", card.id) for card in cards[1:]]
    file.write_text(as_page(graph_of(cards, arrows), "t"), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1000, "height": 600})
    page.goto(file.as_uri())
    card = page.locator(".lineage-card").nth(1)
    assert card.bounding_box()["width"] > 100
    page.get_by_role("button", name="Show everything").click()
    assert card.bounding_box()["width"] < 100
    page.close()


def test_paper_has_the_whole_picture_in_light_colours_and_nothing_to_press(browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "lineage.html"
    file.write_text(as_page(GRAPH, "Lineage of orders"), encoding="utf-8")
    page = browser.new_page(color_scheme="dark")
    page.goto(f"{file.as_uri()}#s.d.public.totals")
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".lineage-bar button").first.is_hidden()
    assert page.locator(".lineage-panel").is_hidden()
    assert page.get_by_role("heading", name="Lineage of orders").is_visible()
    colour = "item => getComputedStyle(item).backgroundColor"
    assert page.locator("section.lineage").evaluate(colour) == "rgb(255, 255, 255)"
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_of_the_sandbox_follows_the_theme_of_the_browser(browser: Any, tmp_path: Path, theme: str) -> None:
    file = tmp_path / "catalogue.html"
    with CatalogueServer() as catalogue:
        file.write_text(catalogue_page(catalogue), encoding="utf-8")
    page = browser.new_page(color_scheme=theme)
    page.goto(file.as_uri())
    colour = "item => getComputedStyle(item).backgroundColor"
    backgrounds = {page.locator(name).evaluate(colour) for name in ("body", "section.lineage")}
    page.close()
    assert (backgrounds == {"rgb(17, 22, 29)"}) == (theme == "dark")
