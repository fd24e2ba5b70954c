"""The command line ``openmetadata-ol``: results on stdout, everything for people on stderr.

Exit code 0: done; 1: some of it failed; 2: wrong use. Nothing heavy is imported before a command needs it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NamedTuple

from openmetadata_ol_provider.cli import arguments as kafka_arguments
from openmetadata_ol_provider.cli import arguments as words

DONE, FAILED, WRONG_USE = 0, 1, 2


class Command(NamedTuple):
    """One command.

    :param arguments: adds its arguments to a parser
    :param run: ``module:function`` below this package's root, imported when the command is used
    """

    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: str


COMMANDS = {
    "translate": Command("events -> lineage plan; no network", words.translate, "cli.translate:translate_command"),
    "ingest": Command("publish the lineage of event files to OpenMetadata", words.ingest, "cli.ingest:ingest_command"),
    "explain": Command(
        "why each dataset did or did not resolve, which rule, which edge", words.explain, "cli.explain:explain_command"
    ),
    "check": Command(
        "test both connections and the config (reads Airflow's connections)", words.check, "cli.check:check_command"
    ),
    "parked": Command(
        "what could not be published yet: list it, retry it, drop it", words.parked, "cli.parked:parked_command"
    ),
    "register-service": Command(
        "create the OpenLineage pipeline service in OpenMetadata, from Airflow's connections",
        words.register_service,
        "cli.register_service:register_service_command",
    ),
    "dlq": Command(
        "dead letters: list them, show one, put them back onto their topics", kafka_arguments.dlq, "cli.dlq:dlq_command"
    ),
    "checkpoint": Command(
        "where reading stands: show it, move it, delete it",
        kafka_arguments.checkpoint,
        "cli.checkpoint:checkpoint_command",
    ),
    "demo": Command("run the bundled DAG against the sandbox, on real events", words.demo, "sandbox.demo:demo_command"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    given = _parser().parse_args(argv)
    from openmetadata_ol_provider.exceptions import ConfigError, OpenLineageProviderError
    from openmetadata_ol_provider.openlineage.sanitize import printable

    module, _, function = COMMANDS[given.command].run.partition(":")
    try:
        return int(getattr(import_module(f"openmetadata_ol_provider.{module}"), function)(given))
    except ConfigError as error:
        print(f"openmetadata-ol: {error}", file=sys.stderr)  # noqa: T201
        return WRONG_USE
    except (OpenLineageProviderError, OSError) as error:
        print(f"openmetadata-ol: {printable(str(error))}", file=sys.stderr)  # noqa: T201
        return FAILED
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    from openmetadata_ol_provider import __version__

    parser = argparse.ArgumentParser(
        prog="openmetadata-ol", description="OpenLineage events to OpenMetadata, from the command line."
    )
    parser.add_argument("--version", action="version", version=f"openmetadata-ol {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        command.arguments(commands.add_parser(name, help=command.help))
    return parser
