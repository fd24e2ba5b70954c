"""What every scenario feeds: captured events of several producers, events of the day, and what is no event at all."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from tests.operators.steps_support import captured, run_event

PARTITIONS = 3
#: Events of this DAG are left out by the configuration.
PRIVATE = "private.load"
#: Tables of the sandbox's catalogue, and one that it does not have.
TABLES = ("shop.public.customers", "shop.public.orders", "shop.analytics_stg.stg_customers")
UNKNOWN = "shop.public.not_ingested_yet"

#: SQL of one job: that of its first and last run, and that of the one in between.
LASTING, PASSING = "select 1", "select 2"

#: Configuration of all scenarios: whatever can be written is.
CONFIG: dict[str, Any] = {
    "pipelines": {"exclude": [PRIVATE]},
    "lineage": {"pipeline_nodes": True},
    "write": {"create_tags": True, "queries": True, "owners": "always"},
}
_HEADERS: list[tuple[str, bytes | None]] = [("trace", b"1"), ("trace", b"2"), ("empty", None)]
_BAD: tuple[bytes | None, ...] = (b"{", b"\xff\xfe", b'{"hello": "world"}', None, b"[]", b'{"eventTime": 5}')


class Message(NamedTuple):
    """One message of the topic.

    :param bad: it is no OpenLineage event
    """

    value: bytes | None
    key: bytes | None
    partition: int
    headers: Sequence[tuple[str, bytes | None]] = ()
    bad: bool = False


class Feed(NamedTuple):
    """Messages of all partitions, in the order in which they are sent.

    :param batch: most messages in one batch
    """

    name: str
    messages: tuple[Message, ...]
    batch: int
    partitions: int = PARTITIONS


@cache
def mix() -> Feed:
    """Return what makes three batches; the same in one session."""
    sources = [_family("dbt-postgres"), _family("airflow-scheduler", "shop_broken"), _family("debezium")]
    sources += [_family("spark-1.53.0", "broken_job"), [*_today()], [*_malformed()]]
    return Feed("mix", tuple(_spread(sources)), 42)


@cache
def short() -> Feed:
    """Return what makes one batch, with something of all that is written."""
    sources = [_family("airflow-scheduler", "shop_broken"), [*_today()], [*_malformed()]]
    return Feed("short", tuple(_spread(sources)), 100)


@cache
def parts() -> tuple[Feed, int]:
    """Return messages in two parts, between which no run is open, and the number of those in the first."""
    first = _family("dbt-postgres")
    second = [_family("airflow-scheduler", "shop_broken"), [*_today()], [*_malformed()]]
    return Feed("parts", (*first, *_spread(second)), 100), len(first)


def _spread(sources: list[list[Message]]) -> Iterator[Message]:
    """Yield the messages of all sources, evenly mixed, each in its own order."""
    places = [
        ((index + 0.5) / len(source), number, message)
        for number, source in enumerate(sources)
        for index, message in enumerate(source)
    ]
    yield from (message for _, _, message in sorted(places, key=lambda place: place[:2]))


def _family(capture: str, root: str | None = None) -> list[Message]:
    """Return the events of a capture; of one root job only, if that is given."""
    events = [event for event in captured(capture) if root in (None, _root(json.loads(event)))]
    return [_event(event) for event in events]


def _root(event: dict[str, Any]) -> str:
    parent = event["run"]["facets"].get("parent") or {}
    name: str = ((parent.get("root") or parent).get("job") or event["job"])["name"]
    return name


def _event(value: bytes) -> Message:
    """Return an event as producers send it: those of a run to one partition."""
    key = str(json.loads(value)["run"]["runId"]).encode()
    return Message(value, key, zlib.crc32(key) % PARTITIONS)


def _malformed() -> Iterator[Message]:
    # Twice: some in every batch.
    for number, value in enumerate(_BAD * 2):
        yield Message(value, b"key-%d" % number, number % PARTITIONS, _HEADERS, bad=True)


def _today() -> Iterator[Message]:
    """Yield events of an hour ago: usage is kept of the last days only."""
    now = dt.datetime.now(dt.timezone.utc).replace(minute=0, second=0, microsecond=0) - dt.timedelta(hours=1)
    minutes = (now + dt.timedelta(minutes=minute) for minute in itertools.count())
    customers, orders, _ = TABLES
    staged = "shop.analytics_stg.stg_orders"
    # Its START alone names the datasets; its COMPLETE comes in another batch.
    yield _now(minutes, "long", "START", "long.load", [customers], [staged])
    # One job whose SQL changes and changes back: each time the catalogue has to follow.
    yield _changing(minutes, "changing-1", LASTING)
    yield _now(minutes, "facts", "COMPLETE", "facts.load", [customers], [orders], _facts())
    yield _now(minutes, "waits-1", "COMPLETE", "waits.load", [UNKNOWN], [customers])
    yield _now(minutes, "private", "COMPLETE", PRIVATE, [customers], [orders])
    yield _now(minutes, "fails", "START", "fails.load", [orders], [staged])
    yield _now(minutes, "reads", "COMPLETE", "reads.only", [orders], [])
    yield _changing(minutes, "changing-2", PASSING)
    yield _now(minutes, "fails", "FAIL", "fails.load", [orders], [staged])
    yield _now(minutes, "waits-2", "COMPLETE", "waits.load", [UNKNOWN], [staged])
    yield _changing(minutes, "changing-3", LASTING)
    yield _now(minutes, "long", "COMPLETE", "long.load", [], [])


def _changing(minutes: Iterator[dt.datetime], run_id: str, sql: str) -> Message:
    _, orders, target = TABLES
    return _now(minutes, run_id, "COMPLETE", "changing.load", [orders], [target], sql=sql)


def _facts() -> dict[str, Any]:
    described = {"documentation": {"description": "Orders, as events describe them"}}
    owned = {"ownership": {"owners": [{"name": "user:ada", "type": "OWNER"}]}}
    return {**described, **owned, "tags": {"tags": [{"key": "layer", "value": "gold", "source": "TEST"}]}}


def _now(  # noqa: PLR0917 - what an event says
    minutes: Iterator[dt.datetime],
    run_id: str,
    event_type: str,
    job: str,
    inputs: Iterable[str],
    outputs: Iterable[str],
    facets: dict[str, Any] | None = None,
    sql: str | None = None,
) -> Message:
    event = json.loads(run_event(run_id, event_type, job=job, inputs=inputs, outputs=outputs))
    event["eventTime"] = next(minutes).isoformat()
    for output in event["outputs"]:
        output["facets"] = facets or {}
    if sql:
        event["job"]["facets"]["sql"] = {"query": sql}
    return _event(json.dumps(event).encode())
