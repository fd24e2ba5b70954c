"""On a terminal the events that went by are counted on stderr; anywhere else nothing is."""

from __future__ import annotations

import gzip
import io
import json
import os
import select
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from openmetadata_ol_provider.cli import main
from tests.support import run_event

END = "(end)"
Shown = tuple[int, list[str]]


@pytest.fixture
def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Shown]]:
    """Run a command with stderr on a terminal; gives its exit code and each state of each line that was to be seen."""
    if not hasattr(os, "openpty"):
        pytest.skip("this system has no pseudo-terminals")
    master, slave = os.openpty()
    os.set_blocking(master, False)
    with os.fdopen(slave, "w", encoding="utf-8") as screen:

        def run(*arguments: str) -> Shown:
            with monkeypatch.context() as patch:
                patch.setattr(sys, "stderr", screen)
                code = main(arguments)
            screen.write(END)
            screen.flush()
            text = ""
            # A terminal hands on what is written to it in its own time.
            while END not in text:
                assert select.select([master], [], [], 60)[0], text
                text += os.read(master, 65536).decode()
            lines = text.removesuffix(END).splitlines()
            return code, [state for line in lines for state in line.split("\r") if state]

        yield run
    os.close(master)


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Write a file of 2,500 events."""
    monkeypatch.chdir(tmp_path)
    line = json.dumps(run_event(inputs=["a"], outputs=["x"]))
    Path("events.ndjson").write_text(f"{line}\n" * 2500, encoding="utf-8")
    return "events.ndjson"


def test_a_terminal_shows_every_thousand_events_and_then_all(
    on_terminal: Callable[..., Shown], events: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, (*counts, summary) = on_terminal("translate", events)
    assert code == 0
    assert counts == [f"{events}: {count} events" for count in ("1,000", "2,000", "2,500")]
    assert summary.startswith("2500 events: ")
    assert json.loads(capsys.readouterr().out)["events"] == 2500


def test_each_file_has_a_line_and_stdin_a_name(
    on_terminal: Callable[..., Shown], events: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(run_event()).encode())))
    code, shown = on_terminal("explain", events, "-")
    assert (code, shown[-2:]) == (0, [f"{events}: 2,500 events", "stdin: 1 events"])


def test_a_file_that_ends_in_an_error_leaves_the_error_a_line_of_its_own(
    on_terminal: Callable[..., Shown], events: str
) -> None:
    whole = gzip.compress(Path(events).read_bytes() * 4, mtime=0)
    Path("cut.gz").write_bytes(whole[: len(whole) - 8])
    code, shown = on_terminal("translate", "cut.gz")
    assert code == 2
    assert shown[-1].startswith("openmetadata-ol: events 'cut.gz' cannot be read")


def test_where_stderr_is_no_terminal_nothing_is_counted(events: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", events]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "2500 events: 1 runs, 1 jobs, 1 edges, 2 datasets, 0 problems",
    ]
