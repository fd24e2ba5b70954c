"""Usage counts of entities: per day, summed over a day, a week and a month, and ranked among all entities of a type."""

from __future__ import annotations

import datetime as dt
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore

#: Number of days that each statistic sums up.
_WINDOWS = {"dailyStats": 1, "weeklyStats": 7, "monthlyStats": 30}


def store_count(store: CatalogueStore, entity_type: str, entity_id: str, day: str, count: int, *, adds: bool) -> None:
    """Store the count of a day.

    :param adds: ``True`` if the count is added to the stored one instead of replacing it
    """
    counts = store.usage.setdefault((entity_type, entity_id), {})
    counts[day] = count + (counts.get(day, 0) if adds else 0)


def details(store: CatalogueStore, entity_type: str, entity_id: str, day: str) -> dict[str, Any]:
    """Return the UsageDetails of a day that has a count."""
    counts = store.usage[entity_type, entity_id]
    ranks = store.percentiles.get((entity_type, entity_id), {}).get(day, {})
    statistics = {
        name: {"count": _total(counts, day, days), "percentileRank": ranks.get(name, 0.0)}
        for name, days in _WINDOWS.items()
    }
    return {"date": day, **statistics}


def summary(store: CatalogueStore, entity_type: str, entity_id: str) -> dict[str, Any] | None:
    """Return the UsageDetails of the latest day that has a count, or ``None``."""
    counts = store.usage.get((entity_type, entity_id))
    return details(store, entity_type, entity_id, max(counts)) if counts else None


def compute_percentiles(store: CatalogueStore, entity_type: str, day: str) -> None:
    """Rank all entities of a type that have a count for a day."""
    counted = {key: counts for key, counts in store.usage.items() if key[0] == entity_type and day in counts}
    for name, days in _WINDOWS.items():
        totals = {key: _total(counts, day, days) for key, counts in counted.items()}
        for key, total in totals.items():
            count_below = sum(other < total for other in totals.values())
            rank = 100.0 * count_below / (len(totals) - 1) if len(totals) > 1 else 0.0
            store.percentiles.setdefault(key, {}).setdefault(day, {})[name] = rank


def _total(counts: dict[str, int], day: str, days: int) -> int:
    first = (dt.date.fromisoformat(day) - dt.timedelta(days=days - 1)).isoformat()
    return sum(count for counted_day, count in counts.items() if first <= counted_day <= day)
