"""Parameters, input, reports and errors of the operators, shared by all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from openmetadata_ol_provider.exceptions import ConfigError, OpenLineageProviderError
from openmetadata_ol_provider.ingestion.settings import BatchLimits, DeadLetterTarget

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.ingestion.read_request import ReadRequest, Window
    from openmetadata_ol_provider.kafka.data_loss import OnDataLoss
    from openmetadata_ol_provider.kafka.start_position import StartPosition
    from openmetadata_ol_provider.openlineage.run_assembler import Limits
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport

T = TypeVar("T")

_BOOLEANS = {"true": True, "false": False, "1": True, "0": False, "": False, "none": False}


@contextmanager
def airflow_errors() -> Iterator[None]:
    """Turn this package's errors into Airflow's; an error that a retry cannot fix ends the task without retries."""
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
    from openmetadata_ol_provider.openlineage.run_assembler import Limits

    return Limits(conf.open_run_ttl(), conf.closed_run_ttl(), conf.max_open_runs(), conf.max_state_bytes())


def exclude_own_dag(config: Config, dag_id: str) -> Config:
    """Return a config that excludes the DAG of this task: publishing its own events would produce new ones forever."""
    pipelines = config.pipelines
    exclude = (*pipelines.exclude, dag_id, f"{dag_id}.*")
    return config.model_copy(update={"pipelines": pipelines.model_copy(update={"exclude": exclude})})


def topic_list(topics: str | Sequence[str]) -> list[str]:
    """Return topics as a list. Call it in ``execute``: a template may render to one name or to a list."""
    return [topics] if isinstance(topics, str) else list(topics)


def parse_bool(name: str, value: bool | str) -> bool:
    """Return a boolean parameter, which a template may have rendered as text.

    :param name: name of the parameter, for the error
    :raises ConfigError: if the value is not a boolean
    """
    parsed = _BOOLEANS.get(str(value).strip().lower())
    if parsed is None:
        raise ConfigError(f"{name} is {value!r}; give true or false")
    return parsed


def batch_limits(operator: Any) -> BatchLimits:
    """Return an operator's batch limits; those that are not given come from ``[openmetadata_ol]``.

    :raises ConfigError: if a limit is not a number above 0
    """
    from openmetadata_ol_provider import conf

    for name in BatchLimits._fields:
        value = getattr(operator, name)
        if value is not None and not (isinstance(value, int | float) and value > 0):
            raise ConfigError(f"{name} is {value!r}; give a number above 0, or leave it out for the default")
    return BatchLimits(
        conf.max_events() if operator.max_events is None else operator.max_events,
        conf.max_bytes() if operator.max_bytes is None else operator.max_bytes,
        conf.max_duration() if operator.max_duration is None else operator.max_duration,
    )


def dead_letter_target(operator: Any) -> DeadLetterTarget:
    """Return an operator's dead-letter topic; default: that of ``[openmetadata_ol]``."""
    from openmetadata_ol_provider import conf

    return DeadLetterTarget(operator.dead_letter_topic or conf.dead_letter_topic())


def read_request(operator: Any) -> ReadRequest:
    """Return the messages that an operator reads, with the options' ``start_from`` and ``on_data_loss`` as defaults.

    :raises ConfigError: naming the wrong parameter
    """
    from openmetadata_ol_provider.ingestion.read_request import ReadRequest
    from openmetadata_ol_provider.kafka.start_position import parse_start

    replay = parse_start(operator.replay_from, "replay_from", ("earliest", "time", "offsets"))
    window = _window(operator, replay)
    return ReadRequest(start_position(operator), replay, window, on_data_loss=_on_data_loss(operator))


def start_position(operator: Any) -> StartPosition:
    """Return the position at which an operator starts without a checkpoint.

    :raises ConfigError: if ``start_from`` is not a start position
    """
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.kafka.start_position import OWN_GROUP, START_KINDS, parse_start

    given = parse_start(operator.start_from, "start_from", START_KINDS)
    return given or parse_start(conf.start_from(), "[openmetadata_ol] start_from", START_KINDS) or OWN_GROUP


def _on_data_loss(operator: Any) -> OnDataLoss:
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.kafka.data_loss import parse_on_data_loss

    given = parse_on_data_loss(getattr(operator, "on_data_loss", None), "on_data_loss")
    return given or parse_on_data_loss(conf.on_data_loss(), "[openmetadata_ol] on_data_loss") or "continue"


def _window(operator: Any, replay: StartPosition | None) -> Window | None:
    from openmetadata_ol_provider.ingestion.read_request import Window
    from openmetadata_ol_provider.kafka.start_position import parse_start

    given = getattr(operator, "start", None), getattr(operator, "end", None)
    if given == (None, None):
        return None
    start, end = (parse_start(value, name, ("time",)) for value, name in zip(given, ("start", "end"), strict=True))
    if start is None:
        # Continuing from the checkpoint instead would silently read something else than what was asked for.
        raise ConfigError(
            f"start is {given[0]!r}; give a time (a run without data interval has none), or neither start nor end"
        )
    if given[1] is not None and end is None:
        raise ConfigError(f"end is {given[1]!r}; give a time, or leave end out to read to the end of the topics")
    if end is not None and end.milliseconds <= start.milliseconds:
        raise ConfigError(f"start is {start} and end is {end}; end must be later")
    if replay is not None:
        raise ConfigError("replay_from and start are both given; give one of them")
    return Window(start, end)


def resolve_input(
    operator: Any, context: Any, name: str, *, producer: str, keys: set[str], read: Callable[[dict[str, Any]], T]
) -> T:
    """Return an operator's input: its parameter (a rendered XComArg), else the output of an upstream task.

    :param name: name of the parameter
    :param producer: operator whose output is expected, for errors
    :param keys: keys that identify the expected output
    :param read: function that builds the input from its plain JSON
    :raises ConfigError: if there is no such output, more than one, or one that cannot be read
    """
    task = f"{type(operator).__name__} {operator.task_id!r}"
    value = getattr(operator, name)
    if value is None:
        value = _pull_upstream(operator, context, task, name, keys)
    if not isinstance(value, dict) or not keys <= value.keys():
        raise ConfigError(
            f"{task}: {name}: expected the output of {producer}, got {_describe(value)}; set {name}=<task>.output"
        )
    try:
        return read(value)
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{task}: the {name} cannot be read: {error}; clear the task that made it") from None


def _pull_upstream(operator: Any, context: Any, task: str, name: str, keys: set[str]) -> Any:
    ids = sorted(operator.upstream_task_ids)
    outputs = context["ti"].xcom_pull(task_ids=ids) if ids else []
    matching = [output for output in outputs or () if isinstance(output, dict) and keys <= output.keys()]
    if len(matching) != 1:
        raise ConfigError(
            f"{task}: {len(matching)} of the upstream tasks ({', '.join(ids) or 'none'}) return a {name}, exactly one "
            f"must; set {name}=<task>.output"
        )
    return matching[0]


def _describe(value: object) -> str:
    # Not the value itself: a plan or batch may be megabytes.
    return f"a dict with the keys {sorted(value)[:10]}" if isinstance(value, dict) else type(value).__name__


def emit_report(operator: Any, context: Any, report: PublishReport) -> None:
    """Show a report to people: as a table in the task's log, as metrics, and as links of the task."""
    from openmetadata_ol_provider.ingestion.metrics import send_metrics
    from openmetadata_ol_provider.operators.links import push_links

    operator.log.info("%s", report.table())
    send_metrics(report, dag_id=operator.dag_id, task_id=operator.task_id)
    push_links(context, report.links)
