"""Writes pipelines and their tasks: created when missing, completed when something is missing in them, else left alone.

A pipeline that the integration's own ingestion has created is used: its tasks are completed, nothing in it is
overwritten. For descriptions ``if_ours`` counts as ``if_empty`` here, as the catalogue does not tell who wrote one.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueError
from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.circuit import EndpointClosedError
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient, path
from openmetadata_ol_provider.openmetadata.client.creation import create_or_read, restore
from openmetadata_ol_provider.openmetadata.client.document import updated
from openmetadata_ol_provider.openmetadata.client.guarded_patch import patch_stored
from openmetadata_ol_provider.openmetadata.fqn import join, pipeline_name
from openmetadata_ol_provider.openmetadata.pipeline_paths import PIPELINES, path_by_name
from openmetadata_ol_provider.openmetadata.publishing.core.executor import is_of_one_item
from openmetadata_ol_provider.openmetadata.publishing.core.values import Change, PipelineRef
from openmetadata_ol_provider.openmetadata.publishing.pipelines.changes import Operations, pipeline_changes
from openmetadata_ol_provider.openmetadata.publishing.pipelines.existing import (
    ExistingPipeline,
    ReuseSearch,
    duplicate_pipeline,
    find_reusable,
    shared_pipeline,
)
from openmetadata_ol_provider.openmetadata.publishing.pipelines.request import (
    Body,
    PipelinePlan,
    completed_content,
    creation_request,
)
from openmetadata_ol_provider.openmetadata.publishing.pipelines.services import PipelineService, PipelineServices

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config


class _Use:
    """The first job that a reused pipeline was found for, and a lock for other jobs that match it."""

    __slots__ = ("begun", "first", "lock")

    def __init__(self, first: JobId) -> None:
        self.first = first
        self.lock = threading.Lock()
        self.begun = False


class _Stored(NamedTuple):
    """A pipeline as it is stored after publication.

    :param error: why it could not be completed; ``None`` if it could
    """

    change: Change
    body: Body
    error: CatalogueError | None = None


class PipelineWriter:
    """Publishes pipelines and the services that they need; safe for many threads.

    :param client: client of the catalogue
    :param config: services and write policies
    :param dry_run: read, but do not write
    """

    def __init__(self, client: OpenMetadataClient, config: Config, *, dry_run: bool) -> None:
        self._client = client
        self._config = config
        self._dry_run = dry_run
        self._services = PipelineServices(client, config, dry_run=dry_run)
        self._lock = threading.Lock()
        self._uses: dict[str, _Use] = {}
        usage = ",usageSummary" if config.write.usage == "always" else ""
        # The latest status tells whether statuses of newer runs have to be read.
        status = ",pipelineStatus" if config.write.status == "always" else ""
        self._fields = f"tasks,tags,owners,sourceHash{usage}{status}"

    def publish(self, plan: PipelinePlan) -> PipelineRef:
        """Create or complete a pipeline, and return it.

        :raises CatalogueError: if the catalogue refuses
        """
        own = self._services.service_for(plan.integration)
        own_fqn = join(own.name, pipeline_name(plan.id.namespace, plan.id.name))
        search = find_reusable(plan, own, self._services, self._read) if self._config.pipelines.reuse else ReuseSearch()
        problems = (search.problem,) if search.problem else ()
        if search.pipeline is None:
            ref = self._publish_own(plan, own, own_fqn)
            return ref._replace(problems=(*problems, *ref.problems))
        reused_fqn = str(search.pipeline.stored["fullyQualifiedName"])
        if self._services.has(own.name) and self._read(own_fqn) is not None:
            problems = (duplicate_pipeline(plan, reused_fqn, own_fqn),)
        ref = self._publish_reused(plan, search.pipeline, reused_fqn)
        return ref._replace(problems=(*problems, *ref.problems))

    def _publish_reused(self, plan: PipelinePlan, existing: ExistingPipeline, fqn: str) -> PipelineRef:
        with self._lock:
            use = self._uses.setdefault(fqn, _Use(plan.id))
        # Jobs of one name from several namespaces add their tasks one after the other, not to refuse one another.
        with use.lock:
            stored = (self._read(fqn) if use.begun else None) or existing.stored
            use.begun = True
            ref = self._complete(plan, stored, existing.service, fqn, reused=True)
        return ref if use.first == plan.id else ref._replace(problems=(shared_pipeline(plan, fqn, use.first),))

    def _publish_own(self, plan: PipelinePlan, service: PipelineService, fqn: str) -> PipelineRef:
        # A missing service has no pipelines; should somebody create both meanwhile, creating the pipeline shows that.
        stored = self._read(fqn) if self._services.has(service.name) else None
        if stored is None and not self._config.write.create_pipelines:
            return PipelineRef("", fqn, "missing", problems=(_no_pipeline(plan, fqn),))
        if stored is None and not self._services.ensure(service):
            return PipelineRef("", fqn, "missing", problems=(_no_service(service),))
        return self._complete(plan, stored, service.name, fqn, reused=False)

    def _complete(
        self, plan: PipelinePlan, stored: Body | None, service: str, fqn: str, *, reused: bool
    ) -> PipelineRef:
        done = self._create(plan, service, fqn) if stored is None else self._patch(plan, stored, fqn, reused=reused)
        current, error = done.body, done.error
        tasks = frozenset(task["name"] for task in current.get("tasks") or ())
        name = str(current.get("fullyQualifiedName", fqn))
        ref = PipelineRef(str(current.get("id", "")), name, done.change, tasks, reused, current)
        if error is None:
            return ref
        # An endpoint that keeps failing is reported once.
        closed = isinstance(error, EndpointClosedError)
        problem = Problem(ProblemKind.FAILED, f"pipeline {plan.where}", str(error))
        return ref._replace(refused=str(error), problems=() if closed else (problem,))

    def _create(self, plan: PipelinePlan, service: str, fqn: str) -> _Stored:
        """Create a pipeline and return it as it is stored then."""
        request = creation_request(plan, service, self._config.write)
        if self._dry_run:
            return _Stored("created", {key: value for key, value in request.items() if key != "service"})
        body, is_new = create_or_read(self._client, PIPELINES, request, fqn, self._fields)
        if is_new:
            # Its descriptions may not be as they were sent.
            return self._patch(plan, updated(request, body), fqn, reused=False)._replace(change="created")
        if not body.get("deleted"):
            # Somebody else was faster.
            return self._patch(plan, body, fqn, reused=False)
        # Its jobs still run, so it is in use; what people wrote about it comes back with it.
        restored = updated(body, restore(self._client, PIPELINES, body))
        return self._patch(plan, restored, fqn, reused=False)._replace(change="updated")

    def _patch(self, plan: PipelinePlan, stored: Body, fqn: str, *, reused: bool) -> _Stored:
        """Complete a stored pipeline and return it as it is stored then.

        A refusal costs what it lacks, but neither the edges that name it nor its statuses.
        """

        def decide(body: Body) -> Operations:
            return pipeline_changes(plan, body, self._config.write, reused=reused)

        if self._dry_run:
            content = completed_content(plan, stored, self._config.write, reused=reused)
            return _Stored("updated" if decide(stored) else "unchanged", {**stored, **(content or {})})
        url = path(PIPELINES, str(stored.get("id")))
        try:
            patched = patch_stored(self._client, url, stored, decide, lambda: self._read(fqn))
        except CatalogueError as error:
            if error.status == 404 or not is_of_one_item(error):
                raise
            lacking = completed_content(plan, stored, self._config.write, reused=reused)
            return _Stored("unchanged" if lacking is None else "failed", stored, error)
        return _Stored("unchanged", stored) if patched is None else _Stored("updated", patched)

    def _read(self, fqn: str) -> Body | None:
        return self._client.get(path_by_name(fqn), {"fields": self._fields})


def _no_pipeline(plan: PipelinePlan, fqn: str) -> Problem:
    return Problem(
        ProblemKind.NO_PIPELINE,
        plan.where,
        f"pipeline {fqn} does not exist and write.create_pipelines is false; its edges name no pipeline",
    )


def _no_service(service: PipelineService) -> Problem:
    return Problem(
        ProblemKind.NO_SERVICE,
        f"pipeline service {service.name}",
        "it does not exist and write.create_services is false; create it, or name an existing one in pipelines.service",
    )
