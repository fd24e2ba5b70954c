"""The arguments of commands with actions of their own: dead letters and checkpoints."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING

from openmetadata_ol_provider.cli.options import (
    above_zero,
    add_dag_id,
    add_json,
    add_kafka_connection,
    add_lanes,
    add_state_key,
    add_topics,
    not_empty,
    sentence,
)

if TYPE_CHECKING:
    from argparse import _SubParsersAction

_LETTER = "dead letter as `dlq list` shows it, such as events.dead-letter[0]@17; with one topic 0@17 is enough"


def dlq(command: ArgumentParser) -> None:
    """Add the actions on dead letters."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", prog=command.prog)

    list_action = _add_action(actions, "list", "list dead letters with their origin and reason")
    list_action.add_argument(
        "--limit",
        type=above_zero,
        default=100,
        metavar="N",
        help="largest number of letters to list (default: %(default)s)",
    )
    list_action.add_argument(
        "--since",
        type=not_empty,
        metavar="TIME",
        help="only letters written at or after a time, such as 2026-05-01T00:00:00Z",
    )
    add_json(list_action)

    show_action = _add_action(actions, "show", "show one dead letter with its headers and value")
    show_action.add_argument("letter", metavar="LETTER", help=_LETTER)
    add_json(show_action)
    show_action.add_argument("--output", metavar="FILE", help="write the unchanged value to a file instead")

    replay_action = _add_action(actions, "replay", "send new or named dead letters back to their topics")
    replay_action.add_argument(
        "letters", nargs="*", metavar="LETTER", help=f"{_LETTER}; only these are sent, even if they were sent before"
    )
    replay_action.add_argument(
        "--topic", type=not_empty, metavar="TOPIC", help="send to this topic instead of the original ones"
    )
    replay_action.add_argument(
        "--max-replays",
        type=above_zero,
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
        "--state-key",
        type=not_empty,
        metavar="KEY",
        help="Variable that holds the position of replays (default: named by the topics)",
    )
    for action in (list_action, show_action, replay_action):
        add_kafka_connection(action)
        add_topics(action)
        action.add_argument(
            "--dead-letter-topic",
            type=not_empty,
            metavar="TOPIC",
            help="topic of the dead letters (default: [openmetadata_ol] dead_letter_topic, else <topic>.dead-letter)",
        )


def checkpoint(command: ArgumentParser) -> None:
    """Add the actions on a checkpoint."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", prog=command.prog)

    show_action = _add_action(actions, "show", "show the checkpoint next to the group's offsets and the topics' ends")
    add_json(show_action)

    set_action = _add_action(actions, "set", "move the checkpoint, and keep the runs that are remembered")
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

    reset_action = _add_action(actions, "reset", "delete the checkpoint and the runs that are remembered")
    reset_action.add_argument("--dry-run", action="store_true", help="only print what would be deleted")
    for action in (show_action, set_action, reset_action):
        add_kafka_connection(action)
        add_topics(action)
        add_state_key(action)
        add_lanes(action)
        add_dag_id(action)


def _add_action(actions: _SubParsersAction[ArgumentParser], name: str, summary: str) -> ArgumentParser:
    """Add an action of a command.

    :param summary: its purpose, for the command's help and its own
    """
    return actions.add_parser(name, help=summary, description=sentence(summary))
