"""Captured events divided into sessions, each of which can be replayed as a new one.

A session is a root run with all that ran for it, a Spark application or a DAG run for example. Its events are kept as
the producers' own bytes, but for slots: places where a run id, a time, or the mark of a copy goes.
"""

from __future__ import annotations

import datetime as dt
import gzip
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

_ROOT = Path(__file__).parents[1]
_PACKAGED = _ROOT / "openmetadata_ol_provider" / "sandbox" / "data"
_TESTS = _ROOT / "tests" / "data"
_CAPTURES = {
    "spark-1.53.0": _PACKAGED,
    "airflow-scheduler": _PACKAGED,
    "dbt-postgres": _PACKAGED,
    "trino-select": _TESTS,
    "flink2-session": _TESTS,
    "debezium": _TESTS,
    "spark-1.12.0": _TESTS,
}
_UUID = rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_SECOND = rb"2026-11-2[23]T\d\d:\d\d:\d\d"
_QUERY_ID = rb"\d{8}_\d{6}_\d{5}_[a-z0-9]{5}"
_TEXT = rb'(?:[^"\\]|\\.)*'
_SLOTS = re.compile(
    rb"(?P<id>" + _UUID + rb")|(?P<second>" + _SECOND + rb")|(?P<query_id>" + _QUERY_ID + rb")"
    rb'|"namespace"\s*:\s*"(?P<namespace>' + _TEXT + rb')"'
    rb'|"name"\s*:\s*"(?P<name>' + _TEXT + rb')"'
    rb'|"query"\s*:\s*"(?P<sql>' + _TEXT + rb')"'
)


class Dataset(NamedTuple):
    """A dataset's names in the events."""

    namespace: str
    name: str


class Session(NamedTuple):
    """A root run of a capture with its child runs, ready to be replayed.

    :param producer: name of the capture
    :param events: seconds since the session's first event, and the event as pieces: what stands between the slots, with
        the slots' numbers
    :param ids: number of its run ids
    :param seconds: the times in it, in seconds since its first event
    :param root: namespace and name of its root job
    :param jobs: number of its jobs
    :param runs: number of its runs
    :param datasets: its datasets
    """

    producer: str
    events: tuple[tuple[int, tuple[bytes, ...], tuple[int, ...]], ...]
    ids: int
    seconds: tuple[int, ...]
    root: tuple[str, str]
    jobs: int
    runs: int
    datasets: frozenset[Dataset]


@cache
def captures() -> dict[str, tuple[bytes, ...]]:
    """Return all captured events as their producers sent them, by the name of the capture."""
    return {
        name: tuple(gzip.decompress((folder / f"{name}.ndjson.gz").read_bytes()).splitlines())
        for name, folder in _CAPTURES.items()
    }


@cache
def sessions() -> tuple[Session, ...]:
    """Return the sessions of all captures, those of different producers taking turns."""
    by_producer = [_cut(name, events) for name, events in captures().items()]
    return tuple(session for turn in itertools.zip_longest(*by_producer) for session in turn if session is not None)


def cuts(name: str) -> list[int]:
    """Return the places for the copy's number: after the first folder of a path, after each of several topics."""
    folder = re.match(r"/?[^/]+(?=/)", name)
    return [folder.end()] if folder else [part.end() for part in re.finditer(r"[^;]+", name)]


def _cut(producer: str, events: Sequence[bytes]) -> list[Session]:
    """Cut a capture into its sessions, in the order in which they began."""
    found: dict[str, list[tuple[dict[str, Any], bytes]]] = {}
    for event in events:
        document = json.loads(event)
        found.setdefault(_root(document)["run"]["runId"], []).append((document, event))
    everything = [document for part in found.values() for document, _ in part]
    run_ids = set(re.findall(_UUID, b"\n".join(re.findall(rb'"runId"\s*:\s*"[^"]*"', b"\n".join(events)))))
    names = {name for document in everything for name in _datasets(document)}
    namespaces = {document["job"]["namespace"] for document in everything}
    return [_session(producer, part, _Names(run_ids, namespaces, names)) for part in found.values()]


class _Names(NamedTuple):
    """The names and ids that differ in each copy, or each time a session is replayed."""

    run_ids: set[bytes]
    job_namespaces: set[str]
    datasets: set[Dataset]

    @property
    def dataset_names(self) -> set[str]:
        return {dataset.name for dataset in self.datasets}


def _root(document: dict[str, Any]) -> dict[str, Any]:
    parent = (document["run"].get("facets") or {}).get("parent") or document
    root: dict[str, Any] = parent.get("root") or parent
    return root


def _datasets(document: Any) -> Iterator[Dataset]:
    """Find datasets wherever they are named: by namespace and name, outside of jobs."""
    if isinstance(document, dict):
        namespace, name = document.get("namespace"), document.get("name")
        if isinstance(namespace, str) and isinstance(name, str) and name:
            yield Dataset(namespace, name)
        for key, value in document.items():
            if key != "job":
                yield from _datasets(value)
    elif isinstance(document, list):
        for item in document:
            yield from _datasets(item)


#: The first slots: what marks a copy in datasets' names and in jobs' namespaces, and a query's id.
#: Slots of every session, by their numbers: what marks a copy's datasets and jobs, and a query's id; run ids follow.
_DATASET, JOB, _QUERY = 0, 1, 2
_FIRST_ID = 3


def _session(producer: str, part: list[tuple[dict[str, Any], bytes]], names: _Names) -> Session:
    times = [_parsed(document["eventTime"][:19].encode()) for document, _ in part]
    first = min(times)
    ids: dict[bytes, int] = {}
    seconds: dict[int, int] = {}
    cut = [_pieces(event, names, ids, seconds, first) for _, event in part]
    # Times come after all ids, of which the number is known only now.
    offset = _FIRST_ID + len(ids)
    events = tuple(
        (
            time - first,
            tuple(text for text, _ in pieces),
            tuple(slot if slot >= 0 else offset - 1 - slot for _, slot in pieces[:-1]),
        )
        for time, pieces in zip(times, cut, strict=True)
    )
    root = _root(part[0][0])["job"]
    return Session(
        producer=producer,
        events=events,
        ids=len(ids),
        seconds=tuple(seconds),
        root=(root["namespace"], root["name"]),
        jobs=len({(document["job"]["namespace"], document["job"]["name"]) for document, _ in part}),
        runs=len({document["run"]["runId"] for document, _ in part}),
        datasets=frozenset(
            dataset
            for document, _ in part
            for side in ("inputs", "outputs")
            for dataset in _datasets(document.get(side) or [])
        ),
    )


def _pieces(
    event: bytes, names: _Names, ids: dict[bytes, int], seconds: dict[int, int], first: int
) -> list[tuple[bytes, int]]:
    """Cut an event into pieces, each with the slot that follows it; slots of times are still below 0."""
    pieces: list[tuple[bytes, int]] = []
    begin = 0
    tables = {name.rpartition(".")[2].encode() for name in names.dataset_names if "." in name and "/" not in name}

    def slot(start: int, end: int, number: int) -> None:
        nonlocal begin
        pieces.append((event[begin:start], number))
        begin = end

    for found in _SLOTS.finditer(event):
        kind = str(found.lastgroup)
        text, start, end = found[kind], found.start(kind), found.end(kind)
        if kind == "id" and text in names.run_ids:
            slot(start, end, _FIRST_ID + ids.setdefault(text, len(ids)))
        elif kind == "second":
            slot(start, end, -1 - seconds.setdefault(_parsed(text) - first, len(seconds)))
        elif kind == "query_id":
            slot(start, end, _QUERY)
        elif kind == "namespace" and text.decode() in names.job_namespaces:
            slot(end, end, JOB)
        elif kind == "name" and text.decode() in names.dataset_names:
            for cut in cuts(text.decode()):
                at = start + len(text.decode()[:cut].encode())
                slot(at, at, _DATASET)
        elif kind == "name" and (query_id := re.fullmatch(_QUERY_ID, text)):
            slot(start + query_id.start(), start + query_id.end(), _QUERY)
        elif kind == "sql" and tables:
            for word in re.finditer(rb"\b(?:" + b"|".join(map(re.escape, sorted(tables))) + rb")\b", text):
                slot(start + word.end(), start + word.end(), _DATASET)
    pieces.append((event[begin:], 0))
    return pieces


def _parsed(text: bytes) -> int:
    return int(dt.datetime.fromisoformat(text.decode()).replace(tzinfo=dt.timezone.utc).timestamp())
