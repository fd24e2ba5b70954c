"""Airflow as it is deployed: scheduler, DAG processor, triggerer, API server and what its executor needs."""

from __future__ import annotations

import itertools
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.fernet import Fernet

from tests.live.processes import Process
from tests.ports import free_ports

COMPONENTS = ("api-server", "dag-processor", "scheduler", "triggerer")
_START_TIMEOUT = 180.0
_POLL = 1.0
#: What one page of the API has at most.
_PAGE = 100


class Executor(NamedTuple):
    """How tasks are run.

    :param environment: options of Airflow
    :param workers: name of a component -> arguments of the command ``airflow`` that runs it
    """

    environment: Mapping[str, str]
    workers: Mapping[str, Sequence[str]]


LOCAL = Executor({"AIRFLOW__CORE__EXECUTOR": "LocalExecutor"}, {})


class Airflow:
    """One deployment.

    :param folder: an empty folder: its home
    :param database: SQLAlchemy's address of the metadata database
    :param dag: text of the one DAG file
    :param environment: connections and options
    :param tasks: number of tasks at the same time
    :param executor: how tasks are run
    """

    def __init__(
        self,
        folder: Path,
        database: str,
        dag: str,
        environment: Mapping[str, str],
        *,
        tasks: int = 4,
        executor: Executor = LOCAL,
    ) -> None:
        import requests

        port, worker_logs, trigger_logs = free_ports(3)
        self._url = f"http://127.0.0.1:{port}"
        self._session = requests.Session()
        dags = folder / "dags"
        dags.mkdir()
        (dags / "live.py").write_text(dag, encoding="utf-8")
        self._environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")},
            "AIRFLOW_HOME": str(folder),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
            "AIRFLOW__CORE__PARALLELISM": str(tasks),
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__CORE__FERNET_KEY": Fernet.generate_key().decode(),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self._url}/execution/",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__BASE_URL": self._url,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API__SECRET_KEY": secrets.token_hex(64),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(64),
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
            "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(worker_logs),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(trigger_logs),
            # What is killed here is to be noticed soon; a scheduler on a busy machine must not take itself for dead.
            "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "30",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
            "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "2",
            "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "6",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            **executor.environment,
            **environment,
        }
        commands = {**{name: [name] for name in COMPONENTS}, **executor.workers}
        self.parts = {
            name: Process([sys.executable, "-m", "airflow", *command], folder / f"{name}.log", self._environment)
            for name, command in commands.items()
        }

    # -- running ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Create the tables, start every component and wait until all are well."""
        done = subprocess.run(
            [sys.executable, "-m", "airflow", "db", "migrate"],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        for part in self.parts.values():
            part.start()
        self.wait(self.is_well, "all components are well", _START_TIMEOUT)
        token = self._session.get(f"{self._url}/auth/token", timeout=30).json()["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"

    def stop(self) -> None:
        """Stop every component."""
        for part in reversed(self.parts.values()):
            part.stop()

    def wait(self, condition: Callable[[], Any], what: str, seconds: float) -> Any:
        """Wait for something, and return it.

        :raises AssertionError: with the ends of all logs, if it does not come about
        """
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            if time.monotonic() > deadline:
                logs = "\n".join(f"--- {name}\n{part.tail()}" for name, part in self.parts.items())
                raise AssertionError(f"not within {seconds:g} s: {what}\n{logs}")
            time.sleep(_POLL)
        return found

    # -- asking ----------------------------------------------------------------------------------------------------

    def trigger(self, dag_id: str) -> str:
        """Begin a run and return its id."""
        answer = self.wait(
            lambda: self._ask("POST", f"dags/{dag_id}/dagRuns", json={"logical_date": None}), "a run begins", 120
        )
        return str(answer["dag_run_id"])

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return the state of a run."""
        return str((self._ask("GET", f"dags/{dag_id}/dagRuns/{run_id}") or {}).get("state"))

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Return the task instances of a run."""
        found = self._ask("GET", f"dags/{dag_id}/dagRuns/{run_id}/taskInstances") or {}
        return list(found.get("task_instances") or ())

    def states(self, dag_id: str, run_id: str, task_id: str) -> list[str]:
        """Return the states of a task's instances."""
        return [str(task["state"]) for task in self.tasks(dag_id, run_id) if task["task_id"] == task_id]

    def result(self, dag_id: str, run_id: str, task_id: str, map_index: int) -> Any:
        """Return what a task instance has handed on."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value"
        found = self._ask("GET", path, params={"map_index": map_index, "deserialize": "true"})
        return found["value"] if found else None

    def variables(self) -> dict[str, str]:
        """Return all Variables."""
        found: dict[str, str] = {}
        for offset in itertools.count(step=_PAGE):
            page = self._ask("GET", "variables", params={"limit": _PAGE, "offset": offset, "order_by": "id"}) or {}
            items = page.get("variables") or ()
            found |= {item["key"]: item["value"] for item in items}
            if len(items) < _PAGE:
                break
        return found

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        from requests import ConnectionError as Unreachable

        try:
            answer = self._session.request(method, f"{self._url}/api/v2/{path}", timeout=60, **more)
        except Unreachable:
            return None
        return answer.json() if answer.ok else None

    def is_well(self) -> bool:
        """Return whether all components are well; one that has ended is an error."""
        dead = [name for name, part in self.parts.items() if not part.running]
        assert not dead, "\n".join(f"{name} has ended:\n{self.parts[name].tail()}" for name in dead)
        from requests import ConnectionError as Unreachable

        try:
            health = self._session.get(f"{self._url}/api/v2/monitor/health", timeout=10)
        except Unreachable:
            return False
        return health.ok and all(part.get("status") == "healthy" for part in health.json().values())
