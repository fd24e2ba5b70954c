"""Finds the parent and the root of a run, the pipeline among them, and names that are the same for every run."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.openlineage.facets import JobRef, ParentFacet, RunFacets, RunRef
from openmetadata_ol_provider.openlineage.run_state import Run, RunState, run_key

Level = Literal["root", "parent", "job"]
#: Most runs in a chain of parents that are followed.
MAX_CHAIN = 100
_TASK_NUMBER = re.compile(r"(?<=.)\.\d+$")


class RunOf(NamedTuple):
    """A run of a job, as a parent facet names it."""

    job: JobId
    run_id: str


class Family(NamedTuple):
    """A run, its parent and the root of its chain.

    :param parent: run that started it, ``None`` if there is none
    :param root: first run of the chain, ``None`` if it is unknown
    :param numbered: whether the job's name ends with the number of a connector's task (Debezium's
        ``<prefix>.<task id>``)
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
        """Return that run, its job under a name that is the same for every run."""
        top = self.top(level)
        job = top.job
        if self.numbered and top == self.own:
            job = JobId(job.namespace, _TASK_NUMBER.sub("", job.name))
        stable = stable_job(job)
        return top if stable is top.job else RunOf(stable, top.run_id)


def stable_job(job: JobId) -> JobId:
    """Return a job under a name without run-dependent parts, or as ``queries`` if its name has no other part."""
    name = stable_name(job.name)
    return job if name == job.name else JobId(job.namespace, name or "queries")


def family(run: Run) -> Family:
    """Return a run with its parent and root, from the facet ``parent`` or its older name ``parentRun``."""
    own = RunOf(JobId(run.namespace, run.name), run.run_id)
    facet = _parent_facet(run.run_facets)
    parent = _run_of(facet.job, facet.run) if facet else None
    root = _run_of(facet.root.job, facet.root.run) if facet and facet.root else None
    kind = run.job_facets.jobType if run.job_facets else None
    numbered = kind is not None and (kind.integration or "").upper() == "DEBEZIUM"
    return Family(own, parent, root, numbered)


def resolve_root(start: Family, state: RunState) -> Family:
    """Return a run with its root, found by following parents if the producer names only those (old ones do)."""
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


def parent_of(run: Run) -> RunOf | None:
    """Return the run that started a run."""
    facet = _parent_facet(run.run_facets)
    return _run_of(facet.job, facet.run) if facet else None


def _parent_facet(facets: RunFacets | None) -> ParentFacet | None:
    return (facets.parent or facets.parentRun) if facets else None


def _run_of(job: JobRef | None, run: RunRef | None) -> RunOf | None:
    if job is None or run is None or not job.name or not run.runId:
        return None
    return RunOf(JobId(job.namespace or "", job.name), run.runId)


_DATE = r"(?:19|20)\d{2}(?P<sep>[-_.]?)(?:0[1-9]|1[0-2])(?P=sep)(?:0[1-9]|[12]\d|3[01])"
# Not \b at the ends: an underscore is a word character to a regular expression, but a separator in names.
_RUN_DEPENDENT = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"\d{8}_\d{6}_\d{5}_[a-z0-9]{5}"  # a Trino query id
    r"|(?:manual|scheduled|backfill|asset_triggered|dataset_triggered)__[0-9T:.+-]+"  # an Airflow run id
    r"|(?:application|job|local|app)_?-?\d{10,}(?:_\d+)*"  # a YARN or local Spark application
    r"|jr_[0-9a-f]{32,}"  # a Glue job run
    r"|[0-9a-f]{8}(?P<dash>[-_])[0-9a-f]{4}(?P=dash)[0-9a-f]{4}(?P=dash)[0-9a-f]{4}(?P=dash)[0-9a-f]{12}"  # a UUID
    rf"|{_DATE}(?:[T _.-]?\d{{2}}[-:._]?\d{{2}}(?:[-:._]?\d{{2}}(?:[.,]\d+)?)?(?:Z|[+-]\d{{2}}:?\d{{2}})?)?"
    r"|\d{10}|\d{13}|\d{16,}"  # seconds, milliseconds, anything longer since 1970
    r"|(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{16,}"  # a hash
    r")(?![A-Za-z0-9])",
    re.IGNORECASE,
)
# Matches only at the first of several separators, so that a long row of them is not scanned from each one.
_LEFT_OVER = re.compile(r"(?<![._\-/:= ])(?:[._\-/:= ]*(?<![A-Za-z0-9])\x00)+(?=$|[._\-/:= ])")


@lru_cache(maxsize=65_536)
def stable_name(name: str) -> str | None:
    """Return a job's name without its run-dependent parts, ``None`` if it has no other part.

    :param name: job name in the producer's spelling
    """
    cut = _RUN_DEPENDENT.sub("\x00", name)
    if "\x00" not in cut:
        return name
    return _LEFT_OVER.sub("", cut).replace("\x00", "").strip("._-/:= ") or None


def task_name(job: JobId, pipeline: JobId) -> str | None:
    """Return the task's name within the pipeline: ``dag.group.task`` is ``group.task`` of ``dag``.

    The name of the pipeline is cut off, and not everything before the first dot: both names may contain dots.
    """
    if job == pipeline:
        return None
    if job.namespace == pipeline.namespace and job.name.startswith(pipeline.name + "."):
        return job.name[len(pipeline.name) + 1 :] or job.name
    return job.name


def task_in(job: JobId, pipeline: JobId) -> str | None:
    """Return the task's name within the pipeline, without run-dependent parts."""
    task = task_name(job, pipeline)
    return task and (stable_name(task) or task)
