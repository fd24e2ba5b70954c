"""Groups parked items by the dataset that they wait for, for ``openmetadata-ol parked list``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from openmetadata_ol_provider.cli.terminal import OutlineNode
from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.openlineage.sanitize import safe_text
from openmetadata_ol_provider.openlineage.times import iso
from openmetadata_ol_provider.openmetadata.publishing.core.parking import Parked

#: Most jobs of a group that are named.
_MOST_JOBS = 5
_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"))


class ParkedGroup(NamedTuple):
    """Items that wait for the same.

    :param reason: why they wait
    :param what: the dataset that is missing, or what the catalogue refused
    :param items: the items, the oldest first
    """

    reason: str
    what: str
    items: Sequence[Parked]


def group_parked(items: Iterable[Parked]) -> list[ParkedGroup]:
    """Return the groups of items, the largest first; an item that waits for two datasets is with the first of them."""
    groups: dict[tuple[str, str], list[Parked]] = {}
    for item in items:
        what = f"{item.missing[0].namespace} {item.missing[0].name}" if item.missing else item.where
        groups.setdefault((item.reason, what), []).append(item)
    named = [
        ParkedGroup(reason, what, sorted(of_group, key=lambda item: item.first_seen))
        for (reason, what), of_group in groups.items()
    ]
    return sorted(named, key=lambda group: (-len(group.items), group.what))


def parked_outline(groups: Iterable[ParkedGroup], now: float) -> Iterator[OutlineNode]:
    """Yield a line for each group, and below it its jobs, the reason, and a line for each item.

    :param now: current time, in seconds since 1970
    """
    for group in groups:
        oldest = group.items[0]
        number = f"{len(group.items)} item{'' if len(group.items) == 1 else 's'}"
        yield OutlineNode(
            f"{group.reason}  {safe_text(group.what)}  ({number}, for {age(now - oldest.first_seen)})",
            [
                OutlineNode(safe_text(_reason(oldest))),
                *(OutlineNode(f"job {job}") for job in _jobs(group)),
                *(_item(item) for item in group.items),
            ],
            indent=4,
            style="bold",
        )


def age(seconds: float) -> str:
    """Return a span of time in its largest unit."""
    for size, unit in _UNITS:
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "less than a minute"


def _reason(item: Parked) -> str:
    """Return why an item waits for the first of its datasets; its detail has the reasons of all of them."""
    reason = item.detail
    for other in item.missing[1:]:
        reason = reason.partition(f"; {other.namespace} {other.name}: ")[0]
    return reason.removeprefix(f"{item.missing[0].namespace} {item.missing[0].name}: ") if item.missing else reason


def _item(item: Parked) -> OutlineNode:
    next_try = iso(dt.datetime.fromtimestamp(item.next_try, dt.timezone.utc))
    also = "".join(f"; also waits for {other.namespace} {other.name}" for other in item.missing[1:])
    tries = f"{item.tries} tr{'y' if item.tries == 1 else 'ies'}"
    return OutlineNode(f"{item.key}  {safe_text(_what(item))}  ({tries}, next at {next_try}{safe_text(also)})")


def _what(item: Parked) -> str:
    """Return what an item holds: of an edge, its other end."""
    if not item.missing or not item.edges:
        return item.where
    source, target, missing = item.edges[0].source, item.edges[0].target, item.missing[0]
    return f"to {target.namespace} {target.name}" if source == missing else f"from {source.namespace} {source.name}"


def _jobs(group: ParkedGroup) -> list[str]:
    jobs = dict.fromkeys(name for item in group.items for name in _owners(item))
    named = [safe_text(f"{job.namespace} {job.name}") for job in list(jobs)[:_MOST_JOBS]]
    more = len(jobs) - len(named)
    return [*named[:-1], f"{named[-1]} and {more} more"] if more else named


def _owners(item: Parked) -> list[JobId]:
    owners = [edge.job for edge in item.edges if edge.job is not None]
    # Without edges, the first is the job itself, and the others are those that it needs.
    return owners or [job.id for job in item.jobs[:1]]
