"""Celery's broker and Airflow's workers: Redis from the packages of the system, listening on the loopback only."""

from __future__ import annotations

import shutil
import socket
import time
from contextlib import suppress
from pathlib import Path

from tests.live.deployment import Executor
from tests.live.processes import Process
from tests.ports import free_ports

_START_TIMEOUT = 30.0
#: Seconds after which Redis gives a message again that no worker has confirmed.
REDELIVERY = 60


class Redis:
    """One server without any file.

    :param folder: an empty folder
    """

    def __init__(self, folder: Path) -> None:
        (self._port,) = free_ports(1)
        options = {
            "bind": "127.0.0.1",
            "port": str(self._port),
            "dir": str(folder),
            "save": "",
            "appendonly": "no",
            "daemonize": "no",
        }
        command = [part for key, value in options.items() for part in (f"--{key}", value)]
        self._server = Process(["redis-server", *command], folder / "redis.log")

    @property
    def url(self) -> str:
        """Address of the first database, as Celery takes it."""
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._server.start()
        deadline = time.monotonic() + _START_TIMEOUT
        while not self._answers():
            if not self._server.running or time.monotonic() > deadline:
                raise RuntimeError(f"Redis did not start:\n{self._server.tail()}")
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop the server."""
        self._server.stop()

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
        return False


def redis_is_installed() -> bool:
    """Return whether the machine has a Redis server."""
    return shutil.which("redis-server") is not None


def celery_executor(redis: Redis, database: str, folder: Path, workers: int, tasks: int) -> Executor:
    """Return CeleryExecutor with some workers.

    :param redis: broker of Celery
    :param database: SQLAlchemy's address of the metadata database, which has the results of Celery, too
    :param folder: folder for files of the workers
    :param workers: number of workers
    :param tasks: number of tasks that each of them runs at the same time
    """
    names = [f"worker-{number}" for number in range(1, workers + 1)]
    return Executor(
        {
            "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
            "AIRFLOW__CELERY__BROKER_URL": redis.url,
            "AIRFLOW__CELERY__RESULT_BACKEND": f"db+{database}",
            "AIRFLOW__CELERY__WORKER_CONCURRENCY": str(tasks),
            "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": str(REDELIVERY),
            # A task that a killed worker had taken, and not begun, waits for nothing else.
            "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": str(REDELIVERY),
        },
        {
            # They are on one machine: each needs a name and a file of its own, and none serves logs.
            name: ("celery", "worker", "-H", f"{name}@live", "--pid", str(folder / f"{name}.pid"), "--skip-serve-logs")
            for name in names
        },
    )
