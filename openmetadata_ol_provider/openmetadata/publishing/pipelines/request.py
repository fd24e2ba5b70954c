"""Builds the request that makes a pipeline agree with the plan, given what is stored of it.

What others wrote stays: tasks of other origin, and every field that has a value. Only what follows the code is renewed,
and only in pipelines that we created: the SQL and type of a task, the tasks that follow it, the schedule.

The server compares few fields to find out whether a pipeline has changed; a request that changes only others (a task's
SQL, the tasks that follow it, the schedule) is answered with success and not stored. So ours carry a digest of their
content as ``sourceHash``, which is compared. Where another ingestion has its own digest, that one is not touched, and
such changes are sent together with the next change that is stored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.lineage.job_hierarchy import task_in
from openmetadata_ol_provider.lineage.plan import Job, JobId, TaskOutline
from openmetadata_ol_provider.openmetadata.fqn import pipeline_name, quote, task_name
from openmetadata_ol_provider.openmetadata.provenance import PIPELINE_HASH

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import WriteOptions

#: Longest SQL text stored, in characters.
MAX_SQL = 100_000
#: Most tasks of a pipeline; each further one makes the server store the whole list again.
MAX_TASKS = 5_000
#: Stored fields that a PUT without them would clear.
_PRESERVED = (
    "displayName", "description", "sourceUrl", "concurrency", "pipelineLocation", "startDate", "state",
    "scheduleInterval", "extension", "sourceHash",
)  # fmt: skip
_TASK_FIELDS = (
    "name", "displayName", "description", "sourceUrl", "downstreamTasks", "taskType", "taskSQL", "startDate",
    "endDate", "tags", "owners",
)  # fmt: skip
#: Fields that the server compares; of tasks it compares the names and descriptions.
_COMPARED = ("displayName", "description", "sourceUrl", "concurrency", "pipelineLocation", "state", "sourceHash")
#: The server's limit on a source hash, in characters.
_MAX_HASH = 32

Body = dict[str, Any]


class PipelinePlan(NamedTuple):
    """A pipeline of the plan with the jobs that belong to it."""

    id: JobId
    jobs: tuple[Job, ...]

    @property
    def where(self) -> str:
        """The name in problems."""
        return f"{self.id.namespace} {self.id.name}"

    @property
    def own(self) -> Job | None:
        """The job that is the pipeline itself, if it is in the plan."""
        return next((job for job in self.jobs if job.task is None), None)

    @property
    def integration(self) -> str | None:
        """The integration of the pipeline's own job, else that of its tasks."""
        return next((job.integration for job in sorted(self.jobs, key=_own_first) if job.integration), None)

    @property
    def outlines(self) -> dict[str, TaskOutline]:
        """The producer's list of tasks by their names in the catalogue; the last list counts."""
        listed = (outline for job in sorted(self.jobs, key=_own_first) for outline in job.tasks)
        return {task_name(outline.name): outline for outline in listed}


def _own_first(job: Job) -> bool:
    return job.task is not None


def cap_sql(sql: str) -> str:
    """Return the SQL text, cut off if it is longer than the catalogue should store."""
    return sql if len(sql) <= MAX_SQL else f"{sql[:MAX_SQL]}\n-- truncated"


def preserved_fields(stored: Body, service: str) -> Body:
    """Return the request that would change nothing.

    :param service: name of the service
    """
    body: Body = {"name": stored.get("name", ""), "service": quote(service)}
    body.update({key: stored[key] for key in _PRESERVED if stored.get(key) not in (None, "", {})})
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


def desired_request(
    plan: PipelinePlan, stored: Body | None, service: str, write: WriteOptions, *, reused: bool
) -> Body | None:
    """Return the request to send, ``None`` if it would change nothing.

    :param stored: JSON of the pipeline, ``None`` if there is none yet
    :param service: name of the service
    :param reused: ``True`` if another ingestion created the pipeline
    """
    if stored is None:
        body = preserved_fields({"name": pipeline_name(plan.id.namespace, plan.id.name)}, service)
        _complete(body, plan, write, ours=True, named=True)
        body["sourceHash"] = _digest(body)
        return body
    before = preserved_fields(stored, service)
    free = str(before.get("sourceHash", PIPELINE_HASH)).startswith(PIPELINE_HASH)
    body = preserved_fields(stored, service)
    _complete(body, plan, write, ours=free and not reused, named=not reused)
    if body == before:
        return None
    if free:
        body["sourceHash"] = _digest(body)
        return body
    return body if _compared(body) != _compared(before) else None


def _digest(body: Body) -> str:
    """Return the source hash of a pipeline's content, which does not depend on its order."""
    tasks = [
        {**task, "downstreamTasks": sorted(task.get("downstreamTasks", ()))}
        for task in sorted(body["tasks"], key=lambda task: str(task["name"]))
    ]
    content = json.dumps({**body, "tasks": tasks, "sourceHash": None}, sort_keys=True)
    digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{PIPELINE_HASH}{digest}"[:_MAX_HASH]


def _compared(body: Body) -> Any:
    return [body.get(key) for key in _COMPARED], {task["name"]: task.get("description") for task in body["tasks"]}


def _complete(body: Body, plan: PipelinePlan, write: WriteOptions, *, ours: bool, named: bool) -> None:
    """Add what a pipeline lacks, and renew what follows the code if the pipeline is ours."""
    if named:
        body.setdefault("displayName", plan.id.name)
    own = plan.own
    if own is not None:
        if own.source_url:
            body.setdefault("sourceUrl", own.source_url)
        if own.description and write.descriptions != "never":
            body.setdefault("description", own.description)
        schedule = next((job.schedule for job in reversed(plan.jobs) if job.task is None and job.schedule), None)
        _put(body, "scheduleInterval", schedule, renew=ours)
    tasks: dict[str, Body] = {task["name"]: task for task in body["tasks"]}
    before = frozenset(name for name, task in tasks.items() if task.get("downstreamTasks"))
    outlines = dict(islice(plan.outlines.items(), max(0, MAX_TASKS - len(tasks))))
    for name, outline in outlines.items():
        _put(_named(tasks, name, outline.name), "taskType", outline.type, renew=ours)
        for follower in outline.downstream:
            # It may not have run yet, but it exists.
            if len(tasks) < MAX_TASKS:
                _named(tasks, task_name(follower), follower)
    for job in sorted(plan.jobs, key=lambda job: job.part):
        if job.task is not None:
            name = task_name(job.task)
            if name in tasks or len(tasks) < MAX_TASKS:
                _complete_task(tasks.setdefault(name, {"name": name}), job, write, renew=ours)
    _connect(tasks, outlines, fixed=frozenset() if ours else before)
    _connect_dependencies(tasks, plan, fixed=frozenset(outlines) | (frozenset() if ours else before))
    body["tasks"] = list(tasks.values())


def _named(tasks: dict[str, Body], name: str, display_name: str) -> Body:
    task = tasks.setdefault(name, {"name": name})
    task.setdefault("displayName", display_name)
    return task


def _put(target: Body, key: str, value: Any, *, renew: bool) -> None:
    if value and (renew or key not in target):
        target[key] = value


def _complete_task(task: Body, job: Job, write: WriteOptions, *, renew: bool) -> None:
    sql = cap_sql(job.sql) if job.sql else None
    if job.part:
        # One of several jobs of the task: what it reports does not describe the task.
        _put(task, "taskSQL", sql, renew=False)
        return
    _put(task, "displayName", job.task, renew=False)
    _put(task, "taskType", job.type or job.integration, renew=False)
    _put(task, "sourceUrl", job.source_url, renew=False)
    _put(task, "description", job.description if write.descriptions != "never" else None, renew=False)
    _put(task, "taskSQL", sql, renew=renew)


# -- order of tasks -----------------------------------------------------------------------------------------------


def _connect(tasks: dict[str, Body], outlines: dict[str, TaskOutline], *, fixed: frozenset[str]) -> None:
    """Set the followers of tasks as their producer lists them; followers that it does not list stay.

    :param fixed: tasks whose followers others have written
    """
    for name, outline in outlines.items():
        if name not in fixed:
            others = [follower for follower in tasks[name].get("downstreamTasks", ()) if follower not in outlines]
            _follow(tasks, name, [*(task_name(follower) for follower in outline.downstream), *others])


def _connect_dependencies(tasks: dict[str, Body], plan: PipelinePlan, *, fixed: frozenset[str]) -> None:
    """Add the tasks whose runs name a task as upstream to its followers."""
    names = {JobId(job.namespace, job.name): job.task for job in plan.jobs}
    for job in plan.jobs:
        if job.task is None or job.part:
            continue
        for upstream in job.upstream:
            task = names.get(upstream) or task_in(upstream, plan.id)
            name = task_name(task) if task else ""
            if name in tasks and name not in fixed:
                _follow(tasks, name, [*tasks[name].get("downstreamTasks", ()), task_name(job.task)])


def _follow(tasks: dict[str, Body], name: str, followers: Iterable[str]) -> None:
    existing = [follower for follower in dict.fromkeys(followers) if follower in tasks and follower != name]
    before = tasks[name].get("downstreamTasks", [])
    if set(existing) == set(before):
        return
    tasks[name]["downstreamTasks"] = existing
    if not existing:
        del tasks[name]["downstreamTasks"]


# -- descriptions ------------------------------------------------------------------------------------------------


def forced_descriptions(plan: PipelinePlan, stored: Body) -> list[dict[str, Any]]:
    """Return the patch that sets our descriptions over others: a bot's PUT does not replace a description."""
    operations = []
    own = plan.own
    if own is not None and own.description and stored.get("description") != own.description:
        operations.append({"op": "add", "path": "/description", "value": own.description})
    ours = {task_name(job.task): job.description for job in plan.jobs if job.task and job.description}
    for index, task in enumerate(stored.get("tasks") or ()):
        text = ours.get(task["name"])
        if text and task.get("description") != text:
            operations.append({"op": "test", "path": f"/tasks/{index}/name", "value": task["name"]})
            operations.append({"op": "add", "path": f"/tasks/{index}/description", "value": text})
    return operations
