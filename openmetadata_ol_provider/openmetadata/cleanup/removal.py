"""Removes what was found: edges, or the part of one job in them, tasks, and pipelines softly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.openmetadata.cleanup.finding import EdgeRef, Finding, PipelineRef
from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.client.guarded_patch import patch_stored
from openmetadata_ol_provider.openmetadata.fqn import pipeline_and_task
from openmetadata_ol_provider.openmetadata.pipeline_paths import PIPELINES
from openmetadata_ol_provider.openmetadata.publishing.core.executor import Executor
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact
from openmetadata_ol_provider.openmetadata.publishing.edges.stale import EdgeRemover, StaleEdge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

#: Edges go first: a pipeline that is gone can no longer be read from them.
_ORDER = ("edge", "task", "pipeline")


def remove(findings: Iterable[Finding], client: OpenMetadataClient) -> list[Finding]:
    """Remove what is listed, and return all findings with what became of them; what is kept is not touched.

    :raises CatalogueAuthError: if the token may not do it
    :raises CatalogueUnavailableError: if the catalogue does not answer in spite of retries
    """
    remover = _Remover(client)
    done: list[Finding] = []
    has_failed = False
    # Somebody may have made an edge his own meanwhile, which still shows the pipeline.
    changed: set[str] = set()
    for kind in _ORDER:
        of_kind = [finding for finding in findings if finding.kind == kind]
        listed = [finding for finding in of_kind if finding.outcome == "listed"]
        done += [finding for finding in of_kind if finding.outcome != "listed"]
        staying = [item for item in listed if isinstance(item.ref, PipelineRef) and item.ref.fqn in changed]
        done += [item._replace(outcome="kept", detail="an edge of it was changed meanwhile") for item in staying]
        listed = [item for item in listed if item not in staying]
        if kind != "edge" and has_failed:
            done += [finding._replace(outcome="kept", detail="an edge could not be removed") for finding in listed]
            continue
        executor = Executor(client.max_connections)
        results = executor.run_grouped(listed, remover.remove, lambda item: item.where, lambda item: item.ref[0])
        for finding, result in zip(listed, results, strict=True):
            if result.failed:
                has_failed = True
                done.append(finding._replace(outcome="failed", detail=result.detail))
                continue
            if not result.value and isinstance(finding.ref, EdgeRef):
                changed.add(pipeline_and_task(finding.ref.writer)[0])
            done.append(finding._replace(outcome="removed" if result.value else "gone"))
    return done


class _Remover:
    def __init__(self, client: OpenMetadataClient) -> None:
        self._client = client
        self._edges = EdgeRemover(client, dry_run=False)

    def remove(self, finding: Finding) -> bool:
        """Remove what was found, and return whether it was still there as it was judged."""
        ref = finding.ref
        if isinstance(ref, EdgeRef):
            fact = EdgeFact(0, 0, "", ref.source, ref.target, finding.where, ref.writer)
            return self._edges.remove(StaleEdge(0, fact, first=True))
        stored = self._client.get(path(PIPELINES, ref.id), {"fields": "tasks"})
        if stored is None:
            return False
        if ref.task is not None:
            url, fields = path(PIPELINES, ref.id), {"fields": "tasks"}
            task = ref.task
            patched = patch_stored(
                self._client, url, stored, lambda body: _without_task(body, task), lambda: self._client.get(url, fields)
            )
            return patched is not None
        if stored.get("version") != ref.version:
            # Somebody has changed it since it was judged.
            return False
        return self._client.delete(path(PIPELINES, ref.id), {"hardDelete": "false", "recursive": "false"})


def _without_task(pipeline: dict[str, Any], task: str) -> list[dict[str, Any]]:
    """Return the operations that remove a task; none if the pipeline does not have it."""
    tasks = [str(item["name"]) for item in pipeline.get("tasks") or ()]
    return [{"op": "remove", "path": f"/tasks/{tasks.index(task)}"}] if task in tasks else []
