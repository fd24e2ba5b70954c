"""Collects what a publication could not publish, as items to park: each a small plan of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId, Edge, Job, JobId, OneSided, RunRecord
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import digest, edge_key
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked, Reason
from openmetadata_ol_provider.openmetadata.publishing.core.parked_items import packed_changes
from openmetadata_ol_provider.openmetadata.publishing.core.parking import Parking, ParkingChanges
from openmetadata_ol_provider.openmetadata.publishing.core.removals import removal_of
from openmetadata_ol_provider.openmetadata.publishing.core.selection import Selection, dataset_of, edge_parking_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openmetadata_ol_provider.config import ParkingOptions
    from openmetadata_ol_provider.openlineage.problems import Problem
    from openmetadata_ol_provider.openmetadata.publishing.core.measured import MeasuredDataset
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution

_UNCOUNTED = "usage:"
#: Reasons for which a dataset is missing, the last of which names an item with several.
_STRENGTH: tuple[Reason, ...] = ("ambiguous", "unresolved", "other_address")


def is_uncounted(item: Parked) -> bool:
    """Return whether an item holds runs that the catalogue refused to count."""
    return item.key.startswith(_UNCOUNTED)


class ParkingBuilder:
    """Collects the parking changes of one publication; the parking lot itself stays as it is.

    :param selection: parts of the plan that are published
    """

    def __init__(self, selection: Selection) -> None:
        self.items: dict[str, Parked] = {}
        self._selection = selection
        self._edges: dict[int, list[Edge]] = {}
        for edge in selection.edges:
            self._edges.setdefault(edge_key(edge), []).append(edge)

    @property
    def shown_edges(self) -> frozenset[int]:
        """Keys of all edges of the plan, whatever becomes of them, and of parked edges that are tried again."""
        return self._selection.current_edges.union(self._selection.waiting, self._edges)

    def changes(
        self, parking: Parking, now: float, options: ParkingOptions
    ) -> tuple[ParkingChanges, tuple[Problem, ...]]:
        """Return what to park, packed, and what to release, and a problem for each item that is given up.

        :param parking: parking lot that the publication was given
        :param now: current time, in seconds since 1970
        """
        tried = {item.key for item in self._selection.retried} | {edge_parking_key(key) for key in self._edges}
        plain: dict[str, Parked | None] = {key: None for key in tried if key in parking.items and key not in self.items}
        plain.update(dict.fromkeys(self._needless_removals(parking)))
        plain.update(self._without_retracted(parking))
        plain.update((key, item.tried(parking.items.get(key), now)) for key, item in self.items.items())
        changes, problems = packed_changes(plain, parking.items), []
        for item, problem in parking.updated(changes).expired(now, options, self.items.keys()):
            changes[item.key] = None
            problems.append(problem)
        return changes, tuple(problems)

    def _needless_removals(self, parking: Parking) -> list[str]:
        """Return the keys of parked removals of edges that the plan shows again."""
        removals = [(key, removal[1]) for key in parking.items if (removal := removal_of(key))]
        shown = self.shown_edges if removals else ()
        return [key for key, edge in removals if edge in shown]

    def _without_retracted(self, parking: Parking) -> Iterator[tuple[str, Parked | None]]:
        """Yield the parked items that have edges which the plan takes back, without them."""
        retracted = self._selection.retracted
        for key in [key for key, item in parking.items.outlines.items() if retracted.may_affect(item)]:
            item = parking.items[key]
            edges = retracted.left_of(item)
            if len(edges) < len(item.edges):
                yield key, msgspec.structs.replace(item, edges=edges) if edges or item.runs or item.one_sided else None

    # -- collecting ----------------------------------------------------------------------------------------------

    def add_unresolved(self, resolutions: Mapping[DatasetId, Resolution]) -> None:
        """Add the edges with an end that the catalogue does not have, has twice, or has at another address."""
        for key, edges in self._edges.items():
            ends = (edges[0].source, edges[0].target)
            reasons = {end: reason for end in ends if (reason := resolutions[end].reason)}
            missing = tuple(reasons)
            if not missing or any(resolutions[end].outcome == "ignored" for end in ends):
                continue
            # What only a rule releases outweighs what an ingestion may bring.
            strongest = max(reasons.values(), key=_STRENGTH.index)
            detail = "; ".join(_missing_texts({end: resolutions[end] for end in missing}))
            self._add_edges(key, strongest, detail, missing)

    def add_failed_edges(self, keys: Iterable[int], detail: str) -> None:
        """Add edges that the catalogue refused."""
        for key in keys:
            self._add_edges(key, "failed", detail)

    def add_failed_removal(self, key: str, where: str, detail: str) -> None:
        """Add the removal of an edge that the catalogue refused; the edge itself is in the ledger.

        :param key: from :func:`~openmetadata_ol_provider.openmetadata.publishing.core.removals.removal_key`
        """
        self._add(key, Parked(key="", reason="failed", where=where, detail=f"to be removed, but refused: {detail}"))

    def add_failed_pipeline(self, pipeline: JobId, jobs: Iterable[Job], detail: str, *, counted: bool = False) -> None:
        """Add a pipeline that the catalogue refused, with its edges and runs, which cannot name it.

        :param counted: ``True`` if only a part of it was refused and its runs were counted
        """
        jobs = tuple(jobs)
        runs = tuple(run for run in self._selection.runs if run.pipeline == pipeline)
        one_sided = tuple(item for item in self._selection.one_sided if self._pipeline_of(item.job) == pipeline)
        edges = tuple(
            edge for group in self._edges.values() if self._pipeline_of(group[0].job) == pipeline for edge in group
        )
        self._add(
            f"pipeline:{digest(pipeline):x}",
            Parked(
                key="",
                reason="failed",
                where=f"pipeline {pipeline}",
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
        # Only their status was refused; they were counted.
        runs = _counted(runs)
        first = runs[0]
        self._add_runs(f"run:{digest(first.pipeline, first.pipeline_run_id):x}", runs, where, detail)

    def add_uncounted_runs(self, runs: tuple[RunRecord, ...], where: str, detail: str) -> None:
        """Add the records of runs that the catalogue refused to count."""
        # Other runs of the same pipeline and day may be parked already, and stay parked.
        key = digest([(run.job, run.run_id) for run in runs])
        self._add_runs(f"{_UNCOUNTED}{key:x}", runs, where, detail)

    def add_failed_measurements(self, missing: Iterable[tuple[MeasuredDataset, str]]) -> None:
        """Add what runs have measured of datasets and the catalogue refused, each with the reason."""
        groups: dict[tuple[str, DatasetId], list[tuple[RunRecord, str]]] = {}
        for item, detail in missing:
            groups.setdefault((item.kind, item.dataset), []).append((item.run, detail))
        for (kind, id_), items in groups.items():
            runs = _counted(run for run, _ in items)
            key = f"{kind}:{digest(id_, [(run.job, run.run_id) for run in runs]):x}"
            datasets = (_lean(dataset_of(id_, self._selection.datasets)),)
            self._add_runs(key, runs, f"{kind} of {id_}", items[0][1], datasets)

    def _add_runs(
        self, key: str, runs: tuple[RunRecord, ...], where: str, detail: str, datasets: tuple[Dataset, ...] = ()
    ) -> None:
        pipelines = {run.pipeline for run in runs}
        jobs = tuple(job for job in self._selection.jobs.values() if job.pipeline in pipelines)
        self._add(
            key, Parked(key="", reason="failed", where=where, detail=detail, jobs=jobs, runs=runs, datasets=datasets)
        )

    def add_failed_pipeline_edges(self, jobs: Iterable[JobId], where: str, detail: str) -> None:
        """Add jobs of which the catalogue refused an edge with their pipeline at one end."""
        for job_id in jobs:
            one_sided = tuple(item for item in self._selection.one_sided if item.job == job_id)
            item = Parked(
                key="",
                reason="failed",
                where=where,
                detail=detail,
                datasets=tuple(self._ends((), one_sided)),
                jobs=tuple(dict.fromkeys((*self._with_pipeline(job_id), *self._neighbours({job_id})))),
                one_sided=one_sided,
            )
            self._add(f"node:{digest(job_id):x}", item)

    def add_failed_dataset(self, dataset: Dataset, detail: str) -> None:
        """Add a dataset whose owners, tags or description the catalogue refused."""
        where = str(dataset.id)
        item = Parked(key="", reason="failed", where=where, detail=detail, datasets=(_lean(dataset),))
        self._add(f"dataset:{digest(dataset.id):x}", item)

    def _add_edges(self, key: int, reason: Reason, detail: str, missing: tuple[DatasetId, ...] = ()) -> None:
        edges = tuple(self._edges[key])
        first = edges[0]
        item = Parked(
            key="",
            reason=reason,
            where=f"{first.source} -> {first.target}",
            detail=detail,
            digest=self._selection.entries[key].digest,
            missing=missing,
            edges=edges,
            datasets=tuple(self._ends(edges)),
            jobs=tuple(dict.fromkeys(self._with_pipeline(first.job))) if first.job else (),
        )
        self._add(edge_parking_key(key), item)

    def _add(self, key: str, item: Parked) -> None:
        self.items[key] = msgspec.structs.replace(item, key=key)

    # -- what an item needs to be a plan of its own --------------------------------------------------------------

    def _pipeline_of(self, job_id: JobId | None) -> JobId | None:
        job = self._selection.jobs.get(job_id) if job_id else None
        return job.pipeline if job else job_id

    def _with_pipeline(self, job_id: JobId) -> Iterator[Job]:
        """Yield a job and the job that is its pipeline, as far as they are in the plan."""
        jobs = self._selection.jobs
        for name in (job_id, self._pipeline_of(job_id)):
            if name in jobs:
                yield jobs[name]

    def _neighbours(self, names: set[JobId]) -> Iterator[Job]:
        """Yield the jobs that run directly before or after some jobs, with their pipelines: they share edges."""
        jobs = self._selection.jobs
        after = [job.id for job in jobs.values() if names & {*job.upstream}]
        before = [upstream for name in names if name in jobs for upstream in jobs[name].upstream]
        for name in (*after, *before):
            yield from self._with_pipeline(name)

    def _ends(self, edges: Iterable[Edge], one_sided: Iterable[OneSided] = ()) -> Iterator[Dataset]:
        ends = [end for edge in edges for end in (edge.source, edge.target)]
        ends += [end for item in one_sided for end in (*item.reads, *item.writes)]
        for end in dict.fromkeys(ends):
            yield _lean(dataset_of(end, self._selection.datasets))


def _missing_texts(missing: Mapping[DatasetId, Resolution]) -> Iterator[str]:
    """Yield why each dataset is missing; advice that several of them share comes with the last: it is long."""
    hints = {end: resolution.hint for end, resolution in missing.items() if resolution.hint}
    last = {hint.rule or hint.cause: end for end, hint in hints.items()}
    for end, resolution in missing.items():
        hint = hints.get(end)
        finding = hint.finding if hint and last[hint.rule or hint.cause] != end else ""
        yield f"{end}: {finding or resolution.detail}"


def _counted(runs: Iterable[RunRecord]) -> tuple[RunRecord, ...]:
    """Return runs marked as counted."""
    return tuple(msgspec.structs.replace(run, new=False) for run in runs)


def _lean(dataset: Dataset) -> Dataset:
    """Return a dataset without what changes from run to run and is not published."""
    return msgspec.structs.replace(dataset, dataset_version=None, metrics=(), assertions=())
