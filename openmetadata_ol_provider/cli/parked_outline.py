"""The outline of what is parked, for ``openmetadata-ol parked list``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from openmetadata_ol_provider.cli.terminal import OutlineNode
from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.sanitize import safe_text
from openmetadata_ol_provider.openlineage.times import iso
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
from openmetadata_ol_provider.openmetadata.publishing.core.parked_groups import ParkedGroup, age, reason_of

#: Most jobs of a group that are named.
_MOST_JOBS = 5


def parked_outline(groups: Iterable[ParkedGroup], now: float) -> Iterator[OutlineNode]:
    """Yield a line for each group, and below it its jobs, the reason, and a line for each item.

    :param now: current time, in seconds since 1970
    """
    for group in groups:
        oldest = group.items[0]
        number = counted(len(group.items), "item")
        yield OutlineNode(
            f"{group.reason}  {safe_text(group.what)}  ({number}, for {age(now - oldest.first_seen)})",
            [
                OutlineNode(safe_text(reason_of(oldest))),
                *(OutlineNode(f"job {job}") for job in _jobs(group)),
                *(_item(item) for item in group.items),
            ],
            indent=4,
            style="bold",
        )


def _item(item: Parked) -> OutlineNode:
    next_try = iso(dt.datetime.fromtimestamp(item.next_try, dt.timezone.utc))
    also = "".join(f"; also waits for {other}" for other in item.missing[1:])
    tries = counted(item.tries, "try", "tries")
    return OutlineNode(f"{item.key}  {safe_text(_what(item))}  ({tries}, next at {next_try}{safe_text(also)})")


def _what(item: Parked) -> str:
    """Return what an item holds: of an edge, its other end."""
    if not item.missing or not item.edges:
        return item.where
    source, target, missing = item.edges[0].source, item.edges[0].target, item.missing[0]
    return f"to {target}" if source == missing else f"from {source}"


def _jobs(group: ParkedGroup) -> list[str]:
    jobs = dict.fromkeys(name for item in group.items for name in _owners(item))
    named = [safe_text(str(job)) for job in list(jobs)[:_MOST_JOBS]]
    more = len(jobs) - len(named)
    return [*named[:-1], f"{named[-1]} and {more} more"] if more else named


def _owners(item: Parked) -> list[JobId]:
    owners = [edge.job for edge in item.edges if edge.job is not None]
    # Without edges, the first is the job itself, and the others are those that it needs.
    return owners or [job.id for job in item.jobs[:1]]
