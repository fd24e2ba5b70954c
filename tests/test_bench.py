"""Benchmarks do not rot: each part runs with tiny numbers, on traffic that says what the captures say."""

from __future__ import annotations

import datetime as dt
import re
from itertools import islice, pairwise

import pytest

from bench import traffic
from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.runs import Limits
from tests.support import BASE


def plan(values: list[bytes]) -> LineagePlan:
    return translate([decode_event(value).event for value in values], Config(), now=BASE, limits=Limits()).plan


def as_captured(text: str) -> str:
    """Return a name without the mark of its copy, a query's id without what is another each time."""
    return re.sub(r"[_.]c\d+(?=[/.;]|$)|(?<=_)\d+_\d{5}_[a-z0-9]{5}$|^\d{8}(?=_)", "", text)


def arrows(found: LineagePlan, copy: str = "") -> set[tuple[str, ...]]:
    """Return the edges with their columns, those of one copy if it is given, by the captured names."""
    return {
        (
            as_captured(edge.job.namespace),
            as_captured(edge.job.name),
            as_captured(edge.source.name),
            as_captured(edge.target.name),
            *sorted(
                f"{as_captured(pair.source.name)}.{pair.source.field} {pair.target_field}" for pair in edge.columns
            ),
        )
        for edge in found.edges
        if edge.job.namespace.endswith(copy)
    }


def test_traffic_says_what_the_captures_say_in_every_copy() -> None:
    captured = plan([event for events in traffic.captures().values() for event in events])
    played = plan([message.value for message in traffic.stream(16_000, jobs=380)])
    assert arrows(captured)
    assert arrows(played) == arrows(played, ".c1") == arrows(captured)


def test_a_copy_is_of_its_own() -> None:
    edges = plan([message.value for message in traffic.stream(6_000, jobs=600)]).edges
    mixed = [
        edge
        for edge in edges
        if len({tuple(re.findall(r"(?<=[_.]c)\d+", name)) for name in (edge.source.name, edge.target.name)}) > 1
    ]
    assert mixed == []


def test_traffic_is_reproducible_and_its_runs_are_distinct() -> None:
    messages = list(traffic.stream(5_000, jobs=500, seed=7))
    assert messages == list(traffic.stream(5_000, jobs=500, seed=7))
    assert messages != list(traffic.stream(5_000, jobs=500, seed=8))
    assert len({message.value for message in messages}) == len(messages)
    events = [decode_event(message.value).event for message in messages]
    late = [before.eventTime - event.eventTime for before, event in pairwise(events)]
    assert max(late) < dt.timedelta(seconds=5)


@pytest.mark.parametrize("jobs", [1, 300, 1000])
def test_there_are_as_many_jobs_as_wanted(jobs: int) -> None:
    largest = max(session.jobs for session in traffic.sessions())
    found = sum(session.jobs * copies for session, copies in traffic.applications(jobs))
    assert jobs <= found < jobs + largest


def test_the_datasets_told_are_those_of_the_events() -> None:
    known = set(traffic.datasets(400))
    for message in islice(traffic.stream(3_000, jobs=400), 0, None, 7):
        event = decode_event(message.value).event
        assert {
            traffic.Dataset(item.namespace, item.name) for side in (event.inputs, event.outputs) for item in side or ()
        } <= known
