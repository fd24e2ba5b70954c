"""What became of a plan: one number for everything that was asked for, one line for everything that was lost."""

from __future__ import annotations

from collections import Counter
from typing import Any, TypeVar

import msgspec

from openmetadata_ol_provider.openlineage.packing import plain
from openmetadata_ol_provider.openlineage.problem import Problem

#: Problems that the table for people lists.
_SHOWN = 50
Counts = TypeVar("Counts", bound=msgspec.Struct)


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
    def failed(self) -> int:
        """Edges, pipelines and statuses whose writing failed."""
        return self.edges.failed + self.pipelines.failed + self.statuses.failed

    @property
    def already_published(self) -> bool:
        """Whether the batch had been published before, so that nothing was done."""
        return any(problem.kind == "already_published" for problem in self.problems)

    @property
    def failure_ratio(self) -> float:
        """Share of edges, pipelines and statuses whose writing failed (0 to 1); what is unresolved is no failure."""
        attempted = sum(sum(msgspec.structs.astuple(part)) for part in (self.edges, self.pipelines, self.statuses))
        return self.failed / attempted if attempted else 0.0

    def __add__(self, other: PublishReport) -> PublishReport:
        """Return the report of two publications, one after the other."""
        return PublishReport(
            events=self.events + other.events,
            runs=self.runs + other.runs,
            edges=_sum(self.edges, other.edges),
            datasets=_sum(self.datasets, other.datasets),
            pipelines=_sum(self.pipelines, other.pipelines),
            statuses=_sum(self.statuses, other.statuses),
            requests=dict(Counter(self.requests) + Counter(other.requests)),
            parked=self.parked + other.parked,
            dead_letters=self.dead_letters + other.dead_letters,
            dry_run=self.dry_run or other.dry_run,
            problems=tuple(dict.fromkeys((*self.problems, *other.problems))),
        )

    def table(self) -> str:
        """Return the report as a few lines for people, the problems last."""
        rows = [
            f"{'events':<10} {self.events}, runs {self.runs}, dead letters {self.dead_letters}, parked {self.parked}"
        ]
        for name in ("edges", "pipelines", "statuses", "datasets"):
            counts = msgspec.structs.asdict(getattr(self, name))
            rows.append(f"{name:<10} " + ", ".join(f"{key} {number}" for key, number in counts.items()))
        requests = ", ".join(f"{method} {number}" for method, number in sorted(self.requests.items()))
        rows.append(f"requests   {requests or 'none'}{' (dry run: nothing was written)' if self.dry_run else ''}")
        rows += [f"{problem.kind}: {problem.where}: {problem.detail}" for problem in self.problems[:_SHOWN]]
        if len(self.problems) > _SHOWN:
            rows.append(f"and {len(self.problems) - _SHOWN} more problems")
        return "\n".join(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        report: dict[str, Any] = plain(self)
        return report


def _sum(mine: Counts, theirs: Counts) -> Counts:
    pairs = zip(msgspec.structs.astuple(mine), msgspec.structs.astuple(theirs), strict=True)
    return type(mine)(*(left + right for left, right in pairs))
