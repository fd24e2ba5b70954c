"""Writes a picture of lineage as HTML: a whole page, or a fragment for a page of somebody else.

Everything is inside: no script, font or style comes from elsewhere. All texts of a graph are data for the script, which
sets them as text, never as markup.
"""

from __future__ import annotations

import colorsys
import json
from collections.abc import Iterable
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from openmetadata_ol_provider.picture.graph import Card, LineageGraph
from openmetadata_ol_provider.picture.layout import arrange

_SCRIPTS = ("text.js", "geometry.js", "focus.js", "cards.js", "panel.js", "bar.js", "viewport.js", "picture.js")
#: Angle between the hues of systems that follow one another: the golden angle keeps any number of them apart.
_GOLDEN = 0.381966


def as_page(graph: LineageGraph, title: str, note: str = "", focus: str = "") -> str:
    """Return a self-contained page.

    :param title: heading of the page
    :param note: one line below the heading, for example where the lineage comes from
    :param focus: id of the card that is selected at first, unless the page's address names another; default: none
    """
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>body{{margin:0}}@page{{size:landscape;margin:1cm}}</style></head><body>"
        f"{as_fragment(graph, title, note=note, full=True, focus=focus)}</body></html>\n"
    )


def as_fragment(graph: LineageGraph, title: str, *, note: str = "", full: bool = False, focus: str = "") -> str:
    """Return the picture as part of a page, with its style and its script.

    :param full: ``True`` if it fills the window and brings its heading and a switch between light and dark
    :param focus: id of the card that is selected at first; default: none
    """
    section = as_section(graph, title, note=note, full=full, focus=focus)
    return f"<style>{style()}</style>{section}<script>{script()}</script>"


def as_section(graph: LineageGraph, title: str, *, note: str = "", full: bool = False, focus: str = "") -> str:
    """Return the picture as part of a page that loads :func:`style` and, after it, :func:`script` itself.

    :param focus: id of the card that is in focus at first; default: none
    """
    data = {"title": title, "note": note, "full": full, "focus": focus, **as_data(graph)}
    # In a script element "<" could end the element or begin a comment.
    text = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    return (
        f'<section class="lineage{" full" if full else ""}" aria-label="{escape(title)}">'
        f'<script type="application/json">{text}</script>'
        "<noscript><p>This picture is drawn by a script, and scripts are switched off.</p></noscript></section>"
    )


def style() -> str:
    """Return the style sheet of pictures."""
    return _asset("picture.css")


def script() -> str:
    """Return the script that draws every picture of a page."""
    parts = "\n".join(_asset(name) for name in _SCRIPTS)
    return f"(() => {{ 'use strict';\n{parts}\n}})();"


def as_data(graph: LineageGraph) -> dict[str, Any]:
    """Return a graph as JSON values: cards with positions and colours, arrows, and the systems of the legend."""
    arrangement = arrange(graph)
    colours = _colours(card.system for card in graph.cards.values())
    cards = [
        {
            **card._asdict(),
            "full_name": _full_name(card),
            **arrangement.cards[card.id]._asdict(),
            "colour": colours[card.system],
        }
        for card in graph.cards.values()
    ]
    arrows = [
        {**arrow._asdict(), "via": [at._asdict() for at in arrangement.waypoints.get((arrow.source, arrow.target), ())]}
        for arrow in graph.arrows
    ]
    return {"cards": cards, "arrows": arrows, "systems": [[name, colour] for name, colour in sorted(colours.items())]}


def _full_name(card: Card) -> str:
    return card.full_name or ".".join(part for part in (card.path, card.name) if part)


def _colours(systems: Iterable[str]) -> dict[str, str]:
    colours = {}
    for number, name in enumerate(sorted(set(systems))):
        red, green, blue = colorsys.hls_to_rgb((0.58 + number * _GOLDEN) % 1, 0.52, 0.55)
        colours[name] = f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
    return colours


@cache
def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
