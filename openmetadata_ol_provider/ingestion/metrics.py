"""Sends the numbers of a report as Airflow metrics, to the back end that Airflow uses (StatsD, OpenTelemetry)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from openmetadata_ol_provider.version_compat import stats

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport

log = logging.getLogger(__name__)

PREFIX = "openmetadata_ol"
_TOTALS = ("events", "runs", "dead_letters", "deleted")
_BY_OUTCOME = ("edges", "pipelines", "statuses", "datasets", "facts", "usage", "queries", "stubs", "stale", "requests")


def counters(report: PublishReport) -> Iterator[tuple[str, int]]:
    """Yield the name and the value of each counter that is not 0."""
    for name in _TOTALS:
        if value := getattr(report, name):
            yield f"{PREFIX}.{name}", value
    for part in _BY_OUTCOME:
        counts = getattr(report, part)
        for outcome, value in (counts if isinstance(counts, dict) else msgspec.structs.asdict(counts)).items():
            if value:
                yield f"{PREFIX}.{part}.{outcome.lower()}", value


def send_metrics(report: PublishReport, *, dag_id: str, task_id: str) -> None:
    """Send a report's counters, and the number of parked facts as a gauge; a failure never fails the task."""
    if report.dry_run:
        return
    tags = {"dag_id": dag_id, "task_id": task_id}
    try:
        client = stats()
        for name, value in counters(report):
            client.incr(name, value, tags=tags)
        client.gauge(f"{PREFIX}.parked", report.parked, tags=tags)
    except Exception as error:  # noqa: BLE001 - any error of the metrics back end
        log.warning("the metrics were not sent: %s", error)
