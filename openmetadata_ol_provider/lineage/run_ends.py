"""Completes a plan with ends that were not sent, and reports runs whose end is doubtful."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import reduce
from typing import NamedTuple

from msgspec.structs import replace

from openmetadata_ol_provider.lineage.instance_lineage import shared_run_problem
from openmetadata_ol_provider.lineage.job_hierarchy import MAX_CHAIN, parent_of, resolve_root, task_in
from openmetadata_ol_provider.lineage.jobs import JobPlacement
from openmetadata_ol_provider.lineage.missing_ends import late_end_problem, presumed_end_problems
from openmetadata_ol_provider.lineage.plan import Job, JobId, RunRecord
from openmetadata_ol_provider.lineage.run_completion import effective_state
from openmetadata_ol_provider.lineage.run_facts import JOBS
from openmetadata_ol_provider.lineage.stated_ends import TaskEnd, dags_that_tell, is_reported_by_dag, unseen_tasks
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.repeated_runs import is_repeated
from openmetadata_ol_provider.openlineage.run_identity import parent_id
from openmetadata_ol_provider.openlineage.run_index import PARENTS, RunIndex
from openmetadata_ol_provider.openlineage.run_instances import map_index_of
from openmetadata_ol_provider.openlineage.run_state import TERMINAL, Run, name_key, run_id_in
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
        for dag, ends in unseen_tasks(self.changed.values(), self.runs):
            placement = self.place(dag)
            for record in self._of_unseen_tasks(dag, ends, placement, jobs) if placement else ():
                by_run[record.job, record.run_id] = record
                jobs.setdefault(record.job, _job_of(record))
        before = {key: run for key in self.changed if (run := self._before(key)) is not None} if self.before else {}
        by_run.update(self._corrected(by_run, before))
        return CompletedEnds(list(by_run.values()), jobs, tuple(self._problems(before)))

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
        self, records: Mapping[tuple[JobId, str], RunRecord], before: Mapping[str, Run]
    ) -> Iterator[tuple[tuple[JobId, str], RunRecord]]:
        """Yield the records of all remembered runs of the tasks of which earlier plans reported other ends.

        :param before: changed runs after earlier batches, by key
        """
        dags = self._dags_before()
        tasks = {
            (placement.names.own.job, placement.pipeline.run_id)
            for key, run in self.changed.items()
            if _has_other_end(run, before.get(key), dags) and (placement := self.place(run))
        } | self._tried_again()
        for key in self.runs.in_order(self._keys_below(tasks) if tasks else ()):
            run = self.runs.runs[key]
            if (placement := self.place(run)) is None:
                continue
            job = placement.names.own.job
            if (job, placement.pipeline.run_id) in tasks and placement.task is not None and not placement.part:
                record = (job, run.run_id)
                yield record, replace(records.get(record) or self.record(run, placement), replaces=True)

    def _keys_below(self, tasks: Iterable[tuple[JobId, str]]) -> AbstractSet[str]:
        """Return the keys of runs of tasks that may belong to runs of pipelines: of a job there may be thousands.

        :param tasks: jobs, each with the run id of its pipeline
        """
        above = level = {run_id for _, run_id in tasks}
        names = {name_key(job.namespace, job.name) for job, _ in tasks}
        own = {key for run_id in above for key in self.runs.keys_of_id(run_id)}
        below = self.runs.grouped(PARENTS)
        for _ in range(MAX_CHAIN):
            level = {run_id_in(key) for key in below.keys_of_any(level)} - above
            if not level:
                break
            above = above | level
        return self.runs.grouped(JOBS).common_keys(names, below, above) | own

    def _keys_of_jobs(self, jobs: Iterable[JobId]) -> AbstractSet[str]:
        return self.runs.grouped(JOBS).keys_of_any(name_key(job.namespace, job.name) for job in jobs).keys()

    def _dags_before(self) -> Mapping[str, Sequence[Run]]:
        """Return the DAG runs above runs of the batch that had said before what became of their tasks, by run id."""
        ids = {parent_id(run.run_facets) or "" for run in self.changed.values()} if self.before else set()
        parts = {part for run_id in ids for part in self.runs.parts_of_id(run_id)}
        parts.update(
            part for key, run in self.runs.forgotten.items() if run.run_id in ids for part in self.runs.members(key)
        )
        return dags_that_tell(self.before[part] for part in parts if part in self.before)

    def _tried_again(self) -> set[tuple[JobId, str]]:
        """Return the tasks, each with its pipeline's run, of which what is stored does not tell their tries apart.

        Of mapped tasks the sum of all instances is stored, in which a failure that is over cannot be told from others.
        Of any task, a try whose end was read before its start looks like the end of a try that is still open.
        """
        if not self.before:
            return set()
        mapped = [run for run in self.changed.values() if map_index_of(run) is not None]
        without_start = [run for key, run in self.changed.items() if self._had_no_start(key, run)]
        tries = [
            *(keys for keys in self._tries_of(mapped) if len({_has_failed(self.runs.runs[key]) for key in keys}) > 1),
            *(keys for keys in self._tries_of(without_start) if len(keys) > 1),
        ]
        return {
            (placement.names.own.job, placement.pipeline.run_id)
            for keys in tries
            if any(key in self.changed for key in keys)
            and any(self._before(key) is not None for key in keys)
            and (placement := self.place(self.runs.runs[keys[0]])) is not None
        }

    def _had_no_start(self, key: str, run: Run) -> bool:
        """Return whether no START of a run below another one has been read, or none in earlier batches."""
        if parent_id(run.run_facets) is None:
            return False
        return run.started_at is None or ((before := self._before(key)) is not None and before.started_at is None)

    def _tries_of(self, runs: Sequence[Run]) -> Iterable[list[str]]:
        """Return the keys of all runs of the tasks of some runs, by task, mapped instance and parent."""
        if not runs:
            return ()
        jobs = {JobId(run.namespace, run.name) for run in runs}
        parents = {parent_id(run.run_facets) for run in runs}
        if all(parents):
            # Further tries are below the same run.
            names = (name_key(job.namespace, job.name) for job in jobs)
            of_job, below = self.runs.grouped(JOBS), self.runs.grouped(PARENTS)
            keys: AbstractSet[str] = of_job.common_keys(names, below, filter(None, parents))
        else:
            keys = self._keys_of_jobs(jobs)
        tries: dict[tuple[str, str, int | None, str], list[str]] = {}
        for key in self.runs.in_order(keys):
            run = self.runs.runs[key]
            task = (run.namespace, run.name, map_index_of(run), parent_id(run.run_facets) or "")
            tries.setdefault(task, []).append(key)
        return tries.values()

    def _before(self, key: str) -> Run | None:
        """Return a run after earlier batches."""
        parts = [self.before[part] for part in self.runs.members(key) if part in self.before]
        return reduce(merge_runs, parts) if parts else None

    def _problems(self, earlier: Mapping[str, Run]) -> Iterator[Problem]:
        """Yield what is to be reported of ends.

        :param earlier: changed runs after earlier batches, by key
        """
        closed = []
        for key, run in self.changed.items():
            before = earlier.get(key)
            if run.presumed_end is not None and (before is None or before.presumed_end is None):
                closed.append((run, resolve_root(run, self.runs).top("root")))
            if before is not None and before.lineage_emitted and _has_written_nothing(run, before):
                yield late_end_problem(run, before)
        yield from presumed_end_problems(closed)


def _has_other_end(run: Run, before: Run | None, dags: Mapping[str, Sequence[Run]]) -> bool:
    """Return whether an earlier plan has reported another end of a run, so that it has to be corrected.

    :param before: the run after earlier batches, ``None`` if it is new
    :param dags: DAG runs that had said before what became of their tasks, by run id
    """
    if before is not None:
        return before.terminal and effective_state(before) != effective_state(run)
    parent = parent_of(run) if dags else None
    return parent is not None and is_reported_by_dag(run, dags.get(parent.run_id, ()))


def _job_of(record: RunRecord) -> Job:
    job = record.job
    return Job(job.namespace, job.name, pipeline=record.pipeline, task=record.task, type="TASK", integration="AIRFLOW")


def _has_failed(run: Run) -> bool:
    return effective_state(run).state in ("FAIL", "ABORT")


def _has_written_nothing(run: Run, before: Run) -> bool:
    """Return whether a run had ended well, as far as was known, and turns out to have failed or not to have run."""
    if is_repeated(run):
        return False  # each of its instances has its own end
    if not before.outputs and (before.job_facets is None or before.job_facets.lineage is None):
        return False
    was, now = effective_state(before), effective_state(run)
    # A run is open again when a further event without a type shows that the first was not its only one.
    return was.state == "COMPLETE" and not was.skipped and (now.skipped or now.state != "COMPLETE")


def end_problems(changed: Iterable[Run]) -> Iterator[Problem]:
    """Yield what is doubtful about the ends of runs.

    :param changed: runs with events in the batch
    """
    for run in changed:
        if run.untyped_from is not None:
            yield _without_type(run)
        if is_repeated(run):
            if (problem := shared_run_problem(run)) is not None:
                yield problem
        elif len(run.instances) > 1 and (ends := _contradicting_ends(run)):
            yield _several_ends(run, ends)


def _contradicting_ends(run: Run) -> list[str]:
    """Return the ends that a run has sent, in the order of their times, if one says success and another failure."""
    ends = sorted((one.at, one.state) for one in run.instances if one.state in TERMINAL)
    states = list(dict.fromkeys(str(state) for _, state in ends))
    return states if len(states) > 1 and "COMPLETE" in states else []


def _several_ends(run: Run, ends: Sequence[str]) -> Problem:
    detail = (
        f"one run sent the ends {' and '.join(ends)}: {effective_state(run).state} counts, the first of them, or the "
        "worse of two at one time. If it ran again, let the producer send a START and a run id for each run"
    )
    return Problem(ProblemKind.REPEATED_RUN, run.job_label, detail)


def _without_type(run: Run) -> Problem:
    if run.is_single_event:
        read = "the only event of a run, with inputs and outputs, counts as COMPLETE"
    else:
        read = "they say nothing about the state of their run"
    return Problem(
        ProblemKind.NO_EVENT_TYPE,
        run.job_label,
        f"events without eventType: {read}. The producer should send START, RUNNING, COMPLETE, ABORT, FAIL or OTHER",
    )
