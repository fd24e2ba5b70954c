"""Translation changes nothing that it is given: neither events, nor the state, nor anything in them."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmetadata_ol_provider.config import Config, load_config
from openmetadata_ol_provider.lineage.translate import plan_from_state, translate
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.run_assembler import Limits
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.run_state_merge import merge_run_states
from openmetadata_ol_provider.openlineage.segments.eviction import evict_to_size
from openmetadata_ol_provider.openlineage.serialization import encode_json
from tests.lineage.test_translate_fuzz import read, traffic
from tests.openlineage.mutations import FUZZ
from tests.openlineage.test_run_assembler_properties import EVENTS, LAWS
from tests.support import (
    BASE,
    CAPTURES,
    PG,
    WRITTEN,
    Json,
    captured,
    columns,
    dataset,
    dataset_event,
    decode,
    job_event,
    run_event,
    stored,
    symlinks,
)

ALL = [*CAPTURES, *WRITTEN]
LIMITS = [Limits(), Limits(max_bytes=1500), Limits(max_runs=2, open_seconds=600, closed_seconds=60)]
CONFIGS = [{}, {"write": {"sql": "redacted"}}, {"write": {"sql": "never"}}]


@contextmanager
def unchanged(*values: object) -> Iterator[None]:
    """Check that values, with everything in them and its order, are the same afterwards."""
    before = [encode_json(value) for value in values]
    yield
    assert [encode_json(value) for value in values] == before


def check(batches: Sequence[Sequence[Event]], config: Config, limits: Limits) -> None:
    """Translate batches one after the other; each state and each batch has to stay as it was, to the end."""
    state = RunState()
    states, now = [state], BASE
    with unchanged(batches):
        for batch in batches:
            with unchanged(states):
                translation = translate(batch, config, state, now=now, limits=limits, lanes=2)
            state = translation.state
            states.append(state)
            now += dt.timedelta(minutes=7)
        with unchanged(states):
            plan_from_state(state, config, now=now)


@pytest.mark.parametrize("config", CONFIGS, ids=json.dumps)
@pytest.mark.parametrize("limits", LIMITS, ids=str)
@pytest.mark.parametrize("name", ALL)
def test_translating_real_events_changes_neither_them_nor_the_state(name: str, limits: Limits, config: Json) -> None:
    events = [decode_event(line).event for line in captured(name)]
    size = max(1, len(events) // 4)
    batches = [events[start : start + size] for start in range(0, len(events), size)]
    # Twice: the second time everything is known.
    check([*batches, *batches], load_config(config), limits)


@LAWS
@given(EVENTS, st.lists(st.integers(0, 6), max_size=3), st.sampled_from(LIMITS))
def test_translating_any_events_changes_neither_them_nor_the_state(
    events: list[Json], cuts: list[int], limits: Limits
) -> None:
    bounds = sorted({0, len(events), *(cut for cut in cuts if cut < len(events))})
    check([decode(*events[start:end]) for start, end in itertools.pairwise(bounds)], Config(), limits)


@FUZZ
@given(traffic(), st.sampled_from(LIMITS))
def test_translating_damaged_events_changes_neither_them_nor_the_state(values: list[bytes], limits: Limits) -> None:
    events = read(values)
    check([events, events[::-1]], Config(), limits)


def everything(run_id: str, seconds: float) -> list[Event]:
    """Return events that touch all that a state remembers."""
    temporary, link = dataset("tmp", namespace="inmemory://"), symlinks((PG, "db.s.other", "TABLE"))
    dag = {"dag": {"dag_id": "job"}, "task": {"operator_class": "x.GenericTransfer", "downstream_task_ids": "['b']"}}
    return decode(
        run_event("START", run_id=run_id, seconds=seconds, run_facets={"airflow": dag}, inputs=["db.s.a"]),
        run_event(
            run_id=run_id,
            seconds=seconds + 1,
            inputs=["db.s.a"],
            outputs=[dataset("tmp", namespace="inmemory://", columnLineage=columns(c=[("db.s.a", "b")]))],
        ),
        run_event(run_id=f"{run_id}-out", job="out", seconds=seconds + 2, inputs=[temporary], outputs=["db.s.x"]),
        run_event("Succeeded", run_id=f"{run_id}-foreign", job="foreign", seconds=seconds),
        job_event("declared", seconds=seconds, inputs=["db.s.a"], outputs=[f"db.s.{run_id}"]),
        dataset_event(dataset("db.s.a", symlinks=link), seconds=seconds),
        run_event(
            run_id=f"{run_id}-sql",
            job="sql",
            seconds=seconds,
            inputs=["db.s.a"],
            outputs=["db.s.view"],
            job_facets={"sql": {"query": "CREATE VIEW db.s.view AS SELECT * FROM db.s.a"}},
        ),
        *(run_event("RUNNING", run_id=f"{run_id}-shared", job=job, seconds=seconds) for job in ("this", "that")),
    )


def test_nothing_that_is_remembered_is_changed_when_it_is_remembered_again() -> None:
    first = translate(everything("one", 0), Config(), now=BASE).state
    # Nothing was evicted; all else is there.
    assert all(msgspec.structs.astuple(msgspec.structs.replace(first, evicted_at=1)))
    with unchanged(first):
        second = translate(everything("one", 5), Config(), first, now=BASE + dt.timedelta(minutes=1)).state
    for name in ("runs", "pipeline_starts", "temporary_datasets", "aliases", "declarations", "views", "reported_once"):
        assert getattr(second, name) != getattr(first, name)


@pytest.mark.parametrize("name", ALL)
def test_what_is_done_to_states_between_batches_changes_none_of_them(name: str) -> None:
    events = [decode_event(line).event for line in captured(name)]
    in_lanes = [translate(events[lane::2], Config(), now=BASE).state for lane in range(2)]
    # As they are read from their Variables: nothing in them is shared.
    states = [stored(state) for state in in_lanes]
    with unchanged(*states):
        merged = merge_run_states(states)
    with unchanged(merged, *states):
        evict_to_size(merged, 1000)


def test_translating_costs_no_copy_of_what_a_batch_does_not_touch() -> None:
    first = translate(everything("one", 0), Config(), now=BASE).state
    second = translate(decode(run_event(run_id="other", seconds=9)), Config(), first, now=BASE).state
    untouched: list[tuple[Any, Any]] = [
        *((first.runs[key], second.runs[key]) for key in first.runs),
        *((first.aliases[key], second.aliases[key]) for key in first.aliases),
        *((first.declarations[key], second.declarations[key]) for key in first.declarations),
        *((first.temporary_datasets[key], second.temporary_datasets[key]) for key in first.temporary_datasets),
    ]
    assert len(untouched) >= 5
    assert all(before is after for before, after in untouched)


@pytest.mark.parametrize("name", ALL)
def test_nothing_in_a_decoded_event_or_a_state_can_be_set(name: str) -> None:
    events = [decode_event(line).event for line in captured(name)]
    state = translate(events, Config(), now=BASE).state
    structs = list(walk([events, state]))
    assert len(structs) > 20
    for struct in structs:
        with pytest.raises(AttributeError):
            setattr(struct, struct.__struct_fields__[0], None)


def walk(value: Any) -> Iterator[msgspec.Struct]:
    """Yield the structs in a value."""
    if isinstance(value, msgspec.Struct):
        yield value
        value = msgspec.structs.astuple(value)
    if isinstance(value, Mapping):
        value = value.values()
    if isinstance(value, str | bytes) or not hasattr(value, "__iter__"):
        return
    for item in value:
        yield from walk(item)
