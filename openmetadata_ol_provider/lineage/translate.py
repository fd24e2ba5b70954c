"""From events to the plan: runs assembled, jobs placed, edges derived, datasets named. Pure: state in, state out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.airflow_facets import forget_dags, named_by_task
from openmetadata_ol_provider.lineage.dataset_collector import DatasetCollector
from openmetadata_ol_provider.lineage.declarations import dataset_states, declare, declared_by
from openmetadata_ol_provider.lineage.edge_collector import EdgeCollector
from openmetadata_ol_provider.lineage.filters import Filter
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.job_hierarchy import Family, RunOf, family, resolve_root
from openmetadata_ol_provider.lineage.jobs import JobPlacement, completed, job_of, place_of
from openmetadata_ol_provider.lineage.plan import DatasetId, Job, JobId, LineagePlan, RunRecord
from openmetadata_ol_provider.lineage.run_completion import is_presumed_running, lineage_is_final
from openmetadata_ol_provider.lineage.run_datasets import single_topics
from openmetadata_ol_provider.lineage.run_fingerprint import RunFingerprint, fingerprint
from openmetadata_ol_provider.lineage.runs import fix_pipeline_starts, run_record, suspected_split_runs
from openmetadata_ol_provider.lineage.sql import apply_sql_policy
from openmetadata_ol_provider.lineage.symlinks import Aliases, symlinked
from openmetadata_ol_provider.lineage.transfers import transfers, united
from openmetadata_ol_provider.openlineage.event import Event, EventJob
from openmetadata_ol_provider.openlineage.facets import JobFacets, LineageDatasetFacet, RunFacets
from openmetadata_ol_provider.openlineage.gc_pause import without_collection
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_assembler import DEFAULT_LIMITS, Assembled, Limits, assemble
from openmetadata_ol_provider.openlineage.run_state import Declaration, Run, RunState, run_key
from openmetadata_ol_provider.openlineage.run_state_eviction import evict_to_size
from openmetadata_ol_provider.openlineage.times import microseconds

_NEVER = 1 << 62


class Translation(NamedTuple):
    """A plan, and the runs to remember for the next batch."""

    plan: LineagePlan
    state: RunState


@without_collection()
def translate(
    events: Iterable[Event],
    config: Config,
    state: RunState | None = None,
    *,
    now: dt.datetime | None = None,
    limits: Limits = DEFAULT_LIMITS,
    problems: Sequence[Problem] = (),
    final: bool = False,
    lanes: int = 1,
) -> Translation:
    """Translate a batch of events.

    :param events: decoded events, in any order
    :param config: the configuration
    :param state: runs of earlier batches; taken over
    :param now: time of consumption (default: the clock), for the limits of the state
    :param problems: what was lost while decoding, carried into the plan
    :param final: no more events will come (files): a stream that has only started is taken to run
    :param lanes: into how many lanes events are divided, this being one: runs that seem to be in two are reported
    """
    events = [apply_sql_policy(event, config.write.sql) for event in events]
    now = now or dt.datetime.now(dt.timezone.utc)
    assembled = assemble(events, state or RunState(), now, limits)
    translator = Translator(config, assembled, microseconds(now), final=final)
    # Symlinks first: one that comes late in a batch is true for what came before it.
    translator.aliases.learn(symlinked(events))
    translator.add_runs()
    translator.add_static()
    divided = suspected_split_runs(assembled.changed) if lanes > 1 else ()
    plan = translator.plan(len(events), (*problems, *assembled.problems, *divided))
    forget_dags(assembled.changed)
    if limits.max_bytes is not None:
        # Last: what this batch says is in the plan.
        plan = msgspec.structs.replace(
            plan, problems=(*plan.problems, *evict_to_size(assembled.state, limits.max_bytes))
        )
    return Translation(plan, assembled.state)


class Translator:
    """Collects the parts of one plan."""

    def __init__(self, config: Config, assembled: Assembled, touched: int, *, final: bool) -> None:
        self.config = config
        self.assembled = assembled
        self.state = assembled.state
        self.touched = touched
        self.latest_at = _NEVER if final else assembled.state.latest_at
        naming = Naming(config.datasets)
        self.aliases = Aliases(assembled.state, touched)
        self.book = DatasetCollector(config, naming, self.aliases)
        self.edges = EdgeCollector(config, naming, self.aliases)
        self.wanted_jobs = Filter(config.pipelines.include, config.pipelines.exclude)
        self.jobs: dict[JobId, Job] = {}
        self.runs: list[RunRecord] = []
        self.problems: list[Problem] = []
        self._said: dict[JobId, RunFingerprint] = {}

    def add_runs(self) -> None:
        """Use what runs say, those that changed and those that may be true by now."""
        placed = [(run, place) for run in self.assembled.changed if (place := self._place(run))]
        placed.sort(key=lambda item: _last(item[0]))
        fix_pipeline_starts([(run, place.pipeline) for run, place in placed], self.state, self.touched)
        for run, place in placed:
            self._add_run(place, run)
            new = run_key(run.namespace, run.run_id) in self.assembled.new
            self.runs.append(run_record(run, place, self.state, new=new))
        for snapshot in self.assembled.snapshots:
            place = self._place(snapshot)
            if place:
                self._add_datasets(snapshot)
                self._add_run_edges(place, snapshot, self._said_by(snapshot, place))
                self._said.pop(place.names.own.job, None)
        self._add_later_runs()
        self._add_quiet_streams()
        for task, children in transfers(self.assembled.changed, self.state):
            place = self._place(task)
            if place and self._is_true(task):
                self.edges.add(place.names.own.job, united(task, children))

    def _place(self, run: Run) -> JobPlacement | None:
        """Return where a run belongs; ``None`` if the configuration does not want it."""
        place = place_of(resolve_root(family(run), self.state), run.job_facets, self.config.pipelines.level)
        return place if self._wanted(place.pipeline.job, run) else None

    def _wanted(self, pipeline: JobId, run: Run | None = None) -> bool:
        if not self.wanted_jobs.admits(pipeline.namespace, pipeline.name):
            return False
        return run is None or pipeline.name == run.name or self.wanted_jobs.admits(run.namespace, run.name)

    def _add_later_runs(self) -> None:
        """Let a job's latest run have the last word, also when it came in an earlier batch than those before it."""
        changed = {id(run) for run in self.assembled.changed}
        jobs = {(run.namespace, run.name) for run in self.assembled.changed}
        latest: dict[tuple[str, str], Run] = {}
        names = {run.name for run in self.assembled.changed}
        for run in self.state.runs.values():
            if run.name not in names:
                continue
            job = (run.namespace, run.name)
            if job in jobs and (job not in latest or _last(latest[job]) <= _last(run)):
                latest[job] = run
        for run in latest.values():
            if id(run) not in changed and (place := self._place(run)):
                self._add_run(place, run)

    def _add_quiet_streams(self) -> None:
        """Streams that only started, of which no event came in this time: true once they had the time to fail."""
        changed = {id(run) for run in self.assembled.changed}
        for run in [run for run in self.state.runs.values() if run.state == "START" and not run.shown]:
            if id(run) in changed or not is_presumed_running(run, self.latest_at):
                continue
            place = self._place(run)
            if place:
                self._add_run(place, run)

    def _is_true(self, run: Run) -> bool:
        return lineage_is_final(run, self.config.lineage.on, self.latest_at)

    def _add_run(self, place: JobPlacement, run: Run) -> None:
        self._add_datasets(run)
        said = self._said_by(run, place)
        if said == self._said.get(place.names.own.job) and not run.trimmed:
            # The run of this job before it said the same: nothing would change but this.
            run.shown = run.shown or said.is_true
            return
        self._said[place.names.own.job] = said
        self._add_job(place, run.job_facets, run.run_facets)
        self._add_run_edges(place, run, said)

    def _said_by(self, run: Run, place: JobPlacement) -> RunFingerprint:
        return fingerprint(run, place, self.latest_at, is_true=self._is_true(run))

    def _add_run_edges(self, place: JobPlacement, run: Run, said: RunFingerprint) -> None:
        if said.is_true:
            if run.trimmed and not run.shown:
                self.problems.append(_trimmed(run))
            run.shown = True
            self.edges.add(place.names.own.job, run, by_name=said.by_name, settled=said.settled)

    def add_static(self) -> None:
        """Use declared lineage: what a job or a dataset said last holds until it says otherwise."""
        declared: dict[JobId, None] = {}
        derived: dict[DatasetId, LineageDatasetFacet] = {}
        for event in sorted(self.assembled.static, key=lambda event: (event.eventTime, msgspec.json.encode(event))):
            at = microseconds(event.eventTime)
            if event.job is not None:
                self._declare(event.job, event, at, declared)
            elif event.dataset is not None:
                for dataset in dataset_states([event.dataset], at).values():
                    self.book.add(dataset)
                if event.dataset.facets and event.dataset.facets.lineage:
                    derived[DatasetId(event.dataset.namespace, event.dataset.name)] = event.dataset.facets.lineage
        for job in declared:
            self.edges.add(job, declared_by(job, self.state))
        for derived_id, facet in derived.items():
            self.edges.add_derivation(derived_id, facet)

    def _declare(self, job: EventJob, event: Event, at: int, declared: dict[JobId, None]) -> None:
        own = RunOf(JobId(job.namespace, job.name), "")
        if not self._wanted(own.job):
            return
        self._add_job(place_of(Family(own, None, None), job.facets, self.config.pipelines.level), job.facets)
        self.jobs[own.job] = msgspec.structs.replace(self.jobs[own.job], declared=True)
        inputs, outputs = dataset_states(event.inputs, at), dataset_states(event.outputs, at)
        for dataset in single_topics((*inputs.values(), *outputs.values())):
            self.book.add(dataset)
        said = Declaration(job_facets=job.facets, inputs=inputs, outputs=outputs, at=at)
        declare(said, own.job, self.state, self.touched)
        declared[own.job] = None

    def plan(self, events: int, problems: Iterable[Problem]) -> LineagePlan:
        """Return the plan of all that was added.

        :param events: how many there were
        :param problems: what went wrong before
        """
        edges = self.edges.edges(self.jobs, self.book.wanted, self.state, self.touched)
        for edge in edges:
            self.book.mention(edge.source)
            self.book.mention(edge.target)
        return LineagePlan(
            events=events,
            edges=tuple(edges),
            jobs=tuple(self.jobs.values()),
            runs=tuple(self.runs),
            datasets=self.book.datasets(),
            one_sided=tuple(self.edges.one_sided({edge.job for edge in edges}, self.book.wanted)),
            problems=(*problems, *self.problems, *self.edges.problems()),
        )

    def _add_job(self, place: JobPlacement, facets: JobFacets | None, run_facets: RunFacets | None = None) -> None:
        job = job_of(place, facets, run_facets)
        job = msgspec.structs.replace(job, sql=self.edges.sql(job.sql, facets))
        own = place.names.own.job
        known = self.jobs.get(own)
        self.jobs[own] = job if known is None else completed(job, known)
        if job.pipeline not in self.jobs:
            # The pipeline's own events may come later or never (a DAG run of an older Airflow): name it all the same.
            self.jobs[job.pipeline] = named_by_task(job, run_facets, self._integration(place, job))

    def _integration(self, place: JobPlacement, job: Job) -> str | None:
        """Return the integration of a pipeline that is only named: its own if it was seen before, else of its tasks.

        A task's name begins with its pipeline's; what else runs below it (Spark below Airflow) is another's.
        """
        top = place.names.top(place.level)
        run = self.state.runs.get(run_key(top.job.namespace, top.run_id))
        kind = run.job_facets.jobType if run and run.job_facets else None
        if kind is not None:
            return kind.integration
        return job.integration if job.task != job.name else None

    def _add_datasets(self, run: Run) -> None:
        for side in (run.inputs, run.outputs):
            for dataset in single_topics(side.values()):
                self.book.add(dataset)


def _trimmed(run: Run) -> Problem:
    where = f"run {run.run_id} of {run.namespace} {run.name}"
    return Problem(ProblemKind.RUN_TRIMMED, where, "its edges lack the columns and SQL that its earlier events told of")


def _last(run: Run) -> int:
    """Return the time that orders the runs of a job."""
    return run.ended_at or run.first_at
