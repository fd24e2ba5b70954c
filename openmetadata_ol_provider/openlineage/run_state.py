"""Defines what is remembered of runs between batches, as frozen values with times in microseconds since 1970.

Field names in quotes are those of the stored format, which earlier releases read and write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from openmetadata_ol_provider.openlineage.event import State
from openmetadata_ol_provider.openlineage.facets import DatasetFacets, Identifier, JobFacets, Part, RunFacets

#: Ranks terminal states of one run that have the same time; otherwise the first terminal state stays.
TERMINAL: Mapping[str, int] = {"FAIL": 3, "ABORT": 2, "COMPLETE": 1}
#: States of a run that has not ended, in the order of its progress.
OPEN = ("OTHER", "START", "RUNNING")
#: Spark's name for a job whose name it does not know yet.
UNKNOWN = "unknown"


class DatasetState(Part, frozen=True):
    """A dataset with all that the events of one run have said about it.

    :param first_at: time of the earliest event that names it
    :param times: time of the event that each facet is from
    """

    namespace: str
    name: str
    first_at: int | None = None
    facets: DatasetFacets | None = None
    times: Mapping[str, int] = msgspec.field(default_factory=dict)


class PresumedEnd(Part, frozen=True):
    """An end of a run that no event of the run states, but that follows from others.

    :param at: time of the end
    :param skipped: whether the orchestrator left the task out
    :param certain: whether the orchestrator itself has stated it, not only the end of the run at the top
    """

    at: int
    state: State = "COMPLETE"
    skipped: bool = False
    certain: bool = False


class RunInstance(Part, frozen=True):
    """What one mapped instance of an Airflow task has sent, or one start or end of a run.

    :param at: time of the start or end; 0 for a mapped instance that has not ended
    :param inputs: keys of the datasets that it has named itself
    """

    at: int
    state: State = "OTHER"
    inputs: Sequence[str] = msgspec.field(default_factory=list)
    outputs: Sequence[str] = msgspec.field(default_factory=list)
    map_index: int | None = None


class Run(Part, frozen=True):
    """A run with all that its events have said so far.

    :param name_at: time of the event that the job's name is from
    :param first_at: time of the earliest event
    :param saw_running: a RUNNING event was seen
    :param has_paired_event: one event had both inputs and outputs
    :param from_copy_tool: an event's producer is a tool that copies datasets as they are
    :param last_seen_at: time at which its latest event was consumed, by the consumer's clock
    :param lineage_emitted: a plan contained its lineage
    :param columns_evicted: its columns and SQL were dropped because the state had grown too large
    :param spark: Spark's integration has sent it
    :param from_airflow: an event's producer is Airflow's provider
    :param is_dag: it is a run of an Airflow DAG: the facets that tell are forgotten once they are published
    :param legacy: an earlier version, which merged all jobs of one run id, has remembered it
    :param other_names: names of other jobs whose events have been merged into it because it is ``legacy``
    :param from_previous_lanes: it was read by a previous set of lanes and no event of it has come in since, so it may
        belong to another lane
    :param saw_other: an event had the type OTHER, or one that is not known
    :param untyped_from: time of the earliest event without a type
    :param untyped_until: time of the latest event without a type
    :param untyped_is_paired: an event without a type had both inputs and outputs
    :param skipped: its terminal event says that it was skipped
    :param presumed_end: end that follows from other runs
    :param root_end: end of the run at the top of its chain, as far as it was seen
    :param instances: mapped instances of an Airflow task, which may share the run id, and starts and ends of others;
        nothing if there is one start, and one end that names all datasets
    :param run_times: time of the event that each run facet is from
    :param job_times: time of the event that each job facet is from
    """

    run_id: str
    namespace: str
    name: str
    name_at: int = 0
    state: State = "OTHER"
    first_at: int = 0
    started_at: int | None = None
    ended_at: int | None = None
    saw_running: bool = msgspec.field(default=False, name="ran")
    has_paired_event: bool = msgspec.field(default=False, name="joint")
    from_copy_tool: bool = msgspec.field(default=False, name="copies")
    last_seen_at: int = msgspec.field(default=0, name="touched")
    lineage_emitted: bool = msgspec.field(default=False, name="shown")
    columns_evicted: bool = msgspec.field(default=False, name="trimmed")
    from_previous_lanes: bool = msgspec.field(default=False, name="inherited")
    spark: bool = False
    from_airflow: bool = False
    is_dag: bool = False
    legacy: bool = False
    other_names: Sequence[str] = ()
    run_facets: RunFacets | None = None
    run_times: Mapping[str, int] = msgspec.field(default_factory=dict)
    job_facets: JobFacets | None = None
    job_times: Mapping[str, int] = msgspec.field(default_factory=dict)
    inputs: Mapping[str, DatasetState] = msgspec.field(default_factory=dict)
    outputs: Mapping[str, DatasetState] = msgspec.field(default_factory=dict)
    saw_other: bool = False
    untyped_from: int | None = None
    untyped_until: int | None = None
    untyped_is_paired: bool = False
    skipped: bool = False
    presumed_end: PresumedEnd | None = None
    root_end: PresumedEnd | None = None
    instances: Sequence[RunInstance] = ()

    @property
    def terminal(self) -> bool:
        """Whether the run has ended, by its own events or as far as others tell."""
        return (
            self.state in TERMINAL or self.presumed_end is not None or (self.untyped_is_paired and self.is_single_event)
        )

    @property
    def is_single_event(self) -> bool:
        """Whether all that is known is one event with both sides and without a type, which counts as COMPLETE."""
        return (
            self.untyped_is_paired
            and self.untyped_from == self.untyped_until
            and self.state == "OTHER"
            and not (self.saw_other or self.saw_running or self.started_at is not None)
        )

    @property
    def label(self) -> str:
        """Name of the run in problems."""
        return f"run {self.run_id} of {self.namespace} {self.name}"

    @property
    def job_label(self) -> str:
        """Name of the run's job in problems."""
        return f"job {self.namespace} {self.name}"


class PipelineRunStart(Part, frozen=True):
    """The start of a pipeline run, fixed when first published: the key of its status in the catalogue.

    :param logical_at: time by which the orchestrator itself knows the run
    """

    at: int
    logical_at: int | None = None
    last_seen_at: int = msgspec.field(default=0, name="touched")


class TemporarySource(Part, frozen=True):
    """A dataset that was written into a temporary dataset.

    :param columns: pairs of a source field and a field of the temporary dataset
    :param chain: :func:`name_key` of the job at the top of the writer's chain; empty if that is the writer itself, or
        in states of earlier versions
    :param writes: latest ends of the runs that wrote it; none if they are not known
    :param writers: for each of them the number of the run at the top of its chain, 0 if that is not known
    """

    namespace: str
    name: str
    columns: Sequence[Sequence[str]] = msgspec.field(default_factory=list)
    chain: str = ""
    writes: Sequence[int] = msgspec.field(default_factory=list)
    writers: Sequence[int] = msgspec.field(default_factory=list)


class TemporaryDataset(Part, frozen=True):
    """A dataset that exists between jobs only: lineage goes through it.

    :param reads: latest ends of the runs that read it, by the chain of their jobs as in ``sources``
    :param readers: for each of them the number of the run at the top of its chain, 0 if that is not known
    """

    sources: Sequence[TemporarySource] = msgspec.field(default_factory=list)
    reads: Mapping[str, Sequence[int]] = msgspec.field(default_factory=dict)
    readers: Mapping[str, Sequence[int]] = msgspec.field(default_factory=dict)
    last_seen_at: int = msgspec.field(default=0, name="touched")


class Alias(Part, frozen=True):
    """The other names of a dataset."""

    identifiers: Sequence[Identifier] = msgspec.field(default_factory=list)
    last_seen_at: int = msgspec.field(default=0, name="touched")


class ViewSources(Part, frozen=True):
    """What is behind a view.

    :param sources: keys of the datasets that its definition reads
    """

    sources: Sequence[str] = msgspec.field(default_factory=list)
    last_seen_at: int = msgspec.field(default=0, name="touched")


class Declaration(Part, frozen=True):
    """The lineage that a job declares in JobEvents, in the form that a run has.

    :param at: time of the latest event
    """

    job_facets: JobFacets | None = None
    inputs: Mapping[str, DatasetState] = msgspec.field(default_factory=dict)
    outputs: Mapping[str, DatasetState] = msgspec.field(default_factory=dict)
    at: int = 0
    last_seen_at: int = msgspec.field(default=0, name="touched")


class RunState(Part, frozen=True, dict=True, gc=True):
    """All that is remembered between batches.

    A task keeps the index of the runs with it, from batch to batch; it is not part of the value.

    Temporary datasets, aliases, declarations and views are in the order of their last use, so that the least recently
    used can be forgotten first.

    :param runs: parts of runs by :func:`part_key`, those of earlier versions by :func:`run_key`
    :param pipeline_starts: starts of pipeline runs by :func:`part_key`, those of earlier versions by :func:`run_key`
    :param temporary_datasets: temporary datasets by :func:`name_key`
    :param aliases: other names of datasets by :func:`name_key`
    :param declarations: declared lineage of jobs by :func:`name_key`
    :param views: what is behind views, by the view's key for comparison
    :param reported_once: problems that are reported only once, by digest, with the time at which each was last found
    :param latest_at: time of the latest event seen, at most the consumer's time
    :param evicted_at: time at which the latest run was seen that was forgotten because of the state's size
    """

    runs: Mapping[str, Run] = msgspec.field(default_factory=dict)
    pipeline_starts: Mapping[str, PipelineRunStart] = msgspec.field(default_factory=dict, name="anchors")
    temporary_datasets: Mapping[str, TemporaryDataset] = msgspec.field(default_factory=dict, name="bridges")
    aliases: Mapping[str, Alias] = msgspec.field(default_factory=dict)
    declarations: Mapping[str, Declaration] = msgspec.field(default_factory=dict, name="declared")
    views: Mapping[str, ViewSources] = msgspec.field(default_factory=dict)
    reported_once: Mapping[str, int] = msgspec.field(default_factory=dict)
    latest_at: int = 0
    evicted_at: int = 0


def part_key(namespace: str, run_id: str, name: str) -> str:
    """Return the key of what events with one job name say of a run: some producers give several jobs one run id."""
    return f"{namespace}\x1f{run_id}\x1f{name}"


def run_id_in(key: str) -> str:
    """Return the run id in the key of a run."""
    return key.split("\x1f", 2)[1]


def run_key(namespace: str, run_id: str) -> str:
    """Return the key that earlier versions gave to a run: it is that of all jobs with the run id."""
    return f"{namespace}\x1f{run_id}"


def as_legacy(state: RunState) -> RunState:
    """Return a state of an earlier version, whose runs hold the events of all jobs with their run ids."""
    runs = {key: msgspec.structs.replace(run, legacy=True) for key, run in state.runs.items()}
    return msgspec.structs.replace(state, runs=runs)


def name_key(namespace: str, name: str) -> str:
    """Return the key of a dataset or job."""
    return f"{namespace}\x1f{name}"
