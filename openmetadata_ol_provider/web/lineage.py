"""The lineage that was published, as a graph of entities: what a picture of it is drawn from.

The ledger knows every edge that was published, by the FQNs and kinds of its ends and by the job that wrote it. The
receipts know the columns of those that were written last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact, Ledger

_ARROW = " -> "
#: Most steps up and down from the entity in focus.
MOST_STEPS = 10
#: Most entities of one picture.
MOST_NODES = 300
#: Most entities that a search lists.
MOST_FOUND = 100


class Node(NamedTuple):
    """An entity: its kind (``table``, ``topic``, ``container`` ...) and FQN."""

    kind: str
    fqn: str


class GraphEdge(NamedTuple):
    """An edge between entities.

    :param jobs: namespaces and names of the jobs that wrote it
    :param columns: name of a column of the source, name of a column of the target; empty if none are remembered
    """

    source: Node
    target: Node
    jobs: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, str], ...] = ()


class LineageGraph(NamedTuple):
    """Entities, and the edges between them."""

    nodes: tuple[Node, ...]
    edges: tuple[GraphEdge, ...]

    def around(self, focus: Node, upstream: int, downstream: int) -> tuple[LineageGraph, int]:
        """Return the part of the graph that leads to an entity and away from it, and how many edges lead further.

        :param upstream: most steps against the direction of the edges
        :param downstream: most steps in their direction
        """
        entering: dict[Node, list[GraphEdge]] = {}
        leaving: dict[Node, list[GraphEdge]] = {}
        for edge in self.edges:
            entering.setdefault(edge.target, []).append(edge)
            leaving.setdefault(edge.source, []).append(edge)
        edges: dict[GraphEdge, None] = {}
        passed: list[tuple[Node, dict[Node, list[GraphEdge]]]] = []
        seen: dict[Node, None] = {focus: None}
        for steps, neighbours, is_upstream in ((upstream, entering, True), (downstream, leaving, False)):
            frontier = [focus]
            passed.append((focus, neighbours))
            for _ in range(steps):
                found = [edge for node in frontier for edge in neighbours.get(node, ()) if edge not in edges]
                edges.update(dict.fromkeys(found))
                ends = dict.fromkeys(edge.source if is_upstream else edge.target for edge in found)
                frontier = [node for node in ends if node not in seen]
                frontier = frontier[: max(0, MOST_NODES - len(seen))]
                seen.update(dict.fromkeys(frontier))
                passed += [(node, neighbours) for node in frontier]
        kept = [edge for edge in edges if edge.source in seen and edge.target in seen]
        further = {edge for node, neighbours in passed for edge in neighbours.get(node, ())} - set(kept)
        return LineageGraph(tuple(seen), tuple(kept)), len(further)

    def to_document(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "nodes": [node._asdict() for node in self.nodes],
            "edges": [
                {
                    "source": edge.source._asdict(),
                    "target": edge.target._asdict(),
                    "jobs": [{"namespace": namespace, "name": name} for namespace, name in edge.jobs],
                    "columns": [list(pair) for pair in edge.columns],
                }
                for edge in self.edges
            ],
        }


def published_graph(ledgers: Iterable[Ledger], columns: Mapping[int, Iterable[tuple[str, str]]]) -> LineageGraph:
    """Return the graph of all edges that the ledgers have.

    :param columns: pairs of column names by ledger key, of the edges of which they are remembered
    """
    jobs: dict[tuple[Node, Node], dict[tuple[str, str], None]] = {}
    pairs: dict[tuple[Node, Node], dict[tuple[str, str], None]] = {}
    for ledger in ledgers:
        for key, fact in ledger.edges.items():
            ends = _ends(fact)
            if ends is not None:
                namespace, _, name = fact.job.partition("\x1f")
                jobs.setdefault(ends, {})[namespace, name] = None
                pairs.setdefault(ends, {}).update(dict.fromkeys(columns.get(key, ())))
    edges = tuple(GraphEdge(*ends, tuple(jobs[ends]), tuple(pairs[ends])) for ends in sorted(jobs))
    nodes = sorted({node for edge in edges for node in (edge.source, edge.target)})
    return LineageGraph(tuple(nodes), edges)


def _ends(fact: EdgeFact) -> tuple[Node, Node] | None:
    source, arrow, target = fact.where.partition(_ARROW)
    if not (arrow and fact.source and fact.target):
        # A fact of which nothing had to be written: no edge of the catalogue.
        return None
    return Node(fact.source.partition(":")[0], source), Node(fact.target.partition(":")[0], target)


def lineage_view(graph: LineageGraph, text: str, focus: Node | None, upstream: int, downstream: int) -> dict[str, Any]:
    """Return the entities that were searched for, and the lineage around one of them.

    :param graph: everything that was published
    :param text: text that the FQN of an entity contains, in any case
    :param focus: entity whose lineage is asked for; ``None``: only the search
    :param upstream: most steps against the direction of the edges
    :param downstream: most steps in their direction
    """
    matching = [node for node in graph.nodes if text.lower() in node.fqn.lower()]
    part, further = LineageGraph((), ()), 0
    if focus in graph.nodes:
        part, further = graph.around(focus, upstream, downstream)
    return {
        "entities": len(graph.nodes),
        "matching": len(matching),
        "found": [node._asdict() for node in matching[:MOST_FOUND]],
        "focus": focus._asdict() if focus else None,
        "upstream": upstream,
        "downstream": downstream,
        "further_edges": further,
        **part.to_document(),
    }
