"""Triggers that wait for OpenLineage events: a level trigger for the sensor, an edge trigger for asset watchers.

Both read watermarks only: no group is joined, no message is read and nothing is committed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from enum import Enum
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from openmetadata_ol_provider.exceptions import OpenLineageProviderError
from openmetadata_ol_provider.ingestion.parameters import check_limit, check_topics
from openmetadata_ol_provider.kafka.default_group import default_group
from openmetadata_ol_provider.kafka.offsets import Backlog, json_checkpoint
from openmetadata_ol_provider.kafka.start_position import OWN_GROUP, START_KINDS, parse_start
from openmetadata_ol_provider.openlineage.positions import Checkpoint
from openmetadata_ol_provider.triggers._connection import TriggerConnection
from openmetadata_ol_provider.version_compat import BaseEventTrigger, count_queued_runs

_FIRST_DELAY = 1.0
_MAX_RETRY_DELAY = 60.0
_MAX_SETTLE_CHECKS = 10
# Seconds between two checks at the queue of the DAG.
_QUEUE_INTERVAL = 5.0
_ANNOUNCED_KEY = "openlineage.announced_offsets"


class TriggerStatus(str, Enum):
    """``status`` in the payload of :class:`OpenLineageTrigger`'s event."""

    BACKLOG = "backlog"
    TIMEOUT = "timeout"
    ERROR = "error"
    QUEUED_RUN = "queued_run"


class OpenLineageTrigger(BaseTrigger):
    """Fires once when there is a backlog (level): immediately if there already is one.

    The payload is ``{"status": "backlog", "backlog": {...}}``, or ``{"status": ..., "message": ...}`` with the status
    ``timeout``, ``error`` or ``queued_run``.
    If the broker does not answer, the trigger retries until the deadline; an error that a retry cannot fix is reported
    immediately.

    :param topics: names, or regular expressions when they start with ``^``
    :param kafka_config_id: Airflow connection of type ``kafka``
    :param checkpoint: topic -> partition -> next offset, at the time when the sensor deferred
    :param min_events: number of events to wait for
    :param poll_interval: longest time between two checks, in seconds; the first intervals are shorter, from 1 s up
    :param deadline: time at which to give up, in seconds since the epoch, so that a restart of the triggerer does
        not extend it; default: never
    :param exclude: topics that a regular expression must not match
    :param start_from: start of partitions that the checkpoint does not name, as for ConsumeOpenLineageOperator
    :param default_group: consumer group if the connection sets no ``group.id``, see ``OpenLineageKafkaHook``
    :param queued_runs_of: id of the DAG whose queued runs end the wait; default: none do
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
        default_group: str | None = None,
        queued_runs_of: str | None = None,
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
        self.default_group = default_group
        self.queued_runs_of = queued_runs_of

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
                "default_group": self.default_group,
                "queued_runs_of": self.queued_runs_of,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, then yield the single event."""
        # Close the consumer before the event: Airflow may never resume the generator after a yield.
        async with TriggerConnection(self.kafka_config_id, self.default_group) as kafka:
            payload = await self._wait(kafka)
        yield TriggerEvent(payload)  # type: ignore[no-untyped-call]

    async def _wait(self, kafka: TriggerConnection) -> dict[str, Any]:
        delay = min(_FIRST_DELAY, self.poll_interval)
        last_error = ""
        seen: dict[str, Any] = {}
        while True:
            try:
                start = parse_start(self.start_from, "start_from", START_KINDS) or OWN_GROUP
                backlog = await kafka.backlog(self.topics, self.checkpoint, self.exclude, start)
                if backlog.ready(self.min_events):
                    return {"status": TriggerStatus.BACKLOG.value, "backlog": backlog.to_dict()}
                last_error, seen = "", {"backlog": backlog.to_dict()}
            except OpenLineageProviderError as error:
                if not error.retriable:
                    return {"status": TriggerStatus.ERROR.value, "message": str(error)}
                self.log.warning("Retrying in %g s: %s", delay, error)
                last_error, seen = f"; last error: {error}", {}
            remaining = delay if self.deadline is None else self.deadline - time.time()
            if remaining <= 0:
                number = "no events" if self.min_events == 1 else f"fewer than {self.min_events} events"
                message = f"{number} arrived on {', '.join(self.topics)} in time{last_error}"
                return {"status": TriggerStatus.TIMEOUT.value, "message": message, **seen}
            if await self._pause(min(delay, remaining)):
                message = f"another run of {self.queued_runs_of} is queued, and waits for the end of this one"
                return {"status": TriggerStatus.QUEUED_RUN.value, "message": message, **seen}
            delay = min(delay * 2, self.poll_interval)

    async def _pause(self, seconds: float) -> bool:
        """Sleep, and return ``True`` early if a run of the DAG is queued."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if await self._is_run_queued():
                return True
            await asyncio.sleep(left if self.queued_runs_of is None else min(left, _QUEUE_INTERVAL))
        return False

    async def _is_run_queued(self) -> bool:
        if self.queued_runs_of is None:
            return False
        from asgiref.sync import sync_to_async

        try:
            return await sync_to_async(count_queued_runs)(self.queued_runs_of) > 0
        except Exception as error:  # noqa: BLE001 - Airflow's; not knowing it only lets the other run wait
            self.log.warning("Queued runs cannot be counted, so they wait for the end of this wait: %s", error)
            self.queued_runs_of = None
            return False


class OpenLineageActivityTrigger(BaseEventTrigger):
    """Fires once for each burst of new events (edge) and never ends: for an ``AssetWatcher``.

    It fires again when announced events were processed (the group's offsets moved) and some of them remain, e.g. after
    a batch that did not cover the whole backlog. The payload is ``{"topics": {topic: {partition: end offset}}, "new":
    number}``, with ``"left": number`` when it announces the rest. Announced offsets are remembered in the asset's state
    store if Airflow has one (3.3), else only while this trigger runs: then a restart of the triggerer announces again
    the events that the group has not committed yet.

    :param topics: names, or regular expressions when they start with ``^``
    :param kafka_config_id: Airflow connection of type ``kafka``
    :param dag_id: DAG that reads the events, whose default group shows what it has processed; it has to be given if the
        connection sets no ``group.id``
    :param poll_interval: time between two checks, in seconds
    :param settle: seconds without new events that end a burst (after ten times as long it is announced in any case)
    """

    def __init__(
        self,
        topics: Sequence[str],
        *,
        kafka_config_id: str = "kafka_default",
        dag_id: str | None = None,
        poll_interval: float = 5.0,
        settle: float = 2.0,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        check_topics(topics)
        check_limit("poll_interval", poll_interval)
        self.topics = [topics] if isinstance(topics, str) else list(topics)
        self.kafka_config_id = kafka_config_id
        self.dag_id = dag_id
        self.poll_interval = poll_interval
        self.settle = settle

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the arguments."""
        return (
            "openmetadata_ol_provider.triggers.openlineage.OpenLineageActivityTrigger",
            {
                "topics": self.topics,
                "kafka_config_id": self.kafka_config_id,
                "dag_id": self.dag_id,
                "poll_interval": self.poll_interval,
                "settle": self.settle,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield one event for each burst, forever."""
        announced = await self._load_announced()
        last_starts: dict[str, dict[str, int]] | None = None
        group = None if self.dag_id is None else default_group(self.dag_id, self.topics)
        async with TriggerConnection(self.kafka_config_id, group) as kafka:
            await self._check(kafka, announced)
            if group is None and not kafka.names_group:
                self.log.warning(
                    "connection %r sets no group.id: give the trigger the dag_id of the DAG that reads the events, so "
                    "that it knows what was processed, and announces events that a batch did not cover",
                    self.kafka_config_id,
                )
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

    async def _check(self, kafka: TriggerConnection, announced: Checkpoint) -> Backlog:
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

    async def _wait_until_settled(self, kafka: TriggerConnection, announced: Checkpoint, fresh: Backlog) -> Backlog:
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
