"""Parameters, input, reports and errors of the operators, shared by all of them."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from openmetadata_ol_provider.exceptions import ConfigError, OpenLineageProviderError
from openmetadata_ol_provider.ingestion.parameters import BOOLEANS, check_limit
from openmetadata_ol_provider.ingestion.settings import BatchLimits, DeadLetterTarget

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.ingestion.read_request import ReadRequest, Window
    from openmetadata_ol_provider.kafka.data_loss import OnDataLoss
    from openmetadata_ol_provider.kafka.start_position import StartPosition
    from openmetadata_ol_provider.openlineage.run_assembler import Limits
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport

T = TypeVar("T")

#: The kinds of positions from which messages can be read again.
REPLAY_KINDS = ("earliest", "time", "offsets")


@contextmanager
def airflow_errors() -> Iterator[None]:
    """Turn this package's errors into Airflow's; an error that a retry cannot fix ends the task without retries.

    Each of them is expected and says what to do: the log has it once, without the traceback of what led to it.
    """
    try:
        yield
    except OpenLineageProviderError as error:
        kind = AirflowException if error.retriable else AirflowFailException
        raise kind(str(error)) from None


def read_config(source: object) -> Config:
    """Read the operator's ``config``: a mapping, a path, or ``variable:NAME``."""
    from openmetadata_ol_provider.config import load_config
    from openmetadata_ol_provider.version_compat import user_variable

    return load_config(source, user_variable)


def catalogue_client(operator: Any) -> OpenMetadataClient:
    """Return the client of an operator's OpenMetadata connection, and warn if the token can be read on its way there.

    :raises ConfigError: if the connection is missing or invalid
    """
    from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook

    client = OpenMetadataHook(operator.openmetadata_conn_id).get_conn()
    # The client itself warns when certificates are not verified.
    if client.token_claims is not None and client.exposure is not None and client.base_url.startswith("http:"):
        operator.log.warning(
            "connection %r: %s to %s: anybody on the way can read and use it; use an https address",
            operator.openmetadata_conn_id,
            client.exposure,
            client.base_url,
        )
    return client


def ask_if_idle(client: OpenMetadataClient, report: PublishReport) -> PublishReport:
    """Return the report of a publication, after asking the catalogue if nothing was read.

    Otherwise a wrong token, a wrong address or a dead server would go unnoticed until events arrive. Events that
    changed nothing still cost no request.

    :raises CatalogueError: if the server cannot be reached, is too old, or refuses the token
    """
    import msgspec

    from openmetadata_ol_provider.openmetadata.admin.reachability import require_catalogue

    if report.events or client.calls:
        return report
    require_catalogue(client)
    return msgspec.structs.replace(report, requests=client.calls)


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
    """Return topics as a list. Call it in ``execute``: a template may render to one name or to a list.

    :raises ConfigError: if there are none
    """
    names = [topics] if isinstance(topics, str) else list(topics or ())
    if not any(names):
        raise ConfigError(f"topics is {topics!r}; give the name of a topic, or a list of names")
    return names


def parse_bool(name: str, value: bool | str) -> bool:
    """Return a boolean parameter, which a template may have rendered as text.

    :param name: name of the parameter, for the error
    :raises ConfigError: if the value is not a boolean
    """
    parsed = BOOLEANS.get(str(value).strip().lower())
    if parsed is None:
        raise ConfigError(f"{name} is {value!r}; give true or false")
    return parsed


def batch_limits(operator: Any) -> BatchLimits:
    """Return an operator's batch limits; those that are not given come from ``[openmetadata_ol]``.

    :raises ConfigError: if a limit is not a number above 0
    """
    from openmetadata_ol_provider import conf

    for name in BatchLimits._fields:
        check_limit(name, getattr(operator, name))
    return BatchLimits(
        conf.max_events() if operator.max_events is None else operator.max_events,
        conf.max_bytes() if operator.max_bytes is None else operator.max_bytes,
        conf.max_duration() if operator.max_duration is None else operator.max_duration,
    )


def dead_letter_target(operator: Any) -> DeadLetterTarget:
    """Return an operator's dead-letter topic; default: that of ``[openmetadata_ol]``.

    :raises ConfigError: if the operator reads the same topic
    """
    from openmetadata_ol_provider import conf

    target = DeadLetterTarget(operator.dead_letter_topic or conf.dead_letter_topic())
    target.require_apart(topic_list(operator.topics))
    return target


def read_request(operator: Any) -> ReadRequest:
    """Return the messages that an operator reads, with the options' ``start_from`` and ``on_data_loss`` as defaults.

    :raises ConfigError: naming the wrong parameter
    """
    from openmetadata_ol_provider.ingestion.read_request import ReadRequest
    from openmetadata_ol_provider.kafka.start_position import parse_start

    replay = parse_start(operator.replay_from, "replay_from", REPLAY_KINDS)
    window = read_window(operator, replay)
    return ReadRequest(start_position(operator), replay, window, on_data_loss=_on_data_loss(operator))


def start_position(operator: Any) -> StartPosition:
    """Return the position at which an operator starts without a checkpoint.

    :raises ConfigError: if ``start_from`` is not a start position
    """
    from openmetadata_ol_provider.ingestion.read_request import start_option
    from openmetadata_ol_provider.kafka.start_position import START_KINDS, parse_start

    return parse_start(operator.start_from, "start_from", START_KINDS) or start_option()


def _on_data_loss(operator: Any) -> OnDataLoss:
    from openmetadata_ol_provider.ingestion.read_request import data_loss_option
    from openmetadata_ol_provider.kafka.data_loss import parse_on_data_loss

    return parse_on_data_loss(getattr(operator, "on_data_loss", None), "on_data_loss") or data_loss_option()


def read_window(operator: Any, replay: StartPosition | None) -> Window | None:
    """Return the span of time that an operator reads, ``None`` if it reads from the checkpoint.

    :param replay: position from which it reads again
    :raises ConfigError: naming the parameter that is wrong, or those that exclude each other
    """
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


@contextmanager
def report_on_error(operator: Any, context: Any, logged: Container[str] = ()) -> Iterator[None]:
    """Show the report of what was done before an error, then let the error go on.

    :param logged: kinds of problems that the log of this task has already; default: none
    """
    from openmetadata_ol_provider.ingestion.error_report import report_of

    try:
        yield
    except Exception as error:
        report = report_of(error)
        if report is not None:
            emit_report(operator, context, report, is_raised=True, logged=logged)
        raise


def emit_report(
    operator: Any, context: Any, report: PublishReport, *, is_raised: bool = False, logged: Container[str] = ()
) -> None:
    """Show a report to people: in the task's log, a warning for each cause; as metrics, and as links of the task.

    :param is_raised: ``True`` if the error that ended the publication follows
    :param logged: kinds of problems that the log of this task has already; default: none
    """
    from openmetadata_ol_provider.ingestion.metrics import send_metrics
    from openmetadata_ol_provider.openmetadata.publishing.core.report_text import problem_lines, summary_lines
    from openmetadata_ol_provider.operators.links import latest_pages, push_links

    if operator.activity is not None:
        operator.activity.report(report)
        operator.activity.pages = latest_pages(report.links)
    for line in summary_lines(report):
        operator.log.info("%s", line)
    for kind, text in problem_lines(report, is_raised=is_raised):
        if kind not in logged:
            operator.log.warning("%s: %s", kind, text)
    send_metrics(report, dag_id=operator.dag_id, task_id=operator.task_id)
    push_links(context, report.links)
