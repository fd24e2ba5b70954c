"""Connects lineage across temporary datasets: their sources become the sources of what is written from them.

A temporary dataset never appears in a plan. Its sources are remembered, a bounded number for a bounded time, because
the job that reads it often comes in a later batch.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from openmetadata_ol_provider.lineage.plan import ColumnPair, ColumnSource, DatasetId, Edge
from openmetadata_ol_provider.openlineage.limits import MAX_ITEMS
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_state import TemporaryDataset, TemporarySource, name_key

#: Most temporary datasets in a row that lineage is followed through.
MAX_DEPTH = 10
#: Most temporary datasets that are remembered.
MAX_TEMPORARY = 1_000
#: Most sources of one temporary dataset that are remembered, those of the latest edges.
MAX_SOURCES = 1_000
#: Most edges that replace one edge from a temporary dataset, and most datasets that are looked at for them.
MAX_FOLLOWED = 10_000
MAX_STEPS = 100_000


class Bridged(NamedTuple):
    """Edges without temporary datasets.

    :param remembered: temporary datasets to remember, by key
    :param problems: temporary datasets whose sources are unknown or too many
    """

    edges: list[Edge]
    remembered: Mapping[str, TemporaryDataset]
    problems: list[Problem]


def bridge(
    edges: Iterable[Edge],
    is_temporary: Callable[[DatasetId], bool],
    remembered: Mapping[str, TemporaryDataset],
    seen_at: int,
) -> Bridged:
    """Replace the edges from temporary datasets by edges from what was written into them.

    :param edges: edges of a batch
    :param is_temporary: test for temporary datasets
    :param remembered: temporary datasets of earlier batches, by key
    :param seen_at: time of consumption, in microseconds
    """
    direct, entering, leaving = [], [], []
    for edge in edges:
        if is_temporary(edge.target):
            entering.append(edge)
        elif is_temporary(edge.source):
            leaving.append(edge)
        else:
            direct.append(edge)
    known = _with_sources(remembered, entering, seen_at)
    problems = []
    for edge in leaving:
        steps = iter(range(MAX_STEPS))
        followed = list(itertools.islice(_followed(edge, is_temporary, known, steps, MAX_DEPTH), MAX_FOLLOWED + 1))
        direct += followed[:MAX_FOLLOWED]
        where = f"{edge.source.namespace} {edge.source.name}"
        if len(followed) > MAX_FOLLOWED or next(steps, None) is None:
            detail = f"its sources make more than {MAX_FOLLOWED} edges, or there are too many to examine"
            problems.append(Problem(ProblemKind.PRODUCT_TOO_LARGE, where, f"{detail}: the first are drawn"))
        elif not followed:
            detail = "no job was seen that wrote this temporary dataset"
            problems.append(Problem(ProblemKind.TEMPORARY_SOURCE, where, detail))
    for key in list(known)[: max(0, len(known) - MAX_TEMPORARY)]:
        del known[key]
    return Bridged(direct, known, problems)


def _key(dataset: DatasetId) -> str:
    return name_key(dataset.namespace, dataset.name)


def _with_sources(
    remembered: Mapping[str, TemporaryDataset], entering: Iterable[Edge], seen_at: int
) -> dict[str, TemporaryDataset]:
    """Return the temporary datasets with the sources of the edges that enter them."""
    known = dict(remembered)
    sources_of: dict[str, dict[DatasetId, TemporarySource]] = {}
    for edge in entering:
        key = _key(edge.target)
        # Removed and inserted again, because the dictionaries are in the order of last use.
        before = known.pop(key, None)
        sources = sources_of.pop(key, None)
        if sources is None:
            sources = {DatasetId(item.namespace, item.name): item for item in before.sources} if before else {}
        same = sources.pop(edge.source, None)
        sources[edge.source] = _source(edge, same)
        sources_of[key] = sources
    for key, sources in sources_of.items():
        latest = list(sources.values())[-MAX_SOURCES:]
        known[key] = TemporaryDataset(sources=latest, last_seen_at=seen_at)
    return known


def _source(edge: Edge, same: TemporarySource | None) -> TemporarySource:
    # Two runs may write different columns of one source.
    columns = [(pair.source.field, pair.target_field) for pair in edge.columns]
    if same is not None:
        distinct = dict.fromkeys((*columns, *((before, after) for before, after in same.columns)))
        columns = list(itertools.islice(distinct, MAX_ITEMS))
    return TemporarySource(namespace=edge.source.namespace, name=edge.source.name, columns=columns)


def _followed(
    edge: Edge,
    is_temporary: Callable[[DatasetId], bool],
    known: Mapping[str, TemporaryDataset],
    steps: Iterator[int],
    depth: int,
) -> Iterator[Edge]:
    temporary = known.get(_key(edge.source))
    if temporary is None or depth == 0:
        return
    for source in temporary.sources:
        if next(steps, None) is None:
            return
        start = DatasetId(source.namespace, source.name)
        fields: dict[str, list[str]] = {}
        for before, after in source.columns:
            fields.setdefault(after, []).append(before)
        pairs = tuple(
            ColumnPair(ColumnSource(start.namespace, start.name, before), pair.target_field, pair.transformations)
            for pair in edge.columns
            for before in fields.get(pair.source.field, ())
        )
        through = Edge(start, edge.target, edge.job, edge.basis, pairs)
        if start == edge.target:
            continue
        if is_temporary(start):
            yield from _followed(through, is_temporary, known, steps, depth - 1)
        else:
            yield through
