"""Four lanes on two workers of Celery, with a real Kafka, PostgreSQL and Redis, while workers are lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.celery_workers import Redis, celery_executor, redis_is_installed
from tests.live.deployment import Executor
from tests.live.lanes_support import COUNT, DAG_ID, LANES, Live, assert_like_one_task, needs_machine, running, send

WORKERS = 2

pytestmark = needs_machine


@pytest.fixture
def live() -> Iterator[Live]:
    if not redis_is_installed():
        pytest.skip("NOT TESTED live: there is no Redis on this machine; install the package redis-server")
    started: list[Redis] = []

    def executor(folder: Path, database: str) -> Executor:
        (folder / "redis").mkdir()
        started.append(Redis(folder / "redis"))
        started[0].start()
        return celery_executor(started[0], database, folder / "redis", WORKERS, LANES // WORKERS)

    try:
        with running(executor) as everything:
            yield everything
    finally:
        for redis in started:
            redis.stop()


def test_lanes_end_like_one_task_though_workers_are_killed_in_the_middle(
    live: Live, monkeypatch: pytest.MonkeyPatch, airflow_db: None
) -> None:
    airflow, parts = live.airflow, live.airflow.parts
    begun = time.monotonic()

    # A machine with a worker is lost, with the two lanes that it works on: the other one has to take them over.
    run = _start(live, 0, COUNT // 2)
    lost = _at_work(live, run, "worker-1", done=COUNT // 50)
    parts["worker-1"].kill_all()
    live.say("worker-1 is killed with its tasks at %d messages: lanes %s", live.done(), sorted(lost))
    airflow.wait(lambda: _again(live, run) & lost, "the other worker tries a lost lane again", 300)
    parts["worker-1"].start()
    runs = live.work_until(COUNT // 2, run)

    # Of the other worker, only the first process is killed. Celery ends those that it has started, and its tasks notice
    # that they are on their own when they next need something of Airflow.
    run = _start(live, COUNT // 2, COUNT)
    left = _at_work(live, run, "worker-2", done=COUNT // 2 + COUNT // 50)
    parts["worker-2"].kill()
    live.say("the first process of worker-2 is killed at %d messages: lanes %s", live.done(), sorted(left))
    time.sleep(5)
    parts["worker-2"].start()
    runs += live.work_until(COUNT, run)

    live.report(COUNT, time.monotonic() - begun, runs, live.positions()[1])
    assert_like_one_task(live, monkeypatch)


def _start(live: Live, start: int, end: int) -> str:
    """Send messages and start a run of the DAG; return its id."""
    send(live.kafka, start, end)
    live.say("%d messages are waiting", end - start)
    return live.airflow.trigger(DAG_ID)


def _at_work(live: Live, run: str, worker: str, done: int) -> set[int]:
    """Wait until all workers have lanes and so many messages are done; return the lanes of one worker."""

    def lanes() -> set[int]:
        tasks = [task for task in _lanes(live, run) if task["state"] == "running" and task["pid"]]
        busy = {name for name in live.airflow.parts for task in tasks if live.airflow.parts[name].runs(task["pid"])}
        if len(busy) < WORKERS or live.done() < done:
            return set()
        return {task["map_index"] for task in tasks if live.airflow.parts[worker].runs(task["pid"])}

    found: set[int] = live.airflow.wait(lanes, "all workers have lanes", 300)
    return found


def _again(live: Live, run: str) -> set[int]:
    """Return the lanes that are tried again."""
    at_work = {"running", "success"}
    return {task["map_index"] for task in _lanes(live, run) if task["try_number"] > 1 and task["state"] in at_work}


def _lanes(live: Live, run: str) -> list[dict[str, Any]]:
    return [task for task in live.airflow.tasks(DAG_ID, run) if task["task_id"] == "ingest" and task["map_index"] >= 0]
