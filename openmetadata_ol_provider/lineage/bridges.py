"""Lineage through datasets that exist between jobs only: what went in before comes out at what is written from them.

A temporary dataset is never shown; its sources are remembered (a bounded number, for a bounded time), since the job
that reads it often comes in a later batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from openmetadata_ol_provider.lineage.plan import ColumnPair, ColumnSource, DatasetId, Edge
from openmetadata_ol_provider.openlineage.problem import Problem
from openmetadata_ol_provider.openlineage.runstate import Bridge, BridgeSource, RunState

#: Temporary datasets in a row that lineage is followed through.
MAX_DEPTH = 10
#: Temporary datasets that are remembered.
MAX_BRIDGES = 1_000


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
        found = _followed(edge, is_temporary, state, MAX_DEPTH)
        shown += found
        if not found:
            where = f"{edge.source.namespace} {edge.source.name}"
            problems.append(Problem("temporary_source", where, "no job was seen that wrote this temporary dataset"))
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
        source.columns += [pair for pair in other.columns if pair not in source.columns]
        kept.sources.remove(other)
    kept.sources.append(source)
    state.bridges[_key(edge.target)] = kept


def _followed(edge: Edge, is_temporary: Callable[[DatasetId], bool], state: RunState, depth: int) -> list[Edge]:
    known = state.bridges.get(_key(edge.source))
    if known is None or depth == 0:
        return []
    found = []
    for source in known.sources:
        start = DatasetId(source.namespace, source.name)
        pairs = tuple(
            ColumnPair(ColumnSource(start.namespace, start.name, before), pair.target_field, pair.transformations)
            for pair in edge.columns
            for before, after in source.columns
            if after == pair.source.field
        )
        through = Edge(start, edge.target, edge.job, edge.basis, pairs)
        if start == edge.target:
            continue
        found += _followed(through, is_temporary, state, depth - 1) if is_temporary(start) else [through]
    return found
