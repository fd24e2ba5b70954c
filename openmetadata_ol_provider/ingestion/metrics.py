"""Sends numbers as Airflow metrics, to the back end that Airflow uses (StatsD, OpenTelemetry)."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from openmetadata_ol_provider.ingestion.metric_catalogue import (
    LAG_MESSAGES,
    LAG_SECONDS,
    LOST,
    OUTCOMES,
    PARKED,
    PARKED_OLDEST,
    PREFIX,
    STATE_BYTES,
    TOTALS,
    Metric,
)
from openmetadata_ol_provider.version_compat import stats

if TYPE_CHECKING:
    from openmetadata_ol_provider.kafka.messages import Timed
    from openmetadata_ol_provider.kafka.offsets import Backlog
    from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport

log = logging.getLogger(__name__)


def counters(report: PublishReport) -> Iterator[tuple[str, int]]:
    """Yield the name and the value of each counter that is not 0."""
    for name in TOTALS:
        if value := getattr(report, name):
            yield f"{PREFIX}.{name}", value
    for part in OUTCOMES:
        counts = getattr(report, part)
        for outcome, value in (counts if isinstance(counts, dict) else msgspec.structs.asdict(counts)).items():
            if value:
                yield f"{PREFIX}.{part}.{outcome.lower()}", value


def send_metrics(report: PublishReport, *, dag_id: str, task_id: str) -> None:
    """Send a report's counters, and the number of parked facts as a gauge; a failure never fails the task."""
    if not report.dry_run:
        tags = {"dag_id": dag_id, "task_id": task_id}
        _send(counters(report), {PARKED: report.parked}, tags)


class ReadingMetrics:
    """The metrics of a task that reads or publishes one lane; a failure never fails the task.

    :param dag_id: id of the DAG
    :param lane: number of the lane
    """

    def __init__(self, dag_id: str, lane: int = 0) -> None:
        self._tags = {"dag_id": dag_id, "lane": str(lane)}

    def begin(self, backlog: Backlog, messages: Iterable[Timed]) -> None:
        """Send what waits and what was lost when reading begins.

        :param backlog: everything that is to be read
        :param messages: the first batch, in which the oldest message is
        """
        lost = [(f"{PREFIX}.{LOST.name}", backlog.lost)] if backlog.lost else []
        self._lag(backlog.events, min(_timestamps(messages), default=None), lost)

    def end(self, waiting: int = 0, newest_ms: int | None = None) -> None:
        """Send what still waits when everything that the task has read is published.

        :param waiting: number of messages that were there at the beginning and are not read
        :param newest_ms: time of the newest message that was read, in milliseconds since 1970: those that wait are
            about as old
        """
        self._lag(waiting, newest_ms if waiting else None)

    def state(self, state_bytes: int, parked: Iterable[Parked]) -> None:
        """Send the size of the state and the age of the oldest parked item."""
        oldest = min((item.first_seen for item in parked), default=None)
        age = 0.0 if oldest is None else max(0.0, time.time() - oldest)
        _send((), {STATE_BYTES: state_bytes, PARKED_OLDEST: age}, self._tags)

    def _lag(self, messages: int, oldest_ms: int | None, counts: Iterable[tuple[str, int]] = ()) -> None:
        seconds = 0.0 if oldest_ms is None else max(0.0, time.time() - oldest_ms / 1000)
        _send(counts, {LAG_MESSAGES: messages, LAG_SECONDS: seconds}, self._tags)


def newest_ms(messages: Iterable[Timed]) -> int | None:
    """Return the time of the newest message, in milliseconds since 1970; ``None`` if the broker gave none."""
    return max(_timestamps(messages), default=None)


def _timestamps(messages: Iterable[Timed]) -> Iterator[int]:
    return (message.timestamp_ms for message in messages if message.timestamp_ms is not None)


def _send(counts: Iterable[tuple[str, int]], gauges: Mapping[Metric, float], tags: dict[str, str]) -> None:
    try:
        client = stats()
        for name, value in counts:
            client.incr(name, value, tags=tags)
        for metric, amount in gauges.items():
            client.gauge(f"{PREFIX}.{metric.name}", amount, tags=tags)
    except Exception as error:  # noqa: BLE001 - any error of the metrics back end
        log.warning("the metrics were not sent: %s", error)
