"""The picture with the keyboard and a screen reader: everything is reached, and the focus is never lost."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openmetadata_ol_provider.picture.graph import Arrow, Card, graph_of
from openmetadata_ol_provider.picture.page import as_fragment

Draw = Callable[..., Any]

GRAPH = graph_of(
    [Card("z", "z", "s", columns=("id",)), Card("a", "a", "s", columns=("id",))],
    [Arrow("z", "a", ("etl:load",), (("id", "id"),))],
)
FOCUSED = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText"


def test_the_keyboard_goes_through_the_cards_as_they_stand_and_to_the_jobs(drawn: Draw) -> None:
    page = drawn(GRAPH)
    page.get_by_role("button", name="Light or dark").focus()
    seen = []
    for _ in range(5):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUSED))
    assert seen == ["table s.z", "1 column of z", "table s.a", "1 column of a", "load"]


def test_nothing_that_is_pressed_is_inside_of_something_that_is_pressed(drawn: Draw) -> None:
    page = drawn(GRAPH)
    page.get_by_role("button", name="Show or hide all columns").click()
    pressed = "button, a, [role=button], [tabindex='0']"
    assert page.locator(f":is({pressed}) :is({pressed})").count() == 0
    assert page.locator(".lineage-columns li.linked button").count() == 2


def test_the_focus_goes_to_what_is_said_of_a_card_and_back(drawn: Draw) -> None:
    page = drawn(GRAPH)
    page.get_by_role("button", name="table s.z").focus()
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUSED) == "table z"
    assert page.get_by_role("button", name="table s.z").get_attribute("aria-pressed") == "true"
    page.locator(".lineage-panel").get_by_role("button", name="s.a").focus()
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUSED) == "table a"
    page.keyboard.press("Escape")
    assert page.evaluate(FOCUSED) == "table s.a"


def test_keys_of_the_browser_are_left_to_it(drawn: Draw) -> None:
    page = drawn(GRAPH)
    sheet = page.locator(".lineage-sheet")
    before = sheet.get_attribute("style")
    for key in ("Control+Minus", "Control+0", "Alt+ArrowLeft"):
        page.evaluate("document.addEventListener('keydown', (event) => event.preventDefault(), true)")
        page.keyboard.press(key)
    assert sheet.get_attribute("style") == before
    page.keyboard.press("-")
    assert sheet.get_attribute("style") != before


def test_a_long_list_in_the_panel_is_scrolled_by_the_arrow_keys(drawn: Draw) -> None:
    columns = tuple(f"column_{number}" for number in range(200))
    page = drawn(graph_of([Card("a", "a", columns=columns)], []), name="#a")
    before = page.locator(".lineage-sheet").get_attribute("style")
    page.locator(".lineage-panel").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function("document.querySelector('.lineage-panel').scrollTop > 0")
    assert page.locator(".lineage-sheet").get_attribute("style") == before


def test_a_card_that_gets_the_focus_comes_into_view(drawn: Draw) -> None:
    cards = [Card(f"c{number:02}", f"c{number:02}") for number in range(20)]
    arrows = [Arrow(one.id, two.id, ("j",)) for one, two in itertools.pairwise(cards)]
    page = drawn(graph_of(cards, arrows))
    last = page.locator(".lineage-card", has_text="c19")
    page.get_by_role("button", name="table c19").focus()
    box = last.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1000
    assert page.locator(".lineage-bar").bounding_box()["x"] == 0
    assert page.evaluate("document.querySelector('section').scrollLeft") == 0


def test_texts_and_lines_have_enough_contrast_in_both_themes(drawn: Draw) -> None:
    for theme in ("light", "dark"):
        page = drawn(GRAPH, color_scheme=theme)
        colours = page.locator("section.lineage").evaluate(
            "item => Object.fromEntries(['back', 'card', 'pick', 'text', 'dim', 'on', 'edge', 'field']"
            ".map(name => [name, getComputedStyle(item).getPropertyValue('--' + name).trim()]))"
        )
        for background in ("back", "card", "pick"):
            for text in ("text", "dim", "on"):
                assert contrast(colours[text], colours[background]) >= 4.5, (theme, text, background)
        assert contrast(colours["edge"], colours["back"]) >= 3, theme
        assert contrast(colours["field"], colours["card"]) >= 3, theme


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, as WCAG defines it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("key", ["", "Control"])
def test_in_a_page_of_somebody_else_the_wheel_scrolls_that_page(browser: Any, tmp_path: Path, key: str) -> None:
    file = tmp_path / "page.html"
    file.write_text(f"<!doctype html>{as_fragment(GRAPH, 't')}<p style='height:3000px'>", encoding="utf-8")
    page = browser.new_page(viewport={"width": 800, "height": 600})
    page.goto(file.as_uri())
    before = page.locator(".lineage-sheet").get_attribute("style")
    page.mouse.move(400, 300)
    if key:
        page.keyboard.down(key)
    page.mouse.wheel(0, 200)
    page.wait_for_timeout(300)
    is_same = page.locator(".lineage-sheet").get_attribute("style") == before
    scrolled = page.evaluate("scrollY") > 0
    page.close()
    assert (scrolled, is_same) == ((False, False) if key else (True, True))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_in_a_page_without_a_theme_the_picture_has_that_of_the_system(browser: Any, tmp_path: Path, theme: str) -> None:
    file = tmp_path / "page.html"
    file.write_text(f"<!doctype html>{as_fragment(GRAPH, 't')}", encoding="utf-8")
    page = browser.new_page(color_scheme=theme)
    page.goto(file.as_uri())
    section = page.locator("section.lineage")
    background = section.evaluate("item => getComputedStyle(item).backgroundColor")
    headings = page.locator("h1").count()
    page.close()
    assert (background == "rgb(17, 22, 29)") == (theme == "dark")
    assert headings == 0, "the page has its own"
