"""Lineage through datasets that exist between jobs only: what went in before comes out at what is written from them.

A temporary dataset is never shown; its sources are remembered (a bounded number, for a bounded time), since the job
that reads it often comes in a later batch.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator

from openmetadata_ol_provider.lineage.plan import ColumnPair, ColumnSource, DatasetId, Edge
from openmetadata_ol_provider.openlineage.limits import MAX_ITEMS
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_state import Bridge, BridgeSource, RunState

#: Temporary datasets in a row that lineage is followed through.
MAX_DEPTH = 10
#: Temporary datasets that are remembered.
MAX_BRIDGES = 1_000
#: Sources of one temporary dataset that are remembered, those of the latest edges.
MAX_SOURCES = 1_000
#: Most edges that one edge from a temporary dataset is replaced by, and most datasets looked at for them.
MAX_FOLLOWED = 10_000
MAX_STEPS = 100_000


def bridge(
    edges: Iterable[Edge], is_temporary: Callable[[DatasetId], bool], state: RunState, touched: int
) -> tuple[list[Edge], list[Problem]]:
    """Replace the edges from temporary datasets by edges from what was written into them.

    :param is_temporary: tells the datasets that are not shown
    :param state: remembers what was written into them; changed in place
    :param touched: time of consumption, microseconds
    """
    shown, leaving = [], []
    for edge in edges:
        if is_temporary(edge.target):
            _remember(edge, state, touched)
        elif is_temporary(edge.source):
            leaving.append(edge)
        else:
            shown.append(edge)
    problems = []
    for edge in leaving:
        steps = iter(range(MAX_STEPS))
        found = list(itertools.islice(_followed(edge, is_temporary, state, steps, MAX_DEPTH), MAX_FOLLOWED + 1))
        shown += found[:MAX_FOLLOWED]
        where = f"{edge.source.namespace} {edge.source.name}"
        if len(found) > MAX_FOLLOWED or next(steps, None) is None:
            detail = f"what was written into it makes more than {MAX_FOLLOWED} edges, or too many are to be looked at"
            problems.append(Problem(ProblemKind.PRODUCT_TOO_LARGE, where, f"{detail}: the first are drawn"))
        elif not found:
            problems.append(
                Problem(ProblemKind.TEMPORARY_SOURCE, where, "no job was seen that wrote this temporary dataset")
            )
    for key in list(state.bridges)[: max(0, len(state.bridges) - MAX_BRIDGES)]:
        del state.bridges[key]
    return shown, problems


def _key(dataset: DatasetId) -> str:
    return f"{dataset.namespace}\x1f{dataset.name}"


def _remember(edge: Edge, state: RunState, touched: int) -> None:
    # Taken out and put in again: the dictionary's order is that of use.
    kept = state.bridges.pop(_key(edge.target), None) or Bridge()
    kept.touched = touched
    source = BridgeSource(
        namespace=edge.source.namespace,
        name=edge.source.name,
        columns=[[pair.source.field, pair.target_field] for pair in edge.columns],
    )
    same = [other for other in kept.sources if (other.namespace, other.name) == (source.namespace, source.name)]
    for other in same:
        # Two runs may write different columns of one source.
        pairs = dict.fromkeys(map(tuple, (*source.columns, *other.columns)))
        source.columns = [list(pair) for pair in itertools.islice(pairs, MAX_ITEMS)]
        kept.sources.remove(other)
    kept.sources.append(source)
    del kept.sources[:-MAX_SOURCES]
    state.bridges[_key(edge.target)] = kept


def _followed(
    edge: Edge, is_temporary: Callable[[DatasetId], bool], state: RunState, steps: Iterator[int], depth: int
) -> Iterator[Edge]:
    known = state.bridges.get(_key(edge.source))
    if known is None or depth == 0:
        return
    for source in known.sources:
        if next(steps, None) is None:
            return
        start = DatasetId(source.namespace, source.name)
        made_of: dict[str, list[str]] = {}
        for before, after in source.columns:
            made_of.setdefault(after, []).append(before)
        pairs = tuple(
            ColumnPair(ColumnSource(start.namespace, start.name, before), pair.target_field, pair.transformations)
            for pair in edge.columns
            for before in made_of.get(pair.source.field, ())
        )
        through = Edge(start, edge.target, edge.job, edge.basis, pairs)
        if start == edge.target:
            continue
        if is_temporary(start):
            yield from _followed(through, is_temporary, state, steps, depth - 1)
        else:
            yield through
