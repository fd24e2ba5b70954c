"""On a terminal the events that were read are counted on stderr; anywhere else they are not."""

from __future__ import annotations

import gzip
import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.cli.progress_display import with_progress
from tests.cli.conftest import Terminal
from tests.support import run_event

OnTerminal = Callable[..., int]
_ELAPSED = re.compile(r" \d:\d\d:\d\d$")


def shown(terminal: Terminal) -> list[str]:
    return [_ELAPSED.sub("", line) for line in terminal.lines()]


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Write a file of 2,500 events."""
    monkeypatch.chdir(tmp_path)
    line = json.dumps(run_event(inputs=["a"], outputs=["x"]))
    Path("events.ndjson").write_text(f"{line}\n" * 2500, encoding="utf-8")
    return "events.ndjson"


def test_a_terminal_shows_the_number_of_all_events_in_the_end(
    on_terminal: OnTerminal, terminal: Terminal, events: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert on_terminal(lambda: main(["translate", events]), "stderr") == 0
    counts, summary = shown(terminal)
    assert counts == f"{events}, events: 2,500"
    assert summary.startswith("2500 events: ")
    assert json.loads(capsys.readouterr().out)["events"] == 2500


def test_a_terminal_shows_every_thousand_events(on_terminal: OnTerminal, terminal: Terminal) -> None:
    def read() -> int:
        for event in with_progress("[a]", iter(range(1, 2501))):
            if event in {1001, 2001}:
                terminal.wait_for(f"[a], events: {event - 1:,}")
        return event

    assert on_terminal(read, "stderr") == 2500
    assert shown(terminal) == ["[a], events: 2,500"]


def test_each_file_has_a_line_and_stdin_a_name(
    on_terminal: OnTerminal, terminal: Terminal, events: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(run_event()).encode())))
    assert on_terminal(lambda: main(["explain", events, "-"]), "stderr") == 0
    assert shown(terminal) == [f"{events}, events: 2,500", "stdin, events: 1"]


def test_a_file_that_ends_in_an_error_leaves_the_error_a_line_of_its_own(
    on_terminal: OnTerminal, terminal: Terminal, events: str
) -> None:
    whole = gzip.compress(Path(events).read_bytes() * 4, mtime=0)
    Path("cut.gz").write_bytes(whole[: len(whole) - 8])
    assert on_terminal(lambda: main(["translate", "cut.gz"]), "stderr") == 2
    counts, error = shown(terminal)
    assert counts.startswith("cut.gz, events: ")
    assert error.startswith("openmetadata-ol: events 'cut.gz' cannot be read")


SUMMARY = "2500 events: 1 run, 1 job, 1 edge, 2 datasets, 0 problems"


def test_where_stderr_is_no_terminal_nothing_is_counted(events: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", events]) == 0
    assert capsys.readouterr().err.splitlines() == [SUMMARY]


@pytest.mark.parametrize("setting", ["NO_COLOR=1", "TERM=dumb"])
def test_on_a_terminal_without_decoration_nothing_is_counted(
    on_terminal: OnTerminal, terminal: Terminal, events: str, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv(*setting.split("="))
    assert on_terminal(lambda: main(["translate", events]), "stderr") == 0
    assert terminal.written().splitlines() == [SUMMARY]
