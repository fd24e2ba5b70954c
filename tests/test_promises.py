"""Every promise of docs/promises.md is held by a test that is marked with it."""

from __future__ import annotations

import re

from tests import promises

ROWS = [
    *(f"A{number}" for number in (*range(1, 92), *range(103, 178))),
    *(f"A{number}" for number in range(191, 195)),
    *(f"A{number}" for number in range(203, 207)),
    *(f"A{number}" for number in range(220, 228)),
    *(f"A{number}" for number in range(240, 244)),
    *(f"A{number}" for number in range(260, 263)),
    *(f"A{number}" for number in range(290, 300)),
    *(f"C{number}" for number in (*range(11, 46), 51, 52, 53, *range(56, 60), *range(70, 75), *range(80, 86))),
]
#: Marked for a row that no test holds yet.
_NOT_YET = re.compile(r"not yet: \w+")


def test_every_row_is_in_the_table_once() -> None:
    assert list(promises.rows()) == ROWS


def test_every_row_is_held_by_a_test_or_says_why_not_yet() -> None:
    tests = promises.held_by()
    unheld = {row: text for row, text in promises.rows().items() if row not in tests}
    assert [row for row, text in unheld.items() if not _NOT_YET.fullmatch(text)] == []


def test_every_mark_names_a_row() -> None:
    assert set(promises.held_by()) - set(ROWS) == set()


def test_the_page_is_made_from_the_marks() -> None:
    assert promises.page() == promises.PAGE.read_text(encoding="utf-8"), "run: python -m tests.promises"


def test_every_test_of_a_promises_folder_is_marked() -> None:
    marked = {test for _, test in promises.marked()}
    files = sorted(promises.TESTS.rglob("promises/test_*.py"))
    names = [
        f"{path.relative_to(promises.TESTS).as_posix()}::{name}"
        for path in files
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert names
    assert [name for name in names if name not in marked] == []
