"""From events to the plan: runs assembled, jobs placed, edges derived, datasets named. Pure: state in, state out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.aliases import Aliases, symlinked
from openmetadata_ol_provider.lineage.bridges import bridge
from openmetadata_ol_provider.lineage.dags import forget_dags, named_by_task
from openmetadata_ol_provider.lineage.datasets import DatasetBook
from openmetadata_ol_provider.lineage.declared import dataset_states, declare, declared_by
from openmetadata_ol_provider.lineage.division import split_runs
from openmetadata_ol_provider.lineage.edges import derive
from openmetadata_ol_provider.lineage.explicit import derivation, entries_of, explicit_edges
from openmetadata_ol_provider.lineage.filters import Filter
from openmetadata_ol_provider.lineage.jobs import (
    Family,
    RunOf,
    completed,
    family,
    job_of,
    pin_anchors,
    run_record,
    topmost,
)
from openmetadata_ol_provider.lineage.naming import Naming
from openmetadata_ol_provider.lineage.plan import DatasetId, Edge, Job, JobId, LineagePlan, OneSided, RunRecord
from openmetadata_ol_provider.lineage.readiness import is_connector, is_quiet, is_settled, is_true
from openmetadata_ol_provider.lineage.sides import sides, single_topics
from openmetadata_ol_provider.lineage.sql import dialect_of, discreet, redacted
from openmetadata_ol_provider.lineage.transfers import transfers, united
from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.facets import JobFacets, LineageDatasetFacet, RunFacets
from openmetadata_ol_provider.openlineage.problem import Problem
from openmetadata_ol_provider.openlineage.runs import DEFAULT_LIMITS, Assembled, Limits, assemble
from openmetadata_ol_provider.openlineage.runstate import Declaration, Run, RunState, run_key
from openmetadata_ol_provider.openlineage.shedding import shed
from openmetadata_ol_provider.openlineage.times import microseconds

#: Most characters of the names in a plan's edges, columns included: a plan goes through XCom.
MAX_PLAN_TEXT = 100_000_000
_NO_JOB = JobId("", "")
_NEVER = 1 << 62


class Translation(NamedTuple):
    """A plan, and the runs to remember for the next batch."""

    plan: LineagePlan
    state: RunState


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
    events = [discreet(event, config.write.sql) for event in events]
    now = now or dt.datetime.now(dt.timezone.utc)
    assembled = assemble(events, state or RunState(), now, limits)
    translator = _Translator(config, assembled, microseconds(now), final=final)
    # Symlinks first: one that comes late in a batch is true for what came before it.
    translator.aliases.learn(symlinked(events))
    translator.add_runs()
    translator.add_static()
    divided = split_runs(assembled.changed) if lanes > 1 else ()
    plan = translator.plan(len(events), (*problems, *assembled.problems, *divided))
    forget_dags(assembled.changed)
    if limits.max_bytes is not None:
        # Last: what this batch says is in the plan.
        plan = msgspec.structs.replace(plan, problems=(*plan.problems, *shed(assembled.state, limits.max_bytes)))
    return Translation(plan, assembled.state)


class _Translator:
    """Collects the parts of one plan."""

    def __init__(self, config: Config, assembled: Assembled, touched: int, *, final: bool) -> None:
        self.config = config
        self.assembled = assembled
        self.touched = touched
        self.latest_at = _NEVER if final else assembled.state.latest_at
        self.naming = Naming(config.datasets)
        self.aliases = Aliases(assembled.state, touched)
        self.book = DatasetBook(config, self.naming, self.aliases)
        self.wanted_jobs = Filter(config.pipelines.include, config.pipelines.exclude)
        self.jobs: dict[JobId, Job] = {}
        self.runs: list[RunRecord] = []
        self.edges: dict[tuple[object, ...], Edge] = {}
        self.problems: list[Problem] = []
        self._text = 0
        self._left_out = 0
        self._temporary: set[DatasetId] = set()
        self._sides: dict[JobId, tuple[set[DatasetId], set[DatasetId]]] = {}

    def add_runs(self) -> None:
        level = self.config.pipelines.level
        state = self.assembled.state
        families = [(run, topmost(family(run), state)) for run in self.assembled.changed]
        families = [(run, names) for run, names in families if self._wanted(names.pipeline(level), run)]
        families.sort(key=lambda item: _last(item[0]))
        pin_anchors([(run, names.pipeline(level)) for run, names in families], state, self.touched)
        for run, names in families:
            self._add_run(names, run)
            new = run_key(run.namespace, run.run_id) in self.assembled.new
            self.runs.append(run_record(run, names, level, state, new=new))
        for snapshot in self.assembled.snapshots:
            names = topmost(family(snapshot), state)
            if self._wanted(names.pipeline(level), snapshot):
                self._add_datasets(snapshot)
                self._add_run_edges(names, snapshot)
        self._add_later_runs()
        self._add_quiet_streams()
        for task, children in transfers(self.assembled.changed, state):
            names = topmost(family(task), state)
            if self._is_true(task) and self._wanted(names.pipeline(level), task):
                self._add_edges(names.own.job, united(task, children))

    def _add_later_runs(self) -> None:
        """Let a job's latest run have the last word, also when it came in an earlier batch than those before it."""
        changed = {id(run) for run in self.assembled.changed}
        jobs = {(run.namespace, run.name) for run in self.assembled.changed}
        latest: dict[tuple[str, str], Run] = {}
        for run in self.assembled.state.runs.values():
            job = (run.namespace, run.name)
            if job in jobs and (job not in latest or _last(latest[job]) <= _last(run)):
                latest[job] = run
        for run in latest.values():
            names = topmost(family(run), self.assembled.state)
            if id(run) not in changed and self._wanted(names.pipeline(self.config.pipelines.level), run):
                self._add_run(names, run)

    def _add_quiet_streams(self) -> None:
        """Streams that only started, of which no event came in this time: true once they had the time to fail."""
        changed = {id(run) for run in self.assembled.changed}
        for run in self.assembled.state.runs.values():
            if id(run) in changed or run.shown or not is_quiet(run, self.latest_at):
                continue
            names = topmost(family(run), self.assembled.state)
            if self._wanted(names.pipeline(self.config.pipelines.level), run):
                self._add_run(names, run)

    def _is_true(self, run: Run) -> bool:
        return is_true(run, self.config.lineage.on, self.latest_at)

    def _add_run(self, names: Family, run: Run) -> None:
        self._add_job(names, run.job_facets, run.run_facets)
        self._add_datasets(run)
        self._add_run_edges(names, run)

    def _add_run_edges(self, names: Family, run: Run) -> None:
        if self._is_true(run):
            if run.trimmed and not run.shown:
                self.problems.append(_trimmed(run))
            run.shown = True
            settled = is_settled(run, self.latest_at)
            self._add_edges(names.own.job, run, by_name=is_connector(run), settled=settled)

    def add_static(self) -> None:
        """Use declared lineage: what a job or a dataset said last holds until it says otherwise."""
        state = self.assembled.state
        declared: dict[JobId, None] = {}
        derived: dict[DatasetId, LineageDatasetFacet] = {}
        for event in sorted(self.assembled.static, key=lambda event: (event.eventTime, msgspec.json.encode(event))):
            at = microseconds(event.eventTime)
            if event.job is not None:
                own = RunOf(JobId(event.job.namespace, event.job.name), "")
                if not self._wanted(own, None):
                    continue
                self._add_job(Family(own, None, None), event.job.facets)
                self.jobs[own.job] = msgspec.structs.replace(self.jobs[own.job], declared=True)
                inputs, outputs = dataset_states(event.inputs, at), dataset_states(event.outputs, at)
                for dataset in single_topics((*inputs.values(), *outputs.values())):
                    self.book.add(dataset)
                said = Declaration(job_facets=event.job.facets, inputs=inputs, outputs=outputs, at=at)
                declare(said, own.job, state, self.touched)
                declared[own.job] = None
            elif event.dataset is not None:
                for dataset in dataset_states([event.dataset], at).values():
                    self.book.add(dataset)
                if event.dataset.facets and event.dataset.facets.lineage:
                    derived[DatasetId(event.dataset.namespace, event.dataset.name)] = event.dataset.facets.lineage
        for job in declared:
            self._add_edges(job, declared_by(job, state))
        for derived_id, facet in derived.items():
            self._keep(derivation(derived_id, facet, self.naming))

    def plan(self, events: int, problems: Iterable[Problem]) -> LineagePlan:
        for key, edge in self.edges.items():
            known = self.jobs.get(edge.job) if edge.job else None
            if known is not None and edge.sql == known.sql:
                # Said once, with the job; only runs of one job with different SQL (mapped tasks) have their own.
                self.edges[key] = msgspec.structs.replace(edge, sql=None)
        state = self.assembled.state
        edges, unbridged = bridge(self.edges.values(), self._temporary.__contains__, state, self.touched)
        edges = [edge for edge in edges if self.book.wanted(edge.source) and self.book.wanted(edge.target)]
        edges.sort(
            key=lambda edge: (edge.job or _NO_JOB, edge.source, edge.target)
        )  # stable, and free of the order of arrival
        for edge in edges:
            self.book.mention(edge.source)
            self.book.mention(edge.target)
        return LineagePlan(
            events=events,
            edges=tuple(edges),
            jobs=tuple(self.jobs.values()),
            runs=tuple(self.runs),
            datasets=self.book.datasets(),
            one_sided=tuple(self._one_sided({edge.job for edge in edges})),
            problems=(*problems, *self.problems, *unbridged, *self._too_much()),
        )

    def _too_much(self) -> Iterator[Problem]:
        if self._left_out:
            detail = f"{self._left_out} edges were left out: a plan holds {MAX_PLAN_TEXT} characters; lower max_events"
            yield Problem("plan_too_large", "plan", detail)

    def _one_sided(self, jobs_with_edges: Collection[JobId | None]) -> Iterator[OneSided]:
        for job, (reads, writes) in sorted(self._sides.items()):
            if job not in jobs_with_edges and bool(reads) != bool(writes):
                yield OneSided(job, *(tuple(sorted(filter(self.book.wanted, side))) for side in (reads, writes)))

    def _wanted(self, top: RunOf, run: Run | None) -> bool:
        job = top.job
        if not self.wanted_jobs.admits(job.namespace, job.name):
            return False
        return run is None or job.name == run.name or self.wanted_jobs.admits(run.namespace, run.name)

    def _add_job(self, names: Family, facets: JobFacets | None, run_facets: RunFacets | None = None) -> None:
        job = job_of(names, facets, self.config.pipelines.level, run_facets)
        job = msgspec.structs.replace(job, sql=self._sql(job.sql, facets))
        known = self.jobs.get(names.own.job)
        self.jobs[names.own.job] = job if known is None else completed(job, known)
        if job.pipeline not in self.jobs:
            # The pipeline's own events may come later or never (a DAG run of an older Airflow): name it all the same.
            self.jobs[job.pipeline] = named_by_task(job, run_facets, self._integration(names, job))

    def _integration(self, names: Family, job: Job) -> str | None:
        """Return the integration of a pipeline that is only named: its own if it was seen before, else of its tasks.

        A task's name begins with its pipeline's; what else runs below it (Spark below Airflow) is another's.
        """
        top = names.top(self.config.pipelines.level)
        run = self.assembled.state.runs.get(run_key(top.job.namespace, top.run_id))
        kind = run.job_facets.jobType if run and run.job_facets else None
        if kind is not None:
            return kind.integration
        return job.integration if job.task != job.name else None

    def _add_datasets(self, run: Run) -> None:
        for side in (run.inputs, run.outputs):
            for dataset in single_topics(side.values()):
                self.book.add(dataset)

    def _add_edges(self, job: JobId, what: Run | Declaration, *, by_name: bool = False, settled: bool = True) -> None:
        facet = what.job_facets.sql if what.job_facets else None
        sql = self._sql(facet.query if facet and not facet.deleted else None, what.job_facets)
        entries = entries_of(what.job_facets.lineage if what.job_facets else None)
        if entries is not None:
            self._keep(explicit_edges(entries, job, self.naming), sql)
            return
        inputs, outputs = (
            sides(single_topics(side.values()), self.naming, self.aliases) for side in (what.inputs, what.outputs)
        )
        self._temporary.update(side.id for side in (*inputs, *outputs) if side.temporary)
        for known, found in zip(self._sides.setdefault(job, (set(), set())), (inputs, outputs), strict=True):
            known.update(side.id for side in found if not side.temporary)
        derived = derive(job, inputs, outputs, self.naming, by_name=by_name, settled=settled)
        self.problems += derived.problems
        self._keep(derived.edges, sql)

    def _sql(self, text: str | None, facets: JobFacets | None) -> str | None:
        """Return SQL as it may be shown: that of runs from before the policy, too."""
        policy = self.config.write.sql
        if not text or policy == "never":
            return None
        return redacted(text, dialect_of(facets)) if policy == "redacted" else text

    def _keep(self, edges: Iterable[Edge], sql: str | None = None) -> None:
        for edge in edges:
            key = (edge.source, edge.target, edge.job, edge.basis, edge.columns)
            if key not in self.edges:
                if self._text > MAX_PLAN_TEXT:
                    self._left_out += 1
                    continue
                self._text += _text_of(edge)
            # Out and in again: the run that ended last comes last.
            self.edges.pop(key, None)
            self.edges[key] = msgspec.structs.replace(edge, sql=sql) if sql else edge


def _text_of(edge: Edge) -> int:
    """Return about how many characters an edge has in JSON."""
    names = [edge.source, edge.target, *((edge.job,) if edge.job else ())]
    columns = sum(100 + len(pair.source.name) + len(pair.target_field) for pair in edge.columns)
    return 100 + sum(len(name.namespace) + len(name.name) for name in names) + columns


def _trimmed(run: Run) -> Problem:
    where = f"run {run.run_id} of {run.namespace} {run.name}"
    return Problem("run_trimmed", where, "its edges lack the columns and SQL that its earlier events told of")


def _last(run: Run) -> int:
    """Return the time that orders the runs of a job."""
    return run.ended_at or run.first_at
