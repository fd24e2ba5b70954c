"""Reads the lineage for a picture: from a plan, or from OpenMetadata around one entity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId, LineagePlan
from openmetadata_ol_provider.openlineage.run_state import name_key
from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.fqn import split
from openmetadata_ol_provider.picture.graph import Arrow, Card, LineageGraph, graph_of

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

#: Most steps that OpenMetadata follows lineage in one request.
MAX_DEPTH = 3


def graph_of_plan(plan: LineagePlan) -> LineageGraph:
    """Return the datasets and edges of a plan, under the names that their producers give them."""
    datasets = {dataset.id: dataset for dataset in plan.datasets}
    ends = {end for edge in plan.edges for end in (edge.source, edge.target)}
    cards = [_dataset_card(end, datasets.get(end)) for end in sorted(ends)]
    arrows = [
        Arrow(
            name_key(edge.source.namespace, edge.source.name),
            name_key(edge.target.namespace, edge.target.name),
            (f"{edge.job.namespace}:{edge.job.name}",) if edge.job else (),
            tuple((pair.source.field, pair.target_field) for pair in edge.columns),
        )
        for edge in plan.edges
    ]
    return graph_of(cards, arrows)


def _dataset_card(id_: DatasetId, dataset: Dataset | None) -> Card:
    # Dots separate the parts of a table's name, slashes those of a path.
    parent, _, name = id_.name.rstrip("/").rpartition("/" if "/" in id_.name else ".")
    kind = dataset.identities[0].kind if dataset and dataset.identities else "dataset"
    return Card(
        name_key(id_.namespace, id_.name),
        name or id_.name,
        f"{id_.namespace} {parent}".strip(),
        kind,
        id_.namespace,
        tuple(field.name for field in dataset.fields) if dataset else (),
        "left out by the configuration" if dataset and dataset.ignored else "",
        full_name=str(id_),
    )


def graph_around(client: OpenMetadataClient, kind: str, fqn: str, depth: int) -> LineageGraph:
    """Return what OpenMetadata has upstream and downstream of an entity.

    :param kind: entity type, for example ``table``
    :param fqn: fully qualified name of the entity
    :param depth: number of steps in each direction, at most :data:`MAX_DEPTH`
    :raises ConfigError: if there is no such entity
    :raises CatalogueError: if OpenMetadata does not answer
    """
    route = path("v1/lineage", kind, "name", fqn)
    answer = client.get(route, params={"upstreamDepth": depth, "downstreamDepth": depth})
    if answer is None:
        raise ConfigError(f"--dataset {fqn!r}: OpenMetadata has no {kind} of this name; --type names another type")
    entities = [answer["entity"], *(answer.get("nodes") or ())]
    cards = [_entity_card(entity, client.base_url) for entity in entities if entity.get("type") != "pipeline"]
    names = {str(entity["id"]): str(entity["fullyQualifiedName"]) for entity in entities}
    known = {card.id for card in cards}
    edges = [*(answer.get("upstreamEdges") or ()), *(answer.get("downstreamEdges") or ())]
    arrows = [arrow for edge in edges for arrow in _arrows(edge, names) if {arrow.source, arrow.target} <= known]
    return graph_of(cards, arrows)


def _entity_card(entity: Mapping[str, Any], base_url: str) -> Card:
    fqn, kind = str(entity["fullyQualifiedName"]), str(entity.get("type") or "table")
    *parents, name = split(fqn)
    url = f"{base_url.removesuffix('/api')}/{path(kind, fqn)}"
    return Card(fqn, name, ".".join(parents), kind, parents[0] if parents else "", url=url, full_name=fqn)


def _arrows(edge: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Arrow]:
    source, target = names.get(str(edge["fromEntity"])), names.get(str(edge["toEntity"]))
    if source is None or target is None:
        return
    details = edge.get("lineageDetails") or {}
    pipeline = (details.get("pipeline") or {}).get("fullyQualifiedName")
    yield Arrow(source, target, (str(pipeline),) if pipeline else (), tuple(_columns(details)))


def _columns(details: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for item in details.get("columnsLineage") or ():
        for source in item.get("fromColumns") or ():
            yield split(source)[-1], split(item["toColumn"])[-1]
