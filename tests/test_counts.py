"""Texts say ``1 message`` and ``2 messages``: numbers have their nouns from one function."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from openmetadata_ol_provider.openlineage.listing import counted

PACKAGE = Path(__file__).parents[1] / "openmetadata_ol_provider"
#: Words in the plural that follow a number in texts for people.
NOUNS = """
batches characters checks columns datasets edges entities entries events facts groups inputs items jobs lanes letters
messages offsets outputs owners pairs partitions pipelines problems replays requests rows runs services sources steps
tables tasks times topics tries warnings
"""
_AFTER = re.compile(rf" (?:(?!of )\w+ )?(?:{'|'.join(NOUNS.split())})\b")
_FORMATTED = re.compile(rf"%d (?:(?!of )\w+ )?(?:{'|'.join(NOUNS.split())})\b")
#: What is more than one wherever the text is shown (limits, and what exceeds them), or no number.
ALLOWED = re.compile(
    "MAX_|MOST_AT_ONCE|MOST_TIMES|ATTEMPTS|PARTITIONS|_BULK_LIMIT|len\\((items|text|names)\\)|self.min_events|"
    "events sent|texts|mismatch|item.service|index|version takes|pipelines were asked"
)


def counts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and text of each number with a plural after it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            for value, rest in zip(node.values, node.values[1:], strict=False):
                is_text = isinstance(rest, ast.Constant) and isinstance(rest.value, str)
                if isinstance(value, ast.FormattedValue) and is_text and _AFTER.match(rest.value):
                    yield node.lineno, f"{ast.unparse(value.value)}{rest.value[:40]}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            for match in _FORMATTED.finditer(node.value):
                yield node.lineno, match.group()


def test_no_text_has_a_number_and_a_plural_that_is_always_one() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)}:{line}: {text}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line, text in counts(ast.parse(path.read_text(encoding="utf-8")))
        if not ALLOWED.search(text)
    ]
    assert wrong == []


def test_the_search_finds_them() -> None:
    tree = ast.parse('f"{number} more messages"\nlog.info("%d events to read", n)\nf"{counted(n, noun)} read"')
    assert [text for _, text in counts(tree)] == ["number more messages", "%d events"]


@pytest.mark.parametrize(
    ("number", "words", "expected"),
    [
        (0, ("message",), "0 messages"),
        (1, ("message",), "1 message"),
        (2, ("message",), "2 messages"),
        (1, ("try", "tries"), "1 try"),
        (3, ("try", "tries"), "3 tries"),
    ],
)
def test_one_is_singular(number: int, words: tuple[str, ...], expected: str) -> None:
    assert counted(number, *words) == expected
