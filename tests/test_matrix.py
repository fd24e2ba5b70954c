"""Tests of the matrix of versions: what README claims is what the matrix runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import matrix

ROOT = Path(__file__).parents[1]


def claimed() -> list[tuple[str, str, str]]:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    table = page.partition(matrix.BEGIN)[2].partition(matrix.END)[0]
    return re.findall(r"^\| ([\d.]+) \| ([\d.]+) \| (.+) \|$", table, re.MULTILINE)


def test_readme_has_a_row_for_each_leg_and_none_that_failed() -> None:
    rows = claimed()
    assert [row[:2] for row in rows] == [leg[:2] for leg in matrix.LEGS]
    assert not [row for row in rows if "failed" in row[2]]


def test_the_python_versions_that_are_declared_are_those_that_were_run() -> None:
    ran = {python for _, python, outcome in claimed() if "passed" in outcome}
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert set(re.findall(r"Python :: (3\.\d+)", project)) == ran


def test_an_interpreter_is_found_if_it_starts() -> None:
    python = ".".join(map(str, sys.version_info[:2]))
    path = matrix.interpreter(python)
    assert path is not None
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith(f"Python {python}.")


def test_a_leg_without_an_interpreter_says_so() -> None:
    result = matrix.run(matrix.Leg("2.11", "3.1"), (), 1)
    assert (result.outcome, result.is_good) == ("not run: no Python 3.1 here", True)


def test_a_table_replaces_the_one_between_the_marks() -> None:
    page = f"before\n{matrix.BEGIN}\nold\n{matrix.END}\nafter\n"
    result = matrix.Result(matrix.Leg("3.0", "3.11"), "5 passed", is_good=True)
    written = matrix.with_table(page, matrix.table([result]))
    assert "old" not in written
    assert "| 3.0 | 3.11 | 5 passed |" in written
    assert written.startswith("before\n")
    assert written.endswith("\nafter\n")
    with pytest.raises(ValueError, match="versions: begin"):
        matrix.with_table("no marks", "")
