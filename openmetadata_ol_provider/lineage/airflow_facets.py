"""Reads Airflow's own facets: the tasks of a DAG, what waits for what, schedules and links.

Old and new providers spell these facts differently, some only as a text with a Python list; what cannot be read is
ignored.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgspec

from openmetadata_ol_provider.lineage.job_hierarchy import task_in
from openmetadata_ol_provider.lineage.plan import Job, JobId, Owner, Tag, TaskOutline
from openmetadata_ol_provider.openlineage.facets import (
    AirflowDag,
    AirflowDagRun,
    AirflowFacet,
    AirflowTask,
    JobFacets,
    RunFacets,
)
from openmetadata_ol_provider.openlineage.run_state import Run
from openmetadata_ol_provider.openlineage.times import microseconds, parse_time

#: Longest text that is parsed as a Python list, in characters.
_MAX_TEXT = 100_000
#: Airflow's spellings of a DAG without a schedule.
_UNSCHEDULED = frozenset({"", "None", "null", "Never, external triggers only"})
# What a URI may consist of: the catalogue refuses the whole status if the log's address is not one.
_LINK = re.compile(r"https?://[\w.~:\-]+(?:/[\w.~:/?#@!$&'()*+,;=%\-]*)?(?:\?[\w.~:/?#@!$&'()*+,;=%\-]*)?", re.ASCII)


def task_outlines(
    job: JobId, dag: JobId | None, pipeline: JobId, job_facets: JobFacets | None, run_facets: RunFacets | None
) -> tuple[TaskOutline, ...]:
    """Return the tasks that an event lists, by their names in the pipeline: those of a DAG, or a task itself.

    :param job: job of the event
    :param dag: parent of the job: a task's DAG
    :param pipeline: job that becomes the pipeline; it may be another DAG that triggered this one
    """
    listed = job_facets.airflow if job_facets else None
    if listed is not None and not listed.deleted:
        return tuple(
            TaskOutline(name, _class_name(task.operator), _names_in(pipeline, job, task.downstream_task_ids or ()))
            for task_id, task in sorted((listed.tasks or {}).items())
            if task_id and (name := _name_in(pipeline, job, task_id))
        )
    task = _task(run_facets)
    if task is None or task.downstream_task_ids is None or dag is None or (name := task_in(job, pipeline)) is None:
        return ()
    downstream = _names_in(pipeline, dag, texts(task.downstream_task_ids))
    return (TaskOutline(name, task.operator_class or None, downstream),)


def _names_in(pipeline: JobId, dag: JobId, task_ids: Iterable[str]) -> tuple[str, ...]:
    # Sorted, because Airflow keeps them in sets and sends them in any order.
    names = {_name_in(pipeline, dag, task_id) for task_id in task_ids if task_id}
    return tuple(sorted(name for name in names if name))


def _name_in(pipeline: JobId, dag: JobId, task_id: str) -> str | None:
    return task_in(JobId(dag.namespace, f"{dag.name}.{task_id}"), pipeline)


def _class_name(operator: str | None) -> str | None:
    return operator.rpartition(".")[2] or None if operator else None


def completed_by_dag(job: Job, facets: RunFacets | None) -> Job:
    """Return a DAG's job, completed with what only the run facet of its own events contains."""
    dag_run = facets.airflowDagRun if facets else None
    if dag_run is None or dag_run.deleted or dag_run.dag is None:
        return job
    dag = dag_run.dag
    owners = dag.owner.split(",") if isinstance(dag.owner, str) else ()
    return msgspec.structs.replace(
        job,
        schedule=job.schedule or _schedule(dag),
        description=job.description or _text(dag.description),
        owners=job.owners or tuple(Owner(owner.strip()) for owner in owners if owner.strip()),
        tags=job.tags or tuple(Tag(tag, tag, "AIRFLOW") for tag in texts(dag.tags)),
    )


def named_by_task(task: Job, facets: RunFacets | None, integration: str | None) -> Job:
    """Return the job of a pipeline that only its task names, with what the task's event contains about it."""
    pipeline = task.pipeline
    named = Job(pipeline.namespace, pipeline.name, pipeline=pipeline, integration=integration)
    facet = _facet(facets)
    dag = facet.dag if facet else None
    if dag is None or dag.dag_id != pipeline.name or task.namespace != pipeline.namespace:
        # The task's DAG was triggered by another one, and its facet is not about the pipeline.
        return named
    return msgspec.structs.replace(named, schedule=_schedule(dag), description=_text(dag.description))


def log_url(facets: RunFacets | None) -> str | None:
    """Return the web address of the log of a task's run; ``None`` for an address with a password in it."""
    facet = _facet(facets)
    text = facet.taskInstance.log_url if facet and facet.taskInstance else None
    return text if isinstance(text, str) and _LINK.fullmatch(text) else None


def dag_run_id(facets: RunFacets | None) -> str | None:
    """Return the id of the DAG run that a run of Airflow is, or is part of."""
    facet = (facets.airflowDagRun or facets.airflow) if facets else None
    run = facet.dagRun if facet and not facet.deleted else None
    return _text(run.run_id) if run else None


def logical_time(facets: RunFacets | None, pipeline: JobId) -> int | None:
    """Return the time by which Airflow's own ingestion knows the pipeline's run, in microseconds.

    It is the logical date; for a run without one (a manual run, since Airflow 3) it is the start.
    """
    facet = (facets.airflowDagRun or facets.airflow) if facets else None
    if facet is None or facet.deleted or facet.dag is None or facet.dag.dag_id != pipeline.name:
        return None
    run = facet.dagRun or AirflowDagRun()
    # Without run_after it is Airflow 2, where every run has a logical date that old providers do not send.
    text = run.logical_date or (run.start_date if run.run_after else None)
    try:
        return microseconds(parse_time(text)) if isinstance(text, str) else None
    except (ValueError, OverflowError):
        return None


def facets_without_dag(run: Run) -> dict[str, Any]:
    """Return the facets of a run without the facts read here, as changed fields of the run.

    These facts are published once, and a DAG may have thousands of tasks. The operator's class stays, because runs of
    later batches are read by it, and so does the log's address, because the run may be published again.
    """
    changed: dict[str, Any] = {}
    job_facets, run_facets = run.job_facets, run.run_facets
    if job_facets is not None and job_facets.airflow is not None:
        changed["job_facets"] = msgspec.structs.replace(job_facets, airflow=None)
    if run_facets is not None and (run_facets.airflow is not None or run_facets.airflowDagRun is not None):
        task, kept = _task(run_facets), run_facets.airflow
        if task is not None and kept is not None:
            outline = AirflowTask(operator_class=task.operator_class)
            kept = AirflowFacet(task=outline, taskInstance=kept.taskInstance)
        run_facets = msgspec.structs.replace(run_facets, airflow=kept, airflowDagRun=None)
    if run_facets is not None and run_facets.environment_properties is not None:
        # Mounts are remembered as names of the datasets below them.
        run_facets = msgspec.structs.replace(run_facets, environment_properties=None)
    if run_facets is not run.run_facets:
        changed["run_facets"] = run_facets
    return changed


def texts(value: object) -> tuple[str, ...]:
    """Return the distinct texts of a list, or of a text with a Python list."""
    if isinstance(value, str):
        return _texts_in(value) if len(value) <= _MAX_TEXT else ()
    return _texts_of(value)


@lru_cache(256)
def _texts_in(text: str) -> tuple[str, ...]:
    try:
        return _texts_of(ast.literal_eval(text.strip() or "None"))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return ()


def _texts_of(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple | set):
        return ()
    return tuple(dict.fromkeys(item for item in value if isinstance(item, str) and item))


def _facet(facets: RunFacets | None) -> AirflowFacet | None:
    facet = facets.airflow if facets else None
    return facet if facet and not facet.deleted else None


def _task(facets: RunFacets | None) -> AirflowTask | None:
    facet = _facet(facets)
    return facet.task if facet else None


def _schedule(dag: AirflowDag | None) -> str | None:
    for value in (dag.timetable_summary, dag.schedule_interval) if dag else ():
        text = (_text(value) or "").strip('"')
        if text not in _UNSCHEDULED:
            return text
    return None


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
