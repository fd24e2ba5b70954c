"""Collects the receipts of a task's batches, and measures what still waits; both are written once a task."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from openmetadata_ol_provider.receipts.make import failed_delivery, make_delivery
from openmetadata_ol_provider.receipts.receipt import Lag, TaskRef, TopicLag, age
from openmetadata_ol_provider.state.receipts import ReceiptStore

if TYPE_CHECKING:
    from openmetadata_ol_provider.kafka.messages import Timed
    from openmetadata_ol_provider.kafka.offsets import Backlog
    from openmetadata_ol_provider.lineage.plan import LineagePlan
    from openmetadata_ol_provider.openlineage.positions import OffsetRange
    from openmetadata_ol_provider.openmetadata.publishing.core.publication import Publication
    from openmetadata_ol_provider.receipts.receipt import EdgeOutcome
    from openmetadata_ol_provider.receipts.record import Delivery, DeliveryRecord

log = logging.getLogger(__name__)


class ReceiptCollector:
    """The receipts of one task; with a size of 0 it keeps nothing.

    :param store: receipts of earlier tasks
    :param size: most receipts of runs to keep
    :param task: task instance that publishes; ``None`` outside Airflow
    :param source: name of this task in measurements of what waits
    :param clock: wall clock, in seconds since 1970
    """

    def __init__(
        self,
        store: ReceiptStore,
        size: int,
        task: TaskRef | None = None,
        source: str = "publish",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._size = size
        self._task = task
        self._source = source
        self._clock = clock
        self._began = clock()
        self._record: DeliveryRecord | None = None
        self._lag: Lag | None = None
        self._newest: dict[str, int] = {}

    def set_lag(self, lag: Lag) -> None:
        """Set what waits in the topics before the next batch is published; by default what the last task has stored."""
        self._lag = lag

    def add_newest(self, messages: Iterable[Timed]) -> None:
        """Add messages of the next batch: those that wait behind it are about as old as the newest of them."""
        for message in messages:
            if message.timestamp_ms is not None:
                self._newest[message.topic] = max(message.timestamp_ms, self._newest.get(message.topic, 0))

    def begin_batch(self) -> None:
        """Note when the publication of a batch begins."""
        self._began = self._clock()

    def delivery_of(self, plan: LineagePlan, publication: Publication) -> Delivery | None:
        """Return the receipts of a batch that was published; ``None`` if none are kept, or they cannot be made."""
        at = self._clock()
        with self._harmless():
            if self._size:
                return make_delivery(plan, publication, at=at, task=self._task, most=self._size)
        return None

    def add_batch(self, delivery: Delivery | None, ranges: Sequence[OffsetRange]) -> None:
        """Add a batch that was committed.

        :param delivery: its receipts
        :param ranges: offsets of the batch
        """
        at = self._clock()
        with self._harmless():
            if delivery is not None:
                batch = replace(delivery.batch, at=int(at), seconds=round(at - self._began, 2))
                self._add(delivery._replace(batch=batch, ranges=tuple(ranges)))
            if self._lag is not None:
                self._lag = self._lag.after(ranges, at, self._source, self._newest)
        self._newest = {}

    def add_failure(self, error: BaseException) -> None:
        """Add a batch that was not committed because of an error."""
        at = self._clock()
        with self._harmless():
            self._add(failed_delivery(str(error), at=at, seconds=at - self._began, task=self._task))

    def write(self) -> None:
        """Write everything at once."""
        with self._harmless():
            if self._record is not None:
                self._store.write(self._record, self._lag)
            elif self._lag is not None and self._size:
                self._store.write(lag=self._lag)

    def _add(self, delivery: Delivery) -> None:
        if not self._size:
            return
        if self._record is None:
            document = self._store.read()
            self._record = self._store.record_of(document)
            self._lag = self._lag or document.lag
        self._record = self._record.updated([delivery], self._size)

    @contextmanager
    def _harmless(self) -> Iterator[None]:
        """Log an error instead of raising it: the batch is published, and its receipt must not fail the task."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever the database or the supervisor answers
            log.warning("the receipts of %r are not complete: %s", self._store.state_key, error)


def store_lag(store: ReceiptStore, lag: Lag) -> None:
    """Store what waits in the topics, if receipts are kept; an error is only logged."""
    from openmetadata_ol_provider import conf

    collector = ReceiptCollector(store, conf.receipts())
    collector.set_lag(lag)
    collector.write()


def settle_receipts(store: ReceiptStore, outcomes: Mapping[int, EdgeOutcome]) -> None:
    """Store later outcomes of edges that were pending; an error is only logged.

    :param outcomes: outcomes by ledger key
    """
    try:
        record = store.record_of(store.read())
        settled = record.settled(outcomes)
        if settled != record:
            store.write(settled)
    except Exception as error:  # noqa: BLE001 - whatever the database answers
        log.warning("the receipts of %r are not complete: %s", store.state_key, error)


def task_of(context: Any) -> TaskRef | None:
    """Return the task instance that executes in a context of Airflow; ``None`` outside a DAG run."""
    instance = context.get("ti") or context.get("task_instance")
    if instance is None or not getattr(instance, "run_id", None):
        return None
    return TaskRef(
        dag_id=str(instance.dag_id),
        run_id=str(instance.run_id),
        task_id=str(instance.task_id),
        map_index=_number(getattr(instance, "map_index", -1), -1),
        try_number=_number(getattr(instance, "try_number", 1), 1),
    )


def _number(value: object, default: int) -> int:
    return value if isinstance(value, int) else default


def lag_of(backlog: Backlog, source: str, messages: Iterable[Timed] = (), at: float | None = None) -> Lag:
    """Return what waits before anything of a backlog is published.

    :param source: what measured it: ``consume``, ``ingest`` or ``sensor``
    :param messages: messages that were read first
    :param at: time of the measurement, in seconds since 1970 (default: now)
    """
    at = time.time() if at is None else at
    waiting: Counter[str] = Counter()
    for partition in backlog.partitions:
        waiting[partition.topic] += partition.events
    times: dict[str, list[int]] = {}
    for message in messages:
        if message.timestamp_ms is not None:
            times.setdefault(message.topic, []).append(message.timestamp_ms)
    topics = []
    for topic, count in sorted(waiting.items()):
        of_topic = times.get(topic)
        seconds = age(min(of_topic), at) if of_topic else None
        topics.append(TopicLag(topic, count, seconds if count else 0.0, max(of_topic) if of_topic else None))
    return Lag(int(at), source, tuple(topics))
