"""The commands of ``openmetadata-ol``, and the parser of their arguments.

The module of a command is imported only when the command is run, so that ``--help`` stays fast and loads no Airflow.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from openmetadata_ol_provider.cli import action_arguments, arguments
from openmetadata_ol_provider.cli.options import sentence
from openmetadata_ol_provider.cli.terminal import is_decorated

PROGRAM = "openmetadata-ol"


class Command(NamedTuple):
    """One command.

    :param summary: one line for the list of commands
    :param add_arguments: function that adds the command's arguments to its parser
    :param function: ``module:function`` inside this package, which runs the command and returns the exit code
    """

    summary: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    function: str


COMMANDS = {
    "translate": Command(
        "translate event files into a lineage plan, without network access",
        arguments.translate,
        "cli.translate:translate_command",
    ),
    "ingest": Command(
        "publish the lineage of event files to OpenMetadata", arguments.ingest, "cli.ingest:ingest_command"
    ),
    "explain": Command(
        "explain which rule gave each edge, and why each dataset was found or not",
        arguments.explain,
        "cli.explain:explain_command",
    ),
    "picture": Command(
        "draw lineage as a page: of a plan, of events, or of OpenMetadata",
        arguments.picture,
        "cli.picture:picture_command",
    ),
    "check": Command("test both Airflow connections and the configuration", arguments.check, "cli.check:check_command"),
    "parked": Command(
        "list, retry or drop lineage that could not be published yet", arguments.parked, "cli.parked:parked_command"
    ),
    "receipts": Command(
        "list or search what became of the lineage of each run", arguments.receipts, "cli.receipts:receipts_command"
    ),
    "register-service": Command(
        "create the OpenLineage pipeline service in OpenMetadata from Airflow's connections",
        arguments.register_service,
        "cli.register_service:register_service_command",
    ),
    "dlq": Command("list, show or replay dead letters", action_arguments.dlq, "cli.dlq:dlq_command"),
    "checkpoint": Command(
        "show, move or delete the offsets from which reading continues",
        action_arguments.checkpoint,
        "cli.checkpoint:checkpoint_command",
    ),
    "cleanup": Command(
        "list or remove lineage and pipelines that earlier versions wrote and today's rules would not",
        arguments.cleanup,
        "cli.cleanup:cleanup_command",
    ),
    "demo": Command(
        "run the bundled DAG on real events, against a local broker and an OpenMetadata stand-in",
        arguments.demo,
        "cli.demo:demo_command",
    ),
    "sandbox": Command(
        "start a local broker and an OpenMetadata stand-in to try Airflow against, until Ctrl-C",
        arguments.sandbox,
        "sandbox.sandbox_command:sandbox_command",
    ),
}


class _ShowVersion(argparse.Action):
    """Prints the version: reading it from the installed package takes longer than building the parser."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from openmetadata_ol_provider import __version__

        sys.stdout.write(f"{PROGRAM} {__version__}\n")
        parser.exit()


def load_command(name: str) -> Callable[[argparse.Namespace], int]:
    """Import a command and return the function that runs it."""
    module, _, function = COMMANDS[name].function.partition(":")
    run: Callable[[argparse.Namespace], int] = getattr(import_module(f"openmetadata_ol_provider.{module}"), function)
    return run


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = _Parser(prog=PROGRAM, description="Brings OpenLineage events to OpenMetadata, from the command line.")
    parser.add_argument(
        "--version", action=_ShowVersion, nargs=0, default=argparse.SUPPRESS, help="show the version and exit"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", prog=PROGRAM)
    for name, command in COMMANDS.items():
        command.add_arguments(commands.add_parser(name, help=command.summary, description=sentence(command.summary)))
    return parser


class _Parser(argparse.ArgumentParser):
    """A parser whose help is coloured on a terminal; parsers of commands inherit that."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": _help_formatter, **options})


def _help_formatter(prog: str) -> argparse.HelpFormatter:
    """Return argparse's own formatter where the help is not shown on a terminal.

    argparse asks for a formatter with every argument that is added, and rich is loaded when that of rich-argparse
    formats something.
    """
    # Help goes to stdout, errors of usage to stderr: which of them it is for is not known here.
    if not (is_decorated(sys.stdout) and is_decorated(sys.stderr)):
        return argparse.HelpFormatter(prog)
    from rich_argparse import RichHelpFormatter

    class _PlainTextHelpFormatter(RichHelpFormatter):
        # `[openmetadata_ol] topics` is an option of Airflow, not markup.
        help_markup = False
        text_markup = False

    return _PlainTextHelpFormatter(prog)
