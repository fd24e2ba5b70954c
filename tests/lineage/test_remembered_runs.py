"""What a plan notes in an ended run concerns nothing by which runs are found, and a builder leaves nothing behind."""

from __future__ import annotations

import gc
import weakref

import pytest
from msgspec.structs import replace

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.airflow_facets import facets_without_dag
from openmetadata_ol_provider.lineage.latest_runs import end_of
from openmetadata_ol_provider.lineage.plan_builder import PlanBuilder
from openmetadata_ol_provider.lineage.run_facts import FACTS
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.run_ages import RunAges
from openmetadata_ol_provider.openlineage.run_assembler import assemble
from openmetadata_ol_provider.openlineage.run_identity import ids_above
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import TERMINAL, RunState
from openmetadata_ol_provider.openlineage.segments.state_text import whole_text, with_text
from openmetadata_ol_provider.openlineage.times import parse_time
from tests.support import captured

NOW = parse_time("2026-11-29T00:00:00Z")


def state_of(name: str) -> RunState:
    """Return what is remembered after the events of a capture."""
    return assemble([decode_event(value).event for value in captured(name)], RunState(), NOW).state


@pytest.mark.parametrize("name", ["airflow-scheduler", "dbt-postgres", "flink2-session", "spark-1.12.0"])
def test_what_is_noted_in_an_ended_run_changes_nothing_by_which_it_is_found(name: str) -> None:
    ended = [run for run in state_of(name).runs.values() if run.state in TERMINAL]
    assert ended
    for run in ended:
        noted = replace(run, lineage_emitted=True, **facets_without_dag(run))
        for of in (FACTS.of, ids_above, end_of):
            assert of(noted) == of(run)
        assert (noted.terminal, noted.last_seen_at) == (run.terminal, run.last_seen_at)


def test_a_stored_run_in_which_something_is_noted_is_found_by_its_age() -> None:
    stored = with_text(RunState(), whole_text(state_of("spark-1.12.0")))
    index = RunIndex(stored.runs)
    ended = [key for key, run in index.runs.items() if run.state in TERMINAL and index.members(key) == (key,)]
    before = index.followed_by(RunAges)
    count, keys = before.ended, set(before.keys_before(1 << 62, terminal=True))
    assert set(ended) <= keys
    for key in ended:
        index.annotate(key, replace(index.runs[key], lineage_emitted=True))
    after = index.followed_by(RunAges)
    assert (after.ended, set(after.keys_before(1 << 62, terminal=True))) == (count, keys)


def test_a_builder_is_freed_without_the_garbage_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        builder = PlanBuilder(Config(), RunState(), RunIndex({}), seen_at=0, latest_at=0)
        freed = weakref.ref(builder)
        del builder
        assert freed() is None
    finally:
        gc.enable()
