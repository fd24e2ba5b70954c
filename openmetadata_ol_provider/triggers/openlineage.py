"""Triggers that wait for OpenLineage events: a level trigger for the sensor, an edge trigger for asset watchers.

Both read watermarks only: no group is joined, no message is read and nothing is committed. The Kafka client blocks, so
each trigger has its own thread: a thread shared by all triggers of the process would make them wait for each other.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.triggers.base import BaseTrigger, TriggerEvent

from openmetadata_ol_provider.exceptions import OpenLineageProviderError
from openmetadata_ol_provider.kafka.offsets import Backlog, json_checkpoint
from openmetadata_ol_provider.kafka.start_position import OWN_GROUP, START_KINDS, StartPosition, parse_start
from openmetadata_ol_provider.openlineage.positions import Checkpoint
from openmetadata_ol_provider.version_compat import BaseEventTrigger

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from openmetadata_ol_provider.kafka.backlog import BacklogQuery

T = TypeVar("T")

_FIRST_DELAY = 1.0
_MAX_RETRY_DELAY = 60.0
_MAX_SETTLE_CHECKS = 10
_ANNOUNCED_KEY = "openlineage.announced_offsets"


class TriggerStatus(str, Enum):
    """``status`` in the payload of :class:`OpenLineageTrigger`'s event."""

    BACKLOG = "backlog"
    TIMEOUT = "timeout"
    ERROR = "error"


class OpenLineageTrigger(BaseTrigger):
    """Fires once when there is a backlog (level): immediately if there already is one.

    The payload is ``{"status": "backlog", "backlog": {...}}``, or ``{"status": "timeout"|"error", "message": ...}``.
    If the broker does not answer, the trigger retries until the deadline; an error that a retry cannot fix is reported
    immediately.

    :param topics: names, or regular expressions when they start with ``^``
    :param kafka_config_id: Airflow connection of type ``kafka``
    :param checkpoint: topic -> partition -> next offset, at the time when the sensor deferred
    :param min_events: number of events to wait for
    :param poll_interval: longest time between two checks, in seconds; the first intervals are shorter, from 1 s up
    :param deadline: time of giving up, in seconds since the epoch, so that a restart of the triggerer does not extend
        it; default: never
    :param exclude: topics that a regular expression must not match
    :param start_from: start of partitions that the checkpoint does not name, as for ConsumeOpenLineageOperator
    """

    def __init__(
        self,
        topics: Sequence[str],
        *,
        kafka_config_id: str = "kafka_default",
        checkpoint: Checkpoint | None = None,
        min_events: int = 1,
        poll_interval: float = 60.0,
        deadline: float | None = None,
        exclude: Sequence[str] = (),
        start_from: str = "group",
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.topics = list(topics)
        self.kafka_config_id = kafka_config_id
        self.checkpoint = json_checkpoint(checkpoint or {})
        self.min_events = min_events
        self.poll_interval = poll_interval
        self.deadline = deadline
        self.exclude = list(exclude)
        self.start_from = start_from

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the complete arguments, so that any triggerer can continue."""
        return (
            "openmetadata_ol_provider.triggers.openlineage.OpenLineageTrigger",
            {
                "topics": self.topics,
                "kafka_config_id": self.kafka_config_id,
                "checkpoint": self.checkpoint,
                "min_events": self.min_events,
                "poll_interval": self.poll_interval,
                "deadline": self.deadline,
                "exclude": self.exclude,
                "start_from": self.start_from,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, then yield the single event."""
        # Close the consumer before the event: Airflow may never resume the generator after a yield.
        async with _Connection(self.kafka_config_id) as kafka:
            payload = await self._wait(kafka)
        yield TriggerEvent(payload)  # type: ignore[no-untyped-call]

    async def _wait(self, kafka: _Connection) -> dict[str, Any]:
        delay = min(_FIRST_DELAY, self.poll_interval)
        last_error = ""
        while True:
            try:
                start = parse_start(self.start_from, "start_from", START_KINDS) or OWN_GROUP
                backlog = await kafka.backlog(self.topics, self.checkpoint, self.exclude, start)
                if backlog.ready(self.min_events):
                    return {"status": TriggerStatus.BACKLOG.value, "backlog": backlog.to_dict()}
                last_error = ""
            except OpenLineageProviderError as error:
                if not error.retriable:
                    return {"status": TriggerStatus.ERROR.value, "message": str(error)}
                self.log.warning("Retrying in %g s: %s", delay, error)
                last_error = f"; last error: {error}"
            remaining = delay if self.deadline is None else self.deadline - time.time()
            if remaining <= 0:
                message = f"fewer than {self.min_events} events arrived on {', '.join(self.topics)} in time{last_error}"
                return {"status": TriggerStatus.TIMEOUT.value, "message": message}
            await asyncio.sleep(min(delay, remaining))
            delay = min(delay * 2, self.poll_interval)


class OpenLineageActivityTrigger(BaseEventTrigger):
    """Fires once for each burst of new events (edge) and never ends: for an ``AssetWatcher``.

    It fires again when announced events were processed (the group's offsets moved) and some of them remain, e.g. after
    a batch that did not cover the whole backlog. The payload is ``{"topics": {topic: {partition: end offset}}, "new":
    number}``, with ``"left": number`` when it announces the rest. Announced offsets are remembered in the asset's state
    store if Airflow has one (3.3), else only while this trigger runs: then a restart of the triggerer announces again
    the events that the group has not committed yet.

    :param topics: names, or regular expressions when they start with ``^``
    :param kafka_config_id: Airflow connection of type ``kafka``
    :param poll_interval: time between two checks, in seconds
    :param settle: seconds without new events that end a burst (after ten times as long it is announced in any case)
    """

    def __init__(
        self,
        topics: Sequence[str],
        *,
        kafka_config_id: str = "kafka_default",
        poll_interval: float = 5.0,
        settle: float = 2.0,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.topics = list(topics)
        self.kafka_config_id = kafka_config_id
        self.poll_interval = poll_interval
        self.settle = settle

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the arguments."""
        return (
            "openmetadata_ol_provider.triggers.openlineage.OpenLineageActivityTrigger",
            {
                "topics": self.topics,
                "kafka_config_id": self.kafka_config_id,
                "poll_interval": self.poll_interval,
                "settle": self.settle,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield one event for each burst, forever."""
        announced = await self._load_announced()
        last_starts: dict[str, dict[str, int]] | None = None
        async with _Connection(self.kafka_config_id) as kafka:
            while True:
                fresh = await self._check(kafka, announced)
                # Without a checkpoint, the backlog begins at the group's committed offsets.
                rest = await self._check(kafka, {})
                moved, last_starts = last_starts is not None and rest.starts != last_starts, rest.starts
                if fresh.events > 0:
                    fresh = await self._wait_until_settled(kafka, announced, fresh)
                    payload: dict[str, Any] = {"topics": fresh.highs, "new": fresh.events}
                    yield TriggerEvent(payload)  # type: ignore[no-untyped-call]
                elif moved and rest.events > 0:
                    payload = {"topics": fresh.highs, "new": 0, "left": rest.events}
                    yield TriggerEvent(payload)  # type: ignore[no-untyped-call]
                # Only now: if the triggerer dies earlier, the burst is announced twice rather than never.
                if fresh.highs != announced:
                    announced = fresh.highs
                    await self._store_announced(announced)
                await asyncio.sleep(self.poll_interval)

    async def _check(self, kafka: _Connection, announced: Checkpoint) -> Backlog:
        """Retry until there is an answer: no task would report an error, and Airflow would restart the trigger."""
        delay = _FIRST_DELAY
        while True:
            try:
                return await kafka.backlog(self.topics, announced)
            except OpenLineageProviderError as error:
                log = self.log.warning if error.retriable else self.log.error
                log("Retrying in %g s: %s", delay, error)
            await asyncio.sleep(delay)
            delay = min(delay * 2, _MAX_RETRY_DELAY)

    async def _wait_until_settled(self, kafka: _Connection, announced: Checkpoint, fresh: Backlog) -> Backlog:
        for _ in range(_MAX_SETTLE_CHECKS):
            await asyncio.sleep(self.settle)
            latest = await self._check(kafka, announced)
            if latest.highs == fresh.highs:
                break
            fresh = latest
        return fresh

    async def _load_announced(self) -> dict[str, dict[str, int]]:
        store = getattr(self, "asset_state_store", None)
        if store is None:
            return {}
        try:
            stored = await store.aget(_ANNOUNCED_KEY)
        except Exception as error:  # noqa: BLE001 - without stored offsets a burst is only announced twice
            self.log.warning("The announced offsets cannot be loaded: %s", error)
            return {}
        return stored if isinstance(stored, dict) else {}

    async def _store_announced(self, announced: dict[str, dict[str, int]]) -> None:
        store = getattr(self, "asset_state_store", None)
        if store is None:
            return
        try:
            await store.aset(_ANNOUNCED_KEY, announced)
        except Exception as error:  # noqa: BLE001 - as above
            self.log.warning("The announced offsets cannot be stored: %s", error)


class _Connection:
    """An open query with its own thread; after an error, the next request opens a new one."""

    def __init__(self, kafka_config_id: str) -> None:
        self._kafka_config_id = kafka_config_id
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="openlineage-trigger")
        self._query: BacklogQuery | None = None

    async def backlog(
        self,
        topics: Sequence[str],
        checkpoint: Checkpoint,
        exclude: Sequence[str] = (),
        start: StartPosition = OWN_GROUP,
    ) -> Backlog:
        try:
            query = self._query or await self._open()
            return await self._run(lambda: query.backlog(topics, checkpoint, exclude, start))
        except OpenLineageProviderError:
            await self._run(self._close)
            raise

    async def _open(self) -> BacklogQuery:
        from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook

        hook = OpenLineageKafkaHook(self._kafka_config_id)
        await hook.load_connection()

        def connect() -> BacklogQuery:
            # Assigned in the thread, so that a trigger that is cancelled meanwhile still closes it.
            self._query = hook.query()
            return self._query

        return await self._run(connect)

    def _close(self) -> None:
        query, self._query = self._query, None
        if query is not None:
            query.close()

    async def _run(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            # Also when the trigger is cancelled; closing waits for a call in progress.
            await asyncio.shield(self._run(self._close))
        finally:
            self._thread.shutdown(wait=False)
