"""A batch may be translated while the one before is published: it changes nothing of that one."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.ingestion.plan_envelope import draft_plan, translate_batch
from openmetadata_ol_provider.openlineage.batch import BatchOrigin, EventBatch
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.run_assembler import Limits
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.segments.change import (
    StateChange,
    StoredAs,
    StoredRuns,
    change_text,
    changed_state,
)
from openmetadata_ol_provider.openlineage.segments.state_text import state_of_texts, whole_text
from openmetadata_ol_provider.openlineage.serialization import encode_json

DATA = Path(__file__).parents[1] / "data"
LIMITS = Limits()
SIZE = 40


def batches() -> Iterator[EventBatch]:
    """Yield all captured events, so that runs go on from batch to batch."""
    lines = [
        line for path in sorted(DATA.glob("*.ndjson.gz")) for line in gzip.decompress(path.read_bytes()).splitlines()
    ]
    # Jobs come again, with runs whose parts are shared with what was derived before.
    events = [decode_event(line).event for line in (*lines, *lines[::3])]
    for start in range(0, len(events), SIZE):
        origin = BatchOrigin("state", "kafka_default", ())
        yield EventBatch(origin, tuple(events[start : start + SIZE]), more=True)


def test_translating_the_next_batch_changes_neither_the_plan_nor_what_is_remembered() -> None:
    state, config, plans = RunState(), Config(), 0
    plan = text = remembered = None
    for batch in batches():
        draft = draft_plan(batch, state, config, LIMITS)
        if plan is not None:
            assert json.dumps(plan.to_dict()) == text
            assert encode_json(state) == remembered
        plan, state = draft.envelope.plan, draft.after
        text, remembered = json.dumps(plan.to_dict()), encode_json(state)
        plans += bool(plan.edges)
    assert plans > 10


def test_runs_of_a_stored_state_stay_as_they_are_while_the_next_batch_is_translated() -> None:
    first, second, *_ = batches()
    stored = state_of_texts([whole_text(draft_plan(first, RunState(), Config(), LIMITS).after)])
    before = encode_json(state_of_texts([whole_text(stored)]))
    draft_plan(second, stored, Config(), LIMITS)
    assert encode_json(stored) == before


def test_a_draft_is_finished_like_a_batch_that_is_translated_afterwards() -> None:
    first, second, *_ = batches()
    stored = StoredRuns(draft_plan(first, RunState(), Config(), LIMITS).after, StoredAs("base", 100))
    draft = draft_plan(second, stored.state, Config(), LIMITS)
    at_once, _ = draft.finished(stored, LIMITS)
    draft = draft._replace(changed=change_text(draft.before, draft.after))
    finished, remembered = draft.finished(stored, LIMITS)
    assert finished == at_once
    assert finished.plan == translate_batch(second, stored, Config(), LIMITS).plan
    assert remembered is draft.after


def test_the_change_follows_what_is_stored_if_nothing_of_the_batch_before_was() -> None:
    first, second, *_ = batches()
    draft = draft_plan(first, RunState(), Config(), LIMITS)
    following = draft_plan(second, draft.after, Config(), LIMITS)
    following = following._replace(changed=change_text(following.before, following.after))
    # The batch before was published by another task: what is stored is older.
    finished, _ = following.finished(StoredRuns(RunState(), StoredAs("older", 100)), LIMITS)
    assert finished.change == StateChange(change_text(RunState(), following.after), "older")
    assert encode_json(changed_state(RunState(), finished.change)) == encode_json(following.after)


@pytest.mark.parametrize("max_bytes", [2000, 100_000])
def test_what_does_not_fit_is_given_up_when_the_draft_is_finished(max_bytes: int) -> None:
    first, second, *_ = batches()
    limits = Limits(max_bytes=max_bytes)
    before = draft_plan(first, RunState(), Config(), limits).after
    draft = draft_plan(second, before, Config(), limits)
    finished, remembered = draft.finished(StoredRuns(before, StoredAs("base", max_bytes)), limits)
    kinds = {problem.kind for problem in finished.plan.problems}
    assert ("state_trimmed" in kinds) == (max_bytes == 2000)
    assert finished.runs is remembered
    assert (remembered is draft.after) == (max_bytes != 2000)
    assert finished.change.base == ""
