"""Translates events again by today's rules, and notes which jobs they cover and how these were named before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.job_hierarchy import stable_job, task_in
from openmetadata_ol_provider.lineage.plan import JobId, LineagePlan, RunRecord
from openmetadata_ol_provider.lineage.translate import plan_from_state, translate
from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.event_types import read_event_type
from openmetadata_ol_provider.openlineage.facets import JobRef, RunRef
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import limit_problems
from openmetadata_ol_provider.openlineage.run_identity import parent_facet
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.times import microseconds
from openmetadata_ol_provider.openmetadata.fqn import pipeline_name, task_name

#: Most jobs above a job that are followed.
_MAX_ANCESTORS = 100

#: Name of a pipeline without its service, and name of a task in it; ``None`` for the pipeline itself.
WriterName = tuple[str, str | None]


class Replay(NamedTuple):
    """What events say by today's rules, together with what is remembered.

    :param plan: what should be in the catalogue
    :param covered: jobs of which the events show at least one whole run, with the number of such runs
    :param former: jobs by the names under which earlier rules may have written them
    :param jobs_in_runs: jobs that the events show in a run, by its id: its own and those of the runs below it
    :param unseen: names of pipelines with runs of which the events show neither themselves nor, under another name, the
        pipeline that they belong to today
    :param shared: names of jobs that send the same run id, by job
    :param first_at: time of the first event, in milliseconds since 1970
    :param is_complete: whether the plan holds all edges
    """

    plan: LineagePlan
    covered: Mapping[JobId, int]
    former: Mapping[WriterName, frozenset[JobId]]
    jobs_in_runs: Mapping[str, frozenset[JobId]]
    unseen: frozenset[str]
    shared: Mapping[JobId, frozenset[JobId]]
    first_at: int
    is_complete: bool


class _Notes:
    """Notes what events say of runs and jobs, whatever rules say of it later."""

    def __init__(self) -> None:
        self.started: set[tuple[str, str]] = set()
        self.send_starts: set[JobId] = set()
        self.jobs_in_runs: dict[str, set[JobId]] = {}
        self.above: dict[JobId, set[JobId]] = {}
        self.runs_above: dict[JobId, set[str]] = {}
        self.jobs_of_runs: dict[tuple[str, str], set[JobId]] = {}
        self.first_at: int | None = None

    def add(self, events: Iterable[Event]) -> None:
        for event in events:
            if event.job is None:
                continue
            at = microseconds(event.eventTime) // 1000
            self.first_at = at if self.first_at is None else min(self.first_at, at)
            job = JobId(event.job.namespace, event.job.name)
            above = self.above.setdefault(job, set())
            if event.run is None:
                continue
            run = job.namespace, event.run.runId
            run_ids = {event.run.runId}
            self.jobs_of_runs.setdefault(run, set()).add(job)
            if read_event_type(event.eventType).state == "START":
                self.started.add(run)
                self.send_starts.add(stable_job(job))
            facet = parent_facet(event.run.facets)
            referred = [_referred(facet.job, facet.run)] if facet is not None else []
            if facet is not None and facet.root is not None:
                referred.append(_referred(facet.root.job, facet.root.run))
            for named in filter(None, referred):
                above.add(named.job)
                run_ids.add(named.run_id)
                self.runs_above.setdefault(named.job, set()).add(named.run_id)
            above.discard(job)
            for run_id in run_ids:
                self.jobs_in_runs.setdefault(run_id, set()).add(stable_job(job))

    def unseen(self, records: Iterable[RunRecord]) -> frozenset[str]:
        """Return the names of pipelines of which the events do not show all runs that they refer to.

        :param records: runs by today's rules
        """
        seen = {run_id for _, run_id in self.jobs_of_runs} | {record.pipeline_run_id for record in records}
        unseen = (job for job, run_ids in self.runs_above.items() if not run_ids <= seen)
        return frozenset(pipeline_name(job.namespace, job.name) for top in unseen for job in (top, stable_job(top)))

    def former(self) -> dict[WriterName, frozenset[JobId]]:
        """Return the jobs by the names that a pipeline or task of theirs may have had."""
        names: dict[WriterName, set[JobId]] = {}
        for job in self.above:
            own = stable_job(job)
            for top in (job, *self._ancestors(job)):
                for pipeline in {top, stable_job(top)}:
                    name = pipeline_name(pipeline.namespace, pipeline.name)
                    tasks = {task_in(job, top), task_in(job, pipeline)}
                    for task in tasks:
                        names.setdefault((name, task_name(task) if task else None), set()).add(own)
        return {name: frozenset(jobs) for name, jobs in names.items()}

    def _ancestors(self, job: JobId) -> list[JobId]:
        found: dict[JobId, None] = {}
        frontier = [job]
        while frontier and len(found) < _MAX_ANCESTORS:
            for above in sorted(self.above.get(frontier.pop(), ())):
                if above != job and above not in found:
                    found[above] = None
                    frontier.append(above)
        return list(found)

    def shared(self) -> dict[JobId, frozenset[JobId]]:
        """Return the jobs that send the same run id as a job."""
        shared: dict[JobId, set[JobId]] = {}
        for jobs in self.jobs_of_runs.values():
            for job in jobs if len(jobs) > 1 else ():
                shared.setdefault(stable_job(job), set()).update(stable_job(other) for other in jobs - {job})
        return {job: frozenset(others - {job}) for job, others in shared.items()}


def replay(batches: Iterable[Sequence[Event]], state: RunState, config: Config) -> Replay:
    """Translate events by today's rules, with what is remembered of runs that they do not show from the start.

    :param batches: events in the order in which they were sent
    :param state: remembered runs, symlinks and temporary datasets
    """
    notes, plans = _Notes(), []
    before = msgspec.structs.replace(state, runs={}, reported_once={})
    for events, is_last in _with_last(batches):
        notes.add(events)
        translation = translate(events, config, before, final=is_last)
        plans.append(translation.plan)
        before = translation.state
    whole = {run: jobs for run, jobs in notes.jobs_of_runs.items() if run in notes.started}
    # What the events show of a run is better than what is remembered of it: earlier rules may have merged it.
    remembered = {key: run for key, run in state.runs.items() if (run.namespace, run.run_id) not in whole}
    plans.insert(0, plan_from_state(msgspec.structs.replace(state, runs=remembered), config))
    plan = _united(plans)
    return Replay(
        plan=plan,
        covered=_covered(plans[1:], notes, config),
        former=notes.former(),
        jobs_in_runs={run_id: frozenset(jobs) for run_id, jobs in notes.jobs_in_runs.items()},
        unseen=notes.unseen(plan.runs),
        shared=notes.shared(),
        first_at=notes.first_at or 0,
        is_complete=not any(problem.kind == ProblemKind.PLAN_TOO_LARGE for problem in plan.problems),
    )


class _RunAbove(NamedTuple):
    job: JobId
    run_id: str


def _referred(job: JobRef | None, run: RunRef | None) -> _RunAbove | None:
    """Return the run that an event refers to, ``None`` if it is not named completely."""
    if job is None or run is None or not job.name or not run.runId:
        return None
    return _RunAbove(JobId(job.namespace or "", job.name), run.runId)


def _with_last(batches: Iterable[Sequence[Event]]) -> Iterator[tuple[Sequence[Event], bool]]:
    """Yield the batches, each with whether it is the last."""
    waiting: Sequence[Event] | None = None
    for batch in batches:
        if waiting is not None:
            yield waiting, False
        waiting = batch
    if waiting is not None:
        yield waiting, True


def _united(plans: Sequence[LineagePlan]) -> LineagePlan:
    """Return one plan with all edges, jobs, runs and datasets; of jobs and datasets the latest counts."""
    return LineagePlan(
        events=sum(plan.events for plan in plans),
        edges=tuple(dict.fromkeys(edge for plan in plans for edge in plan.edges)),
        jobs=tuple({job.id: job for plan in plans for job in plan.jobs}.values()),
        runs=tuple({(run.job, run.run_id): run for plan in plans for run in plan.runs}.values()),
        datasets=tuple({dataset.id: dataset for plan in plans for dataset in plan.datasets}.values()),
        one_sided=tuple(dict.fromkeys(item for plan in plans for item in plan.one_sided)),
        problems=limit_problems(problem for plan in plans for problem in plan.problems),
    )


def _covered(plans: Iterable[LineagePlan], notes: _Notes, config: Config) -> dict[JobId, int]:
    """Return the number of whole runs of each job: from the START on, if the job sends one, to the end."""
    plans = list(plans)
    records = {(run.job, run.run_id): run for plan in plans for run in plan.runs}
    streams = {job.id for plan in plans for job in plan.jobs if (job.processing_type or "").upper() == "STREAMING"}
    covered = {job.id: config.lineage.stale_after for plan in plans for job in plan.jobs if job.declared}
    for run in records.values():
        begun = (run.job.namespace, run.run_id) in notes.started or run.job not in notes.send_starts
        if begun and (_has_ended(run, config) or (run.job in streams and run.ended_at is None)):
            covered[run.job] = covered.get(run.job, 0) + 1
    return covered


def _has_ended(run: RunRecord, config: Config) -> bool:
    sent = run.ended_at is not None and not (run.presumed or run.skipped)
    return sent and run.state in config.lineage.on and not run.partial
