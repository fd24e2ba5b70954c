"""Completes commands, options and files in bash, zsh and fish."""

from __future__ import annotations

from argparse import ArgumentParser


def complete(parser: ArgumentParser) -> None:
    """Write the completions that the shell asks for, and end the process."""
    import argcomplete

    argcomplete.autocomplete(parser, always_complete_options="long", exclude=["--help"])
