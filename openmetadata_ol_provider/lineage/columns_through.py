"""Leads columns of a dataset that is left out to the columns that it was made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from openmetadata_ol_provider.lineage.plan import ColumnPair, ColumnSource, DatasetId


def columns_through(start: DatasetId, into: Iterable[Sequence[str]], out: Iterable[ColumnPair]) -> Iterator[ColumnPair]:
    """Yield the column pairs of an edge past a dataset, from those of the edges into it and out of it.

    :param start: source of the edge into the dataset
    :param into: columns of that edge: the source's, and the dataset's
    :param out: columns of the edge out of the dataset
    """
    fields: dict[str, list[str]] = {}
    for before, after in into:
        fields.setdefault(after, []).append(before)
    for pair in out:
        for before in fields.get(pair.source.field, ()):
            yield ColumnPair(ColumnSource(start.namespace, start.name, before), pair.target_field, pair.transformations)
