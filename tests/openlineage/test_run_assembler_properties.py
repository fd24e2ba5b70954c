"""Order, duplicates and batches never show: the laws of the run assembler, on random runs and on real ones."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.run_assembler import assemble
from openmetadata_ol_provider.openlineage.run_state import Run, RunState
from openmetadata_ol_provider.openlineage.segments.state_text import state_of_texts, whole_text
from tests.support import BASE, Json, captured, columns, dataset, decode, run_event

LAWS = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)

FACETS = st.fixed_dictionaries(
    {},
    optional={
        "schema": st.sampled_from([{"fields": [{"name": "a"}]}, {"fields": [{"name": "b"}]}, {"_deleted": True}]),
        "columnLineage": st.sampled_from([columns(a=[("t1", "b")]), columns(b=[("t2", "c"), ("t3", "d")])]),
        "symlinks": st.sampled_from([{"identifiers": [{"namespace": "hive://m:1", "name": "d.t", "type": "TABLE"}]}]),
        "lifecycleStateChange": st.sampled_from([{"lifecycleStateChange": "DROP"}, {"lifecycleStateChange": "CREATE"}]),
    },
)
DATASETS = st.lists(
    st.builds(lambda name, facets: dataset(name, **facets), st.sampled_from(["t1", "t2", "t3", "t4"]), FACETS),
    max_size=3,
)
EVENTS = st.lists(
    st.builds(
        run_event,
        st.sampled_from(["START", "RUNNING", "COMPLETE", "FAIL", "ABORT", "OTHER", None]),
        run_id=st.sampled_from(["r1", "r2"]),
        job=st.sampled_from(["j1", "j2", "unknown"]),
        seconds=st.integers(0, 4),
        inputs=DATASETS,
        outputs=DATASETS,
        job_facets=st.sampled_from([{}, {"jobType": {"processingType": "STREAMING"}}, {"sql": {"query": "select"}}]),
        run_facets=st.sampled_from(
            [
                {},
                {"errorMessage": {"message": "no"}},
                {"parent": {"run": {"runId": "r2"}, "job": {"namespace": "ns", "name": "j2"}}},
            ]
        ),
    ),
    min_size=1,
    max_size=6,
)


def encoded(value: object) -> bytes:
    plain = dict(value) if isinstance(value, Mapping) else value
    return msgspec.json.encode(plain, enc_hook=dict, order="deterministic")


def runs_of(events: list[Event]) -> bytes:
    return encoded(list(assemble(events, RunState(), BASE).changed.values()))


def plan_json(events: list[Event]) -> dict[str, Any]:
    plan = translate(events, Config(), now=BASE).plan.to_dict()
    return {**plan, "events": None}  # duplicates count as events; nothing else may tell


@LAWS
@given(EVENTS, st.randoms(use_true_random=False))
def test_any_order_and_any_duplication_give_the_same_runs_and_the_same_plan(events: list[Json], random: Any) -> None:
    straight = decode(*events)
    crooked = straight + [random.choice(straight) for _ in range(random.randrange(3))]
    random.shuffle(crooked)
    assert runs_of(crooked) == runs_of(straight)
    assert plan_json(crooked) == plan_json(straight)


@LAWS
@given(EVENTS, st.lists(st.integers(0, 6), max_size=3))
def test_batches_cut_anywhere_end_in_the_same_runs(events: list[Json], cuts: list[int]) -> None:
    whole = assemble(decode(*events), RunState(), BASE).state.runs
    state, bounds = RunState(), sorted({0, len(events), *(cut for cut in cuts if cut < len(events))})
    for start, end in itertools.pairwise(bounds):
        state = assemble(decode(*events[start:end]), state, BASE).state
        state = state_of_texts([whole_text(state)])  # as it is kept between tasks
    assert encoded(state.runs) == encoded(whole)


@LAWS
@given(EVENTS)
def test_a_run_merged_twice_is_the_same_run(events: list[Json]) -> None:
    once = assemble(decode(*events), RunState(), BASE).state
    before = encoded(once.runs)
    assert encoded(assemble(decode(*events), once, BASE).state.runs) == before


@LAWS
@given(EVENTS, EVENTS)
def test_once_a_run_has_ended_it_never_runs_again(events: list[Json], later: list[Json]) -> None:
    state = assemble(decode(*events), RunState(), BASE).state
    ended = {key for key, run in state.runs.items() if run.terminal}
    after: dict[str, Run] = assemble(decode(*later), state, BASE).state.runs
    assert [key for key in ended if not after[key].terminal] == []


@pytest.mark.parametrize("name", ["spark-1.12.0", "airflow-scheduler", "dbt-postgres", "flink2-session", "debezium"])
def test_real_events_backwards_and_doubled_give_the_same_plan(name: str) -> None:
    straight = [decode_event(line).event for line in captured(name)]
    crooked = [event for event in reversed(straight) for _ in range(2)]
    assert plan_json(crooked) == plan_json(straight)
