"""Write the column "Held by" of docs/promises.md from the tests' marks: ``python -m tests.promises``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "promises.md"
#: A test as pages name it: ``file.py::test_name`` in backticks.
NAMED_TEST = re.compile(r"`(?P<file>[\w/]+\.py)::(?P<name>test_\w+)`")
_ROW = re.compile(r"\| (?P<row>[AC]\d+) \| (?P<promise>.+) \| (?P<held_by>.+) \|$")


def marked(mark: str = "promise") -> Iterator[tuple[str, str]]:
    """Yield each row that a test is marked with, and the test as ``file::name``.

    :param mark: name of the mark, whose arguments are the rows
    """
    for path in sorted(TESTS.rglob("test_*.py")):
        file = path.relative_to(TESTS).as_posix()
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from ((row, f"{file}::{node.name}") for row in _rows(node, mark))


def held_by() -> dict[str, list[str]]:
    """Return the tests that hold each row, in the order of their files."""
    tests: dict[str, list[str]] = {}
    for row, test in marked():
        tests.setdefault(row, []).append(test)
    return tests


def page() -> str:
    """Return the page with the tests that hold each row; a row without tests keeps what it says."""
    tests = held_by()
    return "".join(_with_tests(line, tests) for line in PAGE.read_text(encoding="utf-8").splitlines(keepends=True))


def rows() -> dict[str, str]:
    """Return what the page says holds each row."""
    found = (_ROW.match(line) for line in PAGE.read_text(encoding="utf-8").splitlines())
    return {match["row"]: match["held_by"] for match in found if match}


def functions(file: str) -> set[str]:
    """Return the names of the functions at the top level of a file.

    :param file: path below ``tests``
    """
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def _with_tests(line: str, tests: dict[str, list[str]]) -> str:
    match = _ROW.match(line.rstrip("\n"))
    if match is None or match["row"] not in tests:
        return line
    column = ", ".join(f"`{test}`" for test in tests[match["row"]])
    return f"| {match['row']} | {match['promise']} | {column} |\n"


def _rows(node: ast.FunctionDef | ast.AsyncFunctionDef, mark: str) -> Iterator[str]:
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == f"pytest.mark.{mark}":
            yield from (argument.value for argument in decorator.args if isinstance(argument, ast.Constant))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
