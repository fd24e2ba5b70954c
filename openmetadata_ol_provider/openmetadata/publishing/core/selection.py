"""Selects the parts of a plan that have to be published: not what is unchanged, nor what stays parked, but what is due.

A job's edges are published together or not at all, so that edges which turn out to be between the same two entities are
always merged from the same parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from openmetadata_ol_provider.lineage.filters import DatasetFilter, Filter
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId, Edge, Job, JobId, LineagePlan, OneSided, RunRecord
from openmetadata_ol_provider.lineage.sql import apply_sql_policy_to_plan
from openmetadata_ol_provider.openmetadata.publishing.core.content import edges_digest, job_digest
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import dataset_digest, digest, edge_key
from openmetadata_ol_provider.openmetadata.publishing.core.measured import NOT_OF_THE_STATUS, Measured, select_measured
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
from openmetadata_ol_provider.openmetadata.publishing.core.retracted import Retracted

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.publishing.core.history import History

RunKey = tuple[JobId, str]
#: Beginning of the keys under which edges are parked.
EDGE = "edge:"


class LedgerEntry(NamedTuple):
    """Key and digest of one part of a plan in the ledger."""

    key: int
    digest: int


class Selection(NamedTuple):
    """The parts of a plan that have to be published, and the parts that are left out because they are unchanged.

    :param edges: edges to publish, those that were parked first, then in the plan's order
    :param entries: ledger key and digest of everything in the plan, by edge key, job, run or dataset
    :param jobs: all jobs, those of parked edges included
    :param pipelines: pipelines that are needed
    :param changed: needed pipelines that may differ from how they were published
    :param runs: records of the pipeline runs to publish
    :param datasets: datasets to resolve
    :param retried: parked items that are tried again with this publication
    :param current_edges: keys of edges that are as they were published
    :param waiting: keys of edges that stay parked until later
    :param current_pipelines: number of pipelines that are as they were published
    :param current_runs: number of pipeline runs that are as they were published
    :param outcomes: outcomes of the datasets that need not be resolved again
    :param one_sided: jobs that get edges with their pipeline at one end
    :param plan_datasets: all datasets of the plan, and of parked items
    :param partial: jobs whose producer reports that it could not extract all of their lineage
    :param measured: rows written, metrics and test results to publish
    :param retracted: edges that the plan takes back
    """

    edges: tuple[Edge, ...]
    entries: dict[object, LedgerEntry]
    jobs: dict[JobId, Job]
    pipelines: frozenset[JobId]
    changed: frozenset[JobId]
    runs: tuple[RunRecord, ...]
    datasets: dict[DatasetId, Dataset]
    retried: tuple[Parked, ...]
    current_edges: frozenset[int]
    waiting: frozenset[int]
    current_pipelines: int
    current_runs: int
    outcomes: dict[DatasetId, str]
    one_sided: tuple[OneSided, ...]
    plan_datasets: dict[DatasetId, Dataset]
    partial: frozenset[JobId]
    measured: Measured = Measured()
    retracted: Retracted = Retracted()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to ask the catalogue for."""
        return not (self.edges or self.pipelines or self.runs or self.datasets)


def edge_parking_key(key: int) -> str:
    """Return the key under which an edge is parked."""
    return f"{EDGE}{key:x}"


def dataset_of(id_: DatasetId, datasets: dict[DatasetId, Dataset]) -> Dataset:
    """Return a dataset of the plan, or a bare one for a name that only an edge mentions."""
    return datasets.get(id_) or Dataset(id_.namespace, id_.name, (Identity(id_.namespace, id_.name, "table"),))


def select(plan: LineagePlan, history: History, config: Config, now: float) -> Selection:
    """Return the parts of a plan that have to be published.

    :param history: what earlier publications left behind, valid for this catalogue and configuration
    :param now: current time, in seconds since 1970
    """
    return _Selector(apply_sql_policy_to_plan(plan, config.write.sql), history, config, now).select()


class _Selector:
    def __init__(self, plan: LineagePlan, history: History, config: Config, now: float) -> None:
        self.plan = plan
        self.history = history
        self.config = config
        self.now = now
        # A plan may be older than the configuration, so the filters of the translation are applied again.
        self.filter = Filter(config.pipelines.include, config.pipelines.exclude)
        self.admits = DatasetFilter(config).admits
        self.jobs = {job.id: job for job in plan.jobs}
        self.datasets = {dataset.id: dataset for dataset in plan.datasets}
        self.edges = [edge for edge in plan.edges if self._is_wanted(self._pipeline_of(edge.job))]
        self.runs = [run for run in plan.runs if self._is_wanted(run.pipeline)]
        self.retracted = Retracted.of(plan.retracted)
        self.entries: dict[object, LedgerEntry] = {}
        self.retried = tuple(apply_sql_policy_to_plan(item, config.write.sql) for item in history.parking.due(now))
        if self.retried:
            self._add_retried()

    def _is_wanted(self, pipeline: JobId | None) -> bool:
        return pipeline is None or self.filter.admits(pipeline.namespace, pipeline.name)

    def _pipeline_of(self, job_id: JobId | None) -> JobId | None:
        job = self.jobs.get(job_id) if job_id else None
        return job.pipeline if job else job_id

    def _add_retried(self) -> None:
        """Put what was parked before what is new; where both have the same edge or run, that of the plan counts."""
        planned = {edge_key(edge) for edge in self.edges}
        runs = {(run.job, run.run_id) for run in self.runs}
        old_edges: list[Edge] = []
        for item in self.retried:
            for job in item.jobs:
                self.jobs.setdefault(job.id, job)
            for dataset in item.datasets:
                self.datasets.setdefault(dataset.id, dataset)
            self._exclude(item)
            old_edges += [edge for edge in self.retracted.left_of(item) if edge_key(edge) not in planned]
            self.runs += [run for run in item.runs if (run.job, run.run_id) not in runs]
            runs |= {(run.job, run.run_id) for run in item.runs}
        # A run that was not counted is still new.
        new = {(run.job, run.run_id) for item in self.retried for run in item.runs if run.new}
        self.runs = [
            msgspec.structs.replace(run, new=True) if (run.job, run.run_id) in new else run for run in self.runs
        ]
        # Two items may have the same edge: one because its dataset is missing, one because its pipeline is.
        wanted = (edge for edge in dict.fromkeys(old_edges) if self._is_wanted(self._pipeline_of(edge.job)))
        self.edges = [*wanted, *self.edges]

    def _exclude(self, item: Parked) -> None:
        """Leave out the datasets of a parked item that the configuration has come to exclude since."""
        for id_ in dict.fromkeys(end for edge in item.edges for end in (edge.source, edge.target)):
            if not self.admits(id_):
                self.datasets[id_] = msgspec.structs.replace(dataset_of(id_, self.datasets), ignored=True)

    def select(self) -> Selection:
        edges, current_edges, waiting = self._select_edges()
        runs, current_runs = self._select_runs()
        one_sided = self._select_one_sided()
        changed = self._select_changed()
        needed = self._select_named(edges, runs, one_sided) | changed
        pipelines = {job.pipeline for job in self.jobs.values() if self._is_wanted(job.pipeline)}
        measured = select_measured(self.runs, self.config.write, self._is_current)
        datasets, outcomes = self._select_datasets(edges, one_sided, measured.datasets)
        return Selection(
            edges=tuple(edges),
            entries=self.entries,
            jobs=self.jobs,
            pipelines=needed,
            changed=changed,
            runs=tuple(runs),
            datasets=datasets,
            retried=self.retried,
            current_edges=current_edges,
            waiting=waiting,
            current_pipelines=len(pipelines - needed),
            current_runs=current_runs,
            outcomes=outcomes,
            one_sided=one_sided,
            plan_datasets=self.datasets,
            partial=frozenset(run.job for run in self.runs if run.partial),
            measured=measured,
            retracted=self.retracted,
        )

    def _is_current(self, name: object, key: int, content: int) -> bool:
        self.entries[name] = LedgerEntry(key, content)
        return self.history.ledger.is_current(key, content, self.now / 3600, self.config.ledger)

    # -- edges ---------------------------------------------------------------------------------------------------

    def _select_edges(self) -> tuple[list[Edge], frozenset[int], frozenset[int]]:
        by_key: dict[int, list[Edge]] = {}
        keyed = [(edge_key(edge), edge) for edge in self.edges]
        for key, edge in keyed:
            by_key.setdefault(key, []).append(edge)
        waiting = set()
        changed_owners = set()
        for key, edges in by_key.items():
            content = self._edge_digest(edges)
            if self.history.parking.is_waiting(edge_parking_key(key), content, self.now):
                self.entries[key] = LedgerEntry(key, content)
                waiting.add(key)
            elif not self._is_current(key, key, content):
                changed_owners.add(_owner(edges[0]))
        selected = {key for key, edges in by_key.items() if key not in waiting and _owner(edges[0]) in changed_owners}
        current = by_key.keys() - selected - waiting
        return [edge for key, edge in keyed if key in selected], frozenset(current), frozenset(waiting)

    def _edge_digest(self, edges: Sequence[Edge]) -> int:
        job = self.jobs.get(edges[0].job) if edges[0].job else None
        ends = [dataset_of(id_, self.datasets).identities for id_ in (edges[0].source, edges[0].target)]
        return edges_digest(edges, ends, job)

    # -- pipelines and runs --------------------------------------------------------------------------------------

    def _select_runs(self) -> tuple[list[RunRecord], int]:
        write = self.config.write
        if write.status == write.usage == "never" and not write.observability:
            return [], 0
        groups: dict[RunKey, list[RunRecord]] = {}
        for run in self.runs:
            groups.setdefault((run.pipeline, run.pipeline_run_id), []).append(run)
        changed, current = list[RunRecord](), 0
        for group in groups.values():
            plain = [msgspec.structs.replace(run, **NOT_OF_THE_STATUS) for run in group]
            unchanged = [
                self._is_current((run.job, run.run_id), digest("run", run.job, run.run_id), digest(run))
                for run in plain
            ]
            if all(unchanged):
                current += any(run.state != "OTHER" and not run.part for run in group)
            else:
                changed += group
        return changed, current

    def _select_one_sided(self) -> tuple[OneSided, ...]:
        if not self.config.lineage.pipeline_nodes:
            return ()
        # The job of a parked item may have shown its other side since.
        planned = {item.job for item in self.plan.one_sided} | {edge.job for edge in self.edges}
        old = [item for parked in self.retried for item in parked.one_sided if item.job not in planned]
        return tuple(
            item
            for item in (*old, *self.plan.one_sided)
            if self._is_wanted(self._pipeline_of(item.job))
            and not self._is_current(("node", item.job), digest("node", item.job), digest(item))
        )

    def _select_named(
        self, edges: Iterable[Edge], runs: Iterable[RunRecord], one_sided: Iterable[OneSided]
    ) -> frozenset[JobId]:
        """Return the pipelines that selected edges and runs name."""
        jobs = [edge.job for edge in edges] + [item.job for item in one_sided]
        named = {self._pipeline_of(job) for job in jobs} | {run.pipeline for run in runs}
        return frozenset(id_ for id_ in named if id_ is not None and self._is_wanted(id_))

    def _select_changed(self) -> frozenset[JobId]:
        """Return the pipelines to compare with the catalogue: they may lack what the ledger does not record."""
        changed = {job.pipeline for item in self.retried if item.reason == "failed" for job in item.jobs}
        for id_, job in self.jobs.items():
            if not self._is_current(id_, digest("job", id_), job_digest(job)):
                changed.add(job.pipeline)
        return frozenset(id_ for id_ in changed if self._is_wanted(id_))

    # -- datasets ------------------------------------------------------------------------------------------------

    def _select_datasets(
        self, edges: Iterable[Edge], one_sided: Iterable[OneSided], measured: Mapping[DatasetId, None]
    ) -> tuple[dict[DatasetId, Dataset], dict[DatasetId, str]]:
        wanted: dict[DatasetId, Dataset] = {}
        outcomes: dict[DatasetId, str] = {}
        for id_, dataset in self.datasets.items():
            key = digest("dataset", id_)
            if self._is_current(id_, key, dataset_digest(dataset)):
                outcomes[id_] = self.history.ledger.facts[key].note
            else:
                wanted[id_] = dataset
        # What is not in the catalogue need not be looked for again because somebody has measured it.
        needed = {id_: None for id_ in measured if outcomes.get(id_) in {None, "resolved"}}
        for edge in edges:
            sources = (DatasetId(pair.source.namespace, pair.source.name) for pair in edge.columns)
            needed.update(dict.fromkeys((edge.source, edge.target, *filter(self.datasets.__contains__, sources))))
        for item in one_sided:
            needed.update(dict.fromkeys((*item.reads, *item.writes)))
        for id_ in needed:
            wanted[id_] = dataset_of(id_, self.datasets)
            outcomes.pop(id_, None)
        return wanted, outcomes


def _owner(edge: Edge) -> object:
    """Return what an edge is published together with: its job, or the dataset that declares it."""
    return edge.job or edge.target
