"""Connects lineage across the temporary tables that a script makes for itself.

One table after the other is left out, and its sources become sources of what is made from it. So a hundred tables in a
row lose nothing, and tables that are made from one another in many ways cost no more than the pairs of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from openmetadata_ol_provider.lineage.columns_through import columns_through
from openmetadata_ol_provider.lineage.plan import DatasetId, Edge

_Edges = dict[DatasetId, dict[DatasetId, Edge]]


def without_tables(edges: Iterable[Edge], tables: Collection[DatasetId]) -> list[Edge]:
    """Return the edges of a script that lead through some tables without these, one for each pair of datasets.

    :param edges: edges of one job
    :param tables: tables that are left out
    """
    by_target: _Edges = {}
    by_source: _Edges = {}

    def add(edge: Edge) -> None:
        before = by_target.get(edge.target, {}).get(edge.source)
        joined = edge if before is None else _joined(before, edge)
        by_target.setdefault(edge.target, {})[edge.source] = joined
        by_source.setdefault(edge.source, {})[edge.target] = joined

    for edge in edges:
        add(edge)
    for table in sorted(tables):
        entering, leaving = by_target.pop(table, {}), by_source.pop(table, {})
        for source in entering:
            del by_source[source][table]
        for target in leaving:
            del by_target[target][table]
        for into in entering.values():
            for out in leaving.values():
                if into.source != out.target:
                    add(_through(into, out))
    return [edge for targets in by_source.values() for edge in targets.values()]


def _joined(one: Edge, other: Edge) -> Edge:
    """Return one edge for two of the same datasets, with the columns of both."""
    columns = tuple(dict.fromkeys((*one.columns, *other.columns)))
    if len(columns) == len(one.columns):
        return one
    return msgspec.structs.replace(other, columns=columns)


def _through(into: Edge, out: Edge) -> Edge:
    """Return the edge from the source of an edge to the target of the next."""
    pairs = ((pair.source.field, pair.target_field) for pair in into.columns)
    columns = tuple(dict.fromkeys(columns_through(into.source, pairs, out.columns)))
    return msgspec.structs.replace(out, source=into.source, columns=columns, basis="columns" if columns else "product")
