"""Processes of a test: started in sessions of their own, stopped or killed, their output kept."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

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

    def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start it.

        :param environment: variables that differ this time
        """
        own = self._environment
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**(os.environ if own is None else own), **environment} if environment else own,
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

    def kill_all(self) -> None:
        """End it and everything that it runs at once, as a loss of power does."""
        process, self._process = self._process, None
        if process is not None:
            _kill_session(process.pid)
            process.wait()

    def runs(self, pid: int) -> bool:
        """Return whether a process belongs to it."""
        with contextlib.suppress(ProcessLookupError):
            return self._process is not None and os.getsid(pid) == self._process.pid
        return False

    def stop(self) -> None:
        """End it in order, and whatever it has ever started."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_TIMEOUT)
        for session in self._sessions:
            _kill_session(session)
        if process is not None:
            process.wait()

    def tail(self, lines: int = 40) -> str:
        """Return the last lines of its output."""
        text = self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


def _kill_session(session: int) -> None:
    """Kill all processes of a session.

    Airflow's tasks are in process groups of their own, and some processes have outlived their parents.
    """
    reached: set[int] = set()
    while members := _members(session) - reached:
        for pid in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        reached |= members


def _members(session: int) -> set[int]:
    found = set()
    for pid in psutil.pids():
        # The process may have ended.
        with contextlib.suppress(ProcessLookupError):
            if os.getsid(pid) == session:
                found.add(pid)
    return found
