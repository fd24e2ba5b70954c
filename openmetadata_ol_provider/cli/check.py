"""``openmetadata-ol check``: tests both Airflow connections and the configuration."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from openmetadata_ol_provider.cli.airflow import prepare_airflow
from openmetadata_ol_provider.cli.exit_codes import DONE, FAILED
from openmetadata_ol_provider.cli.terminal import write_line
from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.openlineage.sanitize import printable

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.admin.check_step import Step

_STYLES = {"ok": "green", "warn": "yellow", "FAILED": "bold red"}


def check_command(arguments: Namespace) -> int:
    """Print a line for each check, and below them one for each step of OpenMetadata's check.

    :return: exit code, which is 1 when a check failed
    """
    prepare_airflow()
    from openmetadata_ol_provider.config import Config, load_config
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook
    from openmetadata_ol_provider.openmetadata.admin.check_step import Step, summary, warning
    from openmetadata_ol_provider.version_compat import get_variable

    config = Config()
    results: list[Step] = []
    try:
        config = load_config(arguments.config, get_variable)
        results.append(Step("config", True, "valid" if arguments.config else "defaults"))
    except ConfigError as error:
        results.append(Step("config", False, str(error)))
    kafka = OpenLineageKafkaHook(arguments.kafka_config_id)
    kafka_name = f"connection {arguments.kafka_config_id} (Kafka)"
    passed, detail = kafka.test_connection()
    if passed and kafka.settings.exposure is not None:
        results.append(warning(kafka_name, f"{detail} {kafka.settings.exposure}"))
    else:
        results.append(Step(kafka_name, passed, detail))
    steps: list[Step] = []
    try:
        steps = OpenMetadataHook(arguments.openmetadata_conn_id).check(config)
        passed, detail = summary(steps)
    except ConfigError as error:
        passed, detail = False, str(error)
    results.append(Step(f"connection {arguments.openmetadata_conn_id} (OpenMetadata)", passed, detail))
    print_steps(results, sys.stdout)
    print_steps(steps, sys.stdout, indent="  ")
    return DONE if all(step.passed for step in results) else FAILED


def print_steps(steps: Iterable[Step], stream: TextIO, indent: str = "") -> None:
    """Print one line for each step.

    :param indent: text before each line
    """
    for step in steps:
        word = "warn" if step.is_warning else "ok" if step.passed else "FAILED"
        detail = "\n".join(map(printable, step.detail.splitlines()))
        write_line(stream, indent, (f"{word:6}", _STYLES[word]), f" {step.name}: {detail}")
