"""What Airflow's own facets say of DAGs and their tasks: which there are, what waits for what, schedule, links. Pure.

Old and new providers spell these facts differently, and some only as the text of a Python list; what cannot be read
is nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

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

#: Longest list that is read from its text, in characters.
_MAX_TEXT = 100_000
#: How Airflow says that a DAG has no schedule.
_UNSCHEDULED = frozenset({"", "None", "null", "Never, external triggers only"})
# What a URI may consist of; a log's address that is none would make the catalogue refuse the whole status.
_LINK = re.compile(r"https?://[\w.~:\-]+(?:/[\w.~:/?#@!$&'()*+,;=%\-]*)?(?:\?[\w.~:/?#@!$&'()*+,;=%\-]*)?", re.ASCII)


def task_outlines(
    job: JobId, dag: JobId | None, pipeline: JobId, job_facets: JobFacets | None, run_facets: RunFacets | None
) -> tuple[TaskOutline, ...]:
    """Return the tasks that an event lists, by their names in the pipeline: those of a DAG, or the task that it is of.

    :param job: whose event it is
    :param dag: its parent: a task's DAG
    :param pipeline: the job that becomes the pipeline; it may be another DAG, that triggered this one
    """
    listed = job_facets.airflow if job_facets else None
    if listed is not None and not listed.deleted:
        return tuple(
            TaskOutline(name, _class_name(task.operator), _placed(job, task.downstream_task_ids or (), pipeline))
            for task_id, task in sorted((listed.tasks or {}).items())
            if task_id and (name := _place(job, task_id, pipeline))
        )
    task, name = _task(run_facets), task_in(job, pipeline)
    if task is None or task.downstream_task_ids is None or dag is None or name is None:
        return ()
    return (TaskOutline(name, task.operator_class or None, _placed(dag, texts(task.downstream_task_ids), pipeline)),)


def _placed(dag: JobId, task_ids: Iterable[str], pipeline: JobId) -> tuple[str, ...]:
    # Sorted: Airflow keeps them in sets, so they come in any order.
    names = {_place(dag, task_id, pipeline) for task_id in task_ids if task_id}
    return tuple(sorted(name for name in names if name))


def _place(dag: JobId, task_id: str, pipeline: JobId) -> str | None:
    return task_in(JobId(dag.namespace, f"{dag.name}.{task_id}"), pipeline)


def _class_name(operator: str | None) -> str | None:
    return operator.rpartition(".")[2] or None if operator else None


def completed_by_dag(job: Job, facets: RunFacets | None) -> Job:
    """Return a DAG's job with what only the run facet of its own events says."""
    found = facets.airflowDagRun if facets else None
    if found is None or found.deleted or found.dag is None:
        return job
    dag = found.dag
    owners = dag.owner.split(",") if isinstance(dag.owner, str) else ()
    return msgspec.structs.replace(
        job,
        schedule=job.schedule or _schedule(dag),
        description=job.description or _text(dag.description),
        owners=job.owners or tuple(Owner(owner.strip()) for owner in owners if owner.strip()),
        tags=job.tags or tuple(Tag(tag, tag, "AIRFLOW") for tag in texts(dag.tags)),
    )


def named_by_task(task: Job, facets: RunFacets | None, integration: str | None) -> Job:
    """Return the job of a pipeline that only its task names, with what the task's event says of the pipeline."""
    pipeline = task.pipeline
    named = Job(pipeline.namespace, pipeline.name, pipeline=pipeline, integration=integration)
    found = _facet(facets)
    dag = found.dag if found else None
    if dag is None or dag.dag_id != pipeline.name or task.namespace != pipeline.namespace:
        # A task of a DAG that another one triggered: what it says is not of the pipeline.
        return named
    return msgspec.structs.replace(named, schedule=_schedule(dag), description=_text(dag.description))


def log_url(facets: RunFacets | None) -> str | None:
    """Return where the log of a task's run can be read; an address with a password in it is none."""
    found = _facet(facets)
    text = found.taskInstance.log_url if found and found.taskInstance else None
    return text if isinstance(text, str) and _LINK.fullmatch(text) else None


def logical_time(facets: RunFacets | None, pipeline: JobId) -> int | None:
    """Return the time by which Airflow's own ingestion knows the pipeline's run, in microseconds.

    It is the logical date; of a run without one (by hand, since Airflow 3) the time when it started.
    """
    found = (facets.airflowDagRun or facets.airflow) if facets else None
    if found is None or found.deleted or found.dag is None or found.dag.dag_id != pipeline.name:
        return None
    run = found.dagRun or AirflowDagRun()
    # Without run_after it is Airflow 2, which has a logical date for every run, but an old provider does not tell it.
    text = run.logical_date or (run.start_date if run.run_after else None)
    try:
        return microseconds(parse_time(text)) if isinstance(text, str) else None
    except (ValueError, OverflowError):
        return None


def forget_dags(runs: Iterable[Run]) -> None:
    """Take out of runs that are kept what was read here: it is published once, and DAGs may have thousands of tasks.

    The operator's class stays, which the runs of later batches are read by, and the log's address, lest a run that is
    told once more lose it. The runs are changed in place, not what they share with others.
    """
    for run in runs:
        job, facets = run.job_facets, run.run_facets
        if job is not None and job.airflow is not None:
            run.job_facets = msgspec.structs.replace(job, airflow=None)
        if facets is not None and (facets.airflow is not None or facets.airflowDagRun is not None):
            task, kept = _task(facets), facets.airflow
            if task is not None and kept is not None:
                own = AirflowTask(operator_class=task.operator_class)
                kept = AirflowFacet(task=own, taskInstance=kept.taskInstance)
            run.run_facets = msgspec.structs.replace(facets, airflow=kept, airflowDagRun=None)


def texts(value: object) -> tuple[str, ...]:
    """Return the texts of a list, or of the text of a Python list, without duplicates."""
    if isinstance(value, str) and len(value) <= _MAX_TEXT:
        try:
            value = ast.literal_eval(value.strip() or "None")
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return ()
    if not isinstance(value, list | tuple | set):
        return ()
    return tuple(dict.fromkeys(item for item in value if isinstance(item, str) and item))


def _facet(facets: RunFacets | None) -> AirflowFacet | None:
    found = facets.airflow if facets else None
    return found if found and not found.deleted else None


def _task(facets: RunFacets | None) -> AirflowTask | None:
    found = _facet(facets)
    return found.task if found else None


def _schedule(dag: AirflowDag | None) -> str | None:
    for value in (dag.timetable_summary, dag.schedule_interval) if dag else ():
        text = (_text(value) or "").strip('"')
        if text not in _UNSCHEDULED:
            return text
    return None


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
