"""Finds base tables that a job lists next to a view of which only the catalogue knows what is behind it.

Trino and Hive name everything that a query touches: the view and the tables behind it. ``lineage/views.py`` leaves the
tables out where the events have said what the view is made of; here the catalogue's lineage says it, or the definition
of the view. It is asked only where a view and other tables are inputs of one job.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueRequestError
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.fqn import split
from openmetadata_ol_provider.openmetadata.resolution.resolver import entity_of

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import DatasetId, Edge, JobId
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution

    Resolutions = Mapping[DatasetId, Resolution]

_VIEWS: Final = frozenset({"View", "SecureView", "MaterializedView"})
#: Most inputs of a job that are compared with what is behind a view.
MAX_INPUTS: Final = 500
_QUOTES: Final = str.maketrans("", "", '"`[]')


class ViewReader:
    """Reads from the catalogue what is behind views, each once.

    :param client: client of the catalogue
    """

    def __init__(self, client: OpenMetadataClient) -> None:
        self._client = client
        self._upstream: dict[str, frozenset[str]] = {}
        self._definitions: dict[str, str] = {}

    def is_behind(self, base: Entity, view: Entity) -> bool:
        """Return whether the catalogue says that a view reads a table directly."""
        upstream = self._sources(view)
        return base.id in upstream if upstream else _is_named(base, view, self._definition(view))

    def _sources(self, view: Entity) -> frozenset[str]:
        if view.id not in self._upstream:
            graph = self._get(path("v1/lineage", view.type, view.id), {"upstreamDepth": 1, "downstreamDepth": 0})
            edges = graph.get("upstreamEdges") or ()
            self._upstream[view.id] = frozenset(
                _id(edge.get("fromEntity")) for edge in edges if _id(edge.get("toEntity")) == view.id
            )
        return self._upstream[view.id]

    def _definition(self, view: Entity) -> str:
        if view.id not in self._definitions:
            body = self._get(path("v1/tables", view.id), {"fields": "schemaDefinition"})
            self._definitions[view.id] = str(body.get("schemaDefinition") or "").translate(_QUOTES).lower()
        return self._definitions[view.id]

    def _get(self, address: str, parameters: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._client.get(address, parameters) or {}
        except CatalogueRequestError:
            # An older catalogue may not have it: nothing is said.
            return {}


def edges_through_views(
    edges: Iterable[Edge], resolutions: Resolutions, reader: ViewReader
) -> tuple[dict[Edge, None], list[Problem]]:
    """Return the edges of tables that their job reads through a view, and the problems that report them.

    :param edges: edges of the plan
    :param resolutions: resolutions of their ends
    """
    reads = list(_reads(edges, resolutions))
    sources: dict[JobId, dict[Entity, None]] = {}
    for read in reads:
        sources.setdefault(read.job, {})[read.source] = None
    behind = {
        job: _behind(views, list(inputs), reader) for job, inputs in sources.items() if (views := _views_among(inputs))
    }
    if not behind:
        return {}, []
    targets: dict[tuple[JobId, Entity], set[DatasetId]] = {}
    for read in reads:
        targets.setdefault((read.job, read.source), set()).add(read.edge.target)
    left_out: dict[Edge, None] = {}
    problems: dict[Problem, None] = {}
    for read in reads:
        view = behind.get(read.job, {}).get(read.source)
        # Only where the data comes through the view as well.
        if view is not None and read.edge.target in targets[read.job, view]:
            left_out[read.edge] = None
            problems[_problem(read.job, read.edge.source, view)] = None
    return left_out, list(problems)


class _Read(NamedTuple):
    """An edge as the reading of an entity by a job."""

    edge: Edge
    job: JobId
    source: Entity


def _reads(edges: Iterable[Edge], resolutions: Resolutions) -> Iterator[_Read]:
    """Yield the edges whose sources nobody has stated for their targets, and whose sources the catalogue has."""
    for edge in edges:
        if edge.job is not None and edge.basis in {"product", "columns"}:
            source = entity_of(edge.source, resolutions)
            if source is not None:
                yield _Read(edge, edge.job, source)


def _views_among(inputs: Collection[Entity]) -> list[Entity]:
    """Return the views among the inputs of a job; none if nothing, or too much, is to be compared with them."""
    if not 1 < len(inputs) <= MAX_INPUTS:
        return []
    return [entity for entity in inputs if entity.type == "table" and entity.body.get("tableType") in _VIEWS]


def _behind(views: list[Entity], inputs: list[Entity], reader: ViewReader) -> dict[Entity, Entity]:
    """Return the inputs that are behind one of the views, with the view; two views behind each other are not."""
    pairs = {
        (base, view)
        for view in views
        for base in inputs
        if base != view and base.type == "table" and reader.is_behind(base, view)
    }
    return {base: view for base, view in sorted(pairs, key=_by_fqn) if (view, base) not in pairs}


def _by_fqn(pair: tuple[Entity, Entity]) -> tuple[str, str]:
    return pair[0].fqn, pair[1].fqn


def _is_named(base: Entity, view: Entity, definition: str) -> bool:
    """Return whether the definition of a view names a table, with its schema or in the view's own."""
    if not definition:
        return False
    service, database, schema, table = _parts(base)
    own = _parts(view)
    if service != own[0]:
        return False
    words = [f"{database}.{schema}.{table}"]
    if database == own[1]:
        words.append(f"{schema}.{table}")
    if (database, schema) == own[1:3]:
        words.append(table)
    names = "|".join(re.escape(word) for word in words)
    return re.search(rf"(?:\bfrom|\bjoin|,)\s*\(*\s*(?:{names})(?![\w$.])", definition) is not None


def _parts(entity: Entity) -> tuple[str, ...]:
    parts = [part.lower() for part in split(entity.fqn)]
    return tuple((*parts, "", "", "", "")[:4])


def _problem(job: JobId, base: DatasetId, view: Entity) -> Problem:
    detail = (
        f"{base} is behind the view {view.fqn}, as the catalogue says, and the job reads both: "
        "it gives no edge of its own. If the job reads it directly as well, let it say so with a lineage facet"
    )
    return Problem(ProblemKind.VIEW_SOURCE, job.label, detail)


def _id(end: object) -> str:
    # An id, or a reference with an id.
    return str(end.get("id")) if isinstance(end, dict) else str(end)
