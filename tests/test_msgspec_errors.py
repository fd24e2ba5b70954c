"""Errors of msgspec are caught as such: before 0.21 (0.19 and later are allowed) they are no ValueErrors."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "openmetadata_ol_provider"


def _decoders(tree: ast.Module) -> Iterator[str]:
    """Yield what a module calls to decode with msgspec, its own names for it included."""
    yield from ("msgspec.json.decode", "msgspec.msgpack.decode", "msgspec.convert")
    for node in tree.body:
        value = getattr(node, "value", None)
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        if isinstance(value, ast.Attribute) and "msgspec" in ast.unparse(value) and value.attr == "decode":
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def test_what_catches_a_value_error_of_msgspec_catches_its_own_errors_too() -> None:
    seen, wrong = 0, []
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        decoders = set(_decoders(tree))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Try):
                continue
            calls = {
                ast.unparse(call.func) for part in node.body for call in ast.walk(part) if isinstance(call, ast.Call)
            }
            if not calls & decoders:
                continue
            seen += 1
            caught = [ast.unparse(handler.type) for handler in node.handlers if handler.type]
            if any("ValueError" in text for text in caught) and not any("msgspec." in text for text in caught):
                wrong.append(f"{path.relative_to(PACKAGE)}:{node.lineno}")
    assert seen > 5
    assert wrong == []
