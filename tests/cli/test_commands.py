"""Every command, argument and option says what it is for."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.cli.commands import COMMANDS, build_parser, load_command


def arguments(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str | None]]:
    """Yield the name and the help of everything that can be given, with its default filled in."""
    formatter = argparse.HelpFormatter(parser.prog)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for choice in action._choices_actions:
                yield f"{parser.prog} {choice.dest}", choice.help
            for inner in action.choices.values():
                yield from arguments(inner)
        else:
            yield (
                f"{parser.prog} {action.option_strings or action.dest}",
                action.help and formatter._expand_help(action),
            )


ARGUMENTS = dict(arguments(build_parser()))


EMPTY = (
    "ingest events.ndjson --host",
    "picture --host",
    "cleanup --host",
    "register-service --host",
    "register-service --name",
    "check --kafka-config-id",
    "parked --openmetadata-conn-id",
    "checkpoint reset --state-key",
    "receipts --dag-id",
    "checkpoint show --topics",
    "dlq replay --state-key",
    "dlq replay --topic",
    "dlq list --since",
    "dlq list --dead-letter-topic",
    "register-service --topic",
    "check --config",
    "parked --config",
)


@pytest.mark.parametrize("words", EMPTY)
def test_a_shell_variable_that_is_not_set_does_not_mean_the_default(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exited:
        build_parser().parse_args([*words.split(), ""])
    assert exited.value.code == 2
    option = words.rsplit(maxsplit=1)[-1]
    assert f"argument {option}: it is empty; give a value, or leave the option out" in capsys.readouterr().err


@pytest.mark.parametrize("name", ARGUMENTS)
def test_everything_has_a_help_text(name: str) -> None:
    text = ARGUMENTS[name]
    assert text
    assert not text.endswith(".")
    assert len(text.split()) > 1


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_loaded(name: str) -> None:
    assert callable(load_command(name))


def test_a_directory_of_the_demo_that_cannot_be_created_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main(["demo", "--directory", str(tmp_path / "file" / "demo")]) == 2
    assert "file/demo' cannot be created: Not a directory; give another" in capsys.readouterr().err
