"""Reports jobs that are shown as one task, because they have the same name within one pipeline.

A Spark application that is called like the task which starts it, or jobs ``flow.load`` and ``load`` below ``flow``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from openmetadata_ol_provider.lineage.job_hierarchy import stable_job
from openmetadata_ol_provider.lineage.plan import Job, JobId
from openmetadata_ol_provider.openlineage.job_names import letters_of
from openmetadata_ol_provider.openlineage.listing import listed
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem


def shared_tasks(jobs: Iterable[Job]) -> Iterator[Problem]:
    """Yield the tasks that several jobs share; those of one job, and the queries of a task, are meant to."""
    first: dict[tuple[JobId, str], JobId] = {}
    shared: dict[tuple[JobId, str], dict[tuple[str, str], JobId]] = {}
    for job in jobs:
        if job.task is None or job.part:
            continue
        key = job.pipeline, job.task
        other = first.setdefault(key, job.id)
        if other != job.id:
            members = shared.setdefault(key, {_spelling(other): other})
            members.setdefault(_spelling(job.id), job.id)
    for (pipeline, task), members in sorted(shared.items()):
        if len(members) > 1:
            # In quotes, so that the report has one line for all such tasks.
            names = listed(sorted(f'"{job}"' for job in members.values()))
            detail = (
                f'the jobs {names} are shown as one task, "{task}", with the state of all of them; give them '
                "different names, if they are not one job"
            )
            yield Problem(ProblemKind.SHARED_TASK, f"pipeline {pipeline}", detail)


def _spelling(job: JobId) -> tuple[str, str]:
    return job.namespace, letters_of(stable_job(job).name)
