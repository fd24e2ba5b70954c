"""The table of problems in docs/troubleshooting.md is that of the code, and the code knows no other kinds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "openmetadata_ol_provider"
#: Kinds that are not a member of ProblemKind where a problem is made: the expression there.
PASSED_ON = {"kind", "*problem"}


def made() -> Iterator[ast.expr]:
    """Yield the kinds of all problems that are made, as they are written in the code."""
    for path in sorted(PACKAGE.rglob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        # Functions of this file that pass a kind on to a problem.
        makers = {"Problem", "add_problem"} | {
            node.name
            for node in nodes
            if isinstance(node, ast.FunctionDef) and {"kind", "detail"} <= {item.arg for item in node.args.args}
        }
        for node in nodes:
            called = getattr(node, "func", None)
            name = getattr(called, "attr", getattr(called, "id", ""))
            if isinstance(node, ast.Call) and name in makers:
                yield next((word.value for word in node.keywords if word.arg == "kind"), *node.args[:1])


def test_every_problem_is_made_of_a_member_and_every_member_is_used() -> None:
    spelled = {ast.unparse(kind) for kind in made()}
    members = {kind.removeprefix("ProblemKind.") for kind in spelled if kind.startswith("ProblemKind.")}
    assert {kind for kind in spelled if not kind.startswith("ProblemKind.")} == PASSED_ON
    assert set(ProblemKind.__members__) - members == {"UNRESOLVED", "AMBIGUOUS", "OTHER_ADDRESS"}
    assert members <= set(ProblemKind.__members__)


def test_the_value_of_a_kind_is_its_name_and_its_sentence_is_one() -> None:
    for name, kind in ProblemKind.__members__.items():
        assert kind.value == str(kind) == name.lower()
        assert re.fullmatch(r"[A-Z].+\.", kind.description), kind


def test_the_table_of_the_documentation_is_that_of_the_code() -> None:
    table = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8").partition("<!-- kinds -->\n")[2]
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", table.partition("\n\n")[0], re.MULTILINE)
    assert rows == [(kind.value, kind.description) for kind in ProblemKind]
