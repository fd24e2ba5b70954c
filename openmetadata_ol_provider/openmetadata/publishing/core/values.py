"""Values that the stages of a publication hand to one another: published pipelines, edges to write."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import JobId
    from openmetadata_ol_provider.openlineage.problems import Problem
    from openmetadata_ol_provider.openmetadata.entities import Entity


Change = Literal["created", "updated", "unchanged", "failed", "missing"]


class PipelineRef(NamedTuple):
    """A pipeline of the catalogue.

    :param id: entity id; empty for a pipeline that a dry run would create
    :param change: change that was made, or would be in a dry run; ``failed`` if more than a description was refused
    :param tasks: names of its tasks, including those that others have added
    :param reused: ``True`` if another ingestion created it and writes its runs too
    :param stored: its JSON after publication, with tasks, owners, tags and usage; empty if the pipeline is missing
    :param problems: problems to report
    :param refused: why it could not be completed, so that it is as it was; empty if it could
    """

    id: str
    fqn: str
    change: Change
    tasks: frozenset[str] = frozenset()
    reused: bool = False
    stored: dict[str, Any] = {}  # noqa: RUF012 - never changed
    problems: tuple[Problem, ...] = ()
    refused: str = ""


#: Column lineage of an edge: target column FQN -> (source column FQNs, function).
Columns = dict[str, tuple[frozenset[str], str | None]]


class ColumnLineage(NamedTuple):
    """The column lineage of an edge.

    :param columns: columns that both entities have
    :param unknown: columns that events name and an entity does not have
    """

    columns: Columns = {}  # noqa: RUF012 - never changed
    unknown: tuple[tuple[Entity, str], ...] = ()


class EdgeColumns:
    """The column lineage of an edge that is derived when it is first needed: by the thread that writes the edge.

    :param derive: function that derives it; default: the edge has none
    """

    def __init__(self, derive: Callable[[], ColumnLineage] = ColumnLineage) -> None:
        self._derive = derive

    @cached_property
    def derived(self) -> ColumnLineage:
        """The column lineage."""
        return self._derive()


class EdgeWrite(NamedTuple):
    """One edge to publish, between two entities.

    :param pipeline: pipeline of the latest job
    :param writers: names of the jobs in this batch that write the edge, see
        :func:`~openmetadata_ol_provider.openmetadata.publishing.edges.merge.writer_name`
    :param sql: SQL of the latest job
    :param partial: ``True`` if there may be more columns than the jobs report
    :param keys: ledger keys of the plan's edges that this edge is made of
    :param jobs: jobs of an edge that has a pipeline at one end
    :param certain: whether a rule, or their address, and not just their names chose the services of both ends
    """

    source: Entity
    target: Entity
    lineage: EdgeColumns
    pipeline: PipelineRef | None
    writers: frozenset[str]
    sql: str | None
    partial: bool = False
    keys: tuple[int, ...] = ()
    jobs: tuple[JobId, ...] = ()
    certain: bool = True

    @property
    def columns(self) -> Columns:
        """Its column lineage."""
        return self.lineage.derived.columns

    @property
    def where(self) -> str:
        """How problems name the edge."""
        return f"{self.source.fqn} -> {self.target.fqn}"
