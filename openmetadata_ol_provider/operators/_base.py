"""What the operators share: where their input is, their config, and how errors end a task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from openmetadata_ol_provider.exceptions import ConfigError, OpenLineageProviderError

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openlineage.runs import Limits


@contextmanager
def failing_well() -> Iterator[None]:
    """End the task with one clear message; what a retry cannot mend is not retried."""
    try:
        yield
    except OpenLineageProviderError as error:
        kind = AirflowException if error.retriable else AirflowFailException
        raise kind(str(error)) from error


def read_config(source: object) -> Config:
    """Read the operator's ``config``: a mapping, a path, or ``variable:NAME``."""
    from openmetadata_ol_provider.config import load_config
    from openmetadata_ol_provider.version_compat import get_variable

    return load_config(source, get_variable)


def run_limits() -> Limits:
    """Return the limits of the run state, from ``[openmetadata_ol]``."""
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.openlineage.runs import Limits

    return Limits(conf.open_run_ttl(), conf.closed_run_ttl(), conf.max_open_runs())


def without_own_events(config: Config, dag_id: str) -> Config:
    """Leave out the events of the DAG that does the work: published, they would make it run for ever."""
    pipelines = config.pipelines
    exclude = (*pipelines.exclude, dag_id, f"{dag_id}.*")
    return config.model_copy(update={"pipelines": pipelines.model_copy(update={"exclude": exclude})})


def as_topics(topics: str | Sequence[str]) -> list[str]:
    """Take one name for a list of one; only at use, since a template may turn into either."""
    return [topics] if isinstance(topics, str) else list(topics)


def input_of(operator: Any, given: Any, context: Any, name: str, key: str) -> dict[str, Any]:
    """Return an operator's input: what was given (an XComArg, rendered), else the output of an upstream task.

    :param name: the parameter's name, for the error
    :param key: a key that tells the right output from others
    :raises ConfigError: if there is none, or more than one
    """
    if given is not None:
        found = [given]
    else:
        ids = sorted(operator.upstream_task_ids)
        outputs = context["ti"].xcom_pull(task_ids=ids) if ids else []
        found = [output for output in outputs or () if isinstance(output, dict) and key in output]
    if len(found) != 1 or not isinstance(found[0], dict) or key not in found[0]:
        raise ConfigError(
            f"{type(operator).__name__} {operator.task_id!r}: {len(found)} upstream tasks give a {name}, one must; "
            f"set {name}=<task>.output"
        )
    return dict(found[0])
