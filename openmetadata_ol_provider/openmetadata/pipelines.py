"""Pipelines and their tasks: created when missing, completed when something is missing in them, else left alone.

What others wrote stays: tasks of other origin, and every field that has a value. ``if_ours`` counts as ``if_empty``
here, since the catalogue does not say who wrote a description.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from openmetadata_ol_provider.lineage.plan import Job, JobId
from openmetadata_ol_provider.openlineage.problem import Problem
from openmetadata_ol_provider.openmetadata.client import OpenMetadataClient, Version, path
from openmetadata_ol_provider.openmetadata.names import join, pipeline_name, quote, task_name

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config

Change = Literal["created", "updated", "unchanged", "missing"]
SERVICES = "v1/services/pipelineServices"
PIPELINES = "v1/pipelines"
#: Service type of a service that is one integration's own.
_SERVICE_TYPES = {"AIRFLOW": "Airflow", "SPARK": "Spark", "FLINK": "Flink", "DBT": "DBTCloud"}
#: Stored fields that a PUT without them would clear.
_CARRIED = (
    "displayName", "description", "sourceUrl", "concurrency", "pipelineLocation", "startDate", "state",
    "scheduleInterval", "extension", "sourceHash",
)  # fmt: skip
_TASK_FIELDS = (
    "name", "displayName", "description", "sourceUrl", "downstreamTasks", "taskType", "taskSQL", "startDate",
    "endDate", "tags", "owners",
)  # fmt: skip
#: Longest SQL text stored, in characters.
MAX_SQL = 100_000
#: Most tasks of a pipeline; with each, the whole list is sent again.
MAX_TASKS = 5_000


class PipelineRef(NamedTuple):
    """A pipeline of the catalogue.

    :param id: entity id; empty for one that a dry run would create
    :param change: what was done, or would be
    :param tasks: names of its tasks, those of others included
    """

    id: str
    fqn: str
    change: Change
    tasks: frozenset[str] = frozenset()


class PipelinePlan(NamedTuple):
    """A pipeline of the plan with the jobs that belong to it."""

    id: JobId
    jobs: tuple[Job, ...]

    @property
    def where(self) -> str:
        """How problems name the pipeline."""
        return f"{self.id.namespace} {self.id.name}"

    @property
    def own(self) -> Job | None:
        """The job that is the pipeline itself, if it is in the plan."""
        return next((job for job in self.jobs if job.task is None), None)

    @property
    def integration(self) -> str | None:
        """The integration of the pipeline's own job, else that of its tasks."""
        return next((job.integration for job in sorted(self.jobs, key=_own_first) if job.integration), None)


def _own_first(job: Job) -> bool:
    return job.task is not None


def group_jobs(jobs: Iterable[Job]) -> list[PipelinePlan]:
    """Return the pipelines of a plan, each with its jobs, in the plan's order."""
    groups: dict[JobId, list[Job]] = {}
    for job in jobs:
        groups.setdefault(job.pipeline, []).append(job)
    return [PipelinePlan(id_, tuple(group)) for id_, group in groups.items()]


def cap_sql(sql: str) -> str:
    """Return the SQL text, cut where it is longer than the catalogue should carry."""
    return sql if len(sql) <= MAX_SQL else f"{sql[:MAX_SQL]}\n-- truncated"


class PipelineWriter:
    """Publishes pipelines.

    :param client: the catalogue
    :param config: services, policies
    :param dry_run: read, but do not write
    """

    def __init__(self, client: OpenMetadataClient, config: Config, *, dry_run: bool) -> None:
        self._client = client
        self._config = config
        self._dry_run = dry_run

    # -- services ------------------------------------------------------------------------------------------------

    def service_of(self, pipeline: PipelinePlan) -> tuple[str, str]:
        """Return name and type of the service a pipeline belongs to."""
        integration = (pipeline.integration or "").upper()
        name = self._config.pipelines.service_for(integration)
        services = self._config.pipelines.service
        own = isinstance(services, dict) and integration in {key.upper() for key in services}
        return name, _SERVICE_TYPES.get(integration, "OpenLineage") if own else "OpenLineage"

    def ensure_service(self, service: tuple[str, str]) -> bool:
        """Return whether the service is there, creating it if that is allowed. An existing one is never written."""
        name, type_ = service
        if self._client.get(path(SERVICES, "name", quote(name))) is not None:
            return True
        if not self._config.write.create_services:
            return False
        if not self._dry_run:
            self._client.put(SERVICES, {"name": name, "serviceType": type_})
        return True

    # -- pipelines -----------------------------------------------------------------------------------------------

    def publish(self, pipeline: PipelinePlan) -> PipelineRef:
        """Create or complete a pipeline, and return what it is now.

        :raises CatalogueError: if the catalogue refuses
        """
        service, _ = self.service_of(pipeline)
        fqn = join(service, pipeline_name(pipeline.id.namespace, pipeline.id.name))
        stored = self._client.get(path(PIPELINES, "name", fqn), {"fields": ",".join(self._fields())})
        if stored is None and not self._config.write.create_pipelines:
            return PipelineRef("", fqn, "missing")
        body = self._body(pipeline, service, stored or {})
        change: Change = "created" if stored is None else "unchanged"
        if stored is None or body != self._carried(stored, service):
            change = "created" if stored is None else "updated"
            stored = self._put(body, stored or {})
        forced = self._forced(pipeline, stored)
        if forced:
            change = "updated" if change == "unchanged" else change
            if not self._dry_run:
                self._client.patch(path(PIPELINES, str(stored["id"])), forced)
        tasks = frozenset(task["name"] for task in body["tasks"])
        return PipelineRef(str(stored.get("id", "")), str(stored.get("fullyQualifiedName", fqn)), change, tasks)

    def _put(self, body: dict[str, Any], stored: dict[str, Any]) -> dict[str, Any]:
        return {**stored, **body} if self._dry_run else self._client.put(PIPELINES, body)

    def _fields(self) -> list[str]:
        domain = "domains" if self._version.at_least(1, 9) else "domain"
        return ["tasks", "tags", "owners", "extension", domain, "dataProducts"]

    @property
    def _version(self) -> Version:
        return self._client.version

    def _carried(self, stored: dict[str, Any], service: str) -> dict[str, Any]:
        """Return the request that would change nothing."""
        body: dict[str, Any] = {"name": stored.get("name", ""), "service": quote(service)}
        body.update({key: stored[key] for key in _CARRIED if stored.get(key) not in (None, "", {})})
        body["tasks"] = [
            {key: task[key] for key in _TASK_FIELDS if task.get(key) not in (None, "", [])}
            for task in stored.get("tasks") or ()
        ]
        products = [product["fullyQualifiedName"] for product in stored.get("dataProducts") or ()]
        if products:
            body["dataProducts"] = products
        domains = [domain["fullyQualifiedName"] for domain in stored.get("domains") or ()]
        if domains:
            body["domains"] = domains
        if stored.get("domain"):
            body["domain"] = stored["domain"]["fullyQualifiedName"]
        return body

    def _body(self, pipeline: PipelinePlan, service: str, stored: dict[str, Any]) -> dict[str, Any]:
        """Return the request: what is stored, completed by what the plan knows."""
        body = self._carried(stored, service)
        body["name"] = stored.get("name") or pipeline_name(pipeline.id.namespace, pipeline.id.name)
        body.setdefault("displayName", pipeline.id.name)
        own = pipeline.own
        if own is not None:
            if own.source_url:
                body.setdefault("sourceUrl", own.source_url)
            if own.description and self._config.write.descriptions != "never":
                body.setdefault("description", own.description)
        tasks = {task["name"]: task for task in body["tasks"]}
        for job in sorted(pipeline.jobs, key=lambda job: job.part):
            if job.task is not None and (len(tasks) < MAX_TASKS or task_name(job.task) in tasks):
                self._complete(tasks.setdefault(task_name(job.task), {"name": task_name(job.task)}), job)
        body["tasks"] = list(tasks.values())
        return body

    def _complete(self, task: dict[str, Any], job: Job) -> None:
        """Fill in what a task lacks; only its SQL, which is its code, follows the job (but not its parts)."""
        sql = cap_sql(job.sql) if job.sql and self._config.write.sql != "never" else None
        if job.part:
            if sql:
                task.setdefault("taskSQL", sql)
            return
        for key, value in (
            ("displayName", job.task),
            ("taskType", job.type or job.integration),
            ("sourceUrl", job.source_url),
            ("description", job.description if self._config.write.descriptions != "never" else None),
        ):
            if value:
                task.setdefault(key, value)
        if sql:
            task["taskSQL"] = sql

    def _forced(self, pipeline: PipelinePlan, stored: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the patch for descriptions that are always to be ours: a bot's PUT does not replace one."""
        if self._config.write.descriptions != "always":
            return []
        operations = []
        own = pipeline.own
        if own is not None and own.description and stored.get("description") != own.description:
            operations.append({"op": "add", "path": "/description", "value": own.description})
        wanted = {task_name(job.task): job.description for job in pipeline.jobs if job.task and job.description}
        for index, task in enumerate(stored.get("tasks") or ()):
            text = wanted.get(task["name"])
            if text and task.get("description") != text:
                operations.append({"op": "test", "path": f"/tasks/{index}/name", "value": task["name"]})
                operations.append({"op": "add", "path": f"/tasks/{index}/description", "value": text})
        return operations


def missing_problem(pipeline: PipelinePlan, ref: PipelineRef) -> Problem:
    """Return the problem of a pipeline that is not there and may not be created."""
    return Problem(
        "no_pipeline",
        pipeline.where,
        f"pipeline {ref.fqn} does not exist and write.create_pipelines is false; its edges name no pipeline",
    )
