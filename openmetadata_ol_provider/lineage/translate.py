"""From events to the plan: runs assembled, jobs placed, edges derived, datasets named. Pure: state in, state out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.datasets import DatasetBook
from openmetadata_ol_provider.lineage.edges import Edges, derive, sides
from openmetadata_ol_provider.lineage.filters import Filter
from openmetadata_ol_provider.lineage.jobs import Family, RunOf, family, job_of, pin_anchors, run_record, topmost
from openmetadata_ol_provider.lineage.naming import Naming
from openmetadata_ol_provider.lineage.plan import Edge, Job, JobId, LineagePlan, RunRecord
from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.facets import JobFacets
from openmetadata_ol_provider.openlineage.problem import Problem
from openmetadata_ol_provider.openlineage.runs import (
    DEFAULT_LIMITS,
    Assembled,
    DatasetState,
    Limits,
    Run,
    RunState,
    assemble,
    microseconds,
)

_STREAMING = frozenset({"STREAMING", "SERVICE"})
_TEST_JOBS = frozenset({"TEST"})


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
) -> Translation:
    """Translate a batch of events.

    :param events: decoded events, in any order
    :param config: the configuration
    :param state: runs of earlier batches; taken over
    :param now: time of consumption (default: the clock), for the limits of the state
    :param problems: what was lost while decoding, carried into the plan
    """
    events = list(events)
    now = now or dt.datetime.now(dt.timezone.utc)
    assembled = assemble(events, state or RunState(), now, limits)
    translator = _Translator(config, assembled, microseconds(now))
    translator.add_runs()
    translator.add_static()
    plan = translator.plan(len(events), (*problems, *assembled.problems))
    return Translation(plan, assembled.state)


class _Translator:
    """Collects the parts of one plan."""

    def __init__(self, config: Config, assembled: Assembled, touched: int) -> None:
        self.config = config
        self.assembled = assembled
        self.touched = touched
        self.naming = Naming(config.datasets)
        self.book = DatasetBook(config, self.naming)
        self.wanted_jobs = Filter(config.pipelines.include, config.pipelines.exclude)
        self.jobs: dict[JobId, Job] = {}
        self.runs: list[RunRecord] = []
        self.edges: dict[tuple[object, ...], Edge] = {}
        self.problems: list[Problem] = []

    def add_runs(self) -> None:
        level = self.config.pipelines.level
        state = self.assembled.state
        families = [(run, topmost(family(run), state)) for run in self.assembled.changed]
        families = [(run, names) for run, names in families if self._wanted(names.pipeline(level), run)]
        pin_anchors([(run, names.pipeline(level)) for run, names in families], state, self.touched)
        for run, names in families:
            self._add_job(names, run.job_facets)
            self.runs.append(run_record(run, names, level, state))
            self._add_datasets(run)
            if self._published(run):
                self._add_edges(names.own.job, run.inputs.values(), run.outputs.values())

    def add_static(self) -> None:
        """Use declared lineage: JobEvents give jobs and edges, DatasetEvents facts about datasets."""
        for event in sorted(self.assembled.static, key=lambda event: (event.eventTime, msgspec.json.encode(event))):
            if event.job is not None:
                own = RunOf(JobId(event.job.namespace, event.job.name), "")
                if not self._wanted(own, None):
                    continue
                self._add_job(Family(own, None, None), event.job.facets)
                inputs, outputs = (_states(side) for side in (event.inputs, event.outputs))
                for dataset in (*inputs, *outputs):
                    self.book.add(dataset, microseconds(event.eventTime))
                self._add_edges(own.job, inputs, outputs)
            elif event.dataset is not None:
                for dataset in _states([event.dataset]):
                    self.book.add(dataset, microseconds(event.eventTime))

    def plan(self, events: int, problems: Iterable[Problem]) -> LineagePlan:
        edges = [
            edge for edge in self.edges.values() if self.book.wanted(edge.source) and self.book.wanted(edge.target)
        ]
        edges.sort(key=lambda edge: (edge.job, edge.source, edge.target))  # stable, and free of the order of arrival
        for edge in edges:
            self.book.mention(edge.source)
        return LineagePlan(
            events=events,
            edges=tuple(edges),
            jobs=tuple(self.jobs.values()),
            runs=tuple(self.runs),
            datasets=self.book.datasets(),
            problems=(*problems, *self.problems),
        )

    def _wanted(self, top: RunOf, run: Run | None) -> bool:
        job = top.job
        if not self.wanted_jobs.admits(job.namespace, job.name):
            return False
        return run is None or job.name == run.name or self.wanted_jobs.admits(run.namespace, run.name)

    def _add_job(self, names: Family, facets: JobFacets | None) -> None:
        job = job_of(names, facets, self.config.pipelines.level)
        self.jobs[names.own.job] = job
        if job.pipeline not in self.jobs:
            # The pipeline's own events may come later or never (a DAG run of an older Airflow): name it all the same.
            self.jobs[job.pipeline] = Job(
                job.pipeline.namespace, job.pipeline.name, pipeline=job.pipeline, integration=job.integration
            )

    def _add_datasets(self, run: Run) -> None:
        for side in (run.inputs, run.outputs):
            for dataset in side.values():
                self.book.add(dataset)

    def _add_edges(self, job: JobId, inputs: Iterable[DatasetState], outputs: Iterable[DatasetState]) -> None:
        derived: Edges = derive(job, sides(inputs, self.naming), sides(outputs, self.naming), self.naming)
        self.problems += derived.problems
        for edge in derived.edges:
            self.edges[edge.source, edge.target, edge.job, edge.basis, edge.columns] = edge

    def _published(self, run: Run) -> bool:
        """Tell whether a run's edges are true: by its state; streaming jobs are true while they run."""
        kind = run.job_facets.jobType if run.job_facets else None
        if kind is not None and (kind.jobType or "").upper() in _TEST_JOBS:
            return False
        if kind is not None and (kind.processingType or "").upper() in _STREAMING:
            return run.state != "FAIL" or run.ran
        return run.state in self.config.lineage.on


def _states(datasets: Iterable[object] | None) -> list[DatasetState]:
    return [
        DatasetState(namespace=dataset.namespace, name=dataset.name, facets=dataset.facets)  # type: ignore[attr-defined]
        for dataset in datasets or ()
    ]
