"""Builds the JSON Patch that makes a stored pipeline agree with the plan: of exactly what changes, nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.openmetadata.fqn import task_name
from openmetadata_ol_provider.openmetadata.publishing.core.texts import is_encoded
from openmetadata_ol_provider.openmetadata.publishing.pipelines.request import (
    Body,
    PipelinePlan,
    completed_content,
    content_of,
)

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import WriteOptions

Operations = list[dict[str, Any]]


def pipeline_changes(plan: PipelinePlan, stored: Body, write: WriteOptions, *, reused: bool) -> Operations:
    """Return the operations that complete a stored pipeline; none if it agrees with the plan.

    :param stored: JSON of the pipeline, with tasks and source hash
    :param reused: ``True`` if another ingestion created the pipeline
    """
    content = completed_content(plan, stored, write, reused=reused)
    operations = [] if content is None else list(_difference(stored, content))
    if write.descriptions == "never":
        return operations
    return [*operations, *_described(plan, stored, force=write.descriptions == "always")]


def _difference(stored: Body, content: Body) -> Iterator[dict[str, Any]]:
    before = content_of(stored)
    for key, value in content.items():
        if key != "tasks" and value != before.get(key):
            yield {"op": "add", "path": f"/{key}", "value": value}
    if not before["tasks"]:
        if content["tasks"]:
            yield {"op": "add", "path": "/tasks", "value": content["tasks"]}
        return
    positions = {task["name"]: (index, task) for index, task in enumerate(before["tasks"])}
    for task in content["tasks"]:
        if task["name"] in positions:
            index, old = positions[task["name"]]
            yield from _task_difference(f"/tasks/{index}", old, task)
        else:
            yield {"op": "add", "path": "/tasks/-", "value": task}


def _task_difference(pointer: str, before: Body, after: Body) -> Iterator[dict[str, Any]]:
    for key in before.keys() - after.keys():
        yield {"op": "remove", "path": f"{pointer}/{key}"}
    for key, value in after.items():
        if value != before.get(key):
            yield {"op": "add", "path": f"{pointer}/{key}", "value": value}


def _described(plan: PipelinePlan, stored: Body, *, force: bool) -> Iterator[dict[str, Any]]:
    """Yield the operations that set our descriptions where the server has encoded them, or over others."""
    own = plan.own
    if own is not None and _replaces(own.description, stored.get("description"), force=force):
        yield {"op": "add", "path": "/description", "value": own.description}
    ours = {task_name(job.task): job.description for job in plan.jobs if job.task and job.description and not job.part}
    for index, task in enumerate(stored.get("tasks") or ()):
        text = ours.get(task["name"])
        if _replaces(text, task.get("description"), force=force):
            yield {"op": "add", "path": f"/tasks/{index}/description", "value": text}


def _replaces(text: str | None, current: object, *, force: bool) -> bool:
    # What is empty is completed with everything else.
    if not text or not current or text == current:
        return False
    return force or is_encoded(current, text)
