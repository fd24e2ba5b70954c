"""Follows a task through its backlog, and tells metrics and receipts how much of it still waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openmetadata_ol_provider.ingestion.metrics import ReadingMetrics, newest_ms
from openmetadata_ol_provider.ingestion.receipts import ReceiptCollector, lag_of

if TYPE_CHECKING:
    from openmetadata_ol_provider.ingestion.read_summary import ReadSummary
    from openmetadata_ol_provider.kafka.offsets import Backlog


class ReadingObserver:
    """What waits of a backlog, batch after batch.

    :param backlog: everything that is to be read
    :param metrics: receiver of lag and losses; default: none
    :param receipts: receiver of what waits; default: none
    """

    def __init__(
        self, backlog: Backlog, metrics: ReadingMetrics | None = None, receipts: ReceiptCollector | None = None
    ) -> None:
        self._backlog = backlog
        self._metrics = metrics
        self._receipts = receipts
        self._waiting = backlog.events
        self._newest: int | None = None
        self._has_read = False

    def add(self, batch: ReadSummary) -> None:
        """Observe that a batch was read and that its publication begins."""
        if self._receipts is not None:
            if not self._has_read:
                self._receipts.set_lag(lag_of(self._backlog, "ingest", batch.times))
            self._receipts.add_newest(batch.times)
        if self._metrics is not None:
            if not self._has_read:
                self._metrics.begin(self._backlog, batch.times)
            self._waiting -= batch.offsets
            self._newest = newest_ms(batch.times) or self._newest
        self._has_read = True

    def end(self, *, more: bool) -> None:
        """Observe that everything that was observed is published.

        :param more: ``True`` if the time was over before the end of the backlog
        """
        if self._metrics is not None:
            self._metrics.end(max(0, self._waiting) if more else 0, self._newest)
