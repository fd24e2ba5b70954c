"""What is kept of runs between batches, as values: runs, and what was learnt from them. Times are microseconds."""

from __future__ import annotations

import msgspec

from openmetadata_ol_provider.openlineage.event import State
from openmetadata_ol_provider.openlineage.facets import DatasetFacets, Identifier, JobFacets, Part, RunFacets

#: Settles terminal states of one run that have the same time; otherwise the first terminal state stays.
TERMINAL = {"FAIL": 3, "ABORT": 2, "COMPLETE": 1}
#: States of a run that has not ended, how far it has come.
OPEN = ("OTHER", "START", "RUNNING")
#: What Spark calls a job whose name it does not know yet.
UNKNOWN = "unknown"


class DatasetState(Part):
    """A dataset as one run has shown it so far.

    :param first_at: time of the earliest event that names it, microseconds
    """

    namespace: str
    name: str
    first_at: int | None = None
    facets: DatasetFacets | None = None
    times: dict[str, int] = msgspec.field(default_factory=dict)


class Run(Part):
    """All that the events of one run have said so far. Times are microseconds since 1970.

    :param first_at: time of the earliest event
    :param shown: its lineage was published
    :param touched: when an event of the run last came in (the consumer's clock), for the limits
    :param ran: a RUNNING event was seen
    :param joint: an event had both inputs and outputs
    :param inherited: taken over from another division into lanes, and no event of it has come in since: it may be
        another lane's
    :param trimmed: its columns and SQL were shed, since the state had grown too large
    """

    run_id: str
    namespace: str
    name: str
    name_at: int = 0
    state: State = "OTHER"
    first_at: int = 0
    started_at: int | None = None
    ended_at: int | None = None
    ran: bool = False
    joint: bool = False
    touched: int = 0
    shown: bool = False
    trimmed: bool = False
    inherited: bool = False
    run_facets: RunFacets | None = None
    run_times: dict[str, int] = msgspec.field(default_factory=dict)
    job_facets: JobFacets | None = None
    job_times: dict[str, int] = msgspec.field(default_factory=dict)
    inputs: dict[str, DatasetState] = msgspec.field(default_factory=dict)
    outputs: dict[str, DatasetState] = msgspec.field(default_factory=dict)

    @property
    def terminal(self) -> bool:
        """Whether the run has ended."""
        return self.state in TERMINAL


class PipelineRunStart(Part):
    """The start of a pipeline's run, pinned when first published: the key of its status in the catalogue.

    :param logical_at: the time by which the orchestrator itself knows the run
    """

    at: int
    logical_at: int | None = None
    touched: int = 0


class BridgeSource(Part):
    """What was written into a temporary dataset; ``columns`` are [source field, field of the temporary dataset]."""

    namespace: str
    name: str
    columns: list[list[str]] = msgspec.field(default_factory=list)


class Bridge(Part):
    """A temporary dataset: lineage goes through it."""

    sources: list[BridgeSource] = msgspec.field(default_factory=list)
    touched: int = 0


class Alias(Part):
    """Other names under which a dataset was seen."""

    identifiers: list[Identifier] = msgspec.field(default_factory=list)
    touched: int = 0


class Declaration(Part):
    """What a job declares of itself (JobEvents), in the form that a run has.

    :param at: time of the latest event, microseconds
    """

    job_facets: JobFacets | None = None
    inputs: dict[str, DatasetState] = msgspec.field(default_factory=dict)
    outputs: dict[str, DatasetState] = msgspec.field(default_factory=dict)
    at: int = 0
    touched: int = 0


class RunState(Part):
    """What is kept between batches.

    :param runs: by job namespace and run id
    :param anchors: starts of pipeline runs
    :param bridges: temporary datasets
    :param aliases: other names of datasets
    :param declared: what jobs declare, by job namespace and name
    :param latest_at: time of the latest event seen (microseconds), none of them in the consumer's future
    """

    runs: dict[str, Run] = msgspec.field(default_factory=dict)
    anchors: dict[str, PipelineRunStart] = msgspec.field(default_factory=dict)
    bridges: dict[str, Bridge] = msgspec.field(default_factory=dict)
    aliases: dict[str, Alias] = msgspec.field(default_factory=dict)
    declared: dict[str, Declaration] = msgspec.field(default_factory=dict)
    latest_at: int = 0


def run_key(namespace: str, run_id: str) -> str:
    """Return the key of a run: run ids alone are not unique between producers."""
    return f"{namespace}\x1f{run_id}"
