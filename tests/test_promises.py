"""The table of promises is whole, and each promise is held by a test that is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "promises.md"
ROWS = [
    *(f"A{number}" for number in (*range(1, 92), *range(103, 178))),
    *(f"C{number}" for number in range(11, 46)),
]
_TEST = re.compile(r"`(?P<file>[\w/]+\.py)::(?P<name>test_\w+)`")
_NOT_YET = re.compile(r"not yet: \w+")


class Row(NamedTuple):
    """A line of the table."""

    number: str
    promise: str
    held_by: str

    @property
    def tests(self) -> list[tuple[str, str]]:
        """File and name of the tests that hold it."""
        return [(found["file"], found["name"]) for found in _TEST.finditer(self.held_by)]


def table() -> list[Row]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    cells = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| [AC]\d", line))
    return [Row(*found) for found in cells]


def functions(file: str) -> dict[str, str]:
    """Return the source of the tests of a file, the comment at their end included."""
    text = (TESTS / file).read_text(encoding="utf-8")
    lines = text.splitlines()
    return {
        node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno])
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def marks(source: str) -> set[str]:
    """Return the rows that a test says it is for."""
    return {row for line in source.splitlines() for row in re.findall(r"\b[AC]\d+\b", line.partition("  # ")[2])}


def promise_tests() -> Iterator[tuple[str, str, str]]:
    """Yield file, name and source of the tests that were written row by row."""
    for path in sorted(TESTS.glob("*/promises/test_*.py")):
        file = path.relative_to(TESTS).as_posix()
        for name, source in functions(file).items():
            if name.startswith("test_"):
                yield file, name, source


def test_every_row_is_in_the_table_once() -> None:
    assert [row.number for row in table()] == ROWS


def test_every_row_has_a_promise_and_a_test_or_says_why_not_yet() -> None:
    assert [row.number for row in table() if not row.promise] == []
    assert [row.number for row in table() if not row.tests and not _NOT_YET.fullmatch(row.held_by)] == []


def test_every_test_that_the_table_names_is_there_and_is_for_that_row() -> None:
    sources = {file: functions(file) for row in table() for file, _ in row.tests}
    missing = [(row.number, test) for row in table() for test in row.tests if test[1] not in sources[test[0]]]
    assert missing == []
    others = [
        (row.number, name)
        for row in table()
        for file, name in row.tests
        if "/promises/" in file and row.number not in marks(sources[file][name])
    ]
    assert others == []


def test_every_promise_test_says_its_row_and_the_row_has_it() -> None:
    held = {(row.number, file, name) for row in table() for file, name in row.tests}
    found = [(file, name, marks(source)) for file, name, source in promise_tests()]
    assert found
    assert [(file, name) for file, name, rows in found if not rows] == []
    assert [(row, name) for file, name, rows in found for row in rows if (row, file, name) not in held] == []
