"""Short forms of what a plan says of one dataset or job."""

from __future__ import annotations

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.plan import Job, LineagePlan
from tests.support import Json, dataset, plan_of, run_event, symlinks


def identities(item: Json, config: Config | Json | None = None) -> list[str]:
    """Return the names a dataset is looked for by, in order: ``kind namespace name``."""
    (found,) = plan_of(run_event(inputs=[item]), config=config).datasets
    return [f"{identity.kind} {identity.namespace} {identity.name}" for identity in found.identities]


def named(namespace: str, name: str, config: Config | Json | None = None) -> list[str]:
    """Return the names a dataset without symlinks is looked for by."""
    return identities(dataset(name, namespace), config)


def linked(namespace: str, name: str, *links: tuple[str, str, str]) -> Json:
    """Return a dataset with symlinks of (namespace, name, type)."""
    return dataset(name, namespace, symlinks=symlinks(*links))


def pipelines(plan: LineagePlan) -> set[str]:
    """Return the names of the pipelines of a plan."""
    return {job.pipeline.name for job in plan.jobs}


def job_named(plan: LineagePlan, name: str) -> Job:
    """Return the one job of that name."""
    (found,) = [job for job in plan.jobs if job.name == name]
    return found
