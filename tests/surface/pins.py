"""Comparing what is pinned with what is there, so that a failure says what was added, removed or changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pytest

_HINT = "Users rely on this. If the change is meant, change the literal in the test and say so in CHANGELOG.md."


def assert_pinned(what: str, found: Collection[Any], pinned: Collection[Any]) -> None:
    """Fail unless two mappings, or two sets of names, are equal.

    :param what: name of the surface, for the message
    :param found: what the package has
    :param pinned: what the test says it has
    """
    lines = [
        *(f"  added: {name}{_value(found, name)}" for name in _sorted(set(found) - set(pinned))),
        *(f"  removed: {name}{_value(pinned, name)}" for name in _sorted(set(pinned) - set(found))),
    ]
    if isinstance(found, Mapping) and isinstance(pinned, Mapping):
        lines += [
            f"  changed: {name}: was {pinned[name]!r}, is {found[name]!r}"
            for name in _sorted(set(found) & set(pinned))
            if not _same(found[name], pinned[name])
        ]
    elif len(found) != len(set(found)):
        lines.append(f"  twice: {sorted(name for name in set(found) if list(found).count(name) > 1)}")
    if lines:
        pytest.fail("\n".join((f"{what} differ from what is pinned:", *lines, _HINT)), pytrace=False)


def assert_covers(what: str, found: Any, golden: Any) -> None:
    """Fail unless all that a golden document says is in another one, too; that one may have further keys.

    :param what: name of the document, for the message
    :param found: what the package makes today
    :param golden: what it made when the golden file was written
    """
    lines = list(_differences("", found, golden))
    if lines:
        pytest.fail("\n".join((f"{what} lacks what the golden file has:", *lines[:20], _HINT)), pytrace=False)


def _differences(path: str, found: Any, golden: Any) -> Iterator[str]:
    if isinstance(golden, dict) and isinstance(found, dict):
        for key, value in golden.items():
            if key in found:
                yield from _differences(f"{path}.{key}", found[key], value)
            else:
                yield f"  removed: {path}.{key} (was {str(value)[:200]})"
    elif isinstance(golden, list) and isinstance(found, list) and len(golden) == len(found):
        for index, (mine, theirs) in enumerate(zip(found, golden, strict=True)):
            yield from _differences(f"{path}[{index}]", mine, theirs)
    elif not _same(found, golden):
        yield f"  changed: {path}: was {str(golden)[:200]}, is {str(found)[:200]}"


def _same(found: Any, pinned: Any) -> bool:
    # A default that turns from 1 into True is another one.
    return bool(found == pinned and type(found) is type(pinned))


def _sorted(names: Collection[Any]) -> list[Any]:
    return sorted(names, key=str)


def _value(items: Collection[Any], name: Any) -> str:
    return f" = {items[name]!r}" if isinstance(items, Mapping) else ""
