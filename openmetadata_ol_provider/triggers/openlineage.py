"""Waiting for OpenLineage events in the triggerer: a level trigger for the sensor, an edge trigger for asset watchers.

Both only look at watermarks: no group is joined, nothing is read and nothing committed. The Kafka client blocks, so
each trigger has a thread of its own: one shared by all triggers of the process would make them wait for each other.
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
from openmetadata_ol_provider.kafka.offsets import Backlog, Checkpoint, json_checkpoint
from openmetadata_ol_provider.kafka.start_position import OWN_GROUP, STARTS, StartPoint, parse_start
from openmetadata_ol_provider.version_compat import BaseEventTrigger

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from openmetadata_ol_provider.kafka.backlog import BacklogQuery

T = TypeVar("T")

_FIRST_DELAY = 1.0
_LONGEST_RETRY = 60.0
_SETTLE_LIMIT = 10
_ANNOUNCED_KEY = "openlineage.announced_offsets"


class TriggerStatus(str, Enum):
    """``status`` in the payload of :class:`OpenLineageTrigger`'s event."""

    BACKLOG = "backlog"
    TIMEOUT = "timeout"
    ERROR = "error"


class OpenLineageTrigger(BaseTrigger):
    """Fires once when there is a backlog (level): at once if there is one already.

    The payload is ``{"status": "backlog", "backlog": {...}}``, or ``{"status": "timeout"|"error", "message": ...}``.
    A broker that does not answer is asked again until the deadline; what a retry cannot mend is an error at once.

    :param topics: names, or regular expressions when they start with ``^``
    :param kafka_config_id: Airflow connection of type ``kafka``
    :param checkpoint: topic -> partition -> next offset, as it stood when the sensor deferred
    :param min_events: fire when so many events wait
    :param poll_interval: longest time between two looks, in seconds; the first ones follow faster, from 1 s up
    :param deadline: when to give up, in seconds since the epoch, so that a restart of the triggerer does not extend it;
        ``None``: never
    :param exclude: topics that a regular expression shall not match
    :param start_from: where partitions start that the checkpoint does not name, as for ConsumeOpenLineageOperator
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
        """Return class path and arguments: all there is to know, so that any triggerer can go on."""
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
        """Wait, then yield the one event."""
        # The consumer is closed before the event is out: nobody may come back for what follows a yield.
        async with _Watch(self.kafka_config_id) as watch:
            payload = await self._wait(watch)
        yield TriggerEvent(payload)  # type: ignore[no-untyped-call]

    async def _wait(self, watch: _Watch) -> dict[str, Any]:
        delay = min(_FIRST_DELAY, self.poll_interval)
        trouble = ""
        while True:
            try:
                start = parse_start(self.start_from, "start_from", STARTS) or OWN_GROUP
                backlog = await watch.backlog(self.topics, self.checkpoint, self.exclude, start)
                if backlog.ready(self.min_events):
                    return {"status": TriggerStatus.BACKLOG.value, "backlog": backlog.to_dict()}
                trouble = ""
            except OpenLineageProviderError as error:
                if not error.retriable:
                    return {"status": TriggerStatus.ERROR.value, "message": str(error)}
                self.log.warning("Asking again in %g s: %s", delay, error)
                trouble = f"; last error: {error}"
            left = delay if self.deadline is None else self.deadline - time.time()
            if left <= 0:
                message = f"fewer than {self.min_events} events arrived on {', '.join(self.topics)} in time{trouble}"
                return {"status": TriggerStatus.TIMEOUT.value, "message": message}
            await asyncio.sleep(min(delay, left))
            delay = min(delay * 2, self.poll_interval)


class OpenLineageActivityTrigger(BaseEventTrigger):
    """Fires once for each burst of new events (edge), for ever: for an ``AssetWatcher``.

    It fires again when what it announced was worked on (the group's offsets moved) and some of it is left, as after a
    batch that could not take the whole backlog. The payload is ``{"topics": {topic: {partition: end offset}}, "new":
    number}``, with ``"left": number`` when it is about the rest. What was announced is remembered:
    in the asset's state store where Airflow has one (3.3), else only as long as this trigger runs, so that a restart
    of the triggerer announces once more what the group has not committed yet.

    :param topics: names, or regular expressions when they start with ``^``
    :param kafka_config_id: Airflow connection of type ``kafka``
    :param poll_interval: time between two looks, in seconds
    :param settle: a burst is over when nothing new came for so many seconds (it is announced after ten times that in
        any case)
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
        """Return class path and arguments."""
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
        """Yield an event a burst, never return."""
        announced = await self._recall()
        seen: dict[str, dict[str, int]] | None = None
        async with _Watch(self.kafka_config_id) as watch:
            while True:
                fresh = await self._look(watch, announced)
                # Without a checkpoint of ours, the backlog begins where the group stands.
                rest = await self._look(watch, {})
                moved, seen = seen is not None and rest.starts != seen, rest.starts
                if fresh.events > 0:
                    fresh = await self._settled(watch, announced, fresh)
                    payload: dict[str, Any] = {"topics": fresh.highs, "new": fresh.events}
                    yield TriggerEvent(payload)  # type: ignore[no-untyped-call]
                elif moved and rest.events > 0:
                    payload = {"topics": fresh.highs, "new": 0, "left": rest.events}
                    yield TriggerEvent(payload)  # type: ignore[no-untyped-call]
                # Only now: if the triggerer dies before, the burst is announced again rather than never.
                if fresh.highs != announced:
                    announced = fresh.highs
                    await self._remember(announced)
                await asyncio.sleep(self.poll_interval)

    async def _look(self, watch: _Watch, announced: Checkpoint) -> Backlog:
        """Ask until there is an answer: nobody would hear of an error, and raising would only start this anew."""
        delay = _FIRST_DELAY
        while True:
            try:
                return await watch.backlog(self.topics, announced)
            except OpenLineageProviderError as error:
                level = self.log.warning if error.retriable else self.log.error
                level("Asking again in %g s: %s", delay, error)
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST_RETRY)

    async def _settled(self, watch: _Watch, announced: Checkpoint, fresh: Backlog) -> Backlog:
        for _ in range(_SETTLE_LIMIT):
            await asyncio.sleep(self.settle)
            latest = await self._look(watch, announced)
            if latest.highs == fresh.highs:
                break
            fresh = latest
        return fresh

    async def _recall(self) -> dict[str, dict[str, int]]:
        store = getattr(self, "asset_state_store", None)
        if store is None:
            return {}
        try:
            stored = await store.aget(_ANNOUNCED_KEY)
        except Exception as error:  # noqa: BLE001 - memory is a comfort: without it a burst is announced twice
            self.log.warning("What was announced cannot be recalled: %s", error)
            return {}
        return stored if isinstance(stored, dict) else {}

    async def _remember(self, announced: dict[str, dict[str, int]]) -> None:
        store = getattr(self, "asset_state_store", None)
        if store is None:
            return
        try:
            await store.aset(_ANNOUNCED_KEY, announced)
        except Exception as error:  # noqa: BLE001 - as above
            self.log.warning("What was announced cannot be remembered: %s", error)


class _Watch:
    """An open query and the thread it lives in; after an error the next question makes a new one."""

    def __init__(self, kafka_config_id: str) -> None:
        self._kafka_config_id = kafka_config_id
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="openlineage-trigger")
        self._query: BacklogQuery | None = None

    async def backlog(
        self,
        topics: Sequence[str],
        checkpoint: Checkpoint,
        exclude: Sequence[str] = (),
        start: StartPoint = OWN_GROUP,
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
            # Kept from within the thread: a trigger that is cancelled meanwhile still closes it.
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
            # Also when the trigger is cancelled; it queues up behind a call that is under way.
            await asyncio.shield(self._run(self._close))
        finally:
            self._thread.shutdown(wait=False)
