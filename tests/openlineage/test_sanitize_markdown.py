"""Descriptions keep their formatting and lose what a browser would run."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmetadata_ol_provider.openlineage.sanitize import neutralize_markdown

LAWS = settings(max_examples=500, deadline=None, derandomize=True, database=None)
PIECES = [
    "<",
    ">",
    "</",
    "script",
    "b",
    "[x](",
    ")",
    "javascript:",
    "data:",
    "https://a",
    "\n",
    " ",
    "&#106;",
    "[a]: ",
    "!",
    "\t",
]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)>"),
        ("<b onclick=x>y</b>", "&lt;b onclick=x>y</b>"),
        ("<sc<script>ript>", "&lt;sc&lt;script>ript>"),
        ("<!-- x --><?php", "&lt;!-- x -->&lt;?php"),
        ("[x](javascript:alert)", "[x](#)"),
        ("[x]( \n JaVaScRiPt:alert)", "[x]( \n #)"),
        ("[x](<java\tscript:alert>)", "[x](#\tscript:alert>)"),
        ("[x](&#106;avascript:alert)", "[x](#)"),
        ("![x](data:text/html,y)", "![x](#)"),
        ("[x]: vbscript:y\n[x]", "[x]: #\n[x]"),
        ("<javascript:alert>", "&lt;javascript:alert>"),
    ],
)
def test_what_a_browser_would_run_is_text(text: str, left: str) -> None:
    assert neutralize_markdown(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "a < b and c > d, x<=y, 1<2",
        "**bold** `code`.",
        "one<br/>two <b>three</b> <code>four</code>",
        "[docs](https://example.com/a_(b)?c=d#e) and [here](../models/x.md#y) <https://example.com> <mailto:a@b.c>",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "array[0]: the first",
    ],
)
def test_formatting_and_links_stay(text: str) -> None:
    assert neutralize_markdown(text) == text


@LAWS
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    once = neutralize_markdown(text)
    assert neutralize_markdown(once) == once
    assert "<script" not in once


@pytest.mark.parametrize("piece", PIECES)
def test_no_text_takes_long(piece: str) -> None:
    assert neutralize_markdown(piece * (200_000 // len(piece)))
