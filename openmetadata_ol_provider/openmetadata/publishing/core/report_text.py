"""Describes a report to people: a short summary, then one line for each cause of what was lost or left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_groups import (
    MOST_GROUPS,
    ProblemGroup,
    group_problems,
    remaining_line,
)
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.sanitize import safe_text

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport, Share

#: Most namespaces that the summary names: those with the largest share of datasets that are missing.
_MOST_NAMESPACES: Final = 5
_PARKED: Final = "to be tried again; `openmetadata-ol parked list` shows what is waited for"
_NOT_PARKED: Final = "waiting for what the catalogue lacks, and not kept, so the events have to be read again"
#: Counts that the summary has even when they are all 0.
_ALWAYS: Final = frozenset({"edges", "pipelines", "statuses", "datasets"})
_COUNTS: Final = (
    *("edges", "pipelines", "statuses", "datasets", "facts", "usage", "exposures", "observability", "queries"),
    *("profiles", "tests", "stubs", "stale", "expired"),
)


def summary_lines(report: PublishReport, *, is_kept: bool = True) -> list[str]:
    """Return what was read, what was written, and what waits, each on one line.

    :param is_kept: ``False`` if what waits is not kept, and has to be read again
    """
    read = (
        f"{counted(report.events, 'event')} of {counted(report.runs, 'run')}, "
        f"{counted(report.dead_letters, 'dead letter')}"
    )
    if report.dry_run:
        read = f"dry run, nothing was written: {read}"
    deleted = [f"{counted(report.deleted, 'dataset')} deleted"] if report.deleted else []
    written = "; ".join([*_counts(report), *deleted])
    requests = ", ".join(f"{method} {number}" for method, number in sorted(report.requests.items()))
    lines = [read, written, f"requests: {requests or 'none'}"]
    if report.parked:
        items = counted(report.parked, "item")
        lines.append(f"parked: {items} {_PARKED if is_kept and not report.dry_run else _NOT_PARKED}")
    incomplete = sorted(
        (item for item in report.namespaces.items() if item[1].resolved < item[1].total),
        key=lambda item: (item[1].resolved / item[1].total, item[0]),
    )
    if incomplete:
        lines.append(f"datasets resolved: {_shares(incomplete)}")
    return lines


def problem_lines(report: PublishReport, *, is_raised: bool = False) -> Iterator[tuple[str, str]]:
    """Yield kind and text of each cause; the numbers of a kind add up to its count in the report.

    :param is_raised: ``True`` if the error that ended the publication follows, so that it is not shown twice
    """
    groups = [
        group for group in group_problems(report.problems) if not (is_raised and group.kind == ProblemKind.STOPPED)
    ]
    for group in groups[:MOST_GROUPS]:
        yield group.kind, group.text
    if rest := remaining_line(groups):
        yield "more_problems", rest
    datasets = report.datasets
    for kind, number, kinds in (
        (ProblemKind.UNRESOLVED, datasets.unresolved, {ProblemKind.UNRESOLVED, ProblemKind.OTHER_ADDRESS}),
        (ProblemKind.AMBIGUOUS, datasets.ambiguous, {ProblemKind.AMBIGUOUS}),
    ):
        more = number - _listed(groups, kinds)
        if more > 0:
            it = "it" if more == 1 else "them"
            text = f"{counted(more, 'more dataset')}: no edge needs {it}, or an earlier batch has listed {it}"
            yield str(kind), text


def _listed(groups: list[ProblemGroup], kinds: set[ProblemKind]) -> int:
    return sum(group.count for group in groups if group.kind in kinds)


def _counts(report: PublishReport) -> Iterator[str]:
    for name in _COUNTS:
        counts = msgspec.structs.asdict(getattr(report, name))
        if name in _ALWAYS or any(counts.values()):
            numbers = ", ".join(f"{number} {key}" for key, number in counts.items() if number)
            yield f"{name}: {numbers or 'none'}"


def _shares(namespaces: list[tuple[str, Share]]) -> str:
    texts = [
        f"{share.resolved} of {share.total} of {safe_text(name, 200)}" for name, share in namespaces[:_MOST_NAMESPACES]
    ]
    more = len(namespaces) - len(texts)
    return ", ".join(texts) + (f", and {counted(more, 'more namespace')}" if more else "")
