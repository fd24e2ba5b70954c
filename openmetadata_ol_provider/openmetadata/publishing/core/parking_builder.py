"""What a publication could not publish, as items to park: each a small plan of its own. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId, Edge, Job, JobId, OneSided, RunRecord
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import digest, edge_key
from openmetadata_ol_provider.openmetadata.publishing.core.parking import Parked, Reason
from openmetadata_ol_provider.openmetadata.publishing.core.selection import Selection, dataset_of, edge_parking_key

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution

_UNCOUNTED = "usage:"


def is_uncounted(item: Parked) -> bool:
    """Return whether an item is of runs that the catalogue would not count."""
    return item.key.startswith(_UNCOUNTED)


class ParkingBuilder:
    """Collects what is to be parked.

    :param selection: what the publication had to do
    """

    def __init__(self, selection: Selection) -> None:
        self.items: dict[str, Parked] = {}
        self._selection = selection
        self._edges: dict[int, list[Edge]] = {}
        for edge in selection.edges:
            self._edges.setdefault(edge_key(edge), []).append(edge)

    def add_unresolved(self, resolutions: dict[DatasetId, Resolution]) -> None:
        """Add the edges that have an end which the catalogue does not have, or has twice."""
        for key, edges in self._edges.items():
            ends = (edges[0].source, edges[0].target)
            missing = tuple(end for end in ends if resolutions[end].outcome in {"unresolved", "ambiguous"})
            if not missing or any(resolutions[end].outcome == "ignored" for end in ends):
                continue
            outcomes = {resolutions[end].outcome for end in missing}
            reason: Reason = "unresolved" if "unresolved" in outcomes else "ambiguous"
            detail = "; ".join(f"{end.namespace} {end.name}: {resolutions[end].detail}" for end in missing)
            self._add_edges(key, reason, detail, missing)

    def add_failed_edges(self, keys: Iterable[int], detail: str) -> None:
        """Add edges that the catalogue refused."""
        for key in keys:
            self._add_edges(key, "failed", detail)

    def add_failed_pipeline(self, pipeline: JobId, jobs: Iterable[Job], detail: str, *, counted: bool = False) -> None:
        """Add a pipeline that the catalogue refused, with its edges and runs, which cannot name it.

        :param counted: only a part of it was refused, and its runs were counted
        """
        jobs = tuple(jobs)
        runs = tuple(run for run in self._selection.runs if run.pipeline == pipeline)
        one_sided = tuple(item for item in self._selection.one_sided if self._pipeline_of(item.job) == pipeline)
        mine = [key for key, edges in self._edges.items() if self._pipeline_of(edges[0].job) == pipeline]
        edges = tuple(edge for key in mine for edge in self._edges[key])
        self._add(
            f"pipeline:{digest(pipeline):x}",
            Parked(
                key="",
                reason="failed",
                where=f"pipeline {pipeline.namespace} {pipeline.name}",
                detail=detail,
                edges=edges,
                datasets=tuple(self._ends(edges, one_sided)),
                jobs=tuple(dict.fromkeys((*jobs, *self._neighbours({job.id for job in jobs})))),
                runs=_counted(runs) if counted else runs,
                one_sided=one_sided,
            ),
        )

    def add_failed_runs(self, runs: Iterable[RunRecord], where: str, detail: str) -> None:
        """Add the records of a pipeline run whose status the catalogue refused."""
        # Of these the status alone was refused.
        runs = _counted(runs)
        first = runs[0]
        self._add_runs(f"run:{digest(first.pipeline, first.pipeline_run_id):x}", runs, where, detail)

    def add_uncounted_runs(self, runs: tuple[RunRecord, ...], where: str, detail: str) -> None:
        """Add the records of runs that the catalogue would not count."""
        # Others of the pipeline and day may be parked already, and wait.
        key = digest([(run.job, run.run_id) for run in runs])
        self._add_runs(f"{_UNCOUNTED}{key:x}", runs, where, detail)

    def _add_runs(self, key: str, runs: tuple[RunRecord, ...], where: str, detail: str) -> None:
        jobs = tuple(job for job in self._selection.jobs.values() if job.pipeline == runs[0].pipeline)
        self._add(key, Parked(key="", reason="failed", where=where, detail=detail, jobs=jobs, runs=runs))

    def add_failed_nodes(self, jobs: Iterable[JobId], where: str, detail: str) -> None:
        """Add jobs of which the catalogue refused an edge that has their pipeline at one end."""
        known = self._selection.jobs
        for name in jobs:
            mine = tuple(item for item in self._selection.one_sided if item.job == name)
            own = [known[other] for other in (name, self._pipeline_of(name)) if other in known]
            item = Parked(
                key="",
                reason="failed",
                where=where,
                detail=detail,
                datasets=tuple(self._ends((), mine)),
                jobs=tuple(dict.fromkeys((*own, *self._neighbours({name})))),
                one_sided=mine,
            )
            self._add(f"node:{digest(name):x}", item)

    def add_failed_dataset(self, dataset: Dataset, detail: str) -> None:
        """Add a dataset whose owners, tags or description the catalogue refused."""
        where = f"{dataset.namespace} {dataset.name}"
        item = Parked(key="", reason="failed", where=where, detail=detail, datasets=(_lean(dataset),))
        self._add(f"dataset:{digest(dataset.id):x}", item)

    def _add_edges(self, key: int, reason: Reason, detail: str, missing: tuple[DatasetId, ...] = ()) -> None:
        edges = tuple(self._edges[key])
        first = edges[0]
        names = [first.job, self._pipeline_of(first.job)] if first.job else []
        known = self._selection.jobs
        item = Parked(
            key="",
            reason=reason,
            where=f"{first.source.namespace} {first.source.name} -> {first.target.namespace} {first.target.name}",
            detail=detail,
            digest=self._selection.parts[key].digest,
            missing=missing,
            edges=edges,
            datasets=tuple(self._ends(edges)),
            jobs=tuple(known[name] for name in dict.fromkeys(names) if name in known),
        )
        self._add(edge_parking_key(key), item)

    def _add(self, key: str, item: Parked) -> None:
        self.items[key] = msgspec.structs.replace(item, key=key)

    def _pipeline_of(self, job_id: JobId | None) -> JobId | None:
        job = self._selection.jobs.get(job_id) if job_id else None
        return job.pipeline if job else job_id

    def _neighbours(self, names: set[JobId]) -> Iterator[Job]:
        """Yield the jobs that wait for some jobs, or that these wait for, each with its pipeline: they share edges."""
        known = self._selection.jobs
        after = [job.id for job in known.values() if names & {*job.upstream}]
        before = [other for name in names if name in known for other in known[name].upstream]
        for name in (*after, *before):
            yield from (known[other] for other in (name, self._pipeline_of(name)) if other in known)

    def _ends(self, edges: Iterable[Edge], one_sided: Iterable[OneSided] = ()) -> Iterator[Dataset]:
        ends = [end for edge in edges for end in (edge.source, edge.target)]
        ends += [end for item in one_sided for end in (*item.reads, *item.writes)]
        for end in dict.fromkeys(ends):
            yield _lean(dataset_of(end, self._selection.datasets))


def _counted(runs: Iterable[RunRecord]) -> tuple[RunRecord, ...]:
    """Return runs as they are once they were counted."""
    return tuple(msgspec.structs.replace(run, new=False) for run in runs)


def _lean(dataset: Dataset) -> Dataset:
    """Return a dataset without what changes from run to run and is not published."""
    return msgspec.structs.replace(dataset, dataset_version=None, metrics=(), assertions=())
