"""The command line ``openmetadata-ol``: results on stdout, everything for people on stderr.

Exit code 0: done; 1: some of it failed; 2: wrong use. Nothing heavy is imported before a command needs it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from openmetadata_ol_provider.cli import kafka_arguments

DONE, FAILED, WRONG_USE = 0, 1, 2

_EVENTS = "files with OpenLineage events: one JSON event a line, a JSON array, or one event; .gz too; - for stdin"


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    arguments = _parser().parse_args(argv)
    from openmetadata_ol_provider.exceptions import ConfigError, OpenLineageProviderError

    try:
        return int(_COMMANDS[arguments.command](arguments))
    except ConfigError as error:
        print(f"openmetadata-ol: {error}", file=sys.stderr)  # noqa: T201
        return WRONG_USE
    except (OpenLineageProviderError, OSError) as error:
        print(f"openmetadata-ol: {error}", file=sys.stderr)  # noqa: T201
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

    translate = commands.add_parser("translate", help="events -> lineage plan; no network")
    _events_and_config(translate)

    ingest = commands.add_parser("ingest", help="publish the lineage of event files to OpenMetadata")
    _events_and_config(ingest)
    ingest.add_argument("--host", required=True, help="OpenMetadata's URL; the token comes from OPENMETADATA_JWT_TOKEN")
    ingest.add_argument("--dry-run", action="store_true", help="read only: report what would be written")

    explain = commands.add_parser("explain", help="why each dataset did or did not resolve, which rule, which edge")
    _events_and_config(explain)
    explain.add_argument("--host", help="OpenMetadata's URL: also look the datasets up")
    explain.add_argument("--json", action="store_true", help="as JSON")

    check = commands.add_parser("check", help="test both connections and the config (reads Airflow's connections)")
    check.add_argument("--kafka-config-id", default="kafka_default", metavar="ID")
    check.add_argument("--openmetadata-conn-id", default="openmetadata_default", metavar="ID")
    check.add_argument("--config", metavar="C", help="path to YAML or JSON, or variable:NAME")

    dlq = commands.add_parser("dlq", help="dead letters: list them, show one, put them back onto their topics")
    kafka_arguments.dlq(dlq)

    checkpoint = commands.add_parser("checkpoint", help="where reading stands: show it, move it, delete it")
    kafka_arguments.checkpoint(checkpoint)

    demo = commands.add_parser("demo", help="run the bundled DAG against the sandbox, on real events")
    demo.add_argument("--directory", metavar="DIR", help="where the demo keeps its state (default: ./.demo)")
    return parser


def _events_and_config(command: argparse.ArgumentParser) -> None:
    command.add_argument("events", nargs="+", metavar="EVENTS", help=_EVENTS)
    command.add_argument("--config", metavar="C", help="config document: path to YAML or JSON")
    command.add_argument("--output", metavar="F", help="write the result to a file instead of stdout")


def _translate(arguments: Any) -> int:
    from openmetadata_ol_provider.cli.translate import translate_command

    return translate_command(arguments)


def _ingest(arguments: Any) -> int:
    from openmetadata_ol_provider.cli.ingest import ingest_command

    return ingest_command(arguments)


def _explain(arguments: Any) -> int:
    from openmetadata_ol_provider.cli.explain import explain_command

    return explain_command(arguments)


def _check(arguments: Any) -> int:
    from openmetadata_ol_provider.cli.check import check_command

    return check_command(arguments)


def _dlq(arguments: Any) -> int:
    from openmetadata_ol_provider.cli.dlq import dlq_command

    return dlq_command(arguments)


def _checkpoint(arguments: Any) -> int:
    from openmetadata_ol_provider.cli.checkpoint import checkpoint_command

    return checkpoint_command(arguments)


def _demo(arguments: Any) -> int:
    from openmetadata_ol_provider.sandbox.demo import demo_command

    return demo_command(arguments)


_COMMANDS = {
    "translate": _translate,
    "ingest": _ingest,
    "explain": _explain,
    "check": _check,
    "dlq": _dlq,
    "checkpoint": _checkpoint,
    "demo": _demo,
}
