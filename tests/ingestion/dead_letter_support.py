"""Dead letters for the tests of replaying: writing some, replaying them, reading what came back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from openmetadata_ol_provider.kafka.messages import DeadLetter, RawMessage
from openmetadata_ol_provider.operators.replay import ReplayDeadLettersOperator

BOUNDS: dict[str, Any] = {"max_messages": 1000, "max_bytes": 50_000_000, "max_duration": 20}


DEAD = "single.dead-letter"


TIME = 1_700_000_000_123


HEADERS = (("trace", b"1"), ("trace", b"2"), ("nothing", None))


def message(value: bytes | None = b"{", **more: Any) -> RawMessage:
    return RawMessage("single", 0, 41, TIME, b"run:1", value, HEADERS)._replace(**more)


@pytest.fixture
def bury(hook: Any, broker: Any) -> Callable[..., None]:
    """Return ``bury(*messages)``: puts messages on the dead-letter topic, as the consume task does."""
    broker.create_topic(DEAD, 1)

    def send(*messages: RawMessage) -> None:
        hook.dead_letter([DeadLetter(item, "not JSON: line 1") for item in messages], DEAD)

    return send


def lying_on(hook: Any, topic: str) -> list[RawMessage]:
    found: list[RawMessage] = hook.read(hook.backlog([topic], {}), **BOUNDS).messages
    return found


def replay(**more: Any) -> Any:
    task = ReplayDeadLettersOperator(task_id="replay", **{"topics": ["single"], **more})
    return json.loads(json.dumps(task.execute(context={})))


def numbers(report: dict[str, Any]) -> tuple[int, int, int, int]:
    return report["read"], report["replayed"], report["exhausted"], report["foreign"]
