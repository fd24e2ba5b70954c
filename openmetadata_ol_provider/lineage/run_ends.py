"""Completes a plan with ends that were not sent, and reports runs whose end is doubtful."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import NamedTuple

from msgspec.structs import replace

from openmetadata_ol_provider.lineage.instance_lineage import shared_run_problem
from openmetadata_ol_provider.lineage.job_hierarchy import parent_of, resolve_root, task_in
from openmetadata_ol_provider.lineage.jobs import JobPlacement
from openmetadata_ol_provider.lineage.missing_ends import (
    TaskEnd,
    dags_that_tell,
    is_told_by_dag,
    late_end_problem,
    presumed_end_problems,
    unseen_tasks,
)
from openmetadata_ol_provider.lineage.plan import Job, JobId, RunRecord
from openmetadata_ol_provider.lineage.run_completion import effective_state
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.repeated_runs import is_repeated
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import Run
from openmetadata_ol_provider.openlineage.run_state_merge import merge_runs


class CompletedEnds(NamedTuple):
    """Records, jobs and problems of a plan with what follows from ends that were not sent."""

    records: list[RunRecord]
    jobs: dict[JobId, Job]
    problems: tuple[Problem, ...]


class EndsOfBatch(NamedTuple):
    """What a batch says of ends.

    :param runs: all runs that are remembered
    :param changed: runs that the batch has changed, by key
    :param before: parts of runs after earlier batches, by key
    :param place: function that places a run's job; ``None`` if the configuration excludes it
    :param record: function that returns the record of a run
    """

    runs: RunIndex
    changed: Mapping[str, Run]
    before: Mapping[str, Run]
    place: Callable[[Run], JobPlacement | None]
    record: Callable[[Run, JobPlacement], RunRecord]

    def complete(self, records: Iterable[RunRecord], jobs: Mapping[JobId, Job]) -> CompletedEnds:
        """Return records and jobs with tasks that have sent nothing, and with what corrects earlier plans.

        :param records: records of the batch
        :param jobs: jobs of the batch
        """
        by_run = {(record.job, record.run_id): record for record in records}
        jobs = dict(jobs)
        for dag, ends in unseen_tasks(self.changed.values(), self.runs.runs):
            placement = self.place(dag)
            for record in self._of_unseen_tasks(dag, ends, placement, jobs) if placement else ():
                by_run[record.job, record.run_id] = record
                jobs.setdefault(record.job, _job_of(record))
        by_run.update(self._corrected(by_run))
        return CompletedEnds(list(by_run.values()), jobs, tuple(self._problems()))

    def _of_unseen_tasks(
        self, dag: Run, ends: Iterable[TaskEnd], placement: JobPlacement, jobs: Mapping[JobId, Job]
    ) -> Iterator[RunRecord]:
        """Yield records of tasks that have sent nothing, but of which their DAG run says what became of them.

        Their times are not known, and they do not count as usage. A task that its DAG does not list is left out.
        """
        if placement.level == "job":
            return
        record, job = self.record(dag, placement), jobs.get(placement.names.own.job)
        listed = {task.name for task in job.tasks} if job is not None else set()
        for task_id, end in ends:
            name = JobId(dag.namespace, f"{dag.name}.{task_id}")
            task = task_in(name, placement.names.top(placement.level).job)
            if task and (not listed or task in listed):
                yield RunRecord(
                    run_id=f"{dag.run_id}/{task_id}",
                    job=name,
                    state=end.state,
                    pipeline=record.pipeline,
                    pipeline_run_id=record.pipeline_run_id,
                    pipeline_started_at=record.pipeline_started_at,
                    logical_at=record.logical_at,
                    task=task,
                    presumed=True,
                    skipped=end.skipped,
                )

    def _corrected(
        self, records: Mapping[tuple[JobId, str], RunRecord]
    ) -> Iterator[tuple[tuple[JobId, str], RunRecord]]:
        """Yield the records of all remembered runs of the tasks of which earlier plans reported other ends."""
        dags = dags_that_tell(self.before.values())
        tasks = {
            (place.names.own.job, place.pipeline.run_id)
            for key, run in self.changed.items()
            if self._has_other_end(key, run, dags) and (place := self.place(run))
        }
        jobs = {job for job, _ in tasks}
        for run in self.runs.runs.values() if tasks else ():
            if JobId(run.namespace, run.name) not in jobs or (place := self.place(run)) is None:
                continue
            job = place.names.own.job
            if (job, place.pipeline.run_id) in tasks and place.task is not None and not place.part:
                key = (job, run.run_id)
                yield key, replace(records.get(key) or self.record(run, place), replaces=True)

    def _has_other_end(self, key: str, run: Run, dags: Mapping[str, Sequence[Run]]) -> bool:
        """Return whether an earlier plan has reported another end of a run, so that it has to be corrected.

        :param dags: DAG runs that had said before what became of their tasks, by run id
        """
        before = self._before(key)
        if before is not None:
            return before.terminal and effective_state(before) != effective_state(run)
        parent = parent_of(run) if dags else None
        return parent is not None and is_told_by_dag(run, dags.get(parent.run_id, ()))

    def _before(self, key: str) -> Run | None:
        """Return a run after earlier batches."""
        parts = [self.before[part] for part in self.runs.members(key) if part in self.before]
        return reduce(merge_runs, parts) if parts else None

    def _problems(self) -> Iterator[Problem]:
        closed = []
        for key, run in self.changed.items():
            before = self._before(key)
            if run.presumed_end is not None and (before is None or before.presumed_end is None):
                closed.append((run, resolve_root(run, self.runs).top("root")))
            if before is not None and before.lineage_emitted and _has_written_nothing(run, before):
                yield late_end_problem(run, before)
        yield from presumed_end_problems(closed)


def _job_of(record: RunRecord) -> Job:
    job = record.job
    return Job(job.namespace, job.name, pipeline=record.pipeline, task=record.task, type="TASK", integration="AIRFLOW")


def _has_written_nothing(run: Run, before: Run) -> bool:
    """Return whether a run had ended well, as far as was known, and turns out to have failed or not to have run."""
    if is_repeated(run):
        return False  # each of its instances has its own end
    if not before.outputs and (before.job_facets is None or before.job_facets.lineage is None):
        return False
    was, now = effective_state(before), effective_state(run)
    return was.state == "COMPLETE" and not was.skipped and (now.skipped or now.state in ("FAIL", "ABORT"))


def end_problems(changed: Iterable[Run]) -> Iterator[Problem]:
    """Yield what is doubtful about the ends of runs.

    :param changed: runs with events in the batch
    """
    for run in changed:
        if run.untyped_from is not None:
            yield _without_type(run)
        if is_repeated(run) and (problem := shared_run_problem(run)) is not None:
            yield problem


def _without_type(run: Run) -> Problem:
    if run.is_single_event:
        read = "the only event of a run, with inputs and outputs, counts as COMPLETE"
    else:
        read = "they say nothing about the state of their run"
    return Problem(
        ProblemKind.NO_EVENT_TYPE,
        f"job {run.namespace} {run.name}",
        f"events without eventType: {read}. The producer should send START, RUNNING, COMPLETE, ABORT, FAIL or OTHER",
    )
