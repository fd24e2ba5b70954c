"""Sends the details of an edge: as a patch of what changes where that is possible, so that the edge keeps its age.

A new edge, and one whose pipeline changes, is put: only then the server also connects the services. It refuses an edge
that names a deleted pipeline, even one that somebody else has put there; such an edge is written with ours or without.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueRequestError
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.client.document import confirm
from openmetadata_ol_provider.openmetadata.client.guarded_patch import GuardedPatch, send_patch

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

Json = dict[str, Any]
#: Details that are decided here, apart from the pipeline.
_PATCHED = ("source", "columnsLineage", "sqlQuery", "description")
#: Answers to a patch where it is not allowed, or where there is no such edge (any more), or no such route.
_NOT_PATCHABLE = frozenset({403, 404, 405})


#: Of these, those after which the edge is still there, and a PUT makes it look new.
_RENEWED = frozenset({403, 405})


class Ends(NamedTuple):
    """References to the entities that an edge connects."""

    source: Json
    target: Json


class Sent(NamedTuple):
    """What was written.

    :param details: details as they were accepted, perhaps with another pipeline or none
    :param refusal: why the edge was put although it could have been patched, ``None`` if it was not
    """

    details: Json
    refusal: CatalogueRequestError | CatalogueAuthError | None = None


def send_details(
    client: OpenMetadataClient, ends: Ends, stored: Json | None, details: Json, own: Json | None = None
) -> Sent:
    """Write the details of an edge.

    :param stored: details as they were read, ``None`` if there is no edge
    :param details: details to write
    :param own: reference to our pipeline, for an edge whose pipeline was deleted; default: none
    :raises PatchRefusedError: if somebody else has changed the edge since it was read
    :raises CatalogueError: if the catalogue refuses
    """
    source, target = ends
    refusal: CatalogueRequestError | CatalogueAuthError | None = None
    if stored is not None and _pipeline(stored) == _pipeline(details):
        url = path("v1/lineage", source["type"], source["id"], target["type"], target["id"])
        try:
            send_patch(client, url, GuardedPatch([*_guard(stored), *_difference(stored, details)]))
        except (CatalogueRequestError, CatalogueAuthError) as error:
            if error.status not in _NOT_PATCHABLE:
                raise
            refusal = error if error.status in _RENEWED else None
        else:
            return Sent(details)
    candidates = [details]
    if details.get("pipeline"):
        without = {key: value for key, value in details.items() if key != "pipeline"}
        candidates += [{**without, "pipeline": own}] if own and _pipeline(details) != own["id"] else []
        candidates.append(without)
    return Sent(_put(client, ends, candidates), refusal)


def _put(client: OpenMetadataClient, ends: Ends, candidates: list[Json]) -> Json:
    """Put the first details that do not name something deleted, and return them."""
    details, *others = candidates
    try:
        edge = {"fromEntity": ends.source, "toEntity": ends.target, "lineageDetails": details}
        confirm(client.put("v1/lineage", {"edge": edge}), "edge", "fromEntity", "entity", "lineageDetails", "id")
    except CatalogueRequestError as error:
        if error.status == 404 and others:
            return _put(client, ends, others)
        raise
    return details


def renewed_edge(where: str, refusal: object) -> Problem:
    """Return the problem of an edge that was put because its patch was refused.

    :param where: name of the edge in problems
    :param refusal: why the patch was refused
    """
    detail = (
        f"the patch was refused ({refusal}), so the edge was written as a new one: its creation time is that of now"
    )
    return Problem(ProblemKind.RENEWED_EDGE, where, detail)


def deleted_pipeline(where: str, stored: Json | None, details: Json, sent: Json) -> Problem | None:
    """Return the problem of an edge that was written with another pipeline than it should have, if it was.

    :param where: name of the edge in problems
    :param stored: details as they were read, ``None`` if there was no edge
    :param details: details that were to be written
    :param sent: details that were accepted
    """
    if _pipeline(details) == _pipeline(sent):
        return None
    shown = (stored or {}).get("pipeline") or {}
    name = shown.get("fullyQualifiedName") if shown.get("id") == _pipeline(details) else None
    instead = "with the pipeline of the job that wrote it last" if sent.get("pipeline") else "without a pipeline"
    return Problem(
        ProblemKind.DELETED_PIPELINE,
        where,
        f"pipeline {name or _pipeline(details)} was deleted in OpenMetadata, which accepts no edge that names it; the "
        f"edge was written {instead}. If that is wrong, restore the pipeline and name it in the edge",
    )


def _pipeline(details: Json) -> str | None:
    return (details.get("pipeline") or {}).get("id")


def _guard(stored: Json) -> Iterator[Json]:
    # A test of an absent field fails.
    if stored.get("updatedAt") is not None:
        yield {"op": "test", "path": "/updatedAt", "value": stored["updatedAt"]}


def _difference(stored: Json, details: Json) -> Iterator[Json]:
    for key in _PATCHED:
        value = details.get(key)
        if value is not None and value != stored.get(key):
            yield {"op": "add", "path": f"/{key}", "value": value}
        elif value is None and stored.get(key) is not None:
            yield {"op": "remove", "path": f"/{key}"}
