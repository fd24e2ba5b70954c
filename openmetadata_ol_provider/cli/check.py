"""``openmetadata-ol check``: test both of Airflow's connections and the config document."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

from openmetadata_ol_provider.cli import DONE, FAILED
from openmetadata_ol_provider.cli.airflow import as_airflow_does
from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.openlineage.sanitize import printable

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.admin.check_step import Step


def check_command(arguments: Any) -> int:
    """Print one line a check, and below OpenMetadata's one a step; exit code 1 when one failed."""
    as_airflow_does()
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
        found = summary(steps)
    except ConfigError as error:
        found = (False, str(error))
    results.append(Step(f"connection {arguments.openmetadata_conn_id} (OpenMetadata)", *found))
    print_steps(results, sys.stdout)
    print_steps(steps, sys.stdout, indent="  ")
    return DONE if all(step.passed for step in results) else FAILED


def print_steps(steps: Iterable[Step], stream: TextIO, indent: str = "") -> None:
    """Print one line a step."""
    for step in steps:
        word = "warn" if step.is_warning else "ok" if step.passed else "FAILED"
        detail = "\n".join(map(printable, step.detail.splitlines()))
        stream.write(f"{indent}{word:6} {step.name}: {detail}\n")
