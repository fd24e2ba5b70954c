"""The arguments of each command; what several commands share is said once."""

from __future__ import annotations

from argparse import ArgumentParser

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
