"""A backlog of days: runs of many pipelines, real ones among them, and messages that are no events."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
import uuid
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from tests.operators.steps_support import captured

PARTITIONS = 8
PIPELINES = 48
TASKS = 5
#: Copies of the captured events, each of another customer of the same tables.
COPIES = 6
#: One message in so many is no event.
BAD_EVERY = 2_000
_CAPTURES = ("spark-1.53.0", "airflow-scheduler", "dbt-postgres")
_UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NAMESPACE = re.compile(rb'"(prod\.(?:airflow|analytics|dbt))"')
_FIRST = dt.datetime(2026, 10, 1, tzinfo=dt.timezone.utc)
_EVERY = dt.timedelta(minutes=10)
_TABLES = (
    "shop.public.customers", "shop.public.orders", "shop.analytics_stg.stg_customers", "dwh.staging.orders",
    "dwh.staging.customers", "dwh.mart.order_facts", "dwh.mart.customer_revenue",
)  # fmt: skip


class Message(NamedTuple):
    """One message, with the key that OpenLineage's clients give it: the root job's."""

    key: bytes
    value: bytes


def backlog(count: int) -> Iterator[Message]:
    """Yield so many messages; the runs that begin last do not end."""
    return itertools.islice(_with_bad_ones(itertools.chain(_captured(), _generated())), count)


def without_copy(text: str) -> str:
    """Return a text in which all copies of the captured events have the same names."""
    return re.sub(r"\b(prod\.(?:airflow|analytics|dbt))-\d+", r"\1", text)


def _with_bad_ones(messages: Iterator[Message]) -> Iterator[Message]:
    for number, message in enumerate(messages, 1):
        yield message
        if number % (BAD_EVERY - 1) == 0:
            yield Message(b"nobody", b"this is no event %d" % number)


def _captured() -> Iterator[Message]:
    for copy in range(COPIES):
        for name in _CAPTURES:
            for line in captured(name):
                text = _UUID.sub(partial(_other_id, copy), line)
                text = _NAMESPACE.sub(rb'"\1-%d"' % copy, text)
                yield Message(_key(json.loads(text)), text)


def _other_id(copy: int, found: re.Match[bytes]) -> bytes:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{copy}/{found[0].decode()}")).encode()


def _key(event: dict[str, Any]) -> bytes:
    parent = event["run"]["facets"].get("parent") or {}
    job = (parent.get("root") or parent or event)["job"]
    return f"run:{job['namespace']}/{job['name']}".encode()


def _generated() -> Iterator[Message]:
    """Yield DAG runs without end; each round ends the runs of the one before, so that some are always open."""
    open_runs: list[_DagRun] = []
    for number in itertools.count():
        begun = [_DagRun(pipeline, number) for pipeline in range(PIPELINES)]
        for run in begun:
            yield from run.beginning()
        for run in open_runs:
            yield from run.ending()
        open_runs = begun


class _DagRun(NamedTuple):
    pipeline: int
    number: int

    def beginning(self) -> Iterator[Message]:
        yield self._event("START", 0)
        for task in range(TASKS):
            yield self._event("START", 1 + task, task)

    def ending(self) -> Iterator[Message]:
        # One run in twenty fails, with its last task.
        failed = (self.pipeline + self.number) % 20 == 0
        for task in range(TASKS):
            yield self._event("FAIL" if failed and task == TASKS - 1 else "COMPLETE", 20 + task, task)
        yield self._event("FAIL" if failed else "COMPLETE", 30)

    def _event(self, state: str, second: int, task: int | None = None) -> Message:
        at = _FIRST + self.number * _EVERY + dt.timedelta(seconds=second, milliseconds=self.pipeline)
        namespace, dag = f"team-{self.pipeline % 6}", f"dag_{self.pipeline:02d}"
        event: dict[str, Any] = {
            "eventTime": at.isoformat().replace("+00:00", "Z"),
            "eventType": state,
            "producer": "https://example.com/live",
            "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
            "run": {"runId": self._run_id(task), "facets": {}},
            "job": {"namespace": namespace, "name": dag if task is None else f"{dag}.task_{task}", "facets": {}},
        }
        if task is not None:
            root = {"run": {"runId": self._run_id(None)}, "job": {"namespace": namespace, "name": dag}}
            event["run"]["facets"]["parent"] = {**root, "root": root}
            source = _TABLES[(self.pipeline + task) % len(_TABLES)]
            target = _TABLES[(self.pipeline + task + 1 + self.pipeline % 3) % len(_TABLES)]
            # What is read shows when a task begins, what is written when it ends.
            side, table = ("inputs", source) if state == "START" else ("outputs", target)
            event[side] = [{"namespace": "postgres://localhost:5433", "name": table, "facets": {}}]
        return Message(f"run:{namespace}/{dag}".encode(), json.dumps(event).encode())

    def _run_id(self, task: int | None) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.pipeline}/{self.number}/{task}"))
