"""The jobs of a plan and their runs."""

from __future__ import annotations

from typing import Literal

from openmetadata_ol_provider.lineage.plan_datasets import Assertion, DatasetId, Metric, Owner, Tag
from openmetadata_ol_provider.lineage.plan_value import PlanValue
from openmetadata_ol_provider.openlineage.event import State


class JobId(PlanValue, frozen=True, order=True):
    """A job's name, as in the event."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace} {self.name}"

    @property
    def label(self) -> str:
        """Name of the job in problems."""
        return f"job {self}"


class TaskOutline(PlanValue, frozen=True):
    """A task as the pipeline's own producer lists it, whether or not it has run.

    :param downstream: names of the tasks that wait for it
    """

    name: str
    type: str | None = None
    downstream: tuple[str, ...] = ()


class Job(PlanValue, frozen=True):
    """A job and where it belongs: the pipeline it is, or the task it is in one.

    :param pipeline: job that becomes the OpenMetadata pipeline (itself, its parent or its root, by configuration)
    :param task: name of the task within that pipeline; ``None`` if the job is the pipeline
    :param part: whether the job is a part of that task (a query it ran), and not the task itself
    :param upstream: jobs that have to end before this one begins: control flow, not lineage
    :param tasks: tasks as the producer lists them, by their names in the pipeline, each with the tasks that wait for
        it: all tasks of a pipeline (or of a part of it), or a task itself
    :param schedule: schedule in the producer's notation (cron expression or words)
    :param declared: whether a JobEvent of this batch states all of its lineage
    :param triggered_by: pipeline whose run triggered this one (a DAG triggered by another DAG)
    :param branch: branch of the source code that ran
    :param code_version: version of the source code that ran: a commit, a tag
    :param code_path: path of the source file in its repository
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
    triggered_by: JobId | None = None
    branch: str | None = None
    code_version: str | None = None
    code_path: str | None = None

    @property
    def id(self) -> JobId:
        """The job's name."""
        return JobId(self.namespace, self.name)


Operation = Literal["INSERT", "UPDATE", "DELETE", "WRITE"]


class Statistics(PlanValue, frozen=True):
    """How much of a dataset one run read or wrote.

    :param size: bytes
    :param operation: how the rows were written; ``None`` if they were read, or if the numbers are not known to be final
        or to be those of the rows that changed
    :param whole: whether the dataset holds nothing but these rows afterwards
    """

    namespace: str
    name: str
    direction: Literal["read", "written"]
    rows: int | None = None
    size: int | None = None
    files: int | None = None
    operation: Operation | None = None
    whole: bool = False


class Measurement(PlanValue, frozen=True):
    """What one run has measured of a dataset that it reads or writes.

    :param metrics: data-quality metrics of the dataset and its columns
    :param assertions: results of tests of the dataset and its columns
    """

    namespace: str
    name: str
    metrics: tuple[Metric, ...] = ()
    assertions: tuple[Assertion, ...] = ()


class RunRecord(PlanValue, frozen=True):
    """The status of one run. Times are ISO 8601 in UTC.

    :param pipeline: pipeline whose run this is, or to whose run it belongs
    :param pipeline_run_id: id of that pipeline's run, shared by all of its tasks
    :param pipeline_started_at: start of that pipeline's run, the key of the status: the same for every event of it, in
        every batch
    :param logical_at: time by which the orchestrator identifies the pipeline's run (Airflow's logical date)
    :param task: name of the task; ``None`` for the pipeline's own run
    :param part: whether this is a run of a part of that task (a query it ran), and not of the task itself
    :param partial: whether the producer could not extract all of the run's lineage
    :param log_url: address of its log
    :param new: whether no earlier batch has shown the run
    :param presumed: whether the end was not sent but follows from the end of its root
    :param skipped: whether the orchestrator skipped the task; ``state`` is then COMPLETE
    :param replaces: whether the stored status of the task is built again from the records of this plan alone
    :param map_index: number of the mapped instance of an Airflow task
    :param external_query: id of the query in the system that ran it
    :param tests: results of tests that the run itself reports, without a dataset
    :param written: datasets that a COMPLETE event of this batch shows to be written
    :param replayed: whether that event had been read before, and was read again
    :param reads: datasets that a run with such results reads
    :param measurements: what the run has measured of its datasets
    :param events: number of the run's events in this batch
    :param dag_run: id of the Airflow DAG run that it is, or is part of
    :param code_version: version of the source code that ran
    :param attributes: engine, branch, tags, and query in its own system, as pairs of name and value
    :param writes: datasets that the run, which has ended, wrote or set out to write
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
    presumed: bool = False
    skipped: bool = False
    replaces: bool = False
    map_index: int | None = None
    external_query: str | None = None
    tests: tuple[Assertion, ...] = ()
    written: tuple[DatasetId, ...] = ()
    replayed: bool = False
    reads: tuple[DatasetId, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    events: int = 0
    dag_run: str | None = None
    writes: tuple[DatasetId, ...] = ()
    code_version: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()
