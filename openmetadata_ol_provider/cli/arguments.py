"""The arguments of each command. Options that several commands share are defined once, at the end."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import _ActionsContainer

BUNDLED_DAG = "openlineage_to_openmetadata"

_TOKEN = "the token is read from OPENMETADATA_JWT_TOKEN"  # noqa: S105 - part of a help text
_LETTER = "dead letter as `dlq list` shows it, such as events.dead-letter[0]@17; with one topic 0@17 is enough"


def translate(command: ArgumentParser) -> None:
    """Add the events and the destination of the plan."""
    command.add_argument(
        "events",
        nargs="+",
        metavar="EVENTS",
        help="file with OpenLineage events: one JSON event per line, a JSON array, or a single event; gzip is "
        "recognised; - reads stdin",
    )
    command.add_argument("--config", metavar="FILE", help="configuration document in YAML or JSON")
    command.add_argument("--output", metavar="FILE", help="write the result to a file instead of stdout")


def ingest(command: ArgumentParser) -> None:
    """Add the events and the catalogue that they are published to."""
    translate(command)
    command.add_argument("--host", required=True, metavar="URL", help=f"URL of OpenMetadata; {_TOKEN}")
    command.add_argument("--dry-run", action="store_true", help="only read, and report what would be written")


def explain(command: ArgumentParser) -> None:
    """Add the events and the catalogue in which their datasets are looked up."""
    translate(command)
    command.add_argument(
        "--host", metavar="URL", help=f"URL of OpenMetadata, in which the datasets are looked up; {_TOKEN}"
    )
    _json(command)


def check(command: ArgumentParser) -> None:
    """Add both connections and the configuration."""
    _kafka_connection(command)
    _openmetadata_connection(command)
    _config(command)


def parked(command: ArgumentParser) -> None:
    """Add the action, the parked items it applies to, and the DAG whose state holds them."""
    command.add_argument(
        "action",
        nargs="?",
        choices=("list", "retry", "drop"),
        default="list",
        help="list parked items, publish them now, or give them up (default: %(default)s)",
    )
    command.add_argument(
        "keys", nargs="*", metavar="KEY", help="key of an item as `parked list` shows it; list: all items by default"
    )
    command.add_argument("--all", action="store_true", help="retry or drop all items")
    _json(command)
    _openmetadata_connection(command)
    _config(command)
    _state_key(command)
    _dag_id(command)
    _topics(command)


def register_service(command: ArgumentParser) -> None:
    """Add the service and both connections."""
    command.add_argument(
        "--name", default="openlineage", metavar="NAME", help="name of the service (default: %(default)s)"
    )
    command.add_argument(
        "--topic", metavar="TOPIC", help="topic with the events (default: the first of [openmetadata_ol] topics)"
    )
    _kafka_connection(command)
    catalogue = command.add_mutually_exclusive_group()
    _openmetadata_connection(catalogue)
    catalogue.add_argument("--host", metavar="URL", help=f"URL of OpenMetadata, instead of a connection; {_TOKEN}")
    command.add_argument("--description", metavar="TEXT", help="description of the service")
    command.add_argument("--update", action="store_true", help="update an existing service that differs")
    command.add_argument("--dry-run", action="store_true", help="print the request instead of sending it")


def cleanup(command: ArgumentParser) -> None:
    """Add the events to replay, the state and the catalogue."""
    command.add_argument(
        "events",
        nargs="*",
        metavar="EVENTS",
        help="files with the OpenLineage events to compare with, as for `translate`; by default they are read from "
        "Kafka, see --from",
    )
    command.add_argument(
        "--from",
        dest="start",
        metavar="START",
        help="read events from Kafka from here on: earliest, group, group:NAME, a time such as 2026-05-01T00:00:00Z, "
        'or offsets such as {"topic": {"0": 17}}; the checkpoint does not move',
    )
    command.add_argument("--apply", action="store_true", help="remove what is listed; without it nothing is written")
    _json(command)
    catalogue = command.add_mutually_exclusive_group()
    _openmetadata_connection(catalogue)
    catalogue.add_argument(
        "--host",
        metavar="URL",
        help=f"URL of OpenMetadata, instead of a connection; {_TOKEN}; with event files, no state is read then unless "
        "--state-key is given",
    )
    _kafka_connection(command)
    _config(command)
    _state_key(command)
    _dag_id(command)
    _topics(command)
    _lanes(command)


def demo(command: ArgumentParser) -> None:
    """Add the directory of the demo's state."""
    command.add_argument("--directory", metavar="DIR", help="directory for the demo's state (default: ./.demo)")


def dlq(command: ArgumentParser) -> None:
    """Add the actions on dead letters."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", prog=command.prog)

    list_action = actions.add_parser("list", help="list dead letters with their origin and reason")
    list_action.add_argument(
        "--limit",
        type=_above_zero,
        default=100,
        metavar="N",
        help="largest number of letters to list (default: %(default)s)",
    )
    list_action.add_argument(
        "--since", metavar="TIME", help="only letters written at or after a time, such as 2026-05-01T00:00:00Z"
    )
    _json(list_action)

    show_action = actions.add_parser("show", help="show one dead letter with its headers and value")
    show_action.add_argument("letter", metavar="LETTER", help=_LETTER)
    _json(show_action)
    show_action.add_argument("--output", metavar="FILE", help="write the unchanged value to a file instead")

    replay_action = actions.add_parser("replay", help="send new or named dead letters back to their topics")
    replay_action.add_argument(
        "letters", nargs="*", metavar="LETTER", help=f"{_LETTER}; only these are sent, even if they were sent before"
    )
    replay_action.add_argument("--topic", metavar="TOPIC", help="send to this topic instead of the original ones")
    replay_action.add_argument(
        "--max-replays",
        type=_above_zero,
        default=3,
        metavar="N",
        help="skip letters that were replayed this often (default: %(default)s)",
    )
    replay_action.add_argument(
        "--new-timestamps",
        action="store_true",
        help="send with the current time, for letters so old that the topic's retention would delete them",
    )
    replay_action.add_argument(
        "--again", action="store_true", help="start at the first letter, including letters that were sent before"
    )
    replay_action.add_argument("--dry-run", action="store_true", help="send nothing, and do not move the position")
    replay_action.add_argument(
        "--state-key", metavar="KEY", help="Variable that holds the position of replays (default: named by the topics)"
    )
    for action in (list_action, show_action, replay_action):
        _kafka_connection(action)
        _topics(action)
        action.add_argument(
            "--dead-letter-topic",
            metavar="TOPIC",
            help="topic of the dead letters (default: [openmetadata_ol] dead_letter_topic, else <topic>.dead-letter)",
        )


def checkpoint(command: ArgumentParser) -> None:
    """Add the actions on a checkpoint."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", prog=command.prog)

    show_action = actions.add_parser(
        "show", help="show the checkpoint next to the group's offsets and the topics' ends"
    )
    _json(show_action)

    set_action = actions.add_parser("set", help="move the checkpoint, and keep the runs that are remembered")
    position = set_action.add_mutually_exclusive_group(required=True)
    position.add_argument(
        "--to",
        metavar="START",
        help="position for all partitions: earliest, latest, group, group:NAME, or a time such as 2026-05-01T00:00:00Z",
    )
    position.add_argument(
        "--offset",
        action="append",
        metavar="TOPIC:PARTITION=OFFSET",
        help="position for one partition; can be given several times",
    )
    set_action.add_argument("--dry-run", action="store_true", help="only print what would move")

    reset_action = actions.add_parser("reset", help="delete the checkpoint and the runs that are remembered")
    reset_action.add_argument("--dry-run", action="store_true", help="only print what would be deleted")
    for action in (show_action, set_action, reset_action):
        _kafka_connection(action)
        _topics(action)
        _state_key(action)
        _lanes(action)
        _dag_id(action)


def _json(command: ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print JSON instead of text")


def _config(command: ArgumentParser) -> None:
    command.add_argument(
        "--config", metavar="SOURCE", help="configuration document: a YAML or JSON file, or variable:NAME"
    )


def _kafka_connection(command: ArgumentParser) -> None:
    command.add_argument(
        "--kafka-config-id",
        default="kafka_default",
        metavar="ID",
        help="Airflow connection to Kafka (default: %(default)s)",
    )


def _openmetadata_connection(command: _ActionsContainer) -> None:
    command.add_argument(
        "--openmetadata-conn-id",
        default="openmetadata_default",
        metavar="ID",
        help="Airflow connection to OpenMetadata (default: %(default)s)",
    )


def _topics(command: ArgumentParser) -> None:
    command.add_argument(
        "--topics", metavar="TOPIC,...", help="topics of the tasks (default: [openmetadata_ol] topics)"
    )


def _state_key(command: ArgumentParser) -> None:
    command.add_argument(
        "--state-key", metavar="KEY", help="state_key of the tasks (default: derived from --dag-id and --topics)"
    )


def _dag_id(command: ArgumentParser) -> None:
    command.add_argument("--dag-id", default=BUNDLED_DAG, metavar="ID", help="DAG of the tasks (default: %(default)s)")


def _lanes(command: ArgumentParser) -> None:
    command.add_argument(
        "--lanes", type=_above_zero, metavar="N", help="lanes of the tasks (default: [openmetadata_ol] lanes)"
    )


def _above_zero(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
