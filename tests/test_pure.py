"""Tests that are not repeated on another version of Airflow use nothing that differs there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: Airflow, and the modules of the package that are its faces or hide differences between its versions.
_AIRFLOW = re.compile(
    r"(airflow|openmetadata_ol_provider\.(conf|hooks|operators|sensors|triggers|version_compat|web))(\.|$)"
)
#: Fixture without which no test reaches Airflow's database.
_DATABASE = "airflow_db"


def left_out() -> list[Path]:
    """Return the folders and files that ``make test-airflow2`` leaves out."""
    (names,) = re.findall(r"^PURE +:= ((?:.*\\\n)*.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    return [ROOT / "tests" / name for name in names.replace("\\\n", " ").split()]


def used(path: Path) -> set[str]:
    """Return the modules that a file imports, also within functions, with the names it takes of them, and fixtures."""
    uses: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            uses.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            uses.update((str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)))
        elif isinstance(node, ast.FunctionDef):
            uses.update(argument.arg for argument in node.args.args)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "usefixtures":
            uses.update(str(getattr(argument, "value", "")) for argument in node.args)
    return uses


def reached(paths: list[Path]) -> Iterator[tuple[Path, str]]:
    """Yield what files use of Airflow, together with the files of the tests that they import."""
    waiting, done = list(paths), set[Path]()
    while waiting:
        path = waiting.pop()
        if path in done:
            continue
        done.add(path)
        for name in used(path):
            if _AIRFLOW.match(name) or name == _DATABASE:
                yield path, name
            modules = (ROOT / f"{name.replace('.', '/')}.py", path.parent / f"{name}.py")
            waiting += [module for module in modules if module.is_file() and (ROOT / "tests") in module.parents]


def test_what_is_left_out_on_another_airflow_uses_none() -> None:
    folders = left_out()
    assert [path for path in folders if not path.exists()] == []
    files = [file for path in folders for file in ([path] if path.is_file() else path.rglob("*.py"))]
    assert [f"{path.relative_to(ROOT)} uses {name}" for path, name in reached(files)] == []


@pytest.mark.parametrize(
    "text",
    [
        "def test_it():\n    from airflow.models.variable import Variable",
        "import openmetadata_ol_provider.version_compat",
        "from openmetadata_ol_provider import hooks",
        "def test_it(airflow_db): ...",
        "pytestmark = pytest.mark.usefixtures('airflow_db')",
    ],
)
def test_whatever_uses_airflow_is_noticed(text: str, tmp_path: Path) -> None:
    path = tmp_path / "test_it.py"
    path.write_text(text, encoding="utf-8")
    assert list(reached([path]))
