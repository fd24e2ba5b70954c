"""Tables, outlines and help are decorated on a terminal; elsewhere they are plain text that is not wrapped or cut."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.cli.terminal import OutlineNode, write_line, write_outline, write_table
from tests.cli.conftest import Terminal

OnTerminal = Callable[..., int]
Capture = pytest.CaptureFixture[str]
LONG = "why it could not be used, in a sentence that is longer than what is left of the line on a terminal"
HEAD = ("letter", "from", "reason")
ROWS = [("events.dead-letter[0]@17", "events[0]@3", LONG), ("[bold]1[/bold]", 0, ":smile:")]
OUTLINE = OutlineNode(
    "EDGES (1)", [OutlineNode("a -> b", [OutlineNode(LONG), OutlineNode("[red]\x1b[31m\nx")], indent=4)]
)


def test_a_table_has_aligned_columns_and_nothing_is_cut(capsys: Capture) -> None:
    write_table(HEAD, ROWS)
    assert capsys.readouterr().out.splitlines() == [
        "letter                    from         reason",
        f"events.dead-letter[0]@17  events[0]@3  {LONG}",
        "[bold]1[/bold]            0            :smile:",
    ]


def test_columns_are_aligned_behind_characters_that_are_twice_as_wide(capsys: Capture) -> None:
    write_table(("name", "n"), [("注文", 1), ("orders", 2), ("cafe\u0301", 3)])
    assert capsys.readouterr().out.splitlines() == ["name    n", "注文    1", "orders  2", "cafe\u0301    3"]


def test_a_table_without_rows_is_its_head(capsys: Capture) -> None:
    write_table(HEAD, [])
    assert capsys.readouterr().out == "letter  from  reason\n"


def test_on_a_terminal_the_last_column_of_a_table_is_wrapped(on_terminal: OnTerminal, terminal: Terminal) -> None:
    on_terminal(lambda: write_table(HEAD, ROWS), "stdout")
    head, first, *continued, last = terminal.lines()
    assert head.split() == list(HEAD)
    assert first.startswith("events.dead-letter[0]@17  events[0]@3  why it could")
    assert all(line.startswith(" " * 39) for line in continued)
    assert " ".join([first[39:], *map(str.strip, continued)]) == LONG
    assert max(map(len, (head, first, *continued, last))) <= 80
    assert last.split() == ["[bold]1[/bold]", "0", ":smile:"]


def test_on_a_narrow_terminal_no_cell_of_a_table_is_cut(
    on_terminal: OnTerminal, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    on_terminal(lambda: write_table(HEAD, ROWS), "stdout")
    assert terminal.lines()[1] == f"events.dead-letter[0]@17  events[0]@3  {LONG}"


def test_on_a_terminal_a_table_of_numbers_is_as_wide_as_they_are(on_terminal: OnTerminal, terminal: Terminal) -> None:
    on_terminal(lambda: write_table(("topic", "lag", "lost"), [("x" * 60, 12, 3)]), "stdout")
    assert terminal.lines() == ["topic" + " " * 57 + "lag  lost", "x" * 60 + "  12   3"]


def test_an_outline_is_indented_lines_that_cannot_control_a_terminal(capsys: Capture) -> None:
    write_outline([OUTLINE])
    assert capsys.readouterr().out.splitlines() == [
        "EDGES (1)",
        "  a -> b",
        f"      {LONG}",
        "      [red]\\x1b[31m\\nx",
    ]


def test_on_a_terminal_an_outline_is_a_tree_with_wrapped_lines(on_terminal: OnTerminal, terminal: Terminal) -> None:
    on_terminal(lambda: write_outline([OUTLINE]), "stdout")
    title, edge, *wrapped, last = terminal.lines()
    assert (title, edge) == ("EDGES (1)", "└── a -> b")
    assert len(wrapped) > 1
    assert max(map(len, wrapped)) <= 80
    assert wrapped[0].startswith("    ├── why it could")
    assert " ".join(line[8:] for line in wrapped) == LONG
    assert last == "    └── [red]\\x1b[31m\\nx"


@pytest.mark.parametrize("decorated", [True, False])
def test_a_styled_line_has_the_same_words_everywhere(
    on_terminal: OnTerminal, terminal: Terminal, monkeypatch: pytest.MonkeyPatch, decorated: bool
) -> None:
    if not decorated:
        monkeypatch.setenv("NO_COLOR", "1")
    on_terminal(lambda: write_line(sys.stdout, "  ", ("ok    ", "green"), f" [0]: {LONG}"), "stdout")
    text = terminal.written()
    assert ("\x1b[32mok" in text) is decorated
    assert text.replace("\x1b[32m", "").replace("\x1b[0m", "") == f"  ok     [0]: {LONG}\r\n"


HELP = ["dlq", "list", "--help"]


def test_help_is_coloured_on_a_terminal_and_brackets_are_not_markup(
    on_terminal: OnTerminal, terminal: Terminal
) -> None:
    with pytest.raises(SystemExit):
        on_terminal(lambda: main(HELP), "stdout", "stderr")
    text = terminal.written()
    assert "\x1b[36m--limit" in text
    assert "[openmetadata_ol]" in text


@pytest.mark.parametrize("streams", [("stderr",), ("stdout",), ()])
def test_help_is_plain_elsewhere(
    on_terminal: OnTerminal, terminal: Terminal, capsys: Capture, streams: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit):
        on_terminal(lambda: main(HELP), *streams)
    text = terminal.written() + capsys.readouterr().out
    assert "usage: openmetadata-ol dlq list" in text
    assert "\x1b" not in text


def test_without_a_terminal_rich_is_not_loaded() -> None:
    script = (
        "import sys\nfrom openmetadata_ol_provider.cli import main\n"
        "try:\n    main(sys.argv[1:])\nfinally:\n    assert not {'rich', 'rich_argparse'} & set(sys.modules)"
    )
    for arguments in (HELP, ["explain", "-"]):
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            input=b"", capture_output=True, timeout=300, check=False, env={**os.environ},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
