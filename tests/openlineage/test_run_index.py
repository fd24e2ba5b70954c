"""The index that follows the runs from batch to batch is the one that a scan of all of them would make."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.latest_runs import LatestRuns, end_of
from openmetadata_ol_provider.lineage.run_facts import ENDS_OTHERWISE, FACTS, JOBS
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.kept_index import take_index
from openmetadata_ol_provider.openlineage.run_ages import RunAges
from openmetadata_ol_provider.openlineage.run_assembler import Limits
from openmetadata_ol_provider.openlineage.run_index import PARENTS, RunIndex
from openmetadata_ol_provider.openlineage.run_state import Run, RunState, name_key, part_key
from openmetadata_ol_provider.openlineage.segments.delta import state_delta
from openmetadata_ol_provider.openlineage.segments.rows import SegmentRows
from openmetadata_ol_provider.openlineage.segments.state_text import delta_text, state_of_texts, whole_text
from tests.support import BASE, Json, captured, dataset, decode, parent, run_event

LAWS = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
SPARK = "https://github.com/OpenLineage/OpenLineage/tree/1.53.0/integration/spark"
RUN_IDS = st.sampled_from(["r1", "r2", "r3", "r4"])
DATASETS = st.lists(
    st.sampled_from([dataset("t1"), dataset("t2"), dataset("v", datasetType={"datasetType": "VIEW"})]), max_size=2
)
ABOVE = st.builds(
    lambda job, run_id, root: {"parent": parent(job, run_id, root=root)},
    st.sampled_from(["dag", "dag.a", "j1"]),
    RUN_IDS,
    st.sampled_from([None, ("dag", "r1"), ("top", "r4")]),
)
STATES = {"tasksState": {"a": "success", "b": "skipped", "c": "failed"}, "dagRunState": "success"}
EVENTS = st.lists(
    st.builds(
        lambda state, producer, **options: {**run_event(state, **options), "producer": producer},
        st.sampled_from(["START", "RUNNING", "COMPLETE", "FAIL", "OTHER", None]),
        run_id=RUN_IDS,
        job=st.sampled_from(["dag", "dag.a", "dag.b", "j1", "unknown"]),
        seconds=st.sampled_from([0, 1, 2, 700, 4000, 9000]),
        inputs=DATASETS,
        outputs=DATASETS,
        job_facets=st.sampled_from(
            [{}, {"jobType": {"processingType": "STREAMING", "integration": "DEBEZIUM", "jobType": "TASK"}}]
        ),
        run_facets=st.one_of(
            ABOVE,
            st.sampled_from([{}, {"airflowState": STATES}, {"airflow": {"task": {"operator_class": "aToBOperator"}}}]),
        ),
        producer=st.sampled_from([SPARK, "https://github.com/apache/airflow/"]),
    ),
    max_size=6,
)
#: Batches, each with the minutes that pass before it.
BATCHES = st.lists(st.tuples(EVENTS, st.sampled_from([0, 1, 40])), min_size=1, max_size=6)


def without_index(state: RunState) -> RunState:
    return msgspec.structs.replace(state)


def assert_follows(index: RunIndex, state: RunState) -> None:
    index.begin_batch({})
    scanned = RunIndex(state.runs)
    assert index.parts == scanned.parts
    assert list(index.parts) == list(state.runs)
    assert index.in_order(index.runs) == list(scanned.runs)
    assert index.runs == scanned.runs
    ids = {run.run_id for run in scanned.runs.values()} | {"r1", "r2", "r3", "r4"}
    for run_id in ids:
        assert index.of_id(run_id) == scanned.of_id(run_id)
        assert index.below({run_id}) == scanned.below({run_id})
    for run in scanned.runs.values():
        assert index.sharing(run) == scanned.sharing(run)
        assert index.unproven(run) == scanned.unproven(run)
        assert index.lookup_key(run.namespace, run.name, run.run_id) == scanned.lookup_key(
            run.namespace, run.name, run.run_id
        )
    for facts in (FACTS, JOBS, PARENTS):
        groups: Any = index.grouped(facts)
        assert {fact: set(groups.keys(fact)) for fact in groups} == {
            fact: {key for key, run in scanned.runs.items() if fact in facts.of(run)}
            for fact in {fact for run in scanned.runs.values() for fact in facts.of(run)}
        }
    jobs = {(run.namespace, run.name) for run in scanned.runs.values()}
    for job in jobs:
        common = index.grouped(JOBS).common_keys([name_key(*job)], index.grouped(PARENTS), ids)
        assert common == {
            key
            for key, run in scanned.runs.items()
            if (run.namespace, run.name) == job and not ids.isdisjoint(PARENTS.of(run))
        }
    ages = index.followed_by(RunAges)
    for terminal in (False, True):
        seen_at = {key: run.last_seen_at for key, run in scanned.runs.items() if run.terminal == terminal}
        times = sorted(set(seen_at.values()))
        assert list(map(set, ages.by_age(terminal=terminal))) == [
            {key for key, at in seen_at.items() if at == time} for time in times
        ]
        for time in (*times, *(time + 1 for time in times)):
            assert set(ages.keys_before(time, terminal=terminal)) == {key for key, at in seen_at.items() if at < time}
    assert ages.ended == len(seen_at)
    for namespace, name in jobs:
        keys = [key for key, run in scanned.runs.items() if (run.namespace, run.name) == (namespace, name)]
        latest = [
            set(
                one.followed_by(LatestRuns).of(
                    (namespace, name), one.grouped(JOBS), frozenset(one.grouped(FACTS).stored(ENDS_OTHERWISE))
                )
            )
            for one in (index, scanned)
        ]
        times = {key: end_of(scanned.runs[key]) for key in keys}
        assert latest[0] == {key for key, at in times.items() if at == max(times.values())}
        assert latest[0] == latest[1]


def assert_same_as_scanned(batches: list[tuple[list[Event], int]], limits: Limits) -> None:
    """Translate batches with the index that is kept, without, and with a state that was stored in between.

    What is stored is the state with all changes of it, or all of it: each time, or once, as a task reads it that goes
    on with the index.
    """
    kept = scanned = stored = RunState()
    resumed: RunState | None = None
    texts: list[str] = []
    now = BASE
    for events, minutes in batches:
        now += dt.timedelta(minutes=minutes)
        if resumed is None and scanned.runs:
            resumed = state_of_texts([whole_text(scanned)])
        with_index = translate(events, Config(), kept, now=now, limits=limits)
        without = translate(events, Config(), without_index(scanned), now=now, limits=limits)
        assert with_index == without
        assert list(with_index.state.runs) == list(without.state.runs)
        read = state_of_texts(texts)
        after = translate(events, Config(), read, now=now, limits=limits)
        assert after == without
        assert list(after.state.runs) == list(without.state.runs)
        texts.append(delta_text(state_delta(read, after.state)))
        from_whole = translate(events, Config(), state_of_texts([whole_text(scanned)]), now=now, limits=limits)
        assert from_whole == without
        assert list(from_whole.state.runs) == list(without.state.runs)
        if resumed is not None:
            goes_on = translate(events, Config(), resumed, now=now, limits=limits)
            assert goes_on == without
            assert list(goes_on.state.runs) == list(without.state.runs)
            resumed = goes_on.state
        kept, scanned, stored = with_index.state, without.state, after.state
    if resumed is not None:
        assert_follows(take_index(resumed), scanned)
    assert_follows(take_index(kept), kept)
    assert_follows(take_index(stored), scanned)
    assert_follows(RunIndex(state_of_texts(texts).runs), scanned)
    assert_follows(RunIndex(state_of_texts([whole_text(scanned)]).runs), scanned)


@LAWS
@given(BATCHES, st.sampled_from([Limits(), Limits(max_runs=3), Limits(open_seconds=3000, closed_seconds=30)]))
def test_random_runs_translate_as_if_all_that_is_remembered_had_been_looked_at(
    batches: list[tuple[list[Json], int]], limits: Limits
) -> None:
    assert_same_as_scanned([(decode(*events), minutes) for events, minutes in batches], limits)


@pytest.mark.parametrize("name", ["spark-1.53.0", "airflow-scheduler", "dbt-postgres", "flink2-session"])
@pytest.mark.parametrize("minutes", [1, 30])
def test_captured_runs_translate_as_if_all_that_is_remembered_had_been_looked_at(name: str, minutes: int) -> None:
    events = [decode_event(line).event for line in captured(name)]
    size = max(5, len(events) // 12)
    batches = [(events[start : start + size], minutes) for start in range(0, len(events), size)]
    assert_same_as_scanned(batches, Limits())


@pytest.mark.parametrize("namespace", ["ns1", "ns2"])
def test_a_stored_run_whose_id_another_job_uses_later_stays_in_its_groups(namespace: str) -> None:
    first, other = Run("r1", "ns1", "a", state="START"), Run("r2", "ns1", "b", state="START")
    runs = {part_key(run.namespace, run.run_id, run.name): run for run in (first, other)}
    index = RunIndex(state_of_texts([whole_text(RunState(runs=runs))]).runs)
    index.grouped(JOBS)
    index.followed_by(RunAges)
    later = Run("r1", namespace, "c", state="START")
    key = part_key(namespace, "r1", "c")
    index.begin_batch({key: later})
    jobs: Any = index.grouped(JOBS)
    assert {name: list(jobs.keys(name)) for name in jobs} == {
        name_key(run.namespace, run.name): [part_key(run.namespace, run.run_id, run.name)]
        for run in (first, other, later)
    }
    assert set(index.followed_by(RunAges).keys_before(1, terminal=False)) == {*runs, key}


def test_runs_with_a_common_id_keep_their_order_when_one_of_them_is_forgotten() -> None:
    first = decode(run_event("START", job="j2", run_id="r1"))
    then = decode(
        run_event("START", job="j1", run_id="r1"),
        run_event("START", job="j1", run_id="r1"),
        run_event("START", job="j1", run_id="r2"),
    )
    assert_same_as_scanned([(first, 0), (then, 7)], Limits(max_runs=2, open_seconds=600, closed_seconds=60))


def test_a_state_that_is_translated_again_gives_the_same_though_its_index_has_gone_on() -> None:
    first = translate(decode(run_event("START", run_id="r1")), Config(), now=BASE).state
    again = [
        translate(decode(run_event("COMPLETE", run_id="r1", seconds=number)), Config(), first, now=BASE)
        for number in (5, 5)
    ]
    assert again[0] == again[1]
    assert [run.state for run in first.runs.values()] == ["START"]


def test_a_task_makes_only_the_stored_runs_that_its_batch_concerns(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = [
        run_event(state, run_id=f"r{number}", job=f"job{number % 5}", seconds=number, outputs=["db.s.t"])
        for number in range(50)
        for state in ("START", "COMPLETE")
    ]
    below = run_event("START", run_id="waiting", job="child", run_facets={"parent": parent("job1", "r1")})
    state = translate(decode(*ended, below), Config(), now=BASE).state
    read = state_of_texts([whole_text(state)])
    made: list[str] = []
    make = SegmentRows._made

    def noted(rows: SegmentRows, number: int) -> Run:
        run = make(rows, number)
        made.append(run.run_id)
        return run

    monkeypatch.setattr(SegmentRows, "_made", noted)
    after = translate(decode(run_event("START", run_id="new", job="job2", seconds=99)), Config(), read, now=BASE).state
    # What waits for its own end, and the run above it.
    assert set(made) == {"r1", "waiting"}
    assert len(after.runs) == 52


def keys_made_for_a_further_try(number_of_runs: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many keys of stored runs are made for a further try of a mapped task that has run often."""
    facets = {"jobType": {"integration": "AIRFLOW", "jobType": "TASK", "processingType": "BATCH"}}

    def instance(state: str, number: int, index: int) -> Json:
        airflow = {"task": {"operator_class": "PythonOperator"}, "taskInstance": {"map_index": index}}
        above = parent("dag", f"dag-{number}")
        run_facets = {"parent": above, "airflow": airflow}
        run_id, job = f"r{number}-{index}-{state}", "dag.load"
        return run_event(state, run_id=run_id, job=job, seconds=number, run_facets=run_facets, job_facets=facets)

    ended = [instance("COMPLETE", number, 0) for number in range(number_of_runs)]
    state = translate(decode(*ended, instance("FAIL", number_of_runs, 0)), Config(), now=BASE).state
    read = state_of_texts([whole_text(state)])
    made: list[int] = []
    make = SegmentRows.key
    monkeypatch.setattr(SegmentRows, "key", lambda rows, number: made.append(number) or make(rows, number))
    translate(decode(instance("COMPLETE", number_of_runs, 0)), Config(), read, now=BASE)
    monkeypatch.undo()
    return len(made)


def test_what_a_further_try_of_a_task_costs_does_not_grow_with_the_runs_of_its_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert keys_made_for_a_further_try(50, monkeypatch) == keys_made_for_a_further_try(200, monkeypatch)
