"""A broker that is restarted, killed or hangs: waited for within bounds, and then all goes on where it stood."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import DeadLetterError, KafkaError
from openmetadata_ol_provider.kafka.messages import DeadLetter, RawMessage
from openmetadata_ol_provider.openlineage.positions import OffsetRange
from openmetadata_ol_provider.triggers.openlineage import OpenLineageTrigger, TriggerStatus
from tests.real_kafka.cluster import RealKafka

BOUNDS: dict[str, Any] = {"max_messages": 1000, "max_bytes": 50_000_000, "max_duration": 60}
LETTER = DeadLetter(RawMessage("events", 0, 7, 1_700_000_000_000, b"key", b"{"), "not JSON")


def wait_for(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Wait for the broker longer than in production, where the machine says how long it takes to start, or shorter."""
    monkeypatch.setattr("openmetadata_ol_provider.kafka.retry.REQUEST_TIMEOUT", seconds)
    monkeypatch.setattr("openmetadata_ol_provider.kafka.reader.STALL_TIMEOUT", seconds)


def while_it_restarts(kafka: RealKafka, call: Callable[[], Any]) -> Any:
    """Call while the broker is down, start it again, and return what the call gives."""
    kafka.stop()
    with ThreadPoolExecutor(1) as pool:
        called = pool.submit(call)
        time.sleep(0.5)
        kafka.start()
        return called.result()


def test_a_restart_while_reading_is_ridden_out(
    hook: Any, kafka: RealKafka, topic: Any, produce: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_for(monkeypatch, 60)
    name = topic()
    # More than the client has fetched ahead when the first batch is full.
    produce(name, *(b"%d " % number + b"x" * 100_000 for number in range(200)))
    with hook.reader(hook.backlog([name], {})) as reader:
        first = reader.read(**{**BOUNDS, "max_messages": 10})
        rest = while_it_restarts(kafka, lambda: reader.read(**BOUNDS))
    assert [message.offset for message in (*first.messages, *rest.messages)] == list(range(200))
    assert (rest.ranges[0].end, rest.more) == (200, False)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_what_a_broker_has_confirmed_is_there_after_its_end(
    how: str, hook: Any, kafka: RealKafka, topic: Any, produce: Any
) -> None:
    name, dead = topic(), topic(prefix="dead")
    produce(name, b"a", b"b")
    hook.dead_letter([LETTER], dead)
    hook.commit({name: {0: 1}})
    getattr(kafka, how)()
    kafka.start()
    result = hook.read(hook.backlog([name], {}), **BOUNDS)
    assert ([message.value for message in result.messages], result.ranges) == (
        [b"b"],
        (OffsetRange(name, 0, None, 1, 2),),
    )
    assert len(hook.read(hook.backlog([dead], {}), **BOUNDS).messages) == 1


def test_a_look_a_letter_and_a_commit_wait_for_a_restart(
    hook: Any, kafka: RealKafka, topic: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_for(monkeypatch, 60)
    name = topic()
    assert while_it_restarts(kafka, lambda: hook.backlog([name], {})).events == 0
    assert while_it_restarts(kafka, lambda: hook.dead_letter([LETTER], name)) == 1
    while_it_restarts(kafka, lambda: hook.commit({name: {0: 1}}))
    assert hook.backlog([name], {}).partitions[0].start == 1


def test_a_broker_that_hangs_is_an_error_in_time(
    hook: Any, kafka: RealKafka, topic: Any, produce: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = topic()
    produce(name, b"x")
    backlog = hook.backlog([name], {})
    wait_for(monkeypatch, 3)
    with kafka.stalled():
        for call, kind in (
            (lambda: hook.backlog([name], {}), KafkaError),
            (lambda: hook.read(backlog, **BOUNDS), KafkaError),
            (lambda: hook.dead_letter([LETTER], name), DeadLetterError),
            (lambda: hook.commit({name: {0: 1}}), KafkaError),
        ):
            started = time.monotonic()
            with pytest.raises(kind, match="check") as error:
                call()
            assert time.monotonic() - started < 30
            assert error.value.retriable
    assert [message.value for message in hook.read(backlog, **BOUNDS).messages] == [b"x"]


async def test_a_waiting_trigger_outlives_a_restart(hook: Any, kafka: RealKafka, topic: Any, produce: Any) -> None:
    name = topic()
    trigger = OpenLineageTrigger([name], poll_interval=0.2, deadline=time.time() + 60)

    async def first() -> dict[str, Any]:
        async for event in trigger.run():
            payload: dict[str, Any] = event.payload
            return payload
        raise AssertionError("the trigger ended without an event")

    waiting = asyncio.create_task(first())
    await asyncio.sleep(0.5)
    kafka.kill()
    kafka.start()
    assert not waiting.done()
    await asyncio.to_thread(produce, name, b"a", b"b")
    payload = await waiting
    assert payload["status"] == TriggerStatus.BACKLOG
    assert payload["backlog"]["events"] == 2
