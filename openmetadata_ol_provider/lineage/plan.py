"""The plan: what should be true in the catalogue, as plain values.

A :class:`LineagePlan` is what ``translate`` prints, XCom carries and the publisher takes. It is independent of any
catalogue: datasets have the names that the events gave them, and resolving them is the publisher's step.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from openmetadata_ol_provider.lineage.plan_datasets import Assertion, Dataset, DatasetId, Field, Metric, Owner, Tag
from openmetadata_ol_provider.lineage.plan_jobs import Job, JobId, Measurement, RunRecord, Statistics, TaskOutline
from openmetadata_ol_provider.lineage.plan_value import PlanValue
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.serialization import convert, to_builtins

__all__ = [
    "PLAN_VERSION",
    "Assertion",
    "Basis",
    "ColumnPair",
    "ColumnSource",
    "Dataset",
    "DatasetId",
    "Edge",
    "Field",
    "Job",
    "JobId",
    "LineagePlan",
    "Measurement",
    "Metric",
    "OneSided",
    "Owner",
    "Retraction",
    "RunRecord",
    "Statistics",
    "Tag",
    "TaskOutline",
    "Transformation",
]

PLAN_VERSION = 1

#: How an edge was derived: from the ``lineage`` facet, from ``columnLineage``, or as inputs x outputs of a run.
Basis = Literal["explicit", "columns", "product"]


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
    """Data of ``source`` went into ``target`` through ``job``.

    :param job: ``None`` for a derivation that a dataset itself states
    :param sql: SQL that moved the data, if it is not the job's
    """

    source: DatasetId
    target: DatasetId
    job: JobId | None
    basis: Basis
    columns: tuple[ColumnPair, ...] = ()
    sql: str | None = None


class Retraction(PlanValue, frozen=True, order=True):
    """An edge that an earlier plan had, and that events read since then show to be false.

    :param began_at: time since which only runs that are known to show it, or not to, can have shown it, ISO 8601; an
        edge that was published before may be another run's. ``None``: no edge is
    :param undecided: whether there may be other runs that show it whenever it was published, so that it stays
    """

    source: DatasetId
    target: DatasetId
    job: JobId
    began_at: str | None = None
    undecided: bool = False


class OneSided(PlanValue, frozen=True):
    """A job whose runs are known to read datasets or to write them, but not both.

    :param reads: datasets it reads, if none are known to be written
    :param writes: datasets it writes, if none are known to be read
    """

    job: JobId
    reads: tuple[DatasetId, ...] = ()
    writes: tuple[DatasetId, ...] = ()


class LineagePlan(msgspec.Struct, frozen=True):
    """What should be true in the catalogue after a batch of events.

    :param event_days: UTC days of the events in ascending order, each as ``2026-01-31``; none after the consumption
    """

    version: int = PLAN_VERSION
    events: int = 0
    edges: tuple[Edge, ...] = ()
    jobs: tuple[Job, ...] = ()
    runs: tuple[RunRecord, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    one_sided: tuple[OneSided, ...] = ()
    problems: tuple[Problem, ...] = ()
    event_days: tuple[str, ...] = ()
    retracted: tuple[Retraction, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain JSON values, with every documented key."""
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
        """Restore a plan from the result of :meth:`to_dict`.

        :raises ValueError: if it is not a plan, or one of another version
        """
        version = plan.get("version") if isinstance(plan, dict) else None
        if version != PLAN_VERSION:
            raise ValueError(f"plan version {version!r} is not supported (supported: {PLAN_VERSION})")
        return convert(plan, cls)
