"""The arguments of each command. Options that several commands share are in ``options.py``."""

from __future__ import annotations

from argparse import ArgumentParser

from openmetadata_ol_provider.cli.options import (
    above_zero,
    add_catalogue,
    add_config,
    add_connection_or_host,
    add_dag_id,
    add_json,
    add_kafka_connection,
    add_lanes,
    add_openmetadata_connection,
    add_state_key,
    add_topics,
    not_empty,
    port,
    positive,
)

#: States of runs, and outcomes of edges, as :mod:`~openmetadata_ol_provider.receipts.search` has them.
STATES = ("START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER")
OUTCOMES = ("published", "unchanged", "parked", "failed", "left_out", "given_up")


def translate(command: ArgumentParser) -> None:
    """Add the events and the destination of the plan."""
    command.add_argument(
        "events",
        nargs="+",
        metavar="EVENTS",
        help="file with OpenLineage events: one JSON event per line, a JSON array, or events over several "
        "lines; gzip is recognised; - reads stdin",
    )
    command.add_argument("--config", metavar="FILE", help="configuration document in YAML or JSON")
    command.add_argument("--output", metavar="FILE", help="write the result to a file instead of stdout")


def ingest(command: ArgumentParser) -> None:
    """Add the events and the catalogue that they are published to."""
    translate(command)
    add_catalogue(command, required=True)
    command.add_argument("--dry-run", action="store_true", help="only read, and report what would be written")


def explain(command: ArgumentParser) -> None:
    """Add the events and the catalogue in which their datasets are looked up."""
    translate(command)
    add_catalogue(command)
    shown = command.add_argument_group(
        "what is shown", "each of these can be given several times; any of a kind counts"
    )
    for option, what in (
        ("--namespace", "datasets and edges of a namespace"),
        ("--dataset", "a dataset and its edges, by its name or by namespace and name"),
        ("--job", "a job with its runs, edges and datasets, by its name or by namespace and name"),
    ):
        shown.add_argument(option, action="append", metavar="GLOB", help=f"only {what}; * and ? stand for any text")
    shown.add_argument(
        "--unresolved",
        action="store_true",
        help="only datasets that OpenMetadata does not have, or has twice, and the edges that wait for them",
    )
    add_json(command)


def picture(command: ArgumentParser) -> None:
    """Add what is drawn, and the destination of the page."""
    command.add_argument(
        "files", nargs="*", metavar="FILE", help="a plan, as translate writes it, or files with OpenLineage events"
    )
    command.add_argument("--config", metavar="FILE", help="configuration document in YAML or JSON, for events")
    command.add_argument(
        "--output", metavar="FILE", default="lineage.html", help="page to write (default: %(default)s)"
    )
    add_catalogue(command)
    command.add_argument("--dataset", metavar="FQN", help="entity of OpenMetadata whose lineage is drawn")
    command.add_argument("--type", default="table", metavar="TYPE", help="its type (default: %(default)s)")
    command.add_argument(
        "--depth", type=int, choices=(1, 2, 3), default=3, help="steps upstream and downstream (default: %(default)s)"
    )


def check(command: ArgumentParser) -> None:
    """Add both connections and the configuration."""
    add_kafka_connection(command)
    add_openmetadata_connection(command)
    add_config(command)
    add_json(command)


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
    add_json(command)
    add_openmetadata_connection(command)
    add_config(command)
    add_state_key(command)
    add_dag_id(command)
    add_topics(command)
    add_lanes(command)


def receipts(command: ArgumentParser) -> None:
    """Add what is searched for, and the DAG whose state has the receipts."""
    command.add_argument(
        "text", nargs="?", metavar="TEXT", help="only receipts that contain this text anywhere, in any case"
    )
    command.add_argument("--run-id", metavar="ID", help="only the run with this id, or runs whose ids begin with it")
    command.add_argument(
        "--job", metavar="GLOB", help="only runs of a job, by its name or by namespace and name; * and ? stand for text"
    )
    command.add_argument("--state", type=str.upper, choices=STATES, help="only runs in this state")
    command.add_argument("--outcome", choices=OUTCOMES, help="only runs with an edge that has this outcome")
    command.add_argument(
        "--limit", type=above_zero, default=100, metavar="N", help="most runs to list (default: %(default)s)"
    )
    add_json(command)
    add_state_key(command)
    add_dag_id(command)
    add_topics(command)
    add_lanes(command)


def register_service(command: ArgumentParser) -> None:
    """Add the service and both connections."""
    command.add_argument(
        "--name",
        type=not_empty,
        default="openlineage",
        metavar="NAME",
        help="name of the service (default: %(default)s)",
    )
    command.add_argument(
        "--topic",
        type=not_empty,
        metavar="TOPIC",
        help="topic with the events (default: the first of [openmetadata_ol] topics)",
    )
    add_kafka_connection(command)
    add_connection_or_host(command)
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
    add_json(command)
    add_connection_or_host(command, "; with event files, no state is read then unless --state-key is given")
    add_kafka_connection(command)
    add_config(command)
    add_state_key(command)
    add_dag_id(command)
    add_topics(command)
    add_lanes(command)


def demo(command: ArgumentParser) -> None:
    """Add the directory of the demo's state."""
    command.add_argument("--directory", metavar="DIR", help="directory for the demo's state (default: ./.demo)")
    command.add_argument("--verbose", action="store_true", help="print the lineage, each task and each problem, too")


def sandbox(command: ArgumentParser) -> None:
    """Add the events to send, and the ports."""
    command.add_argument("--feed", action="store_true", help="send the captured events of Spark, Airflow and dbt once")
    command.add_argument(
        "--rate",
        type=positive,
        metavar="N",
        help="send captured events again and again as new runs that happen now, N a second",
    )
    for option, what in (("--port", "OpenMetadata stand-in"), ("--page-port", "page with its content")):
        command.add_argument(
            option, type=port, default=0, metavar="PORT", help=f"port of the {what} on 127.0.0.1 (default: a free one)"
        )
