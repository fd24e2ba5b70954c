"""The stored state stays below its size: what is dropped first, how it is reported, and that the rest is still true."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from hashlib import sha512

import pytest
from msgspec.structs import replace

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.ingestion.plan_envelope import translate_batch
from openmetadata_ol_provider.lineage.plan import RunRecord
from openmetadata_ol_provider.openlineage.batch import BatchOrigin, EventBatch
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_assembler import Limits
from openmetadata_ol_provider.openlineage.run_state import Alias, DatasetState, PipelineRunStart, Run, RunState, run_key
from openmetadata_ol_provider.openlineage.segments.change import StoredRuns
from openmetadata_ol_provider.openlineage.segments.eviction import Eviction, StateDraft, evict_to_size
from openmetadata_ol_provider.openlineage.segments.state_text import whole_text
from openmetadata_ol_provider.openlineage.serialization import pack
from tests.support import (
    CAPTURES,
    Json,
    arrows,
    captured,
    column_arrows,
    columns,
    dataset,
    decode,
    run_event,
    stored,
    translated,
)

SCHEMA = {"fields": [{"name": f"column_{number}", "type": "VARCHAR"} for number in range(30)]}
TOLD = {
    "sql": {"query": "select sum(amount) as total from orders where region = 'north' " * 10},
}


def start(number: int, state: str = "START") -> Json:
    """Return an event of a run that knows much, in words of its own, without which it is a third as large."""
    source, target = f"db.s.orders_{number}", f"db.s.totals_{number}"
    lineage = columns(**{f"total_{number}": [(source, f"amount_{number}")], f"n_{number}": [(source, f"id_{number}")]})
    return run_event(
        state,
        run_id=f"{number:08x}-run",
        job=f"load_{number}",
        seconds=number,
        job_facets={**TOLD, "documentation": {"description": sha512(f"{number}".encode()).hexdigest() * 2}},
        inputs=[dataset(source, schema=SCHEMA), dataset(f"db.s.filter_{number}")],
        outputs=[dataset(target, schema=SCHEMA, columnLineage=lineage)],
    )


def state_of(*events: Json) -> RunState:
    return translated(*events).state


def after(state: RunState, *steps: Callable[[StateDraft], Iterator[Eviction]]) -> RunState:
    """Return a state after whole steps of eviction."""
    draft = StateDraft(state)
    for step in steps:
        list(step(draft))
    return draft.finish()


def size(state: RunState) -> int:
    return len(whole_text(state))


def one(problems: tuple[Problem, ...], kind: str) -> Problem:
    [found] = [problem for problem in problems if problem.kind == kind]
    return found


# -- what goes, in which order -----------------------------------------------------------------------------------------


def test_a_state_that_fits_stays_as_it_is() -> None:
    state = state_of(*(start(number) for number in range(20)))
    before = pack(state)
    evicted = evict_to_size(state, size(state))
    assert evicted.problems == ()
    assert evicted.state is state
    assert pack(state) == before


def test_ended_runs_go_first_and_the_open_ones_keep_all_they_know() -> None:
    events = [start(number, "COMPLETE" if number % 2 else "START") for number in range(60)]
    state = state_of(*events)
    before = pack(state)
    left, problems = evict_to_size(state, size(state) * 8 // 10)
    assert pack(state) == before
    assert {key: run for key, run in state.runs.items() if not run.terminal} == {
        key: run for key, run in left.runs.items() if not run.terminal
    }
    assert len(left.runs) < len(state.runs)
    [problem] = problems
    assert problem.kind == "state_trimmed"
    gone = len(state.runs) - len(left.runs)
    assert f"{gone} ended runs forgotten" in problem.detail
    assert "max_state_bytes" in problem.detail


def test_then_what_described_jobs_and_datasets_and_was_published_with_its_batch() -> None:
    state = state_of(*(start(number) for number in range(60)))
    before = pack(state)
    left, problems = evict_to_size(state, size(after(state, StateDraft.evict_descriptions)) * 10 // 9 + 100)
    assert pack(state) == before
    assert len(left.runs) == 60
    [problem] = problems
    assert re.search(r"\d+ open runs without the details of their jobs", problem.detail)
    run = next(iter(left.runs.values()))
    [output] = run.outputs.values()
    assert (run.job_facets.documentation, output.facets.schema) == (None, None)
    assert "documentation" not in run.job_times
    assert "schema" not in output.times
    assert run.job_facets.sql is not None
    assert output.facets.columnLineage.fields
    assert not any(run.columns_evicted for run in left.runs.values())


def test_then_columns_and_sql_of_streams_that_run_before_those_of_others() -> None:
    state = state_of(*(start(number) for number in range(4)))
    runs = dict(state.runs)
    third = list(runs)[2]
    runs[third] = replace(runs[third], lineage_emitted=True)
    before = pack(replace(state, runs=runs))
    draft = StateDraft(replace(state, runs=runs))
    evictions = draft.evict_columns()
    assert next(evictions).freed > 0
    assert [run.columns_evicted for run in draft.finish().runs.values()] == [False, False, True, False]
    assert next(evictions).freed > 0
    assert [run.columns_evicted for run in draft.finish().runs.values()] == [True, False, True, False]
    assert pack(replace(state, runs=runs)) == before


def test_at_last_the_longest_untouched_open_runs_each_reported() -> None:
    state = state_of(*(start(number) for number in range(60)))
    seen = {key: replace(run, last_seen_at=number) for number, (key, run) in enumerate(state.runs.items())}
    state = replace(state, runs=seen)
    names = [run.name for run in state.runs.values()]
    smallest = after(state, StateDraft.evict_descriptions, StateDraft.evict_columns)
    evicted, problems = evict_to_size(state, size(smallest) * 3 // 4)
    left = [run.name for run in evicted.runs.values()]
    assert 0 < len(left) < 60
    assert left == names[-len(left) :]
    given_up = [problem for problem in problems if problem.kind == "run_given_up"]
    assert [problem.where.split()[-1] for problem in given_up] == names[: -len(left)]
    assert all("max_state_bytes" in problem.detail for problem in given_up)
    assert f"{len(given_up)} open runs dropped" in one(problems, "state_trimmed").detail


def test_with_old_runs_goes_what_else_was_remembered_as_long_ago() -> None:
    keys = [f"ns\x1f{number * 7919:x}" for number in range(300)]
    state = RunState(
        pipeline_starts={key: PipelineRunStart(at=number, last_seen_at=number) for number, key in enumerate(keys)},
        aliases={key: Alias(last_seen_at=1000 + number) for number, key in enumerate(keys)},
    )
    left, [problem] = evict_to_size(state, size(state) // 2)
    assert re.search(r"\d+ other things forgotten", problem.detail)
    assert len(left.pipeline_starts) < 300
    assert len(left.aliases) > len(left.pipeline_starts)


def test_room_is_left_so_that_not_every_batch_has_to_shed() -> None:
    state = state_of(*(start(number) for number in range(200)))
    most = size(state) // 3
    evicted = evict_to_size(state, most)
    assert evicted.problems
    assert size(evicted.state) <= most * 0.9
    assert evict_to_size(evicted.state, most) == (evicted.state, ())


@pytest.mark.parametrize("most", [1, 100, 1000, 5000, 20_000])
def test_the_size_is_kept_whatever_it_is(most: int) -> None:
    state = state_of(*(start(number, "COMPLETE" if number % 3 else "START") for number in range(100)))
    left = evict_to_size(state, most).state
    assert not left.runs or size(left) <= most


# -- a hundred thousand runs -------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_hundred_thousand_open_runs_take_no_more_than_the_limit() -> None:
    limit = 4 << 20
    runs = {}
    for number in range(100_000):
        run_id = f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}{number * 0xC2B2AE3D27D4EB4F % 2**64:016x}"
        name = f"dag_{number % 700}.task_{number % 31}"
        table = DatasetState(namespace="postgres://db:5432", name=f"shop.public.table_{number % 5000}", first_at=number)
        runs[run_key("prod", run_id)] = Run(
            run_id=run_id,
            namespace="prod",
            name=name,
            state="START",
            first_at=number,
            started_at=number,
            last_seen_at=number,
            inputs={f"postgres://db:5432\x1f{table.name}": table},
        )
    state, problems = evict_to_size(RunState(runs=runs), limit)
    kept = len(state.runs)
    assert size(state) <= limit
    assert 10_000 < kept < 100_000
    given_up = [problem for problem in problems if problem.kind == "run_given_up"]
    assert len(given_up) == 100_000 - kept
    assert min(run.last_seen_at for run in state.runs.values()) == len(given_up)
    assert stored(state) == state


# -- what is left is true ----------------------------------------------------------------------------------------------


def halves(name: str) -> tuple[list[Json], list[Json]]:
    """Return a capture's events that know something, and the ends of the runs, which say only that."""
    events = [json.loads(line) for line in captured(name)]
    ends = [
        {**event, "inputs": [], "outputs": [], "eventType": event["eventType"]}
        for event in events
        if event.get("eventType") in {"COMPLETE", "FAIL", "ABORT"}
    ]
    # Whatever an end knew is known before it.
    begun = [{**event, "eventType": "RUNNING"} if event in ends or is_end(event) else event for event in events]
    return begun, ends


def is_end(event: Json) -> bool:
    return event.get("eventType") in {"COMPLETE", "FAIL", "ABORT"}


def bare(run: RunRecord) -> RunRecord:
    return replace(run, statistics=(), measurements=())


@pytest.mark.parametrize("name", CAPTURES)
def test_runs_without_their_descriptions_give_the_same_edges_and_columns(name: str) -> None:
    begun, ends = halves(name)
    whole = translated(*ends, state=translated(*begun).state).plan
    state = after(translated(*begun).state, StateDraft.evict_descriptions)
    plan = translated(*ends, state=state).plan
    assert plan.edges == whole.edges
    # What was measured was published with the events that brought it.
    assert [bare(run) for run in plan.runs] == [bare(run) for run in whole.runs]
    assert not [problem for problem in plan.problems if problem.kind == "run_trimmed"]


@pytest.mark.parametrize("name", CAPTURES)
def test_runs_without_their_columns_give_the_same_edges_and_no_more(name: str) -> None:
    begun, ends = halves(name)
    whole = translated(*ends, state=translated(*begun).state).plan
    state = after(translated(*begun).state, StateDraft.evict_descriptions, StateDraft.evict_columns)
    plan = translated(*ends, state=state).plan
    assert arrows(plan) == arrows(whole)
    # Streams were published before; of others the columns are lost.
    assert set(column_arrows(plan.edges)) <= set(column_arrows(whole.edges))


def test_a_run_whose_columns_were_shed_says_so_when_it_gives_its_edges() -> None:
    state = after(state_of(start(1)), StateDraft.evict_columns)
    plan = translated(run_event("COMPLETE", run_id="00000001-run", job="load_1", seconds=60), state=state).plan
    assert arrows(plan) == ["db.s.filter_1 -> db.s.totals_1", "db.s.orders_1 -> db.s.totals_1"]
    assert column_arrows(plan.edges) == []
    problem = one(plan.problems, "run_trimmed")
    assert problem.where == "run 00000001-run of ns load_1"


def test_what_a_later_event_tells_again_is_there_again() -> None:
    state = after(state_of(start(1)), StateDraft.evict_descriptions, StateDraft.evict_columns)
    plan = translated(start(1, "COMPLETE"), state=state).plan
    assert column_arrows(plan.edges) == [
        "db.s.orders_1.amount_1 -> db.s.totals_1.total_1",
        "db.s.orders_1.id_1 -> db.s.totals_1.n_1",
    ]
    assert plan.jobs[0].description


def test_column_lineage_that_names_no_source_still_says_that_there_is_one() -> None:
    lineage = {"fields": {"a": {"inputFields": [], "transformationDescription": "now()"}, "b": {"inputFields": []}}}
    event = run_event("START", inputs=["db.s.a"], outputs=[dataset("db.s.x", columnLineage=lineage), "db.s.y"])
    done = run_event("COMPLETE", seconds=9)
    whole = translated(done, state=state_of(event)).plan
    state = after(state_of(event), StateDraft.evict_columns)
    assert [run.columns_evicted for run in state.runs.values()] == [True]
    assert arrows(translated(done, state=state).plan) == arrows(whole) == ["db.s.a -> db.s.y"]


def test_a_run_given_up_counts_as_new_when_it_ends_after_all() -> None:
    state = evict_to_size(state_of(start(1)), 1).state
    assert state.runs == {}
    plan = translated(run_event("COMPLETE", run_id="00000001-run", job="load_1", seconds=60), state=state).plan
    assert [run.new for run in plan.runs] == [True]
    assert plan.edges == ()


# -- in the plan -------------------------------------------------------------------------------------------------------


def test_translation_sheds_once_its_plan_is_made_and_reports_it_in_the_plan() -> None:
    events = [start(number, "COMPLETE") for number in range(50)]
    batch = EventBatch(BatchOrigin("key", "kafka_default"), tuple(decode(*events)))
    found = translate_batch(batch, StoredRuns(), Config(), Limits(max_bytes=2000))
    assert len(arrows(found.plan)) == 100
    assert found.runs is not None
    assert size(found.runs) == len(found.change.text) <= 2000
    assert one(found.plan.problems, "state_trimmed")
    assert len(found.runs.runs) < 50
    unbounded = translate_batch(batch, StoredRuns(), Config(), Limits()).runs
    assert unbounded is not None
    assert len(unbounded.runs) == 50
