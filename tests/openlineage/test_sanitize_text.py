"""Text that is shown is one line, of bounded length, without credentials, and the same when it is shown again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmetadata_ol_provider.openlineage.sanitize import MAX_SHOWN, printable, safe_text

LAWS = settings(max_examples=300, deadline=None, derandomize=True, database=None)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\nb\r\nc\td", r"a\nb\r\nc\td"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("\x9b31m\x7f\x00", r"\x9b31m\x7f\x00"),
        ("abc\u202egnp.exe\u2028", r"abc\u202egnp.exe\u2028"),
        ("\ud800", r"\ud800"),
        ("Größe 表 😀", "Größe 表 😀"),
    ],
)
def test_no_character_does_anything_but_be_seen(text: str, seen: str) -> None:
    assert printable(text) == seen


@LAWS
@given(st.text(max_size=60), st.integers(20, 50))
def test_what_is_shown_is_bounded_and_shown_again_the_same(text: str, most: int) -> None:
    once = safe_text(text, most)
    assert len(once) <= most
    assert once.isprintable() or not text.isprintable()
    assert safe_text(once, most) == once


def test_of_what_is_too_long_the_middle_is_left_out() -> None:
    text = safe_text("begin" + "x" * 1_000_000 + "end")
    assert (text[:5], text[-3:], len(text)) == ("begin", "end", MAX_SHOWN)


def test_a_credential_is_not_cut_in_two_and_missed() -> None:
    for length in range(1, 2 * MAX_SHOWN):
        assert "p4ss" not in safe_text("x" * length + " postgres://etl:p4ssw0rd@db " + "x" * MAX_SHOWN)
