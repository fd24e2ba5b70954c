"""Jobs and runs: which job is the pipeline, which its task, and what the catalogue may be told of them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

import msgspec

from openmetadata_ol_provider.lineage.dags import completed_by_dag, log_url, logical_time, outlines
from openmetadata_ol_provider.lineage.jobnames import stable_name, task_in
from openmetadata_ol_provider.lineage.plan import Job, JobId, Owner, RunRecord, Statistics, Tag
from openmetadata_ol_provider.openlineage.facets import JobFacets, OwnershipFacet, ParentFacet, RunFacets, TagsFacet
from openmetadata_ol_provider.openlineage.runstate import Anchor, DatasetState, Run, RunState, run_key
from openmetadata_ol_provider.openlineage.times import iso, parse_time

Level = Literal["root", "parent", "job"]
#: Longest error message that goes into a run's status.
MAX_ERROR = 2_000
#: Most runs above one another that are walked up through.
MAX_CHAIN = 100


_TASK_NUMBER = re.compile(r"(?<=.)\.\d+$")


class RunOf(NamedTuple):
    """A run of a job, as a parent facet names it."""

    job: JobId
    run_id: str


class Family(NamedTuple):
    """A run, its parent and the root of its chain; parent and root are ``None`` when it has none.

    :param numbered: the job's name ends with the number of a connector's task (Debezium's ``<prefix>.<task id>``)
    """

    own: RunOf
    parent: RunOf | None
    root: RunOf | None
    numbered: bool = False

    def top(self, level: Level) -> RunOf:
        """Return the run whose job becomes the pipeline."""
        if level == "job":
            return self.own
        chosen = self.root or self.parent if level == "root" else self.parent
        return chosen or self.own

    def pipeline(self, level: Level) -> RunOf:
        """Return that run, its job under a name that stays the same from run to run."""
        top = self.top(level)
        job = top.job
        if self.numbered and top == self.own:
            job = JobId(job.namespace, _TASK_NUMBER.sub("", job.name))
        return top._replace(job=stable_job(job))


def stable_job(job: JobId) -> JobId:
    """Return a job under a name without run-dependent parts; what has no other name is one of the ``queries``."""
    name = stable_name(job.name)
    return job if name == job.name else JobId(job.namespace, name or "queries")


def family(run: Run) -> Family:
    """Read who started a run: ``parent``, with ``root`` since ParentRunFacet 1-1-0; the old key ``parentRun`` too."""
    own = RunOf(JobId(run.namespace, run.name), run.run_id)
    facet = _parent_facet(run.run_facets)
    parent = _run_of(facet.job, facet.run) if facet else None
    root = _run_of(facet.root.job, facet.root.run) if facet and facet.root else None
    kind = run.job_facets.jobType if run.job_facets else None
    numbered = kind is not None and (kind.integration or "").upper() == "DEBEZIUM"
    return Family(own, parent, root, numbered)


def topmost(start: Family, state: RunState) -> Family:
    """Walk up through the runs that are known where a producer names no root (old ones name the parent only)."""
    if start.root is not None or start.parent is None:
        return start
    top, seen = start.parent, {start.own.run_id}
    while top.run_id not in seen and len(seen) <= MAX_CHAIN:
        seen.add(top.run_id)
        run = state.runs.get(run_key(top.job.namespace, top.run_id))
        above = family(run) if run else None
        higher = (above.root or above.parent) if above else None
        if higher is None:
            break
        top = higher
    return start._replace(root=top)


def _parent_facet(facets: RunFacets | None) -> ParentFacet | None:
    return (facets.parent or facets.parentRun) if facets else None


def _run_of(job: object, run: object) -> RunOf | None:
    name, run_id = getattr(job, "name", None), getattr(run, "runId", None)
    if not name or not run_id:
        return None
    return RunOf(JobId(getattr(job, "namespace", None) or "", name), run_id)


class Place(NamedTuple):
    """Where a job is in a pipeline: the task it is, or is a part of."""

    pipeline: JobId
    task: str | None
    part: bool


def place_of(names: Family, facets: JobFacets | None, level: Level) -> Place:
    """Place a job: the queries of a task (Airflow's ``task.query.N``, dbt's ``node.sql.N``) are parts of the task."""
    job, top = names.own.job, names.top(level).job
    kind = facets.jobType if facets else None
    parent = names.parent.job if names.parent else None
    part = parent is not None and top not in (job, parent) and kind is not None and _is_part(kind.jobType)
    return Place(names.pipeline(level).job, task_in(parent if part and parent is not None else job, top), part)


def _is_part(job_type: str | None) -> bool:
    return (job_type or "").upper() in {"QUERY", "SQL"}


def job_of(names: Family, facets: JobFacets | None, level: Level, run_facets: RunFacets | None = None) -> Job:
    """Return a job with the facts that a catalogue can use; facets are never dumped whole.

    :param level: which job becomes the pipeline
    """
    facets = facets or JobFacets()
    kind, location, sql = facets.jobType, facets.sourceCodeLocation, facets.sql
    place = place_of(names, facets, level)
    job, top = names.own.job, names.top(level).job
    parent = names.parent.job if names.parent else None
    found = Job(
        namespace=job.namespace,
        name=job.name,
        pipeline=place.pipeline,
        task=place.task,
        part=place.part,
        parent=parent,
        root=names.root.job if names.root else None,
        type=kind.jobType if kind else None,
        integration=kind.integration if kind else None,
        processing_type=kind.processingType if kind else None,
        description=_description(facets),
        owners=owners_of(facets.ownership),
        tags=tags_of(facets.tags),
        sql=sql.query or None if sql and not sql.deleted else None,
        dialect=sql.dialect or None if sql and not sql.deleted else None,
        source_url=location.url or None if location and not location.deleted else None,
        upstream=_upstream(run_facets),
        # Where every job is a pipeline, none is a task of another.
        tasks=outlines(job, parent, top, facets, run_facets) if level != "job" and not place.part else (),
    )
    return completed_by_dag(found, run_facets)


def _upstream(facets: RunFacets | None) -> tuple[JobId, ...]:
    found = facets.jobDependencies if facets else None
    jobs = [item.job for item in found.upstream or () if item.job] if found and not found.deleted else []
    return tuple(sorted({JobId(job.namespace or "", job.name) for job in jobs if job.name}))


def completed(job: Job, known: Job) -> Job:
    """Return a job with what an earlier run of it said and this one does not (its SQL comes with the last event)."""
    missing = {name: getattr(known, name) for name in job.__struct_fields__ if not getattr(job, name)}
    return msgspec.structs.replace(job, **missing)


def _description(facets: JobFacets) -> str | None:
    found = facets.documentation
    return found.description or None if found and not found.deleted else None


def owners_of(facet: OwnershipFacet | None) -> tuple[Owner, ...]:
    """Return the owners of an ownership facet."""
    if facet is None or facet.deleted:
        return ()
    return tuple(Owner(owner.name, owner.type or None) for owner in facet.owners or () if owner.name)


def tags_of(facet: TagsFacet | None) -> tuple[Tag, ...]:
    """Return the tags of a tags facet."""
    if facet is None or facet.deleted:
        return ()
    return tuple(
        Tag(tag.key, tag.value or None, tag.source or None, tag.field or None) for tag in facet.tags or () if tag.key
    )


def run_record(run: Run, names: Family, level: Level, state: RunState, *, new: bool) -> RunRecord:
    """Return what is known of a run, pinned to the start of the pipeline's run that it belongs to.

    :param new: no earlier batch has shown it
    """
    top = names.pipeline(level)
    place = place_of(names, run.job_facets, level)
    facets = run.run_facets or RunFacets()
    error, nominal, extraction = facets.errorMessage, facets.nominalTime, facets.extractionError
    anchor = state.anchors[run_key(top.job.namespace, top.run_id)]
    return RunRecord(
        run_id=run.run_id,
        job=names.own.job,
        state=run.state,
        pipeline=top.job,
        pipeline_run_id=top.run_id,
        pipeline_started_at=_iso(anchor.at),
        logical_at=_iso(anchor.logical_at) if anchor.logical_at is not None else None,
        task=place.task,
        part=place.part,
        started_at=_iso(run.first_at if run.started_at is None else run.started_at),
        ended_at=_iso(run.ended_at) if run.ended_at is not None else None,
        nominal_start=_time(nominal.nominalStartTime) if nominal else None,
        nominal_end=_time(nominal.nominalEndTime) if nominal else None,
        error=error.message[:MAX_ERROR] if error and error.message else None,
        partial=extraction is not None and not extraction.deleted,
        log_url=log_url(run.run_facets),
        new=new,
        statistics=tuple(_statistics(run)),
    )


def _statistics(run: Run) -> Iterator[Statistics]:
    for dataset in _by_name(run.inputs):
        found = dataset.facets.inputStatistics if dataset.facets else None
        if found is not None:
            yield Statistics(dataset.namespace, dataset.name, "read", found.rowCount, found.size, found.fileCount)
    for dataset in _by_name(run.outputs):
        found = dataset.facets.outputStatistics if dataset.facets else None
        if found is not None:
            yield Statistics(dataset.namespace, dataset.name, "written", found.rowCount, found.size, found.fileCount)


def _by_name(side: dict[str, DatasetState]) -> list[DatasetState]:
    return sorted(side.values(), key=lambda dataset: (dataset.namespace, dataset.name))


def pin_anchors(runs: list[tuple[Run, RunOf]], state: RunState, touched: int) -> None:
    """Give each pipeline run the time that keys its status: the earliest seen when first published, then for ever.

    :param runs: the runs of a batch, each with the pipeline's run that it belongs to
    :param touched: time of consumption, microseconds
    """
    earliest: dict[str, int] = {}
    for run, top in runs:
        key = run_key(top.job.namespace, top.run_id)
        earliest[key] = min(run.first_at, earliest.get(key, run.first_at))
    for key, at in earliest.items():
        anchor = state.anchors.setdefault(key, Anchor(at=at))
        anchor.touched = touched
    for run, top in runs:
        logical_at = logical_time(run.run_facets, top.job)
        if logical_at is not None:
            state.anchors[run_key(top.job.namespace, top.run_id)].logical_at = logical_at


def _time(text: str | None) -> str | None:
    try:
        return iso(parse_time(text)) if text else None
    except (ValueError, OverflowError):
        return None


def _iso(microseconds: int) -> str:
    return iso(dt.datetime.fromtimestamp(0, dt.timezone.utc) + dt.timedelta(microseconds=microseconds))
