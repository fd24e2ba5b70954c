"""Stored lineage edges: one per pair of entities, looked up from either end or from the pipeline they name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

Details = dict[str, Any]
Pair = tuple[str, str]


class Edge(NamedTuple):
    """A stored edge.

    :param details: LineageDetails; replaced as a whole, never changed in place
    """

    from_id: str
    from_type: str
    to_id: str
    to_type: str
    details: Details


class EdgeIndex:
    """All edges of a catalogue."""

    def __init__(self) -> None:
        self._edges: dict[Pair, Edge] = {}
        self._by_source: dict[str, set[str]] = {}
        self._by_target: dict[str, set[str]] = {}
        self._by_pipeline: dict[str, set[Pair]] = {}

    def __iter__(self) -> Iterator[Edge]:
        """Iterate over a snapshot of the edges."""
        return iter(list(self._edges.values()))

    def __len__(self) -> int:
        return len(self._edges)

    def get(self, from_id: str, to_id: str) -> Edge | None:
        """Return the edge of a pair."""
        return self._edges.get((from_id, to_id))

    def put(self, edge: Edge) -> None:
        """Add an edge, or replace the edge of the same pair as a whole."""
        pair = (edge.from_id, edge.to_id)
        self._forget_pipeline(pair)
        self._edges[pair] = edge
        self._by_source.setdefault(edge.from_id, set()).add(edge.to_id)
        self._by_target.setdefault(edge.to_id, set()).add(edge.from_id)
        pipeline = edge.details.get("pipeline")
        if pipeline:
            self._by_pipeline.setdefault(pipeline["id"], set()).add(pair)

    def remove(self, from_id: str, to_id: str) -> bool:
        """Remove the edge of a pair.

        :returns: whether there was one
        """
        pair = (from_id, to_id)
        if pair not in self._edges:
            return False
        self._forget_pipeline(pair)
        del self._edges[pair]
        self._by_source[from_id].discard(to_id)
        self._by_target[to_id].discard(from_id)
        return True

    def remove_all_of(self, entity_id: str) -> None:
        """Remove every edge from, to, or annotated with an entity."""
        for edge in [*self.leaving(entity_id), *self.entering(entity_id), *self.of_pipeline(entity_id)]:
            self.remove(edge.from_id, edge.to_id)

    def leaving(self, entity_id: str) -> list[Edge]:
        """Return the edges from an entity."""
        return [self._edges[entity_id, to_id] for to_id in sorted(self._by_source.get(entity_id, ()))]

    def entering(self, entity_id: str) -> list[Edge]:
        """Return the edges to an entity."""
        return [self._edges[from_id, entity_id] for from_id in sorted(self._by_target.get(entity_id, ()))]

    def of_pipeline(self, pipeline_id: str) -> list[Edge]:
        """Return the edges annotated with a pipeline."""
        return [self._edges[pair] for pair in sorted(self._by_pipeline.get(pipeline_id, ()))]

    def _forget_pipeline(self, pair: Pair) -> None:
        edge = self._edges.get(pair)
        if edge and edge.details.get("pipeline"):
            self._by_pipeline[edge.details["pipeline"]["id"]].discard(pair)
