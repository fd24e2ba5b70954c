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


class Run(Part, frozen=True):
    """A run with all that its events have said so far.

    :param name_at: time of the event that the job's name is from
    :param first_at: time of the earliest event
    :param saw_running: a RUNNING event was seen
    :param has_paired_event: one event had both inputs and outputs
    :param last_seen_at: time at which its latest event was consumed, by the consumer's clock
    :param lineage_emitted: a plan contained its lineage
    :param columns_evicted: its columns and SQL were dropped because the state had grown too large
    :param from_previous_lanes: it was read by a previous set of lanes and no event of it has come in since, so it may
        belong to another lane
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
    last_seen_at: int = msgspec.field(default=0, name="touched")
    lineage_emitted: bool = msgspec.field(default=False, name="shown")
    columns_evicted: bool = msgspec.field(default=False, name="trimmed")
    from_previous_lanes: bool = msgspec.field(default=False, name="inherited")
    run_facets: RunFacets | None = None
    run_times: Mapping[str, int] = msgspec.field(default_factory=dict)
    job_facets: JobFacets | None = None
    job_times: Mapping[str, int] = msgspec.field(default_factory=dict)
    inputs: Mapping[str, DatasetState] = msgspec.field(default_factory=dict)
    outputs: Mapping[str, DatasetState] = msgspec.field(default_factory=dict)

    @property
    def terminal(self) -> bool:
        """Whether the run has ended."""
        return self.state in TERMINAL

    @property
    def label(self) -> str:
        """Name of the run in problems."""
        return f"run {self.run_id} of {self.namespace} {self.name}"


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
    """

    namespace: str
    name: str
    columns: Sequence[Sequence[str]] = msgspec.field(default_factory=list)


class TemporaryDataset(Part, frozen=True):
    """A dataset that exists between jobs only: lineage goes through it."""

    sources: Sequence[TemporarySource] = msgspec.field(default_factory=list)
    last_seen_at: int = msgspec.field(default=0, name="touched")


class Alias(Part, frozen=True):
    """The other names of a dataset."""

    identifiers: Sequence[Identifier] = msgspec.field(default_factory=list)
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


class RunState(Part, frozen=True):
    """All that is remembered between batches.

    Temporary datasets, aliases and declarations are in the order of their last use, so that the least recently used
    can be forgotten first.

    :param runs: runs by :func:`run_key`
    :param pipeline_starts: starts of pipeline runs by :func:`run_key`
    :param temporary_datasets: temporary datasets by :func:`name_key`
    :param aliases: other names of datasets by :func:`name_key`
    :param declarations: declared lineage of jobs by :func:`name_key`
    :param told: problems that are reported only once, by digest, with the time at which each was last found
    :param latest_at: time of the latest event seen, at most the consumer's time
    """

    runs: Mapping[str, Run] = msgspec.field(default_factory=dict)
    pipeline_starts: Mapping[str, PipelineRunStart] = msgspec.field(default_factory=dict, name="anchors")
    temporary_datasets: Mapping[str, TemporaryDataset] = msgspec.field(default_factory=dict, name="bridges")
    aliases: Mapping[str, Alias] = msgspec.field(default_factory=dict)
    declarations: Mapping[str, Declaration] = msgspec.field(default_factory=dict, name="declared")
    told: Mapping[str, int] = msgspec.field(default_factory=dict)
    latest_at: int = 0


def run_key(namespace: str, run_id: str) -> str:
    """Return the key of a run: run ids alone are not unique across producers."""
    return f"{namespace}\x1f{run_id}"


def name_key(namespace: str, name: str) -> str:
    """Return the key of a dataset or job."""
    return f"{namespace}\x1f{name}"
