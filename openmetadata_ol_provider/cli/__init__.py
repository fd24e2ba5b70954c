"""The command line ``openmetadata-ol``: results on stdout, everything for people on stderr.

Exit code 0: done; 1: some of it failed; 2: wrong use. Nothing heavy is imported before a command needs it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

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

    _dlq_arguments(commands)

    demo = commands.add_parser("demo", help="run the bundled DAG against the sandbox, on real events")
    demo.add_argument("--directory", metavar="DIR", help="where the demo keeps its state (default: ./.demo)")
    return parser


def _events_and_config(command: argparse.ArgumentParser) -> None:
    command.add_argument("events", nargs="+", metavar="EVENTS", help=_EVENTS)
    command.add_argument("--config", metavar="C", help="config document: path to YAML or JSON")
    command.add_argument("--output", metavar="F", help="write the result to a file instead of stdout")


def _dlq_arguments(commands: Any) -> None:
    dlq = commands.add_parser("dlq", help="dead letters: list them, show one, put them back onto their topics")
    actions = dlq.add_subparsers(dest="action", required=True, metavar="ACTION")
    which = "a letter as `list` gives it, such as events.dead-letter[0]@17 (with one topic 0@17 is enough)"

    listed = actions.add_parser("list", help="where they are, where from, and why")
    listed.add_argument("--limit", type=_above_zero, default=100, metavar="N", help="most letters (default: 100)")
    listed.add_argument("--since", metavar="TIME", help="only those put there since, such as 2026-05-01T00:00:00Z")
    listed.add_argument("--json", action="store_true", help="as JSON")

    shown = actions.add_parser("show", help="one with its headers and value")
    shown.add_argument("letter", metavar="LETTER", help=which)
    shown.add_argument("--json", action="store_true", help="as JSON")
    shown.add_argument("--output", metavar="F", help="write the value to a file instead, as it is")

    replay = actions.add_parser("replay", help="put back those that came since the last time, or those named")
    replay.add_argument("letters", nargs="*", metavar="LETTER", help=f"{which}; these only, whatever was put back")
    replay.add_argument("--topic", metavar="T", help="put them on this topic instead of where they came from")
    replay.add_argument("--max-replays", type=_above_zero, default=3, metavar="N", help="leave those put back so often")
    replay.add_argument("--new-timestamps", action="store_true", help="retention would delete their first ones")
    replay.add_argument("--again", action="store_true", help="begin at the first letter, whatever was put back before")
    replay.add_argument("--dry-run", action="store_true", help="send nothing, move nothing")
    replay.add_argument("--state-key", metavar="KEY", help="Variable that says which were read")
    for action in (listed, shown, replay):
        _kafka_and_topics(action)
        action.add_argument(
            "--dead-letter-topic",
            metavar="D",
            help="where they are (default: [openmetadata_ol] dead_letter_topic, else <topic>.dead-letter)",
        )


def _kafka_and_topics(command: argparse.ArgumentParser) -> None:
    default = "(default: that of the bundled DAG, [openmetadata_ol]"
    command.add_argument("--kafka-config-id", metavar="ID", help=f"Kafka connection {default} kafka_config_id)")
    command.add_argument("--topics", metavar="T,U", help=f"topics, separated by commas {default} topics)")


def _above_zero(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


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


def _demo(arguments: Any) -> int:
    from openmetadata_ol_provider.sandbox.demo import demo_command

    return demo_command(arguments)


_COMMANDS = {
    "translate": _translate,
    "ingest": _ingest,
    "explain": _explain,
    "check": _check,
    "dlq": _dlq,
    "demo": _demo,
}
