"""Reads the edges and pipelines of the catalogue that may be ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.pipeline_paths import PIPELINES, status_path
from openmetadata_ol_provider.openmetadata.provenance import is_own_pipeline
from openmetadata_ol_provider.openmetadata.publishing.core.executor import Executor
from openmetadata_ol_provider.openmetadata.publishing.edges.writer import stored_details

if TYPE_CHECKING:
    from openmetadata_ol_provider.openlineage.problems import Problem
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact

#: Source and target of an edge, each as ``type:id``.
Pair = tuple[str, str]
_FIELDS = "tasks,tags,owners,extension,sourceHash,dataProducts,followers"


class StoredEdge(NamedTuple):
    """An edge of the catalogue.

    :param source: entity as ``type:id``
    :param target: entity as ``type:id``
    :param where: ``FQN -> FQN``
    :param details: its lineage details
    """

    source: str
    target: str
    where: str
    details: dict[str, Any]


def own_pipelines(client: OpenMetadataClient) -> list[dict[str, Any]]:
    """Return all pipelines that were created by this provider."""
    domains = "domains" if client.version.at_least(1, 9) else "domain"
    listing = client.pages(PIPELINES, {"fields": f"{_FIELDS},{domains}"})
    return [pipeline for pipeline in listing if is_own_pipeline(pipeline)]


def statuses_of(client: OpenMetadataClient, fqn: str, start: int, end: int) -> list[dict[str, Any]]:
    """Return the statuses of a pipeline, none if it is not there.

    :param fqn: FQN of the pipeline
    :param start: earliest time, in milliseconds since 1970
    :param end: latest time, in milliseconds since 1970
    """
    answer = client.get(status_path(fqn), {"startTs": start, "endTs": end}) or {}
    return [status for status in answer.get("data") or () if isinstance(status, dict)]


def stored_edges(
    client: OpenMetadataClient, nodes: Iterable[tuple[str, str]], facts: Iterable[EdgeFact]
) -> tuple[dict[Pair, StoredEdge], list[Problem]]:
    """Return the edges next to entities, those that name a pipeline, and those that the ledger remembers.

    The catalogue may refuse to show some of them: these are problems.

    :param nodes: types and ids of entities and pipelines
    :param facts: edges as they were published
    :raises CatalogueError: if the catalogue does not answer
    """
    executor = Executor(client.max_connections)
    edges: dict[Pair, StoredEdge] = {}
    graphs = executor.run(
        list(dict.fromkeys(nodes)),
        lambda node: client.get(path("v1/lineage", *node), {"upstreamDepth": 1, "downstreamDepth": 1}) or {},
        ":".join,
    )
    for graph in graphs:
        edges |= {(edge.source, edge.target): edge for edge in _edges_of(graph.value or {})}
    remembered = {(fact.source, fact.target): fact for fact in facts if fact.source}
    missing = [fact for pair, fact in remembered.items() if pair not in edges]
    answers = executor.run(missing, lambda fact: _read(client, fact) or {}, lambda fact: fact.where)
    for fact, answer in zip(missing, answers, strict=True):
        if answer.value:
            edges[fact.source, fact.target] = StoredEdge(fact.source, fact.target, fact.where, answer.value)
    return edges, [problem for result in (*graphs, *answers) for problem in result.problems]


def _read(client: OpenMetadataClient, fact: EdgeFact) -> dict[str, Any] | None:
    ids = (end.partition(":")[2] for end in (fact.source, fact.target))
    return stored_details(client.get(path("v1/lineage/getLineageEdge", *ids)))


def _edges_of(graph: dict[str, Any]) -> Iterator[StoredEdge]:
    nodes = {str(node["id"]): node for node in (*(graph.get("nodes") or ()), graph.get("entity") or {}) if "id" in node}
    for edge in (*(graph.get("upstreamEdges") or ()), *(graph.get("downstreamEdges") or ())):
        source, target = (nodes.get(_id(edge.get(end))) for end in ("fromEntity", "toEntity"))
        details = edge.get("lineageDetails")
        if source is not None and target is not None and isinstance(details, dict):
            where = f"{source.get('fullyQualifiedName')} -> {target.get('fullyQualifiedName')}"
            yield StoredEdge(_ref(source), _ref(target), where, details)


def _id(end: Any) -> str:
    # An id, or a reference with an id.
    return str(end.get("id")) if isinstance(end, dict) else str(end)


def _ref(node: dict[str, Any]) -> str:
    return f"{node.get('type')}:{node['id']}"
