"""The plan: what should be true in the catalogue, as plain values.

A :class:`LineagePlan` is what ``translate`` prints, what XCom carries and what the publisher takes. It is independent
of any catalogue: datasets carry the names the events gave them, and resolution is the publisher's step.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from openmetadata_ol_provider.lineage.names.identity import Identity, PlanValue
from openmetadata_ol_provider.openlineage.event import State
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.serialization import to_builtins

PLAN_VERSION = 1

#: How an edge was derived: from the ``lineage`` facet, from ``columnLineage``, or as inputs x outputs of a run.
Basis = Literal["explicit", "columns", "product"]


class DatasetId(PlanValue, frozen=True, order=True):
    """A dataset as the event names it (its primary identity)."""

    namespace: str
    name: str


class JobId(PlanValue, frozen=True, order=True):
    """A job as the event names it."""

    namespace: str
    name: str


class Transformation(PlanValue, frozen=True):
    """How a source column enters a target column (OpenLineage ColumnLineageDatasetFacet 1-2-0)."""

    type: str
    subtype: str | None = None
    description: str | None = None
    masking: bool | None = None


class ColumnSource(PlanValue, frozen=True):
    """A field of a source dataset."""

    namespace: str
    name: str
    field: str


class ColumnPair(PlanValue, frozen=True):
    """One source column of one target column of an edge."""

    source: ColumnSource
    target_field: str
    transformations: tuple[Transformation, ...] = ()


class Edge(PlanValue, frozen=True):
    """Data of ``source`` went into ``target`` through ``job``; a derivation that a dataset itself states has no job.

    :param sql: the SQL that did it, where it is not the job's
    """

    source: DatasetId
    target: DatasetId
    job: JobId | None
    basis: Basis
    columns: tuple[ColumnPair, ...] = ()
    sql: str | None = None


class Owner(PlanValue, frozen=True):
    """An owner as the producer spells it, e.g. ``user:jdoe``, ``team:data`` or a bare name."""

    name: str
    type: str | None = None


class Tag(PlanValue, frozen=True):
    """A tag as the producer spells it; ``field`` names the column it is on."""

    key: str
    value: str | None = None
    source: str | None = None
    field: str | None = None


class TaskOutline(PlanValue, frozen=True):
    """A task as the pipeline's own producer lists it, whether or not it has run.

    :param downstream: names of the tasks that wait for it
    """

    name: str
    type: str | None = None
    downstream: tuple[str, ...] = ()


class Job(PlanValue, frozen=True):
    """A job and where it belongs: the pipeline it is, or the task it is in one.

    :param pipeline: the job that becomes the OpenMetadata pipeline (itself, its parent or its root, by configuration)
    :param task: name of the task within that pipeline; ``None`` when the job is the pipeline
    :param part: the job is a part of that task (a query it ran), not the task itself
    :param upstream: jobs that have to end before this one begins: control flow, not lineage
    :param tasks: tasks as the producer lists them, by their names in the pipeline, each with the tasks that wait for
        it: all tasks of a pipeline (or of a part of it), or a task itself
    :param schedule: when it runs, as its producer says (cron expression or words)
    :param declared: a JobEvent of this batch states all of its lineage
    """

    namespace: str
    name: str
    pipeline: JobId
    task: str | None = None
    part: bool = False
    parent: JobId | None = None
    root: JobId | None = None
    type: str | None = None
    integration: str | None = None
    processing_type: str | None = None
    description: str | None = None
    owners: tuple[Owner, ...] = ()
    tags: tuple[Tag, ...] = ()
    sql: str | None = None
    dialect: str | None = None
    source_url: str | None = None
    upstream: tuple[JobId, ...] = ()
    tasks: tuple[TaskOutline, ...] = ()
    schedule: str | None = None
    declared: bool = False

    @property
    def id(self) -> JobId:
        """The job's name."""
        return JobId(self.namespace, self.name)


class Statistics(PlanValue, frozen=True):
    """How much of a dataset one run read or wrote.

    :param size: bytes
    """

    namespace: str
    name: str
    direction: Literal["read", "written"]
    rows: int | None = None
    size: int | None = None
    files: int | None = None


class RunRecord(PlanValue, frozen=True):
    """What is known of one run. Times are ISO 8601 in UTC.

    :param pipeline: the pipeline this run (or the run it belongs to) is a run of
    :param pipeline_run_id: run id of the run of that pipeline: all tasks of one pipeline run share it
    :param pipeline_started_at: the status key: the same for every event of one pipeline run, in every batch
    :param logical_at: the time by which the orchestrator knows the pipeline's run (Airflow's logical date)
    :param task: task name; ``None`` when this is the pipeline's own run
    :param part: the run is of a part of that task (a query it ran), not of the task itself
    :param partial: the producer says that it could not extract all of the run's lineage
    :param log_url: where its log can be read
    :param new: no earlier batch has shown the run
    """

    run_id: str
    job: JobId
    state: State
    pipeline: JobId
    pipeline_run_id: str
    pipeline_started_at: str | None = None
    logical_at: str | None = None
    task: str | None = None
    part: bool = False
    started_at: str | None = None
    ended_at: str | None = None
    nominal_start: str | None = None
    nominal_end: str | None = None
    error: str | None = None
    partial: bool = False
    log_url: str | None = None
    new: bool = False
    statistics: tuple[Statistics, ...] = ()


class Field(PlanValue, frozen=True):
    """A column or message field; nested fields in ``fields``."""

    name: str
    type: str | None = None
    description: str | None = None
    fields: tuple[Field, ...] = ()


class Metric(PlanValue, frozen=True):
    """A data-quality metric; without ``column`` it is the dataset's."""

    name: str
    value: float | str
    column: str | None = None


class Assertion(PlanValue, frozen=True):
    """A test of a dataset or of a column, and how it ended."""

    assertion: str
    success: bool
    column: str | None = None
    severity: str | None = None


class Dataset(PlanValue, frozen=True):
    """A dataset of the plan: its primary name, the identities it may have in the catalogue, and its facts.

    :param ignored: left out by the configuration: no edge of the plan touches it
    :param type: TABLE, VIEW, FILE, TOPIC ... as the producer says
    :param lifecycle: what was done to it: CREATE, ALTER, OVERWRITE, DROP, RENAME, TRUNCATE
    :param previous: what it was called before a RENAME
    :param dataset_version: snapshot that was written or read
    """

    namespace: str
    name: str
    identities: tuple[Identity, ...]
    fields: tuple[Field, ...] = ()
    description: str | None = None
    owners: tuple[Owner, ...] = ()
    tags: tuple[Tag, ...] = ()
    ignored: bool = False
    type: str | None = None
    lifecycle: str | None = None
    previous: DatasetId | None = None
    dataset_version: str | None = None
    metrics: tuple[Metric, ...] = ()
    assertions: tuple[Assertion, ...] = ()

    @property
    def id(self) -> DatasetId:
        """The dataset's primary name."""
        return DatasetId(self.namespace, self.name)


class OneSided(PlanValue, frozen=True):
    """A job whose runs are known to read or to write datasets, but not both.

    :param reads: what it reads, when nothing is known to be written
    :param writes: what it writes, when nothing is known to be read
    """

    job: JobId
    reads: tuple[DatasetId, ...] = ()
    writes: tuple[DatasetId, ...] = ()


class LineagePlan(msgspec.Struct, frozen=True):
    """What should be true in the catalogue after a batch of events."""

    version: int = PLAN_VERSION
    events: int = 0
    edges: tuple[Edge, ...] = ()
    jobs: tuple[Job, ...] = ()
    runs: tuple[RunRecord, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    one_sided: tuple[OneSided, ...] = ()
    problems: tuple[Problem, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain JSON values, every documented key present."""
        plan: dict[str, Any] = to_builtins(self)
        for edge in plan["edges"]:
            for pair in edge.setdefault("columns", []):
                pair.setdefault("transformations", [])
        for run in plan["runs"]:
            run.setdefault("ended_at", None)
        for item in (*plan["jobs"], *plan["datasets"]):
            item.setdefault("owners", [])
            item.setdefault("tags", [])
        for dataset in plan["datasets"]:
            dataset.setdefault("fields", [])
        return plan

    @classmethod
    def from_dict(cls, plan: dict[str, Any]) -> LineagePlan:
        """Rebuild a plan from :meth:`to_dict`.

        :raises ValueError: if the plan is of another version or not a plan
        """
        version = plan.get("version") if isinstance(plan, dict) else None
        if version != PLAN_VERSION:
            raise ValueError(f"plan version {version!r} is not supported (supported: {PLAN_VERSION})")
        return msgspec.convert(plan, cls)
