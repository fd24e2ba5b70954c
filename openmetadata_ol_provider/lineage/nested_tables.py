"""Pairs the tables into which a copy job unfolds nested data: they are named after the table of their parents."""

from __future__ import annotations

from collections.abc import Container, Sequence


def with_nested(pairs: Sequence[tuple[int, int]], targets: Sequence[str]) -> list[tuple[int, int]]:
    """Return pairs with tables of nested data (``orders__items``), which are named after the table of their parents.

    :param pairs: numbers of a source and a target
    :param targets: names of the targets
    """
    sources_of: dict[str, list[int]] = {}
    for source, target in pairs:
        sources_of.setdefault(targets[target], []).append(source)
    paired = {target for _, target in pairs}
    nested = [
        (source, number)
        for number, target in enumerate(targets)
        if number not in paired and (parent := _parent_of(target, sources_of)) is not None
        for source in sources_of[parent]
    ]
    return sorted((*pairs, *nested))


def _parent_of(text: str, tables: Container[str]) -> str | None:
    """Return the nearest table that the name of nested data begins with."""
    while "__" in text:
        text = text.rpartition("__")[0]
        if text in tables:
            return text
    return None
