"""A terminal for the commands."""

from __future__ import annotations

import os
import re
import select
import sys
from collections.abc import Callable, Iterator
from typing import TextIO

import pytest

END = "(end)"
_CONTROL_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


class Terminal:
    """A pseudo-terminal.

    :param screen: the end that programs write to
    """

    def __init__(self, master: int, screen: TextIO) -> None:
        self._master = master
        self._text = ""
        self.screen = screen

    def wait_for(self, text: str) -> None:
        """Wait until a text was written to it."""
        # A terminal takes its time to pass on what is written to it.
        while text not in self._text:
            assert select.select([self._master], [], [], 60)[0], self._text
            self._text += os.read(self._master, 65536).decode()

    def written(self) -> str:
        """Return everything that was written to it, with its control sequences."""
        self.screen.write(END)
        self.screen.flush()
        self.wait_for(END)
        return self._text.removesuffix(END)

    def lines(self) -> list[str]:
        """Return the last state of each line that was to be seen, without control sequences."""
        lines = _CONTROL_SEQUENCE.sub("", self.written()).replace("\r\n", "\n").split("\n")
        states = [[state for state in line.split("\r") if state.strip()] for line in lines]
        return [of_line[-1].rstrip() for of_line in states if of_line]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """Return a terminal of 80 columns that takes colours."""
    if not hasattr(os, "openpty"):
        pytest.skip("this system has no pseudo-terminals")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    master, slave = os.openpty()
    os.set_blocking(master, False)
    with os.fdopen(slave, "w", encoding="utf-8") as screen:
        yield Terminal(master, screen)
    os.close(master)


@pytest.fixture
def on_terminal(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Run something with one or more of the standard streams on the terminal, and return its result."""

    def run(work: Callable[[], int], *streams: str) -> int:
        with monkeypatch.context() as patch:
            for stream in streams:
                patch.setattr(sys, stream, terminal.screen)
            return work()

    return run
