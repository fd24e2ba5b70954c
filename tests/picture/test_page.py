"""The page holds everything itself, and nothing that events bring becomes markup."""

from __future__ import annotations

import json
import re

from openmetadata_ol_provider.picture.graph import Arrow, Card, graph_of
from openmetadata_ol_provider.picture.page import as_data, as_fragment, as_page, as_section, script, style

HOSTILE = '</script><script>alert("x")</script><!-- & \u2028'


def data_of(page: str) -> dict:  # type: ignore[type-arg]
    (text,) = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    loaded: dict = json.loads(text)  # type: ignore[type-arg]
    return loaded


def test_the_page_loads_nothing_from_elsewhere() -> None:
    page = as_page(graph_of([Card("a", "a")], []), "t")
    assert (
        re.findall(r"""<[a-z]+ [^>]*(?:src|href)=|@import|url\((?!#)|https?://(?!www\.w3\.org/2000/svg)""", page) == []
    )
    assert "default-src 'none'" in page


def test_hostile_names_stay_data() -> None:
    graph = graph_of(
        [Card(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, (HOSTILE,), HOSTILE, "javascript:1")],
        [Arrow(HOSTILE, "b", (HOSTILE,), ((HOSTILE, "c"),))],
    )
    page = as_page(graph, HOSTILE, HOSTILE)
    assert page.count("<script") == page.count("</script>") == 2
    (card, _) = data_of(page)["cards"]
    assert (card["name"], card["columns"]) == (HOSTILE, [HOSTILE])
    assert "<title>&lt;/script&gt;" in page


def test_a_section_leaves_style_and_script_to_its_page() -> None:
    section = as_section(graph_of([], []), "t", focus="a")
    assert re.findall(r"<(?:script|style)[^>]*>", section) == ['<script type="application/json">']
    assert as_fragment(graph_of([], []), "t") == (
        f"<style>{style()}</style>{as_section(graph_of([], []), 't')}<script>{script()}</script>"
    )


def test_arrows_of_one_pair_are_joined_and_give_their_columns_to_the_cards() -> None:
    graph = graph_of(
        [Card("a", "a", columns=("x",))],
        [Arrow("a", "b", ("j1",), (("x", "y"),)), Arrow("a", "b", ("j2", "j1"), (("z", "y"), ("x", "y")))],
    )
    assert graph.arrows == [Arrow("a", "b", ("j1", "j2"), (("x", "y"), ("z", "y")))]
    assert {card.id: card.columns for card in graph.cards.values()} == {"a": ("x", "z"), "b": ("y",)}


def test_systems_have_colours_of_their_own() -> None:
    cards = [Card(str(number), "n", system=f"s{number}") for number in range(30)]
    systems = as_data(graph_of(cards, []))["systems"]
    assert len({colour for _, colour in systems}) == 30
