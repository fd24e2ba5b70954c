"""Starting tasks in workers, waiting for them at their stops, and seeing how they ended."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.faults.points import Stop

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

ROOT = Path(__file__).parents[2]
#: Seconds that a task may take, broker restarts on a busy machine included.
_LONGEST = 900.0
#: Seconds that it waits for a broker that comes back.
PATIENCE = 300.0


class Ended(NamedTuple):
    """How a task ended: with a result, with an error (its class and text), or killed: with neither."""

    result: Any = None
    error: tuple[str, str] | None = None

    @property
    def word(self) -> str:
        """Return ``done``, ``failed`` or ``killed``."""
        return "failed" if self.error else "killed" if self.result is None else "done"


class Task:
    """A task in a process of its own.

    :param connection: socket of that process, which has its instructions already
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lines = connection.makefile("r", encoding="utf-8")
        self._said: dict[str, Any] | None = None
        self.pid: int = self._read()["pid"]

    def stops(self) -> bool:
        """Wait until it waits at one of its stops, or ends; return whether it waits."""
        if self._said is None:
            self._said = self._read()
        return "at" in self._said

    def go_on(self) -> None:
        """Let it go on."""
        assert self.stops()
        self._said = None
        self._connection.sendall(b"\n")

    def end(self) -> Ended:
        """Wait for its end."""
        assert not self.stops(), "the task waits to be told to go on"
        said = self._said or {}
        if "killed" in said:
            assert not self._read()
        self._lines.close()
        self._connection.close()
        assert said, "the task died by itself"
        error = said.get("error")
        return Ended(said.get("result"), tuple(error) if error else None)

    def _read(self) -> dict[str, Any]:
        line = self._lines.readline()
        said: dict[str, Any] = json.loads(line) if line else {}
        return said


class Tasks:
    """The process that tasks are forked from; a context manager.

    :param folder: an empty folder, for its socket and log
    """

    def __init__(self, folder: Path) -> None:
        self._address = str(folder / "tasks")
        self.log = folder / "tasks.log"
        self._process: subprocess.Popen[str] | None = None

    def start(  # noqa: PLR0917 - what makes up an order
        self,
        task: str,
        inputs: Sequence[Any],
        parameters: dict[str, Any],
        environment: dict[str, str],
        stops: Sequence[Stop] = (),
        patience: float = PATIENCE,
    ) -> Task:
        """Start a task.

        :param task: ``consume``, ``translate``, ``publish`` or ``ingest``
        :param inputs: output of the task before
        :param parameters: parameters of the operator
        :param environment: its connections
        :param stops: points at which it is killed or waits
        :param patience: seconds that it waits for a broker once it has waited at a stop
        """
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(_LONGEST)
        connection.connect(self._address)
        order = {
            "task": task,
            "inputs": inputs,
            "parameters": parameters,
            "environment": environment,
            "stops": stops,
            "patience": patience,
            "log": str(self.log),
        }
        connection.sendall(json.dumps(order).encode() + b"\n")
        return Task(connection)

    def tail(self, lines: int = 60) -> str:
        """Return the end of what the tasks have logged."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.faults.worker", self._address]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, env=environment, cwd=ROOT, text=True
            )
        assert self._process.stdout is not None
        # Whatever Airflow logs there comes before it.
        assert "ready\n" in iter(self._process.stdout.readline, ""), self.tail()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.communicate()
