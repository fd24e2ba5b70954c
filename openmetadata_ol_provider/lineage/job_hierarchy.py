"""Finds the parent and the root of a run, the pipeline among them, and names that are the same for every run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from msgspec.structs import replace

from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.lineage.value import Value
from openmetadata_ol_provider.openlineage.facets import JobRef, RunRef
from openmetadata_ol_provider.openlineage.job_types import integration_of, job_type_of
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_identity import parent_facet
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_instances import is_airflow_task
from openmetadata_ol_provider.openlineage.run_state import Run

Level = Literal["root", "parent", "job"]
#: Most runs in a chain of parents that are followed.
MAX_CHAIN = 100
_TASK_NUMBER = re.compile(r"(?<=.)\.\d+$")


class RunOf(Value, frozen=True):
    """A run of a job, as a parent facet names it."""

    job: JobId
    run_id: str


class Family(Value, frozen=True):
    """A run, its parent and the root of its chain.

    :param parent: run that started it, ``None`` if there is none
    :param root: first run of the chain, ``None`` if it is unknown
    :param numbered: whether the job's name ends with the number of a connector's task (Debezium's
        ``<prefix>.<task id>``)
    :param is_dag: whether it is a run of a DAG, which is always a pipeline
    :param highest: run whose job is the pipeline, ``None`` if it is ``root`` or ``parent``: a DAG between them
    :param trigger: run that is the pipeline of a DAG's parent, which has triggered it
    :param spellings: other names by which its parent facet calls the job of one run id
    :param assumed: parent that was not seen, so that there may be a DAG between it and ``root``
    :param elsewhere: other namespace in which there is a run with the name and id of ``assumed``
    """

    own: RunOf
    parent: RunOf | None
    root: RunOf | None
    numbered: bool = False
    is_dag: bool = False
    highest: RunOf | None = None
    trigger: RunOf | None = None
    spellings: tuple[str, ...] = ()
    assumed: JobId | None = None
    elsewhere: str | None = None

    def top(self, level: Level) -> RunOf:
        """Return the run whose job becomes the pipeline."""
        if level == "job" or self.is_dag:
            return self.own
        chosen = self.highest or self.root or self.parent if level == "root" else self.parent
        return chosen or self.own

    def pipeline(self, level: Level) -> RunOf:
        """Return that run, its job under a name that is the same for every run."""
        return self.under_stable_name(self.top(level))

    def under_stable_name(self, top: RunOf) -> RunOf:
        """Return the run at the top, its job under a name that is the same for every run."""
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
    facet = parent_facet(run.run_facets)
    parent = _run_of(facet.job, facet.run) if facet else None
    root = _run_of(facet.root.job, facet.root.run) if facet and facet.root else None
    numbered = integration_of(run.job_facets) == "DEBEZIUM"
    spellings: tuple[str, ...] = ()
    if parent is not None and root is not None and parent.run_id == root.run_id and parent.job != root.job:
        # One job: Spark sends its application's raw name as root, and the normalised one elsewhere.
        spellings, root = (root.job.name,), parent
    return Family(own, parent, root, numbered, is_dag_run(run), spellings=spellings)


def resolve_root(run: Run, index: RunIndex) -> Family:
    """Return a run with its root and the run that is its pipeline, found by following its parents.

    A DAG is always a pipeline, also if another one has triggered it, and an Airflow task's parent is a DAG. Without one
    on the way it is the root that the highest known run declares, and without such a root the highest run.
    """
    names = family(run)
    if names.parent is None:
        return names if names.root is None else replace(names, root=_canonical(names.root, index))
    if names.is_dag:
        trigger = _climb(names.parent, names.root, run, index)
        return replace(names, trigger=trigger.top if trigger.assumed is None else None)
    if is_airflow_task(run):
        return _with_highest(names, _canonical(names.parent, index), index)
    climbed = _climb(names.parent, names.root, run, index, below=names.own)
    found = _with_highest(names, climbed.top, index)
    if climbed.assumed is None and climbed.elsewhere is None:
        return found
    return replace(found, assumed=climbed.assumed, elsewhere=climbed.elsewhere)


def _with_highest(names: Family, highest: RunOf, index: RunIndex) -> Family:
    root = highest
    if names.root is not None and names.root != highest:
        root = _canonical(names.root, index)
    spellings = names.spellings
    for reference in (names.parent, names.root):
        # The same run under another name.
        if reference is not None and reference.run_id == highest.run_id and reference.job.name != highest.job.name:
            spellings = (*spellings, reference.job.name)
    return replace(names, root=root, highest=highest, spellings=spellings)


class _Climbed(Value, frozen=True):
    """The highest run of a chain of parents that matters.

    :param assumed: job below the declared root that was not seen
    :param elsewhere: other namespace that has such a run
    """

    top: RunOf
    assumed: JobId | None = None
    elsewhere: str | None = None


def _climb(start: RunOf, declared: RunOf | None, child: Run, index: RunIndex, below: RunOf | None = None) -> _Climbed:
    """Follow parents up to the first DAG.

    :param declared: root that the run below declares
    :param child: run below
    :param below: the same as it refers to itself
    """
    current, seen = start, {below}
    is_dag = names_dag(child)
    while current not in seen and len(seen) <= MAX_CHAIN:
        seen.add(current)
        run = index.lookup(current.job.namespace, current.job.name, current.run_id)
        if run is None:
            elsewhere = index.in_other_namespace(current.job.namespace, current.job.name, current.run_id)
            if declared is None or is_dag:
                return _Climbed(current, current.job if elsewhere else None, elsewhere)
            top = _canonical(declared, index)
            hidden = top != current and not current.job.name.startswith(declared.job.name + ".")
            return _Climbed(top, current.job if hidden or elsewhere else None, elsewhere)
        current = _known(run, current)
        if is_dag or is_dag_run(run):
            return _Climbed(current)
        above = family(run)
        declared = above.root or declared
        if above.parent is None:
            break
        if is_airflow_task(run):
            return _Climbed(_canonical(above.parent, index))
        current, is_dag = above.parent, names_dag(run)
    return _Climbed(_canonical(declared, index) if declared else current)


def _canonical(reference: RunOf, index: RunIndex) -> RunOf:
    """Return a run under the name that its own events have, as it is referred to if it is not known."""
    run = index.lookup(reference.job.namespace, reference.job.name, reference.run_id)
    return reference if run is None else _known(run, reference)


def _known(run: Run, reference: RunOf) -> RunOf:
    if run.name == reference.job.name and run.namespace == reference.job.namespace:
        return reference
    return RunOf(JobId(run.namespace, run.name), run.run_id)


def is_dag_run(run: Run) -> bool:
    """Return whether a run is that of an Airflow DAG."""
    return run.is_dag or job_type_of(run.job_facets) == "DAG"


def names_dag(run: Run) -> bool:
    """Return whether a run's parent facet says that its parent is a DAG (ParentRunFacet 1-2-0)."""
    facet = parent_facet(run.run_facets)
    return job_type_of(facet.job.facets if facet is not None and facet.job is not None else None) == "DAG"


def assumed_pipeline(names: Family) -> Problem:
    """Return the problem that tells why a run is put below the root that it declares itself."""
    job, parent, root = names.own.job, names.assumed, names.root
    if names.elsewhere is not None and parent is not None:
        top = names.top("root").job
        detail = (
            f"its parent {parent.name} was not seen in namespace {parent.namespace}, but a run with this name and id "
            f"was in {names.elsewhere}: they are taken for two, and it is put below {top}. If they are one, let both "
            "send one namespace"
        )
        return Problem(ProblemKind.ASSUMED_PIPELINE, job.label, detail)
    detail = (
        f"its parent {parent.name if parent else None} was not seen, so it is put below the root that it declares, "
        f"{root.job.name if root else None}; if another DAG is between them, its events are missing (retention, "
        "filters, lanes)"
    )
    return Problem(ProblemKind.ASSUMED_PIPELINE, job.label, detail)


def parent_of(run: Run) -> RunOf | None:
    """Return the run that started a run."""
    facet = parent_facet(run.run_facets)
    return _run_of(facet.job, facet.run) if facet else None


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
    r"|(?:application|job|local|app)_?-?\d{10,}(?:[_-]\d+)*"  # a Spark application: of YARN, standalone, local
    r"|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d"  # a Beam job: time of its start, ...
    r"(?:-\d{6}-[0-9a-z]{8}|-(?:(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{5,7}|(?=[a-f]*\d)[0-9a-f]{8}))"  # ... and random ones
    r"|(?<=redshift-query-)\d+#\d+#\d+"  # a Redshift query: the numbers of query, transaction and session
    r"|(?<=livy[-_]session[-_])\d+"
    r"|jr_[0-9a-f]{32,}"  # a Glue job run
    r"|[0-9a-f]{8}(?P<dash>[-_])[0-9a-f]{4}(?P=dash)[0-9a-f]{4}(?P=dash)[0-9a-f]{4}(?P=dash)[0-9a-f]{12}"  # a UUID
    r"|20\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:-\d{2}){3}-\d{3}"  # a job of SageMaker: with milliseconds
    rf"|{_DATE}(?:[T _.-]?\d{{2}}[-:._]?\d{{2}}(?:[-:._]?\d{{2}}(?:[.,]\d+)?)?(?:Z|[+-]\d{{2}}:?\d{{2}})?)?"
    r"|\d{10}|\d{13}|\d{16,}"  # seconds, milliseconds, anything longer since 1970
    r"|(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{16,}"  # a hash
    r")(?![A-Za-z0-9])",
    re.IGNORECASE,
)
# Matches only at the first of several separators, so that a long row of them is not scanned from each one.
_LEFT_OVER = re.compile(r"(?<![._\-/:= ])(?:[._\-/:= ]*(?<![A-Za-z0-9])\x00)+(?=$|[._\-/:= ])")


@lru_cache(maxsize=4096)
def stable_name(name: str) -> str | None:
    """Return a job's name without its run-dependent parts, ``None`` if it has no other part.

    :param name: job name in the producer's spelling
    """
    cut = _RUN_DEPENDENT.sub("\x00", name)
    if "\x00" not in cut:
        return name
    return _LEFT_OVER.sub("", cut).replace("\x00", "").strip("._-/:= ") or None


def task_name(job: JobId, pipeline: JobId, spellings: Iterable[str] = ()) -> str | None:
    """Return the task's name within the pipeline: ``dag.group.task`` is ``group.task`` of ``dag``.

    The name of the pipeline is cut off, and not everything before the first dot: both names may contain dots.

    :param spellings: other names by which the pipeline is referred to
    """
    if job == pipeline:
        return None
    if job.namespace == pipeline.namespace:
        for name in (pipeline.name, *spellings):
            if job.name.startswith(name + "."):
                return job.name[len(name) + 1 :] or job.name
    return job.name


def task_in(job: JobId, pipeline: JobId, spellings: Iterable[str] = ()) -> str | None:
    """Return the task's name within the pipeline, without run-dependent parts.

    :param spellings: other names by which the pipeline is referred to
    """
    task = task_name(job, pipeline, spellings)
    return task and (stable_name(task) or task)
