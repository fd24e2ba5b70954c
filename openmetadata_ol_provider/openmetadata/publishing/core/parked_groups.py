"""Groups parked items by the dataset that they wait for, for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked

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
        what = str(item.missing[0]) if item.missing else item.where
        groups.setdefault((item.reason, what), []).append(item)
    named = [
        ParkedGroup(reason, what, sorted(of_group, key=lambda item: item.first_seen))
        for (reason, what), of_group in groups.items()
    ]
    return sorted(named, key=lambda group: (-len(group.items), group.what))


def age(seconds: float) -> str:
    """Return a span of time in its largest unit."""
    for size, unit in _UNITS:
        if seconds >= size:
            return counted(int(seconds // size), unit)
    return "less than a minute"


def reason_of(item: Parked) -> str:
    """Return why an item waits for the first of its datasets; its detail has the reasons of all of them."""
    reason = item.detail
    for other in item.missing[1:]:
        reason = reason.partition(f"; {other}: ")[0]
    return reason.removeprefix(f"{item.missing[0]}: ") if item.missing else reason
