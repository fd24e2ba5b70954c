"""What the operators share: where their input is, their config, and how errors end a task."""

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
    from openmetadata_ol_provider.kafka.data_loss import LossPolicy
    from openmetadata_ol_provider.kafka.start_position import StartPoint
    from openmetadata_ol_provider.openlineage.run_assembler import Limits
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport

T = TypeVar("T")


@contextmanager
def airflow_errors() -> Iterator[None]:
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
    from openmetadata_ol_provider.openlineage.run_assembler import Limits

    return Limits(conf.open_run_ttl(), conf.closed_run_ttl(), conf.max_open_runs(), conf.max_state_bytes())


def without_own_events(config: Config, dag_id: str) -> Config:
    """Leave out the events of the DAG that does the work: published, they would make it run for ever."""
    pipelines = config.pipelines
    exclude = (*pipelines.exclude, dag_id, f"{dag_id}.*")
    return config.model_copy(update={"pipelines": pipelines.model_copy(update={"exclude": exclude})})


def as_topics(topics: str | Sequence[str]) -> list[str]:
    """Take one name for a list of one; only at use, since a template may turn into either."""
    return [topics] if isinstance(topics, str) else list(topics)


def as_flag(name: str, value: bool | str) -> bool:
    """Return a parameter that is yes or no, also when a template made a text of it.

    :raises ConfigError: if it is neither
    """
    known = {"true": True, "false": False, "1": True, "0": False, "": False, "none": False}
    flag = known.get(str(value).strip().lower())
    if flag is None:
        raise ConfigError(f"{name} is {value!r}; give true or false")
    return flag


def batch_limits(operator: Any) -> BatchLimits:
    """Return an operator's bounds, those not given from ``[openmetadata_ol]``.

    :raises ConfigError: if one is no number above 0
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
    """Return an operator's dead-letter topic, if none is given that of ``[openmetadata_ol]``."""
    from openmetadata_ol_provider import conf

    return DeadLetterTarget(operator.dead_letter_topic or conf.dead_letter_topic())


def input_of(operator: Any, context: Any, name: str, keys: set[str], read: Callable[[dict[str, Any]], T]) -> T:
    """Return an operator's input: its parameter (an XComArg, rendered), else the output of an upstream task.

    :param name: the parameter's name
    :param keys: keys that together tell the right output from others
    :param read: makes the input of its plain JSON
    :raises ConfigError: if there is none, more than one, or one that cannot be read
    """
    who = f"{type(operator).__name__} {operator.task_id!r}"
    given = getattr(operator, name)
    if given is None:
        given = _pulled(operator, context, who, name, keys)
    if not isinstance(given, dict) or not keys <= given.keys():
        raise ConfigError(f"{who}: {name} is no {name} but {_described(given)}; set {name}=<task>.output")
    try:
        return read(given)
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{who}: the {name} cannot be read: {error}; clear the task that made it") from None


def _pulled(operator: Any, context: Any, who: str, name: str, keys: set[str]) -> Any:
    ids = sorted(operator.upstream_task_ids)
    outputs = context["ti"].xcom_pull(task_ids=ids) if ids else []
    found = [output for output in outputs or () if isinstance(output, dict) and keys <= output.keys()]
    if len(found) != 1:
        raise ConfigError(
            f"{who}: {len(found)} of the upstream tasks ({', '.join(ids) or 'none'}) give a {name}, exactly one must; "
            f"set {name}=<task>.output"
        )
    return found[0]


def show(operator: Any, context: Any, report: PublishReport) -> None:
    """Tell people of a publication: as a table in the task's log, as metrics, and as links of the task."""
    from openmetadata_ol_provider.ingestion.metrics import send_metrics
    from openmetadata_ol_provider.links import push_links

    operator.log.info("%s", report.table())
    send_metrics(report, dag_id=operator.dag_id, task_id=operator.task_id)
    push_links(context, report.links)


def _described(given: object) -> str:
    # Not its text: a plan or batch may be megabytes.
    return f"a dict with the keys {sorted(given)[:10]}" if isinstance(given, dict) else f"a {type(given).__name__}"


def read_request(operator: Any) -> ReadRequest:
    """Return what an operator reads; what it does not say of ``start_from`` and ``on_data_loss``, the options do.

    :raises ConfigError: naming the parameter that is wrong
    """
    from openmetadata_ol_provider.ingestion.read_request import ReadRequest
    from openmetadata_ol_provider.kafka.start_position import parse_start

    replay = parse_start(operator.replay_from, "replay_from", ("earliest", "time", "offsets"))
    return ReadRequest(start_of(operator), replay, _window_of(operator, replay), on_data_loss=_loss_policy_of(operator))


def start_of(operator: Any) -> StartPoint:
    """Return where an operator begins while there is no checkpoint.

    :raises ConfigError: if that is no start
    """
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.kafka.start_position import OWN_GROUP, STARTS, parse_start

    given = parse_start(operator.start_from, "start_from", STARTS)
    return given or parse_start(conf.start_from(), "[openmetadata_ol] start_from", STARTS) or OWN_GROUP


def _loss_policy_of(operator: Any) -> LossPolicy:
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.kafka.data_loss import parse_policy

    given = parse_policy(getattr(operator, "on_data_loss", None), "on_data_loss")
    return given or parse_policy(conf.on_data_loss(), "[openmetadata_ol] on_data_loss") or "continue"


def _window_of(operator: Any, replay: StartPoint | None) -> Window | None:
    from openmetadata_ol_provider.ingestion.read_request import Window
    from openmetadata_ol_provider.kafka.start_position import parse_start

    given = getattr(operator, "start", None), getattr(operator, "end", None)
    if given == (None, None):
        return None
    start, end = (parse_start(value, name, ("time",)) for value, name in zip(given, ("start", "end"), strict=True))
    if start is None:
        # Reading on from the checkpoint instead would be quite another thing than what was asked for.
        raise ConfigError(
            f"start is {given[0]!r}; give a time (a run without data interval has none), or neither start nor end"
        )
    if given[1] is not None and end is None:
        raise ConfigError(f"end is {given[1]!r}; give a time, or leave end out to read to the end of the topics")
    if end is not None and end.milliseconds <= start.milliseconds:
        raise ConfigError(f"start is {start} and end is {end}; end has to be later")
    if replay is not None:
        raise ConfigError("replay_from and start are both given; give one of them")
    return Window(start, end)
