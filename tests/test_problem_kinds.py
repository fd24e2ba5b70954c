"""The table of problems in docs/troubleshooting.md has every kind that the code knows, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "openmetadata_ol_provider"
#: Kinds that are no literal where a problem is made: what stands there, and what it can be.
OTHERS: dict[str, set[str]] = {
    "kind": set(),
    "*problem": set(),
    "_MORE": {"more_problems"},
    "resolution.outcome": {"unresolved", "ambiguous"},
}


def made() -> Iterator[ast.expr]:
    """Yield the kinds of all problems that are made, as they stand in the code."""
    for path in sorted(PACKAGE.rglob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        # What of this file hands a kind on to a problem.
        tellers = {"Problem", "tell"} | {
            node.name
            for node in nodes
            if isinstance(node, ast.FunctionDef) and {"kind", "detail"} <= {item.arg for item in node.args.args}
        }
        for node in nodes:
            called = getattr(node, "func", None)
            if isinstance(node, ast.Call) and getattr(called, "attr", getattr(called, "id", "")) in tellers:
                yield next((word.value for word in node.keywords if word.arg == "kind"), *node.args[:1])


def test_every_kind_is_in_the_table_and_no_other() -> None:
    kinds = list(made())
    literal = {kind.value for kind in kinds if isinstance(kind, ast.Constant)}
    spelled = {ast.unparse(kind) for kind in kinds if not isinstance(kind, ast.Constant)}
    assert spelled == set(OTHERS)
    table = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8").partition("<!-- kinds -->\n")[2]
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", table.partition("\n\n")[0], re.MULTILINE)
    assert len({kind for kind, _ in rows}) == len(rows)
    assert {kind for kind, _ in rows} == literal.union(*OTHERS.values())
