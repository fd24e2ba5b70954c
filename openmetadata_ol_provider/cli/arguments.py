"""The arguments of each command; what several commands share is said once."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError

_EVENTS = "files with OpenLineage events: one JSON event a line, a JSON array, or one event; .gz too; - for stdin"
_TOKEN = "the token comes from OPENMETADATA_JWT_TOKEN"  # noqa: S105 - words for people
BUNDLED_DAG = "openlineage_to_openmetadata"


def translate(command: ArgumentParser) -> None:
    """Add events, and where the plan goes."""
    command.add_argument("events", nargs="+", metavar="EVENTS", help=_EVENTS)
    command.add_argument("--config", metavar="C", help="config document: path to YAML or JSON")
    command.add_argument("--output", metavar="F", help="write the result to a file instead of stdout")


def ingest(command: ArgumentParser) -> None:
    """Add events, and the catalogue they go to."""
    translate(command)
    command.add_argument("--host", required=True, help=f"OpenMetadata's URL; {_TOKEN}")
    command.add_argument("--dry-run", action="store_true", help="read only: report what would be written")


def explain(command: ArgumentParser) -> None:
    """Add events, and the catalogue they are explained with."""
    translate(command)
    command.add_argument("--host", help="OpenMetadata's URL: also look the datasets up")
    command.add_argument("--json", action="store_true", help="as JSON")


def check(command: ArgumentParser) -> None:
    """Add both connections and the config."""
    _kafka(command)
    _openmetadata(command)
    _config(command)


def parked(command: ArgumentParser) -> None:
    """Add what to do, with what, of which DAG."""
    command.add_argument("action", nargs="?", choices=("list", "retry", "drop"), default="list")
    command.add_argument("keys", nargs="*", metavar="KEY", help="as listed; list: all without any")
    command.add_argument("--all", action="store_true", help="retry or drop everything")
    command.add_argument("--json", action="store_true", help="list as JSON")
    _openmetadata(command)
    _config(command)
    _state_key(command)


def register_service(command: ArgumentParser) -> None:
    """Add the service, and both connections."""
    command.add_argument(
        "--name", default="openlineage", metavar="N", help="name of the service (default: %(default)s)"
    )
    command.add_argument("--topic", metavar="T", help="topic with the events (default: the first of option topics)")
    _kafka(command)
    catalogue = command.add_mutually_exclusive_group()
    catalogue.add_argument("--openmetadata-conn-id", default="openmetadata_default", metavar="ID")
    catalogue.add_argument("--host", help=f"OpenMetadata's URL; {_TOKEN}")
    command.add_argument("--description", metavar="TEXT", help="description of the service")
    command.add_argument("--update", action="store_true", help="change what differs in an existing service")
    command.add_argument("--dry-run", action="store_true", help="print the request and write nothing")


def demo(command: ArgumentParser) -> None:
    """Add where the demo keeps its state."""
    command.add_argument("--directory", metavar="DIR", help="where the demo keeps its state (default: ./.demo)")


def _kafka(command: ArgumentParser) -> None:
    command.add_argument("--kafka-config-id", default="kafka_default", metavar="ID")


def _openmetadata(command: ArgumentParser) -> None:
    command.add_argument("--openmetadata-conn-id", default="openmetadata_default", metavar="ID")


def _config(command: ArgumentParser) -> None:
    command.add_argument("--config", metavar="C", help="path to YAML or JSON, or variable:NAME")


def _state_key(command: ArgumentParser) -> None:
    command.add_argument("--state-key", metavar="KEY", help="the tasks' state_key, if they have one")
    command.add_argument("--dag-id", default=BUNDLED_DAG, metavar="ID", help="default: the bundled DAG")
    command.add_argument("--topics", metavar="T,...", help="the tasks' topics (default: [openmetadata_ol] topics)")


_LETTER = "a letter as `list` gives it, such as events.dead-letter[0]@17 (with one topic 0@17 is enough)"
_START = "earliest, latest, group, group:NAME, or a time such as 2026-05-01T00:00:00Z"


def dlq(command: ArgumentParser) -> None:
    """Add what to do with dead letters, and where they are."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")

    listed = actions.add_parser("list", help="where they are, where from, and why")
    listed.add_argument("--limit", type=_above_zero, default=100, metavar="N", help="most letters (default: 100)")
    listed.add_argument("--since", metavar="TIME", help="only those put there since, such as 2026-05-01T00:00:00Z")
    listed.add_argument("--json", action="store_true", help="as JSON")

    shown = actions.add_parser("show", help="one with its headers and value")
    shown.add_argument("letter", metavar="LETTER", help=_LETTER)
    shown.add_argument("--json", action="store_true", help="as JSON")
    shown.add_argument("--output", metavar="F", help="write the value to a file instead, as it is")

    replay = actions.add_parser("replay", help="put back those that came since the last time, or those named")
    replay.add_argument("letters", nargs="*", metavar="LETTER", help=f"{_LETTER}; these only, whatever was put back")
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


def checkpoint(command: ArgumentParser) -> None:
    """Add what to do with the checkpoint, and which one."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")

    shown = actions.add_parser("show", help="where it, the group and the topic's ends stand")
    shown.add_argument("--json", action="store_true", help="as JSON")

    moved = actions.add_parser("set", help="move it; the runs that are remembered stay")
    where = moved.add_mutually_exclusive_group(required=True)
    where.add_argument("--to", metavar="START", help=f"all partitions: {_START}")
    where.add_argument(
        "--offset", action="append", metavar="TOPIC:PARTITION=OFFSET", help="one partition; may be given more than once"
    )
    moved.add_argument("--dry-run", action="store_true", help="say what would move")

    reset = actions.add_parser("reset", help="delete it, with the runs that are remembered")
    reset.add_argument("--dry-run", action="store_true", help="say what would be deleted")
    for action in (shown, moved, reset):
        _kafka_and_topics(action)
        action.add_argument("--state-key", metavar="KEY", help="the tasks' state_key, if they have one")
        action.add_argument(
            "--lanes", type=_above_zero, metavar="N", help="the tasks' lanes (default: [openmetadata_ol] lanes)"
        )
        action.add_argument("--dag-id", default=BUNDLED_DAG, metavar="ID", help="default: the bundled DAG")


def _kafka_and_topics(command: ArgumentParser) -> None:
    command.add_argument("--kafka-config-id", default="kafka_default", metavar="ID")
    command.add_argument("--topics", metavar="T,...", help="the tasks' topics (default: [openmetadata_ol] topics)")


def _above_zero(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)
