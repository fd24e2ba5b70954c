"""Options that several commands share, each defined once."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import _ActionsContainer

BUNDLED_DAG = "openlineage_to_openmetadata"

#: Where the token of ``--host`` comes from, for help texts.
TOKEN = "the token is read from OPENMETADATA_JWT_TOKEN"  # noqa: S105 - part of a help text


def add_json(command: ArgumentParser) -> None:
    """Add ``--json``."""
    command.add_argument("--json", action="store_true", help="print JSON instead of text")


def add_config(command: ArgumentParser) -> None:
    """Add the configuration document."""
    command.add_argument(
        "--config",
        type=not_empty,
        metavar="SOURCE",
        help="configuration document: a YAML or JSON file, or variable:NAME (default: [openmetadata_ol] config)",
    )


def add_kafka_connection(command: ArgumentParser) -> None:
    """Add the connection to Kafka."""
    command.add_argument(
        "--kafka-config-id",
        type=not_empty,
        default="kafka_default",
        metavar="ID",
        help="Airflow connection to Kafka (default: %(default)s)",
    )


def add_openmetadata_connection(command: _ActionsContainer) -> None:
    """Add the connection to OpenMetadata."""
    command.add_argument(
        "--openmetadata-conn-id",
        type=not_empty,
        default="openmetadata_default",
        metavar="ID",
        help="Airflow connection to OpenMetadata (default: %(default)s)",
    )


def add_catalogue(command: ArgumentParser, *, required: bool = False) -> None:
    """Add the catalogue of a command that can do without Airflow: a URL, or a connection."""
    catalogue = command.add_mutually_exclusive_group(required=required)
    catalogue.add_argument("--host", type=not_empty, metavar="URL", help=f"URL of OpenMetadata; {TOKEN}")
    catalogue.add_argument(
        "--openmetadata-conn-id",
        type=not_empty,
        metavar="ID",
        help="Airflow connection to OpenMetadata, instead of a URL",
    )
    add_tls_files(command)


def add_connection_or_host(command: ArgumentParser, note: str = "") -> None:
    """Add the connection to OpenMetadata of a command that works with Airflow, or a URL instead.

    :param note: end of the URL's help text; default: nothing
    """
    catalogue = command.add_mutually_exclusive_group()
    add_openmetadata_connection(catalogue)
    catalogue.add_argument(
        "--host", type=not_empty, metavar="URL", help=f"URL of OpenMetadata, instead of a connection; {TOKEN}{note}"
    )
    add_tls_files(command)


def add_tls_files(command: ArgumentParser) -> None:
    """Add the files for TLS, which a connection has in its extra."""
    command.add_argument("--ca-file", metavar="FILE", help="certificates of the CAs to trust (PEM), with --host")
    command.add_argument("--client-cert", metavar="FILE", help="client certificate (PEM), with --host")
    command.add_argument(
        "--client-key", metavar="FILE", help="private key of --client-cert, if its file does not contain it"
    )


def add_topics(command: ArgumentParser) -> None:
    """Add the topics of the tasks."""
    command.add_argument(
        "--topics",
        type=not_empty,
        metavar="TOPIC,...",
        help="topics of the tasks (default: [openmetadata_ol] topics)",
    )


def add_state_key(command: ArgumentParser) -> None:
    """Add the key of the tasks' state."""
    command.add_argument(
        "--state-key",
        type=not_empty,
        metavar="KEY",
        help="state_key of the tasks (default: derived from --dag-id and --topics)",
    )


def add_dag_id(command: ArgumentParser) -> None:
    """Add the DAG of the tasks."""
    command.add_argument(
        "--dag-id", type=not_empty, default=BUNDLED_DAG, metavar="ID", help="DAG of the tasks (default: %(default)s)"
    )


def add_lanes(command: ArgumentParser) -> None:
    """Add the number of lanes."""
    command.add_argument(
        "--lanes", type=above_zero, metavar="N", help="lanes of the tasks (default: [openmetadata_ol] lanes)"
    )


def sentence(summary: str) -> str:
    """Return a summary as a sentence."""
    return f"{summary[0].upper()}{summary[1:]}."


def not_empty(text: str) -> str:
    """Return a text, for an argument's ``type``: a shell variable that is not set would mean the default otherwise."""
    if not text.strip():
        raise ArgumentTypeError("it is empty; give a value, or leave the option out")
    return text


def above_zero(text: str) -> int:
    """Return a whole number above 0, for an argument's ``type``."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def positive(text: str) -> float:
    """Return a number above 0, for an argument's ``type``."""
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def port(text: str) -> int:
    """Return the number of a port, 0 for a free one, for an argument's ``type``."""
    if not text.isdecimal() or int(text) > 65535:
        raise ArgumentTypeError(f"{text!r} is not a port: a whole number from 0 to 65535")
    return int(text)
