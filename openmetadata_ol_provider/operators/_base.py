"""What the operators share: where their input is, their config, and how errors end a task."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from openmetadata_ol_provider.exceptions import ConfigError, OpenLineageProviderError

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openlineage.runs import Limits
    from openmetadata_ol_provider.openmetadata.publication.report import PublishReport

T = TypeVar("T")


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


class Bounds(NamedTuple):
    """How large one batch may be: messages, bytes, seconds."""

    max_events: int
    max_bytes: int
    max_duration: float


def bounds_of(operator: Any) -> Bounds:
    """Return an operator's bounds, those not given from ``[openmetadata_ol]``.

    :raises ConfigError: if one is no number above 0
    """
    from openmetadata_ol_provider import conf

    for name in Bounds._fields:
        value = getattr(operator, name)
        if value is not None and not (isinstance(value, int | float) and value > 0):
            raise ConfigError(f"{name} is {value!r}; give a number above 0, or leave it out for the default")
    return Bounds(
        conf.max_events() if operator.max_events is None else operator.max_events,
        conf.max_bytes() if operator.max_bytes is None else operator.max_bytes,
        conf.max_duration() if operator.max_duration is None else operator.max_duration,
    )


class Letterbox(NamedTuple):
    """Where messages go that cannot be used, as the steps take it."""

    topic: str | None

    @property
    def exclude(self) -> tuple[str, ...]:
        """Topics that a pattern shall not match: dead letters read again would only be dead letters again."""
        from openmetadata_ol_provider.consumption import SKIP

        return () if self.topic in {None, SKIP} else (str(self.topic),)


def letterbox_of(operator: Any) -> Letterbox:
    """Return an operator's dead-letter topic, if none is given that of ``[openmetadata_ol]``."""
    from openmetadata_ol_provider import conf

    return Letterbox(operator.dead_letter_topic or conf.dead_letter_topic())


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
    from openmetadata_ol_provider.links import push_links
    from openmetadata_ol_provider.metrics import send_metrics

    operator.log.info("%s", report.table())
    send_metrics(report, dag_id=operator.dag_id, task_id=operator.task_id)
    push_links(context, report.links)


def _described(given: object) -> str:
    # Not its text: a plan or batch may be megabytes.
    return f"a dict with the keys {sorted(given)[:10]}" if isinstance(given, dict) else f"a {type(given).__name__}"
