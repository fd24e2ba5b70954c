"""Writes the pages of the reference that are made from the code: commands, and classes with their parameters.

``python -m tests.pages.reference`` writes them; a test compares them with what it would write.
"""

from __future__ import annotations

import argparse
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import openmetadata_ol_provider
from openmetadata_ol_provider.cli.commands import build_parser
from tests.pages.pages import DOCS

_PARAM = re.compile(r"^:param (\w+): (.*?)(?=^:|\Z)", re.MULTILINE | re.DOTALL)


def pages() -> dict[Path, str]:
    """Return the text of each page by its file."""
    return {
        DOCS / "reference-commands.md": "\n".join(_commands()) + "\n",
        DOCS / "reference-classes.md": "\n".join(_classes()) + "\n",
    }


def _commands() -> Iterator[str]:
    yield "# Commands and options"
    yield ""
    yield "All commands of `openmetadata-ol` with their options; [Command line](command-line.md) has examples."
    yield "`python -m tests.pages.reference` writes this page."
    yield from _command(build_parser(), "openmetadata-ol")


def _command(parser: argparse.ArgumentParser, name: str) -> Iterator[str]:
    subcommands = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not subcommands:
        yield from ("", f"## `{name}`", "", *textwrap.wrap(_line(parser.description or ""), 120), "")
        yield from ("| option | meaning |", "|---|---|")
        for action in parser._actions:
            if action.help != argparse.SUPPRESS and not isinstance(action, argparse._HelpAction):
                yield f"| {_option(action)} | {_line(_help(action)).replace('|', chr(92) + '|')} |"
    for action in subcommands:
        for word, command in action.choices.items():
            yield from _command(command, f"{name} {word}")


def _option(action: argparse.Action) -> str:
    value = action.metavar or (action.dest.upper() if action.nargs != 0 else "")
    if action.choices is not None:
        value = ",".join(str(choice) for choice in action.choices)
    if not action.option_strings:
        return f"`{value if isinstance(value, str) else ' '.join(value)}`"
    return ", ".join(f"`{name}{f' {value}' if action.nargs != 0 else ''}`" for name in action.option_strings)


def _help(action: argparse.Action) -> str:
    return (action.help or "") % {**vars(action), "prog": "openmetadata-ol"}


def _classes() -> Iterator[str]:
    yield "# Classes and parameters"
    yield ""
    yield "The operators, sensors, triggers and hooks, with the parameters of their own. All are imported from"
    yield "`openmetadata_ol_provider`. `python -m tests.pages.reference` writes this page."
    for name in openmetadata_ol_provider.__all__:
        kind = getattr(openmetadata_ol_provider, name)
        text = inspect.cleandoc(kind.__doc__ or "")
        yield from ("", f"## `{name}`", "")
        for paragraph in text.split("\n:param")[0].strip().split("\n\n"):
            yield from (*textwrap.wrap(_prose(paragraph), 120, break_on_hyphens=False), "")
        yield from ("| parameter | default | meaning |", "|---|---|---|")
        for parameter, meaning in _PARAM.findall(text):
            default = _default(kind, parameter)
            yield f"| `{parameter}` | {default} | {_prose(meaning).replace('|', chr(92) + '|')} |"


def _default(kind: type, parameter: str) -> str:
    """Return the default of a parameter; empty where the meaning says it, or where it is Airflow's."""
    if parameter == "deferrable":
        return ""
    own = (cls for cls in kind.__mro__ if cls.__module__.startswith("openmetadata_ol_provider."))
    found = (inspect.signature(cls.__init__).parameters.get(parameter) for cls in own)  # type: ignore[misc]
    default = next((item.default for item in found if item is not None), None)
    if default is inspect.Parameter.empty:
        return "needed"
    if isinstance(default, tuple):
        return ", ".join(f"`{item}`" for item in default)
    return "" if default is None else f"`{default}`"


def _prose(text: str) -> str:
    """Return a docstring's paragraph as Markdown, on one line."""
    text = re.sub(r":(?:\w+:)?\w+:`~?(?:[\w.]*\.)?(\w+)`", r"`\1`", text)
    return _line(re.sub(r"``([^`]*)``", r"`\1`", text))


def _line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    for file, content in pages().items():
        file.write_text(content, encoding="utf-8")
