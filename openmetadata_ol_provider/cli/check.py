"""``openmetadata-ol check``: tests both Airflow connections and the configuration."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from openmetadata_ol_provider.cli.airflow import prepare_airflow, tasks_config
from openmetadata_ol_provider.cli.exit_codes import DONE, FAILED
from openmetadata_ol_provider.cli.output import write_json
from openmetadata_ol_provider.cli.terminal import write_line
from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.sanitize import printable

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.admin.check_step import Step

_STATUSES = {"ok": "ok", "warn": "warning", "FAILED": "failed"}
_STYLES = {"ok": "green", "warn": "yellow", "FAILED": "bold red"}


class Check(NamedTuple):
    """The check of the configuration or of one connection.

    :param result: its result; where steps failed, their details are only in the steps
    :param steps: its steps, if it has any
    """

    result: Step
    steps: Sequence[Step] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {**_step_document(self.result), "steps": [_step_document(step) for step in self.steps]}


def check_command(arguments: Namespace) -> int:
    """Print a line for each check, and below it one for each of its steps; then a summary on stderr.

    :return: exit code, which is 1 when a check failed
    """
    prepare_airflow()
    config, config_check = _check_config(arguments.config)
    checks = [
        config_check,
        _check_kafka(arguments.kafka_config_id),
        _check_openmetadata(arguments.openmetadata_conn_id, config),
    ]
    failed = [check.result.name for check in checks if not check.result.passed]
    if arguments.json:
        write_json({"passed": not failed, "checks": [check.to_dict() for check in checks]})
    else:
        for check in checks:
            print_steps([check.result], sys.stdout)
            print_steps(check.steps, sys.stdout, indent="  ")
    warnings = sum(step.is_warning for check in checks for step in (check.result, *check.steps))
    text = (
        f"{len(failed)} of {counted(len(checks), 'check')} failed: {', '.join(failed)}"
        if failed
        else "all checks passed"
    )
    write_line(
        sys.stderr, (text, "bold red" if failed else "green"), f"; {counted(warnings, 'warning')}" if warnings else ""
    )
    return FAILED if failed else DONE


def _check_config(source: str | None) -> tuple[Config, Check]:
    from openmetadata_ol_provider.cli.option_check import wrong_options
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.admin.check_step import Step

    wrong = wrong_options()
    try:
        config, is_given = tasks_config(source)
    except ConfigError as error:
        return Config(), Check(Step("config", False, "; ".join([str(error), *wrong])))
    if wrong:
        return config, Check(Step("config", False, "; ".join(wrong)))
    return config, Check(Step("config", True, "valid" if is_given else "defaults"))


def _check_kafka(conn_id: str) -> Check:
    from openmetadata_ol_provider.cli.option_check import wrong_options
    from openmetadata_ol_provider.cli.topic_check import check_option_topics
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.openmetadata.admin.check_step import Step, warning

    hook, name = OpenLineageKafkaHook(conn_id), f"connection {conn_id} (Kafka)"
    passed, detail = hook.test_connection()
    # Options that cannot be used have failed already, with the configuration.
    topics = check_option_topics(hook) if passed and not wrong_options() else None
    if topics is not None and not topics.passed:
        return Check(Step(name, False, topics.detail))
    detail = f"{detail} {topics.detail}" if topics is not None else detail
    exposure = hook.settings.exposure if passed else None
    if exposure is not None or (topics is not None and topics.is_warning):
        return Check(warning(name, f"{detail} {exposure or ''}".strip()))
    return Check(Step(name, passed, detail))


def _check_openmetadata(conn_id: str, config: Config) -> Check:
    from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook
    from openmetadata_ol_provider.openmetadata.admin.check_step import Step

    name = f"connection {conn_id} (OpenMetadata)"
    try:
        steps = OpenMetadataHook(conn_id).check(config)
    except ConfigError as error:
        return Check(Step(name, False, str(error)))
    failed = [step.name for step in steps if not step.passed]
    if failed:
        return Check(Step(name, False, f"{len(failed)} of {counted(len(steps), 'step')} failed"), steps)
    return Check(Step(name, True, f"{steps[0].detail}, {counted(len(steps), 'step')} passed"), steps)


def _step_document(step: Step) -> dict[str, Any]:
    return {"name": step.name, "status": _STATUSES[_word(step)], "detail": step.detail}


def _word(step: Step) -> str:
    return "warn" if step.is_warning else "ok" if step.passed else "FAILED"


def print_steps(steps: Iterable[Step], stream: TextIO, indent: str = "") -> None:
    """Print one line for each step.

    :param indent: text before each line
    """
    for step in steps:
        word = _word(step)
        detail = "\n".join(map(printable, step.detail.splitlines()))
        write_line(stream, indent, (f"{word:6}", _STYLES[word]), f" {step.name}: {detail}")
