"""Builds what a pipeline should be: the request that creates it, or the content of a stored one, completed.

What others wrote stays: tasks of other origin, and every field that has a value. Only what follows the code is renewed,
and only in pipelines that we created: the SQL and type of a task, the tasks that follow it, the schedule.

The server compares few fields to find out whether a pipeline has changed; a change of others only (a task's SQL, the
tasks that follow it, the schedule) is answered with success and not stored. So ours carry a digest of their
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
from openmetadata_ol_provider.lineage.sql_times import current_sql
from openmetadata_ol_provider.openmetadata.fqn import pipeline_name, quote, task_name
from openmetadata_ol_provider.openmetadata.provenance import PIPELINE_HASH

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import WriteOptions

#: Longest SQL text stored, in characters.
MAX_SQL = 100_000
#: Most tasks of a pipeline; each further one makes the server store the whole list again.
MAX_TASKS = 5_000
#: Fields of pipelines and tasks that are decided here; no other one is ever sent.
_FIELDS = ("displayName", "description", "sourceUrl", "scheduleInterval", "sourceHash")
_TASK_FIELDS = ("name", "displayName", "description", "sourceUrl", "downstreamTasks", "taskType", "taskSQL")
#: Fields that the server compares; of tasks it compares the names and descriptions.
_COMPARED = ("displayName", "description", "sourceUrl", "sourceHash")
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
        return str(self.id)

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


def group_jobs(jobs: Iterable[Job]) -> list[PipelinePlan]:
    """Return the pipelines of a plan, each with its jobs, in the plan's order."""
    groups: dict[JobId, list[Job]] = {}
    for job in jobs:
        groups.setdefault(job.pipeline, []).append(job)
    return [PipelinePlan(id_, tuple(group)) for id_, group in groups.items()]


def _own_first(job: Job) -> bool:
    return job.task is not None


def cap_sql(sql: str) -> str:
    """Return the SQL text, cut off if it is longer than the catalogue should store."""
    return sql if len(sql) <= MAX_SQL else f"{sql[:MAX_SQL]}\n-- truncated"


def content_of(stored: Body) -> Body:
    """Return the part of a stored pipeline that is decided here.

    :param stored: JSON of the pipeline, with tasks and source hash
    """
    content: Body = {key: stored[key] for key in _FIELDS if stored.get(key)}
    content["tasks"] = [{key: task[key] for key in _TASK_FIELDS if task.get(key)} for task in stored.get("tasks") or ()]
    return content


def creation_request(plan: PipelinePlan, service: str, write: WriteOptions) -> Body:
    """Return the request that creates a pipeline.

    :param service: name of the service
    """
    body: Body = {"name": pipeline_name(plan.id.namespace, plan.id.name), "service": quote(service), "tasks": []}
    _complete(body, plan, write, ours=True, named=True)
    body["sourceHash"] = _digest(body)
    return body


def completed_content(plan: PipelinePlan, stored: Body, write: WriteOptions, *, reused: bool) -> Body | None:
    """Return the content that a stored pipeline should have, ``None`` if it needs no change.

    :param stored: JSON of the pipeline, with tasks and source hash
    :param reused: ``True`` if another ingestion created the pipeline
    """
    before, content = content_of(stored), content_of(stored)
    free = str(before.get("sourceHash", PIPELINE_HASH)).startswith(PIPELINE_HASH)
    _complete(content, plan, write, ours=free and not reused, named=not reused)
    if content == before:
        return None
    if free:
        content["sourceHash"] = _digest(content)
        return content
    return content if _compared(content) != _compared(before) else None


def _digest(body: Body) -> str:
    """Return the source hash of a pipeline's content, which does not depend on its order."""
    tasks = [
        {**task, "downstreamTasks": sorted(task.get("downstreamTasks", ()))}
        for task in sorted(body["tasks"], key=lambda task: str(task["name"]))
    ]
    facts = {key: body[key] for key in _FIELDS if key in body and key != "sourceHash"}
    content = json.dumps({**facts, "tasks": tasks}, sort_keys=True)
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
    sql = current_sql(task.get("taskSQL"), cap_sql(job.sql)) if job.sql else None
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
    names = {job.id: job.task for job in plan.jobs}
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
