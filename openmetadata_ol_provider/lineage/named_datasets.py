"""Tells which topics name another table than the one that they resemble, by the schema in their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from openmetadata_ol_provider.lineage.likeness import Name
from openmetadata_ol_provider.lineage.run_datasets import Side


class NamedDataset(NamedTuple):
    """A dataset with the spellings of its names; partitions of one dataset are one.

    :param sides: inputs or outputs of the run that are this dataset
    :param text: its name in events
    :param names: spellings of its names
    """

    sides: list[Side]
    text: str
    names: tuple[Name, ...]
    is_topic: bool


def contradict(one: NamedDataset, other: NamedDataset) -> bool:
    """Tell whether a topic ``prefix.schema.table`` names another table of the schema that its only partner is in."""
    for topic, table in ((one, other), (other, one)):
        if topic.is_topic and not table.is_topic and topic.text.count(".") >= 2 and topic.names and table.names:
            named, own = topic.names[0], table.names[0]
            if named.above == own.above and named.last != own.last and not set(own.last) <= set(named.whole):
                return True
    return False


def without_other_schemas(
    pairs: Sequence[tuple[int, int]], sources: Sequence[NamedDataset], targets: Sequence[NamedDataset]
) -> list[tuple[int, int]]:
    """Return pairs without those whose topic names the table of another schema.

    That is so where another topic of the same table names its schema: of ``x.sales.orders`` and ``x.archive.orders``
    only the first is the topic of ``sales.orders``.

    :param pairs: numbers of a source and a target
    """
    named = {pair: _names_schema(sources[pair[0]], targets[pair[1]]) for pair in pairs}
    if not any(named.values()):
        return list(pairs)
    tables = {_table(pair, sources, targets) for pair, is_named in named.items() if is_named}
    return [
        pair
        for pair, is_named in named.items()
        if is_named is not False or _table(pair, sources, targets) not in tables
    ]


def _table(
    pair: tuple[int, int], sources: Sequence[NamedDataset], targets: Sequence[NamedDataset]
) -> tuple[str, int] | None:
    """Return which dataset of a pair is the table; ``None`` if it is both or none of them."""
    if sources[pair[0]].is_topic == targets[pair[1]].is_topic:
        return None
    return ("target", pair[1]) if sources[pair[0]].is_topic else ("source", pair[0])


def _names_schema(one: NamedDataset, other: NamedDataset) -> bool | None:
    """Return whether a topic names a table's schema, or something else in its place; ``None`` if neither."""
    if one.is_topic == other.is_topic or not one.names or not other.names:
        return None
    topic, table = (one.names[0], other.names[0]) if one.is_topic else (other.names[0], one.names[0])
    if not table.above or len(topic.whole) <= len(table.last) or not _ends_with(topic, table.last):
        return None
    return _ends_with(topic, table.above + table.last)


def _ends_with(name: Name, words: Sequence[str]) -> bool:
    return name.whole[-len(words) :] == tuple(words)
