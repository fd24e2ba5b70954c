"""Describes every metric: name, type, unit, tags. ``docs/metrics.md`` and the dashboard are tested against it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

#: Prefix of all metrics, below Airflow's own.
PREFIX = "openmetadata_ol"
_TASK = ("dag_id", "task_id")
_LANE = ("dag_id", "lane")


class Metric(NamedTuple):
    """One metric.

    :param name: name without :data:`PREFIX`
    :param kind: a counter is sent only if it is not 0; a gauge always
    :param tags: names of the tags, which the back end has to support
    """

    name: str
    kind: Literal["counter", "gauge"]
    unit: str
    tags: tuple[str, ...]
    description: str


LAG_MESSAGES = Metric(
    "lag.messages", "gauge", "messages", _LANE, "Messages that wait: when reading begins, and again when it is done."
)
LAG_SECONDS = Metric(
    "lag.seconds", "gauge", "seconds", _LANE, "Age of the oldest message that is not published; 0 if none waits."
)
LOST = Metric(
    "lost",
    "counter",
    "messages",
    _LANE,
    "Messages deleted before they were read (`data_loss` in the report).",
)
PARKED = Metric("parked", "gauge", "items", _TASK, "Items that wait until the catalogue can take them.")
PARKED_OLDEST = Metric(
    "parked.oldest_seconds",
    "gauge",
    "seconds",
    _LANE,
    "Time since the first try of the oldest parked item; 0 if none.",
)
STATE_BYTES = Metric(
    "state.bytes", "gauge", "bytes", _LANE, "Size of the Variables of the state: checkpoint, runs, parking lot, ledger."
)

#: Counters of a report that are one number.
TOTALS = {
    "events": "Events read.",
    "runs": "Runs in the plans.",
    "dead_letters": "Messages that were not events.",
    "deleted": "Datasets deleted because they were dropped or renamed.",
    "asset_events": "Events of Airflow assets that completed runs have written.",
}
_WRITTEN = ("published", "unchanged", "failed")
#: Counters of a report by outcome: unit, outcomes.
OUTCOMES: dict[str, tuple[str, tuple[str, ...]]] = {
    "edges": ("edges", _WRITTEN),
    "pipelines": ("pipelines", ("created", "updated", "unchanged", "failed")),
    "statuses": ("statuses of runs", _WRITTEN),
    "datasets": ("datasets", ("resolved", "unresolved", "ambiguous", "ignored")),
    "facts": ("entities with owners, tags or descriptions", _WRITTEN),
    "usage": ("pipelines and days", _WRITTEN),
    "exposures": ("uses of models by dashboards", _WRITTEN),
    "observability": ("tables' newest runs", _WRITTEN),
    "queries": ("queries", _WRITTEN),
    "profiles": ("tables and runs", _WRITTEN),
    "tests": ("tables and runs", _WRITTEN),
    "stubs": ("stubs", ("created", "updated", "failed")),
    "stale": ("edges that are no longer produced", ("removed", "kept", "failed")),
    "expired": ("edges that no run confirms", ("removed", "kept", "failed")),
    "requests": ("HTTP requests, by method", ("get", "put", "patch", "post", "delete")),
}


def all_metrics() -> Iterator[Metric]:
    """Yield every metric."""
    yield from (LAG_MESSAGES, LAG_SECONDS, LOST, PARKED, PARKED_OLDEST, STATE_BYTES)
    for name, description in TOTALS.items():
        yield Metric(name, "counter", name.replace("_", " "), _TASK, description)
    for part, (unit, outcomes) in OUTCOMES.items():
        for outcome in outcomes:
            yield Metric(f"{part}.{outcome}", "counter", unit, _TASK, f"{part.capitalize()}: {outcome}.")
