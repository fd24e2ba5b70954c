"""Divides what waits to be written among lanes when their number changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from openmetadata_ol_provider.openmetadata.publishing.core.held import Held, HeldCount, HeldRow


def merge_held(states: Iterable[tuple[Held, Callable[[str], bool]]]) -> Held:
    """Return what a lane takes over.

    :param states: what waits in each state, and a function that returns whether the lane keeps something by its name
    """
    rows: dict[tuple[str, str], HeldRow] = {}
    counts: dict[tuple[str, str], HeldCount] = {}
    for held, keeps in states:
        for row in held.rows.values():
            if keeps(f"observability:{row.table}:{row.pipeline_fqn}"):
                rows[row.key] = max(row, rows.get(row.key, row), key=lambda one: (one.at, one.end or 0))
        for count in held.counts.values():
            if keeps(f"usage:{count.pipeline_fqn}:{count.day}"):
                other = counts.get(count.key)
                counts[count.key] = _larger(count, other) if other else count
    return Held(rows, counts)


def _larger(one: HeldCount, other: HeldCount) -> HeldCount:
    """Return the larger of the totals of two lanes: only the statuses tell how many runs both have counted."""
    return msgspec.structs.replace(one if one.total > other.total else other, sent=None)
