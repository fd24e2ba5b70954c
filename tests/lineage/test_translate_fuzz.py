"""Damaged events are translated without an error, and everything that could be read is in the plan."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.exceptions import MalformedEventError
from openmetadata_ol_provider.lineage.plan import DatasetId, LineagePlan
from openmetadata_ol_provider.lineage.run_datasets import single_topics
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.run_state import DatasetState
from tests.openlineage.mutations import FUZZ, damage, lines
from tests.support import BASE, stored


@st.composite
def traffic(draw: st.DrawFn) -> list[bytes]:
    """Return neighbours of a capture, often of one run, of which some were damaged."""
    start = draw(st.integers(0, len(lines()) - 1))
    values = list(lines()[start : start + draw(st.integers(1, 5))])
    hit = draw(st.sets(st.integers(0, len(values) - 1), min_size=1))
    donor = json.loads(draw(st.sampled_from(values)))
    for number in hit:
        event = json.loads(values[number])
        for _ in range(draw(st.integers(1, 4))):
            if event:
                damage(draw, event, donor=donor)
        values[number] = json.dumps(event).encode()
    return values


def read(values: list[bytes]) -> list[Event]:
    found = []
    for value in values:
        with suppress(MalformedEventError):
            found.append(decode_event(value).event)
    return found


def names(events: list[Event]) -> set[DatasetId]:
    """Return the datasets of events; where jobs and runs read a list of topics, as many datasets."""
    sides = [item for event in events for item in (*(event.inputs or ()), *(event.outputs or ()))]
    states = single_topics(DatasetState(namespace=item.namespace, name=item.name) for item in sides)
    named = [*states, *(event.dataset for event in events if event.dataset)]
    return {DatasetId(item.namespace, item.name) for item in named}


@FUZZ
@given(traffic())
def test_damaged_events_make_a_plan_that_can_be_passed_on_and_holds_all_that_was_read(values: list[bytes]) -> None:
    events = read(values)
    plan, state = translate(events, Config(), now=BASE)
    assert LineagePlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan
    assert stored(state) == state
    assert plan.events == len(events)
    assert names(events) <= {DatasetId(item.namespace, item.name) for item in plan.datasets}
    sent = {event.run.runId for event in events if event.run}
    # A DAG run also tells of tasks that have sent nothing.
    assert {run.run_id for run in plan.runs if run.started_at} == sent
    assert {run.pipeline_run_id for run in plan.runs if not run.started_at} <= sent


@FUZZ
@given(traffic())
def test_damaged_events_that_come_again_say_the_same(values: list[bytes]) -> None:
    first = translate(read(values), Config(), now=BASE)
    edges = set(first.plan.edges)
    again = translate(read(values), Config(), stored(first.state), now=BASE)
    assert set(again.plan.edges) == edges


def canonical(plan: LineagePlan) -> Any:
    """Return what a plan says, whatever order it says it in."""
    document = plan.to_dict()
    return {key: sorted(map(json.dumps, value)) for key, value in document.items() if isinstance(value, list)}


@FUZZ
@given(traffic())
def test_the_order_of_damaged_events_changes_nothing(values: list[bytes]) -> None:
    straight = translate(read(values), Config(), now=BASE).plan
    crooked = translate(read(values[::-1]), Config(), now=BASE).plan
    assert canonical(straight) == canonical(crooked)
