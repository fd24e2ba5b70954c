"""What of a plan has to be looked at: not what the ledger holds, nor what is parked until later; but what is due. Pure.

A job's edges are published together or not at all, so that edges which turn out to be between the same two entities are
always united from the same parts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from openmetadata_ol_provider.lineage.filters import Filter
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId, Edge, Job, JobId, LineagePlan, OneSided, RunRecord
from openmetadata_ol_provider.lineage.sql import apply_sql_policy_to_plan
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import digest, edge_key
from openmetadata_ol_provider.openmetadata.publishing.core.parking import Parked

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.publishing.core.carry_over import CarryOver

RunKey = tuple[JobId, str]


class Part(NamedTuple):
    """One thing to publish, with its key and digest in the ledger."""

    key: int
    digest: int


class Selection(NamedTuple):
    """What a publication has to do, and what it may leave.

    :param edges: edges to publish, in the plan's order, those that were parked first
    :param parts: ledger key and digest of everything in the plan, by edge key, job, run or dataset
    :param jobs: all jobs, those of parked edges included
    :param pipelines: pipelines that are needed
    :param changed: those of them that may not be as they were published
    :param runs: records of the pipeline runs to publish
    :param datasets: datasets to resolve
    :param retried: parked items that are tried with this publication
    :param held_edges: keys of edges that are as they were published
    :param waiting: keys of edges that are parked until later
    :param held_pipelines: number of pipelines that are as they were published
    :param held_runs: number of pipeline runs that are as they were published
    :param outcomes: what became of the datasets that need not be resolved again
    :param one_sided: jobs that get edges with their pipeline at one end
    :param partial: jobs whose producer says that it could not extract all of their lineage
    """

    edges: tuple[Edge, ...]
    parts: dict[object, Part]
    jobs: dict[JobId, Job]
    pipelines: frozenset[JobId]
    changed: frozenset[JobId]
    runs: tuple[RunRecord, ...]
    datasets: dict[DatasetId, Dataset]
    retried: tuple[Parked, ...]
    held_edges: frozenset[int]
    waiting: frozenset[int]
    held_pipelines: int
    held_runs: int
    outcomes: dict[DatasetId, str]
    one_sided: tuple[OneSided, ...]
    partial: frozenset[JobId]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to ask the catalogue for."""
        return not (self.edges or self.pipelines or self.runs or self.datasets)


def edge_parking_key(key: int) -> str:
    """Return under which key an edge is parked."""
    return f"edge:{key:x}"


def dataset_of(id_: DatasetId, datasets: dict[DatasetId, Dataset]) -> Dataset:
    """Return a dataset of the plan, or a bare one for a name that only an edge has."""
    return datasets.get(id_) or Dataset(id_.namespace, id_.name, (Identity(id_.namespace, id_.name, "table"),))


def select(plan: LineagePlan, memory: CarryOver, config: Config, now: float) -> Selection:
    """Return what has to be done for a plan.

    :param memory: what earlier publications left
    :param now: seconds since 1970
    """
    return _Selector(apply_sql_policy_to_plan(plan, config.write.sql), memory, config, now).select()


class _Selector:
    def __init__(self, plan: LineagePlan, memory: CarryOver, config: Config, now: float) -> None:
        self.plan = plan
        self.memory = memory
        self.config = config
        self.now = now
        # A plan may be older than the configuration, so what the translation filtered is filtered again.
        self.filter = Filter(config.pipelines.include, config.pipelines.exclude)
        self.jobs = {job.id: job for job in plan.jobs}
        self.datasets = {dataset.id: dataset for dataset in plan.datasets}
        self.edges = [edge for edge in plan.edges if self._is_wanted(self._pipeline_of(edge.job))]
        self.runs = [run for run in plan.runs if self._is_wanted(run.pipeline)]
        self.parts: dict[object, Part] = {}
        self.retried = tuple(apply_sql_policy_to_plan(item, config.write.sql) for item in memory.parking.due(now))
        self._add_retried()

    def _is_wanted(self, pipeline: JobId | None) -> bool:
        return pipeline is None or self.filter.admits(pipeline.namespace, pipeline.name)

    def _pipeline_of(self, job_id: JobId | None) -> JobId | None:
        job = self.jobs.get(job_id) if job_id else None
        return job.pipeline if job else job_id

    def _add_retried(self) -> None:
        """Put what was parked before what is new; where the plan says the same thing anew, the plan counts."""
        known = {edge_key(edge) for edge in self.edges}
        runs = {(run.job, run.run_id) for run in self.runs}
        old_edges: list[Edge] = []
        for item in self.retried:
            for job in item.jobs:
                self.jobs.setdefault(job.id, job)
            for dataset in item.datasets:
                self.datasets.setdefault(dataset.id, dataset)
            old_edges += [edge for edge in item.edges if edge_key(edge) not in known]
            self.runs += [run for run in item.runs if (run.job, run.run_id) not in runs]
            runs |= {(run.job, run.run_id) for run in item.runs}
        # A run that was not counted is as new as it was.
        new = {(run.job, run.run_id) for item in self.retried for run in item.runs if run.new}
        self.runs = [
            msgspec.structs.replace(run, new=True) if (run.job, run.run_id) in new else run for run in self.runs
        ]
        # Two items may have the same edge: one for want of its dataset, one for want of its pipeline.
        wanted = (edge for edge in dict.fromkeys(old_edges) if self._is_wanted(self._pipeline_of(edge.job)))
        self.edges = [*wanted, *self.edges]

    def select(self) -> Selection:
        todo, held_edges, waiting = self._select_edges()
        runs, held_runs = self._select_runs()
        one_sided = self._select_one_sided()
        changed = self._select_changed()
        needed = self._select_named(todo, runs, one_sided) | changed
        pipelines = {job.pipeline for job in self.jobs.values() if self._is_wanted(job.pipeline)}
        datasets, outcomes = self._select_datasets(todo, one_sided)
        return Selection(
            edges=tuple(todo),
            parts=self.parts,
            jobs=self.jobs,
            pipelines=needed,
            changed=changed,
            runs=tuple(runs),
            datasets=datasets,
            retried=self.retried,
            held_edges=held_edges,
            waiting=waiting,
            held_pipelines=len(pipelines - needed),
            held_runs=held_runs,
            outcomes=outcomes,
            one_sided=one_sided,
            partial=frozenset(run.job for run in self.runs if run.partial),
        )

    def _holds(self, name: object, key: int, content: int) -> bool:
        self.parts[name] = Part(key, content)
        return self.memory.ledger.holds(key, content, self.now / 3600, self.config.ledger)

    # -- edges ---------------------------------------------------------------------------------------------------

    def _select_edges(self) -> tuple[list[Edge], frozenset[int], frozenset[int]]:
        same: dict[int, list[Edge]] = {}
        for edge in self.edges:
            same.setdefault(edge_key(edge), []).append(edge)
        waiting = set()
        unheld = set()
        for key, edges in same.items():
            content = self._edge_digest(edges)
            if self.memory.parking.is_waiting(edge_parking_key(key), content, self.now):
                self.parts[key] = Part(key, content)
                waiting.add(key)
            elif not self._holds(key, key, content):
                unheld.add(_owner(edges[0]))
        todo = {key for key, edges in same.items() if key not in waiting and _owner(edges[0]) in unheld}
        held = same.keys() - todo - waiting
        return [edge for edge in self.edges if edge_key(edge) in todo], frozenset(held), frozenset(waiting)

    def _edge_digest(self, edges: Iterable[Edge]) -> int:
        edges = tuple(edges)
        job = self.jobs.get(edges[0].job) if edges[0].job else None
        ends = [dataset_of(id_, self.datasets).identities for id_ in (edges[0].source, edges[0].target)]
        return digest(edges, ends, (job.pipeline, job.task, job.sql) if job else None)

    # -- pipelines and runs --------------------------------------------------------------------------------------

    def _select_runs(self) -> tuple[list[RunRecord], int]:
        if self.config.write.status == "never" and self.config.write.usage == "never":
            return [], 0
        groups: dict[RunKey, list[RunRecord]] = {}
        for run in self.runs:
            groups.setdefault((run.pipeline, run.pipeline_run_id), []).append(run)
        changed: list[RunRecord] = []
        held = 0
        for group in groups.values():
            # Statistics change with every heartbeat and are no part of the status.
            plain = [msgspec.structs.replace(run, new=False, statistics=()) for run in group]
            holds = [
                self._holds((run.job, run.run_id), digest("run", run.job, run.run_id), digest(run)) for run in plain
            ]
            if all(holds):
                held += any(run.state != "OTHER" and not run.part for run in group)
            else:
                changed += group
        return changed, held

    def _select_one_sided(self) -> tuple[OneSided, ...]:
        if not self.config.lineage.pipeline_nodes:
            return ()
        # Of what was parked, the job may have shown its other side since.
        known = {item.job for item in self.plan.one_sided} | {edge.job for edge in self.edges}
        old = [item for parked in self.retried for item in parked.one_sided if item.job not in known]
        return tuple(
            item
            for item in (*old, *self.plan.one_sided)
            if self._is_wanted(self._pipeline_of(item.job))
            and not self._holds(("node", item.job), digest("node", item.job), digest(item))
        )

    def _select_named(
        self, edges: Iterable[Edge], runs: Iterable[RunRecord], one_sided: Iterable[OneSided]
    ) -> frozenset[JobId]:
        """Return the pipelines that are named by what is to be published."""
        jobs = [edge.job for edge in edges] + [item.job for item in one_sided]
        named = {self._pipeline_of(job) for job in jobs} | {run.pipeline for run in runs}
        return frozenset(id_ for id_ in named if id_ is not None and self._is_wanted(id_))

    def _select_changed(self) -> frozenset[JobId]:
        """Return the pipelines that have to be compared with the catalogue."""
        # What a pipeline lacks may be a fact of which the ledger knows nothing.
        changed = {job.pipeline for item in self.retried if item.reason == "failed" for job in item.jobs}
        for id_, job in self.jobs.items():
            plain = msgspec.structs.replace(job, declared=False)
            if not self._holds(id_, digest("job", id_), digest(plain)):
                changed.add(job.pipeline)
        return frozenset(id_ for id_ in changed if self._is_wanted(id_))

    # -- datasets ------------------------------------------------------------------------------------------------

    def _select_datasets(
        self, edges: Iterable[Edge], one_sided: Iterable[OneSided]
    ) -> tuple[dict[DatasetId, Dataset], dict[DatasetId, str]]:
        wanted: dict[DatasetId, Dataset] = {}
        outcomes: dict[DatasetId, str] = {}
        for id_, dataset in self.datasets.items():
            key = digest("dataset", id_)
            if self._holds(id_, key, _dataset_digest(dataset)):
                outcomes[id_] = self.memory.ledger.facts[key].note
            else:
                wanted[id_] = dataset
        needed: dict[DatasetId, None] = {}
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
    """Return whose edges are published together: the job's, or what a dataset states of itself."""
    return edge.job or edge.target


def _dataset_digest(dataset: Dataset) -> int:
    """Return a digest of what is published of a dataset: not its snapshots and measurements, which always change."""
    return digest(
        dataset.identities,
        dataset.description,
        dataset.owners,
        dataset.tags,
        dataset.fields,
        dataset.ignored,
        dataset.type,
        dataset.lifecycle,
        dataset.previous,
    )
