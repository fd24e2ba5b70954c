"""Parts are decoded once; whether a part was cached never shows in the event."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import msgspec
import pytest

from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.facet_cache import (
    MAX_PART,
    CacheBudget,
    NeedsLenientDecode,
    facets_reader,
    memoized,
)
from openmetadata_ol_provider.openlineage.facets import DatasetFacets
from openmetadata_ol_provider.openlineage.fast_decode import decode_fast
from tests.support import Json, captured, columns, dataset, decode, run_event

CAPTURES = ["airflow-scheduler", "dbt-postgres", "debezium", "flink2-session", "spark-1.12.0", "trino-select"]


def counted(memory: CacheBudget) -> tuple[Callable[[bytes], list[bytes]], list[bytes]]:
    """Return what is known through ``memory``, and the bytes that were read for it."""
    read: list[bytes] = []

    def note(raw: bytes) -> list[bytes]:
        read.append(raw)
        return [raw]

    return memoized(note, memory), read


# -- what is remembered ------------------------------------------------------------------------------------------------


def test_what_came_before_is_not_read_again() -> None:
    known, read = counted(CacheBudget(1000))
    first = known(b"a")
    assert known(b"b") == [b"b"]
    assert known(b"a") is first
    assert read == [b"a", b"b"]


def test_what_is_asked_for_stays_and_what_is_not_goes() -> None:
    known, read = counted(CacheBudget(100))
    for number in range(100):
        known(b"always")
        known(f"once {number}".encode())
    assert read.count(b"always") == 1
    known(b"once 0")
    assert read.count(b"once 0") == 2


def test_the_bytes_of_what_is_asked_for_again_are_held_once() -> None:
    known, _ = counted(CacheBudget(100))
    first = b"".join([b"asked ", b"for"])
    part = known(first)
    held = sys.getrefcount(part)
    for number in range(10):
        known(b"once %d" % number)
    assert known(b"".join([b"asked ", b"for"])) is part
    assert sys.getrefcount(part) == held


def test_all_that_is_known_shares_one_bound() -> None:
    memory = CacheBudget(100)
    (one, of_one), (other, _) = counted(memory), counted(memory)
    one(b"a")
    for number in range(100):
        other(f"once {number}".encode())
    one(b"a")
    assert of_one == [b"a", b"a"]


def test_what_is_too_large_is_not_kept() -> None:
    known, read = counted(CacheBudget(10 * MAX_PART))
    large = b"x" * (MAX_PART + 1)
    assert known(large) == known(large)
    assert len(read) == 2


def test_what_is_not_in_order_is_never_remembered() -> None:
    read = facets_reader(DatasetFacets, CacheBudget(1000), "outputs", 0, "facets")
    for _ in range(2):
        with pytest.raises(NeedsLenientDecode):
            read(b'{"symlinks": {"identifiers": [{"namespace": "n", "name": "a\\u0000"}]}}')


def test_the_same_text_is_another_thing_as_another_facet() -> None:
    read = facets_reader(DatasetFacets, CacheBudget(1000))
    facets = read(b'{"tags": {"_deleted": true}, "ownership": {"_deleted": true}}')
    assert facets.tags is not None
    assert facets.ownership is not None
    assert type(facets.tags) is not type(facets.ownership)


# -- what is read ------------------------------------------------------------------------------------------------------


def test_events_share_what_they_say_alike() -> None:
    said: Json = {"job_facets": {"sql": {"query": "q"}}}
    written = dataset("b", columnLineage=columns(c=[("a", "x")]))
    tagged = dataset("b", **written["facets"], tags={"tags": []})
    one, other = decode(run_event(outputs=[written], **said), run_event(outputs=[tagged], job="other", **said))
    (first,), (second,) = one.outputs or (), other.outputs or ()
    assert first.facets
    assert second.facets
    assert first.facets is not second.facets
    assert first.facets.columnLineage is second.facets.columnLineage is not None
    assert one.job
    assert other.job
    assert one.job.facets
    assert other.job.facets
    assert one.job.facets.sql is other.job.facets.sql is not None


@pytest.mark.parametrize(
    "spoilt",
    [
        {"job_facets": {"sql": {"query": "select '\x00'"}}},
        {"job_facets": {"sql": {"query": 5}}},
        {"inputs": [dataset("a\x00b")]},
        {"inputs": [dataset("a", schema={"fields": [{"name": "c" * 5000}]})]},
        {"run_facets": {"errorMessage": {"message": ["no text"]}}},
    ],
    ids=["nul in a facet", "facet of another type", "nul in a name", "name too long", "run facet of another type"],
)
def test_a_loss_is_reported_each_time_that_it_happens(spoilt: Json) -> None:
    value = json.dumps(run_event(**spoilt)).encode()
    first, second = decode_event(value), decode_event(value)
    assert first == second
    # In a text a NUL is replaced, and that is no loss.
    assert first.problems or "sql" in spoilt.get("job_facets", {})
    assert "\\x00" not in repr(first.event)


@pytest.mark.parametrize("name", CAPTURES)
def test_a_captured_event_reads_the_same_by_itself_and_in_the_stream(name: str) -> None:
    values = captured(name)
    in_stream = [decode_event(value) for value in (*values, *values)][len(values) :]
    # Other bytes of the same JSON.
    apart = [decode_event(msgspec.json.format(value, indent=1)) for value in values]
    assert in_stream == apart


@pytest.mark.parametrize("name", CAPTURES)
def test_nothing_in_a_captured_event_makes_it_read_part_by_part(name: str) -> None:
    values = captured(name)
    found = [decode_fast(value) for value in values]
    assert sum(isinstance(event, Event) for event in found) >= 0.9 * len(values)
