"""Selects the part of a plan that ``openmetadata-ol explain`` shows."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from openmetadata_ol_provider.lineage.plan import DatasetId, JobId, LineagePlan

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution


class Shown(NamedTuple):
    """What is shown: everything that fits one glob of each kind that has any.

    :param namespaces: globs of namespaces of datasets
    :param datasets: globs of names of datasets, or of namespace and name
    :param jobs: globs of names of jobs, or of namespace and name
    :param unresolved: ``True`` for only what the catalogue does not have, or has twice
    """

    namespaces: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    unresolved: bool = False

    @classmethod
    def from_arguments(cls, arguments: Namespace) -> Shown:
        """Return what the options ask for."""
        namespaces, datasets, jobs = (
            tuple(given or ()) for given in (arguments.namespace, arguments.dataset, arguments.job)
        )
        return cls(namespaces, datasets, jobs, arguments.unresolved)

    def __bool__(self) -> bool:
        """Whether anything is left out."""
        return any(self)

    def fits_dataset(self, dataset: DatasetId) -> bool:
        """Return whether a dataset is one of those asked for."""
        in_namespace = not self.namespaces or any(fnmatchcase(dataset.namespace, glob) for glob in self.namespaces)
        return in_namespace and _fits(self.datasets, dataset.namespace, dataset.name)

    def fits_job(self, job: JobId | None) -> bool:
        """Return whether a job is one of those asked for."""
        return not self.jobs or (job is not None and _fits(self.jobs, job.namespace, job.name))


def select_shown(plan: LineagePlan, resolutions: Mapping[DatasetId, Resolution] | None, shown: Shown) -> LineagePlan:
    """Return the edges, datasets, jobs, runs and problems of a plan that are to be shown.

    :param resolutions: resolutions of the datasets, ``None`` if they were not looked up
    """
    if not shown:
        return plan

    def is_shown(dataset: DatasetId) -> bool:
        missing = resolutions is not None and resolutions[dataset].reason is not None
        return shown.fits_dataset(dataset) and (missing or not shown.unresolved)

    edges = tuple(
        edge for edge in plan.edges if shown.fits_job(edge.job) and any(map(is_shown, (edge.source, edge.target)))
    )
    datasets = tuple(dataset for dataset in plan.datasets if is_shown(dataset.id))
    if shown.jobs:
        ends = {end for edge in edges for end in (edge.source, edge.target)}
        datasets = tuple(dataset for dataset in datasets if dataset.id in ends)
    jobs = {edge.job for edge in edges if edge.job}
    if not (shown.namespaces or shown.datasets or shown.unresolved):
        # Jobs without edges are what somebody who looks for one wants to see, too.
        jobs |= {job.id for job in plan.jobs if shown.fits_job(job.id)}
    runs = tuple(run for run in plan.runs if run.job in jobs)
    names = {
        *(str(job) for job in jobs),
        *(str(dataset.id) for dataset in datasets),
        *(run.run_id for run in runs),
    }
    return msgspec.structs.replace(
        plan,
        edges=edges,
        datasets=datasets,
        jobs=tuple(job for job in plan.jobs if job.id in jobs),
        runs=runs,
        problems=tuple(problem for problem in plan.problems if any(name in problem.where for name in names)),
    )


def _fits(globs: Iterable[str], namespace: str, name: str) -> bool:
    globs = tuple(globs)
    return not globs or any(fnmatchcase(text, glob) for glob in globs for text in (name, f"{namespace} {name}"))
