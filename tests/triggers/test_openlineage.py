"""Triggers as a triggerer runs them: on an event loop, many at a time, restarted from what they serialise."""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import threading
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from openmetadata_ol_provider.kafka.backlog import BacklogQuery
from openmetadata_ol_provider.triggers.openlineage import (
    OpenLineageActivityTrigger,
    OpenLineageTrigger,
    TriggerStatus,
)
from tests.waiting import PATIENCE, until_async

LEVEL: dict[str, Any] = {
    "topics": ["single"],
    "kafka_config_id": "kafka_default",
    "checkpoint": {"single": {"0": 3}},
    "min_events": 2,
    "poll_interval": 0.1,
    "deadline": 1_700_000_000.5,
    "exclude": ["letters"],
    "start_from": "earliest",
    "default_group": "openmetadata-openlineage.lineage.12345678",
    "queued_runs_of": "lineage",
}
EDGE: dict[str, Any] = {
    "topics": ["single"],
    "kafka_config_id": "kafka_default",
    "dag_id": "lineage",
    "poll_interval": 0.05,
    "settle": 0.3,
}


async def first(trigger: Any) -> dict[str, Any]:
    async for event in trigger.run():
        payload: dict[str, Any] = event.payload
        return payload
    raise AssertionError("the trigger ended without an event")


def revived(trigger: Any) -> Any:
    """Make the trigger anew from what it serialises, through JSON, as another triggerer would."""
    path, arguments = trigger.serialize()
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)(**json.loads(json.dumps(arguments)))


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [(OpenLineageTrigger, LEVEL), (OpenLineageActivityTrigger, EDGE)],
    ids=["level", "edge"],
)
def test_a_trigger_survives_serialisation(kind: Any, arguments: dict[str, Any]) -> None:
    trigger = kind(**arguments)
    assert trigger.serialize() == (f"{kind.__module__}.{kind.__name__}", arguments)
    again = revived(trigger)
    assert isinstance(again, kind)
    assert again.serialize() == trigger.serialize()


def test_a_checkpoint_with_numbers_serialises_as_json_will_have_it() -> None:
    assert OpenLineageTrigger(["t"], checkpoint={"t": {0: 5}}).serialize()[1]["checkpoint"] == {"t": {"0": 5}}


def test_a_trigger_of_an_older_version_is_taken() -> None:
    older = {name: value for name, value in LEVEL.items() if name != "start_from"}
    assert OpenLineageTrigger(**older).serialize()[1]["start_from"] == "group"


async def test_a_backlog_fires_at_once_with_what_there_is(hook: Any, produce: Any) -> None:
    produce("single", 0, b"a", b"b", b"c")
    payload = await first(
        OpenLineageTrigger(["single"], checkpoint={"single": {"0": 1}}, deadline=time.time() + PATIENCE)
    )
    assert payload["status"] == TriggerStatus.BACKLOG
    assert payload["backlog"] == hook.backlog(["single"], {"single": {0: 1}}).to_dict()
    assert json.loads(json.dumps(payload)) == payload


async def test_it_waits_for_enough_events(hook: Any, produce: Any) -> None:
    trigger = OpenLineageTrigger(["single"], min_events=3, poll_interval=0.05, deadline=time.time() + PATIENCE)
    produce("single", 0, b"a", b"b")
    waiting = asyncio.create_task(first(trigger))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    produce("single", 0, b"c")
    assert (await waiting)["backlog"]["events"] == 3


async def test_the_deadline_is_absolute_and_survives_a_restart(hook: Any) -> None:
    trigger = revived(OpenLineageTrigger(["single"], poll_interval=60, deadline=time.time() - 1))
    payload = await first(trigger)
    assert payload["status"] == TriggerStatus.TIMEOUT
    assert "no events arrived on single in time" in payload["message"]


async def test_at_the_deadline_it_looks_once_more(hook: Any, produce: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    clock = SimpleNamespace(time=lambda: now[0], monotonic=time.monotonic)
    monkeypatch.setattr("openmetadata_ol_provider.triggers.openlineage.time", clock)

    class Late(OpenLineageTrigger):
        """Something arrives while it waits for the deadline."""

        async def _pause(self, seconds: float) -> bool:
            now[0] += seconds
            produce("single", 0, b"late")
            return await super()._pause(0)

    assert (await first(Late(["single"], poll_interval=60, deadline=1_000.5)))["status"] == TriggerStatus.BACKLOG
    assert now == [1_000.5]


async def test_after_a_restart_it_goes_on_waiting(hook: Any, produce: Any) -> None:
    trigger = OpenLineageTrigger(["single"], poll_interval=0.05, deadline=time.time() + PATIENCE)
    killed = asyncio.create_task(first(trigger))
    await asyncio.sleep(0.2)
    killed.cancel()
    with pytest.raises(asyncio.CancelledError):
        await killed
    produce("single", 0, b"a")
    assert (await first(revived(trigger)))["status"] == TriggerStatus.BACKLOG


async def test_what_a_retry_cannot_mend_is_an_error_at_once(hook: Any, connect: Any, broker: Any) -> None:
    missing = await first(OpenLineageTrigger(["nowhere"]))
    assert missing["status"] == TriggerStatus.ERROR
    assert "topic 'nowhere' does not exist" in missing["message"]
    unknown = await first(OpenLineageTrigger(["single"], kafka_config_id="nobody"))
    assert "airflow connections add nobody" in unknown["message"]
    connect(broker.bootstrap, {"enable.auto.commit": True})
    refused = await first(OpenLineageTrigger(["single"]))
    assert "enable.auto.commit is True" in refused["message"]


async def test_a_silent_broker_is_asked_again_until_the_deadline(connect: Any, dead_port: str) -> None:
    connect(dead_port)
    payload = await first(OpenLineageTrigger(["single"], deadline=time.time() + 1))
    assert payload["status"] == TriggerStatus.TIMEOUT
    assert f"last error: Kafka connection 'kafka_default' (bootstrap.servers='{dead_port}')" in payload["message"]


async def test_a_passing_error_does_not_end_the_wait(hook: Any, broker: Any, produce: Any) -> None:
    from confluent_kafka import KafkaError as Code

    list_offsets = 2
    produce("single", 0, b"a")
    broker.push_errors(list_offsets, *[Code.INVALID_REQUEST] * 2)
    payload = await first(OpenLineageTrigger(["single"], poll_interval=0.05, deadline=time.time() + PATIENCE))
    assert payload["status"] == TriggerStatus.BACKLOG


async def test_many_wait_side_by_side_and_leave_no_thread(hook: Any, broker: Any, produce: Any) -> None:
    for number in range(20):
        broker.create_topic(f"lane{number}", 1)
    deadline = time.time() + PATIENCE
    idle = [OpenLineageTrigger([f"lane{number}"], poll_interval=0.2, deadline=deadline) for number in range(19)]
    waiting = [asyncio.create_task(first(trigger)) for trigger in idle]
    last = asyncio.create_task(first(OpenLineageTrigger(["lane19"], poll_interval=0.2, deadline=deadline)))
    await asyncio.sleep(0.5)
    produce("lane19", 0, b"a")
    assert (await last)["status"] == TriggerStatus.BACKLOG
    assert not any(task.done() for task in waiting)
    for number in range(19):
        produce(f"lane{number}", 0, b"b")
    assert [payload["status"] for payload in await asyncio.gather(*waiting)] == ["backlog"] * 19
    names = [thread for thread in threading.enumerate() if thread.name.startswith("openlineage-trigger")]
    for thread in names:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in names)


async def test_a_cancelled_trigger_closes_what_it_opened(hook: Any) -> None:
    gc.collect()  # queries of earlier tests
    waiting = asyncio.create_task(first(OpenLineageTrigger(["single"], poll_interval=0.05)))
    queries: list[BacklogQuery] = []

    def is_open() -> bool:
        queries[:] = [item for item in gc.get_objects() if type(item) is BacklogQuery]
        return bool(queries)

    await until_async(is_open, "the trigger opens a query")
    (query,) = queries
    names = [thread for thread in threading.enumerate() if thread.name.startswith("openlineage-trigger")]
    assert len(names) == 1
    assert query.count_topics() == 2
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    names[0].join(PATIENCE)
    assert not names[0].is_alive()
    with pytest.raises(RuntimeError, match="closed"):
        query.count_topics()


class Announcements:
    """Runs an activity trigger and collects its events."""

    def __init__(self, trigger: OpenLineageActivityTrigger) -> None:
        self.payloads: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._task = asyncio.create_task(self._collect(trigger.run()))

    async def _collect(self, events: AsyncIterator[Any]) -> None:
        async for event in events:
            await self.payloads.put(event.payload)

    async def next(self) -> dict[str, Any]:
        return await asyncio.wait_for(self.payloads.get(), PATIENCE)

    async def silent_for(self, seconds: float) -> bool:
        await asyncio.sleep(seconds)
        return self.payloads.empty()

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])


async def test_a_burst_is_announced_once(hook: Any, produce: Any) -> None:
    watcher = Announcements(OpenLineageActivityTrigger(**EDGE))
    assert await watcher.silent_for(0.3)
    for _ in range(5):
        produce("single", 0, b"a", b"b")
        await asyncio.sleep(0.05)
    assert await watcher.next() == {"topics": {"single": {"0": 10}}, "new": 10}
    assert await watcher.silent_for(0.6)
    produce("single", 0, b"c")
    assert await watcher.next() == {"topics": {"single": {"0": 11}}, "new": 1}
    await watcher.stop()


async def test_what_a_batch_left_over_is_announced_again(hook: Any, produce: Any) -> None:
    watcher = Announcements(OpenLineageActivityTrigger(**EDGE))
    produce("single", 0, *[b"a"] * 10)
    assert (await watcher.next())["new"] == 10
    assert await watcher.silent_for(0.3)  # nobody has done anything yet
    hook.commit({"single": {0: 4}})
    assert await watcher.next() == {"topics": {"single": {"0": 10}}, "new": 0, "left": 6}
    hook.commit({"single": {0: 10}})
    assert await watcher.silent_for(0.5)
    await watcher.stop()


async def test_a_burst_without_end_is_announced_all_the_same(hook: Any, produce: Any) -> None:
    watcher = Announcements(OpenLineageActivityTrigger(**{**EDGE, "settle": 0.1}))

    async def never_stop() -> None:
        while True:
            produce("single", 0, b"a")
            await asyncio.sleep(0.01)

    producing = asyncio.create_task(never_stop())
    assert (await watcher.next())["new"] > 0
    producing.cancel()
    await watcher.stop()


async def test_the_first_look_announces_only_what_the_group_has_not_committed(hook: Any, produce: Any) -> None:
    produce("single", 0, b"a", b"b", b"c")
    hook.commit({"single": {0: 2}})
    watcher = Announcements(OpenLineageActivityTrigger(**EDGE))
    assert (await watcher.next())["new"] == 1
    await watcher.stop()


class Store:
    """The asset state store of Airflow 3.3, as much of it as is used: it outlives the triggerer."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    async def aget(self, key: str, default: Any = None) -> Any:
        return json.loads(self.values[key]) if key in self.values else default

    async def aset(self, key: str, value: Any) -> None:
        self.values[key] = json.dumps(value)


class BrokenStore(Store):
    async def aget(self, key: str, default: Any = None) -> Any:
        raise RuntimeError(f"no store for {key}, {default}")

    async def aset(self, key: str, value: Any) -> None:
        raise RuntimeError(f"no store for {key}, {value}")


async def test_what_was_announced_is_remembered_over_a_restart(hook: Any, produce: Any) -> None:
    store = Store()
    produce("single", 0, b"a", b"b")
    for expected in (2, 1):
        trigger = OpenLineageActivityTrigger(**EDGE)
        trigger.asset_state_store = store  # type: ignore[assignment]
        watcher = Announcements(trigger)
        assert (await watcher.next())["new"] == expected
        assert await watcher.silent_for(0.3)
        await watcher.stop()
        produce("single", 0, b"c")


async def test_without_a_working_store_it_announces_nonetheless(hook: Any, produce: Any) -> None:
    trigger = OpenLineageActivityTrigger(**EDGE)
    trigger.asset_state_store = BrokenStore()  # type: ignore[assignment]
    produce("single", 0, b"a")
    watcher = Announcements(trigger)
    assert (await watcher.next())["new"] == 1
    assert await watcher.silent_for(0.3)
    await watcher.stop()


async def test_a_watcher_outlives_a_missing_topic(hook: Any, broker: Any, produce: Any) -> None:
    watcher = Announcements(OpenLineageActivityTrigger(**{**EDGE, "topics": ["later"]}))
    await asyncio.sleep(0.3)
    broker.create_topic("later", 1)
    produce("later", 0, b"a")
    assert await watcher.next() == {"topics": {"later": {"0": 1}}, "new": 1}
    await watcher.stop()
