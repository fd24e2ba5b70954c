"""What became of a plan: one number for everything that was asked for, one line for everything that was lost."""

from __future__ import annotations

from typing import Any

import msgspec

from openmetadata_ol_provider.lineage.plan import Problem


class Written(msgspec.Struct, frozen=True):
    """Outcome counts of one kind of thing that is written."""

    published: int = 0
    unchanged: int = 0
    failed: int = 0


class Pipelines(msgspec.Struct, frozen=True):
    """Outcome counts of pipelines."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0


class Datasets(msgspec.Struct, frozen=True):
    """Outcome counts of dataset resolution."""

    resolved: int = 0
    unresolved: int = 0
    ambiguous: int = 0
    ignored: int = 0


class PublishReport(msgspec.Struct, frozen=True):
    """The report of one publication, as it goes into XCom.

    :param events: events the plan was made of
    :param runs: runs in the plan
    :param edges: edges between entities; several edges of the plan may be one of these
    :param requests: HTTP requests by method, retries included
    :param parked: edges kept to be tried again (filled in by the caller)
    :param dead_letters: messages that were no events (filled in by the caller)
    :param problems: what was lost or left out, the plan's own problems first
    """

    events: int = 0
    runs: int = 0
    edges: Written = Written()
    datasets: Datasets = Datasets()
    pipelines: Pipelines = Pipelines()
    statuses: Written = Written()
    requests: dict[str, int] = {}
    parked: int = 0
    dead_letters: int = 0
    dry_run: bool = False
    problems: tuple[Problem, ...] = ()

    @property
    def failure_ratio(self) -> float:
        """Share of edges, pipelines and statuses whose writing failed (0 to 1); what is unresolved is no failure."""
        failed = self.edges.failed + self.pipelines.failed + self.statuses.failed
        done = (
            self.edges.published + self.edges.unchanged + self.statuses.published + self.statuses.unchanged
            + self.pipelines.created + self.pipelines.updated + self.pipelines.unchanged
        )  # fmt: skip
        return failed / (failed + done) if failed else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        report: dict[str, Any] = msgspec.to_builtins(self)
        return report
