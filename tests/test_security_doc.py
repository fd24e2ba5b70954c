"""The threat model is whole: each defence has tests that are there, each bound is the one in the code."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

from tests.promises import NAMED_TEST, functions

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
PACKAGE = "openmetadata_ol_provider"
#: Rules of the linter against code that runs what it is given (exec, pickle, eval, XML, YAML, shells), opens any URL,
#: or does not verify TLS.
DANGEROUS = (
    "S102", "S301", "S302", "S307", "S310", "S313", "S314", "S318", "S319", "S501", "S502", "S506", "S602", "S604",
    "S605",
)  # fmt: skip


def rows(marker: str) -> list[list[str]]:
    """Return the cells of the table that follows a marker."""
    table = PAGE.partition(f"<!-- {marker} -->\n")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


def test_every_defence_has_tests_and_they_are_there() -> None:
    found = rows("threats")
    assert len(found) > 15
    for threat, defence, tests in found:
        named = [(match["file"], match["name"]) for match in NAMED_TEST.finditer(tests)]
        assert named, threat
        assert defence, threat
        # Nothing but tests in that column: a name that is misspelled would be no test.
        assert NAMED_TEST.sub("", tests).strip(", ") == "", threat
        assert [name for file, name in named if name not in functions(file)] == [], threat


def test_every_bound_is_that_of_the_code() -> None:
    for what, most, constants, reported in rows("bounds"):
        values = []
        for place in re.findall(r"`([\w.]+)`", constants):
            module, _, name = place.rpartition(".")
            value = getattr(import_module(f"{PACKAGE}.{module}"), name)
            values += value.values() if isinstance(value, dict) else [value]
        assert ", ".join(f"{value:,}" for value in values) == most, what
        assert reported


def test_every_bound_on_events_is_documented() -> None:
    module = import_module(f"{PACKAGE}.openlineage.limits")
    names = {name for name in vars(module) if name.startswith("MAX_")}
    assert {name for name in names if f"`openlineage.limits.{name}`" not in PAGE} == set()


def test_what_is_reported_is_what_the_code_says() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in (ROOT / PACKAGE).rglob("*.py"))
    kinds = {kind for row in rows("bounds") for kind in re.findall(r"`(\w+)`", row[3])}
    assert {kind for kind in kinds if f'"{kind}"' not in texts} == set()


def test_dangerous_calls_are_errors_of_the_linter() -> None:
    """The linter runs with these rules, and nobody is excepted but the one loader that is a safe one."""
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    selected = re.search(r"^select = \[(.*?)^\]", settings, re.MULTILINE | re.DOTALL)
    assert selected is not None
    assert '"S"' in selected[1]
    ignored = re.search(r"^ignore = \[(.*?)^\]", settings, re.MULTILINE | re.DOTALL)
    assert ignored is not None
    assert not re.search(rf'"({"|".join(DANGEROUS)})', ignored[1])
    excepted = [
        (path.name, found.strip())
        for path in (ROOT / PACKAGE).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        for found in re.findall(rf"noqa: (?:{'|'.join(DANGEROUS)}).*", line)
    ]
    assert excepted == [("loader.py", "noqa: S506 - a SafeLoader")]
    imported = {
        (name.name.partition(".")[0], path.name)
        for path in (ROOT / PACKAGE).rglob("*.py")
        if path.parent.name != "sandbox" and path.name != "demo_assets.py"  # the demo starts Airflow
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import)
        for name in node.names
    }
    risky = {"pickle", "marshal", "shelve", "subprocess", "xml", "ctypes"}
    # Calls of the C library with constants.
    assert {(name, path) for name, path in imported if name in risky} == {("ctypes", "freed_memory.py")}
