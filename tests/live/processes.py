"""Processes of a test: started in sessions of their own, stopped or killed, their output kept."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

_STOP_TIMEOUT = 60.0


class Process:
    """A command that may be started, stopped and killed again and again.

    :param command: command line
    :param log: file that its output is added to
    :param environment: environment of the process (default: that of the test)
    """

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self._command = list(command)
        self._log = log
        self._environment = dict(environment) if environment is not None else None
        self._process: subprocess.Popen[bytes] | None = None
        self._sessions: list[int] = []

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                cwd=self._log.parent,
                start_new_session=True,
            )
        self._sessions.append(self._process.pid)

    def kill(self) -> None:
        """End it at once, without its children, as the system does that runs out of memory."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.wait()

    def stop(self) -> None:
        """End it in order, and whatever it has ever started."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_TIMEOUT)
        for session in self._sessions:
            # Children are in it too, also those that outlived their parent.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(session, signal.SIGKILL)
        if process is not None:
            process.wait()

    def tail(self, lines: int = 40) -> str:
        """Return the last lines of its output."""
        text = self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback that nobody uses."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]
