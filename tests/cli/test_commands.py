"""Every command, argument and option says what it is for."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest

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


@pytest.mark.parametrize("name", ARGUMENTS)
def test_everything_has_a_help_text(name: str) -> None:
    text = ARGUMENTS[name]
    assert text
    assert not text.endswith(".")
    assert len(text.split()) > 1


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_loaded(name: str) -> None:
    assert callable(load_command(name))
