"""Whatever a task dies between, the state is that before the batch or that after it, and nothing is left for good."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.batch import BatchOrigin
from openmetadata_ol_provider.openlineage.positions import Checkpoint, OffsetRange
from openmetadata_ol_provider.openlineage.run_assembler import assemble
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.segments.change import StoredAs, StoredRuns, fit_to_size, whole_change
from openmetadata_ol_provider.openmetadata.publishing.core.held import Held
from openmetadata_ol_provider.openmetadata.publishing.core.history import UsageCounts
from openmetadata_ol_provider.state import chain, segment_store, segmented_variable
from openmetadata_ol_provider.state.document import StoredState
from openmetadata_ol_provider.state.keys import segment_key
from openmetadata_ol_provider.state.store import StateStore
from openmetadata_ol_provider.version_compat import get_variable, set_variable
from tests.openlineage.segments.states import in_order, steps
from tests.openlineage.test_run_assembler_properties import EVENTS, LAWS, encoded
from tests.state.test_held_rows import rows
from tests.support import BASE, Json, decode

KEY = "the_key"
SEEDS = range(4)
BATCHES = 20


class Crash(BaseException):
    """The task is killed."""


class Writes:
    """Counts what is written to Variables and deleted, and kills the task at one of these.

    :param patch: undone after the test
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        #: Number of writes until the task dies, before or after the last of them; negative: never.
        self.left, self.after = -1, False
        self.deaths = 0
        for module in (segmented_variable, segment_store):
            for name in ("set_variable", "delete_variable"):
                patch.setattr(module, name, self._counted(getattr(module, name)))

    def _counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any) -> None:
            self.left -= 1
            if self.left == 0 and not self.after:
                self._die()
            function(*args)
            if self.left == 0:
                self._die()

        return counted

    def _die(self) -> None:
        self.left, self.deaths = -1, self.deaths + 1
        raise Crash


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Writes]:
    """Let segments begin at a few hundred characters, and count what is written."""
    monkeypatch.setattr(segment_store, "MAX_TAIL", 600)
    with pytest.MonkeyPatch.context() as patch:
        yield Writes(patch)


def origin(number: int) -> BatchOrigin:
    """Return a batch that moves the checkpoint from one number to the next."""
    return BatchOrigin(KEY, "kafka_default", (OffsetRange("t", 0, number or None, number, number + 1),))


def segments() -> list[int]:
    """Return the slots of all segments that there are."""
    from airflow.models.variable import Variable
    from airflow.utils.session import create_session

    with create_session() as session:
        keys = {key for (key,) in session.query(Variable.key)}
    return [slot for slot in range(chain.SLOTS) if segment_key(KEY, slot) in keys]


def used(store: StateStore) -> set[int]:
    return segment_store.needed_slots(store._document())


@pytest.mark.exhaustive
@pytest.mark.parametrize("piece", [chain.MAX_PIECE, 500], ids=["whole", "in pieces"])
@pytest.mark.parametrize("seed", SEEDS)
def test_any_crashes_and_restarts_leave_the_state_that_undisturbed_batches_leave(
    seed: int, piece: int, writes: Writes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "MAX_PIECE", piece)
    draw = random.Random(seed)  # noqa: S311 - no secret
    store, stored, counted, waited = StateStore(KEY), StoredRuns(), dict[tuple[str, str], int](), Held()
    for number, state in enumerate(steps(seed, BATCHES)):
        held, more = Held(rows(draw.choice([0, 1, 200]), number)), draw.random() < 0.7
        usage: UsageCounts = {**counted, (f"pipeline {draw.randint(0, 300)}", "2026-01-01"): number}
        for key in draw.sample(sorted(usage), len(usage) // 20):
            del usage[key]
        while True:
            change = fit_to_size(stored, state, None).change
            writes.left, writes.after = draw.choice([-1, 1, 2, 3, 4, 5]), draw.random() < 0.5
            try:
                stored = stored.after(state, store.advance(origin(number), change, usage, held, more=more))
                break
            except Crash:
                store = StateStore(KEY)
                found = store.read_state()
                done = found.checkpoint == {"t": {"0": number + 1}}
                assert in_order(found.runs) == in_order(state if done else stored.state)
                assert (found.usage, found.held) == ((usage, held) if done else (counted, waited))
                stored = found.stored_runs
                if done:
                    break
        counted, waited = usage, held
        if draw.random() < 0.2:
            store = StateStore(KEY)
            stored = store.read_state().stored_runs
        writes.left = -1
    found = StateStore(KEY).read_state()
    assert in_order(found.runs) == in_order(state)
    assert (found.usage, found.held, found.checkpoint) == (counted, waited, {"t": {"0": BATCHES}})
    assert found.stored_as == stored.stored_as
    assert writes.deaths > BATCHES / 4
    assert store.size == sum(len(get_variable(segment_key(KEY, slot)) or "") - 11 for slot in _referenced(store)) + len(
        get_variable(KEY) or ""
    )


@pytest.mark.exhaustive
@settings(LAWS, max_examples=40, suppress_health_check=list(HealthCheck))
@given(EVENTS, st.lists(st.integers(0, 6), max_size=4), st.lists(st.tuples(st.integers(1, 6), st.booleans())))
def test_any_interleaving_of_batches_crashes_and_joins_ends_like_one_batch(
    writes: Writes, events: list[Json], cuts: list[int], crashes: list[tuple[int, bool]]
) -> None:
    whole = assemble(decode(*events), RunState(), BASE).state.runs
    bounds = sorted({0, len(events), *(cut for cut in cuts if cut < len(events))})
    store, due = StateStore(KEY), list(itertools.pairwise(bounds))
    store.forget()
    stored, number = StoredRuns(), 0
    while number < len(due):
        start, end = due[number]
        state = assemble(decode(*events[start:end]), stored.state, BASE).state
        change = fit_to_size(stored, state, None).change
        writes.left, writes.after = crashes.pop() if crashes else (-1, False)
        try:
            stored = stored.after(state, store.advance(origin(number), change, {}, Held()))
            number += 1
        except Crash:
            store = StateStore(KEY)
            stored, number = store.read_state().stored_runs, number + (store.read_checkpoint() != _before(number))
        finally:
            writes.left = -1
    assert encoded(StateStore(KEY).read_state().runs.runs) == encoded(whole)


def _before(number: int) -> Checkpoint:
    return {"t": {"0": number}} if number else {}


def _referenced(store: StateStore) -> set[int]:
    return chain.slots_of(store._document().segments)


def advance(store: StateStore, stored: StoredRuns, state: RunState, number: int) -> StoredRuns:
    change = fit_to_size(stored, state, None).change
    return stored.after(state, store.advance(origin(number), change, {}, Held()))


def test_what_a_crash_leaves_behind_is_deleted_once_it_is_old(writes: Writes, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_800_000_000]
    monkeypatch.setattr(segment_store.SegmentStore, "_now", lambda _: now[0])
    states = list(steps(1, 10))
    store, stored = StateStore(KEY), StoredRuns()
    for number, state in enumerate(states):
        if number > 5:
            # Dies between a segment and the head.
            writes.left, writes.after = 1, True
            with pytest.raises(Crash):
                advance(store, stored, state, number)
        writes.left = -1
        stored = advance(store, stored, state, number)
    left_over = set(segments()) - used(store)
    assert left_over
    for number in range(10, 10 + chain.SLOTS):
        stored = advance(store, stored, state, number)
    assert set(segments()) - used(store) == left_over, "another task might be about to refer to them"
    now[0] += 3601
    for number in range(10 + chain.SLOTS, 10 + 2 * chain.SLOTS):
        stored = advance(store, stored, state, number)
    assert set(segments()) <= used(store)


def test_there_are_few_segments_and_each_change_is_written_a_few_times(writes: Writes) -> None:
    store, stored, changed, most = StateStore(KEY), StoredRuns(), 0, 0
    before = writes.left
    for number, state in enumerate(steps(2, 40)):
        fitted = fit_to_size(stored, state, None)
        changed += len(fitted.change.text)
        stored = stored.after(state, store.advance(origin(number), fitted.change, {}, Held()))
        most = max(most, len(segments()))
        whole = len(whole_change(state).text)
        assert stored.stored_as.size < 2.5 * whole + 1200
    assert most <= 12
    # At most a segment, the head, and what is deleted.
    assert before - writes.left < 4 * 40
    assert changed > 0


def disturb_next(
    patch: pytest.MonkeyPatch,
    name: str,
    *,
    before: Callable[[], object] = lambda: None,
    after: Callable[[], object] = lambda: None,
) -> None:
    """Do something else, once, before or after a task uses a Variable of a segment the next time.

    :param name: ``get_variable`` or ``set_variable``
    """
    real = getattr(segment_store, name)

    def disturbed(*args: Any) -> Any:
        patch.setattr(segment_store, name, real)
        before()
        result = real(*args)
        after()
        return result

    patch.setattr(segment_store, name, disturbed)


def test_a_second_task_that_flips_the_head_meanwhile_is_noticed(
    writes: Writes, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = list(steps(3, 12))
    store, stored = StateStore(KEY), StoredRuns()
    for number, state in enumerate(states[:10]):
        stored = advance(store, stored, state, number)
    slow, change = StateStore(KEY), whole_change(states[10])

    def overtake() -> None:
        StateStore(KEY).advance(origin(10), whole_change(states[11]), {}, Held())

    disturb_next(monkeypatch, "set_variable", after=overtake)
    with pytest.raises(CheckpointError, match="was moved by another task while it was written"):
        slow.advance(origin(10), change, {}, Held())
    assert in_order(StateStore(KEY).read_state().runs) == in_order(states[11])


@pytest.fixture
def same_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all tasks prefer the same Variables for their segments."""
    monkeypatch.setattr(segment_store.random, "shuffle", lambda _: None)


def begun(seed: int) -> tuple[StateStore, list[RunState]]:
    """Return the store of a state with segments after ten batches, and the runs of two more that it may go on with."""
    states = list(steps(seed, 12))
    store, stored = StateStore(KEY), StoredRuns()
    for number, state in enumerate(states[:10]):
        stored = advance(store, stored, state, number)
    return store, states[10:]


@pytest.mark.usefixtures("same_choice")
def test_a_task_that_dies_after_another_one_wrote_its_segment_has_not_overwritten_it(
    writes: Writes, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, (mine, other) = begun(8)

    def die_halfway() -> None:
        writes.left, writes.after = 1, True
        with pytest.raises(Crash):
            StateStore(KEY).advance(origin(10), whole_change(other), {}, Held())

    disturb_next(monkeypatch, "set_variable", after=die_halfway)
    store.advance(origin(10), whole_change(mine), {}, Held())
    assert writes.deaths == 1
    assert in_order(StateStore(KEY).read_state().runs) == in_order(mine)


@pytest.mark.usefixtures("same_choice")
def test_a_task_that_is_far_behind_overwrites_no_segment_of_the_newest_state(
    writes: Writes, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, (mine, other) = begun(9)

    def overtake() -> None:
        store = StateStore(KEY)
        for number in range(10, 14):
            store.advance(origin(number), whole_change(other), {}, Held())

    disturb_next(monkeypatch, "get_variable", before=overtake)
    with pytest.raises(CheckpointError, match="was moved by another task while it was written"):
        slow.advance(origin(10), whole_change(mine), {}, Held())
    found = StateStore(KEY).read_state()
    assert (in_order(found.runs), found.checkpoint) == (in_order(other), {"t": {"0": 14}})


@pytest.mark.usefixtures("same_choice")
def test_a_segment_that_another_task_overwrites_before_the_head_is_written_is_noticed(
    writes: Writes, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, (mine, _) = begun(10)
    before = in_order(store.read_state().runs)
    real = segment_store.set_variable

    def overwritten(*args: Any) -> None:
        real(*args)
        real(args[0], "1800000000_of another task")

    monkeypatch.setattr(segment_store, "set_variable", overwritten)
    with pytest.raises(CheckpointError, match="was moved by another task while it was written"):
        store.advance(origin(10), whole_change(mine), {}, Held())
    found = StateStore(KEY).read_state()
    assert (in_order(found.runs), found.checkpoint) == (before, {"t": {"0": 10}})


@pytest.mark.usefixtures("writes")
def test_the_oldest_leftover_is_overwritten_once_all_variables_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    store, (mine, _) = begun(11)
    taken = used(store)
    free = [slot for slot in range(chain.SLOTS) if slot not in taken]
    for slot in free:
        set_variable(segment_key(KEY, slot), f"{2_000_000_000 - (slot == free[7])}_left behind")
    store.advance(origin(10), whole_change(mine), {}, Held())
    assert _referenced(store) == {free[7]}
    assert in_order(StateStore(KEY).read_state().runs) == in_order(mine)


def test_a_change_of_another_state_than_the_stored_one_is_refused(writes: Writes) -> None:
    store = StateStore(KEY)
    first, second, third = steps(4, 3)
    stored = advance(store, StoredRuns(), first, 0)
    change = fit_to_size(stored, third, None).change
    store.write_state(StoredState({"t": {"0": 1}}, second, {}), None)
    with pytest.raises(CheckpointError, match="is not what the batch was translated with"):
        store.advance(origin(1), change, {}, Held())
    assert in_order(store.read_state().runs) == in_order(second)


def test_a_segment_that_is_missing_or_another_is_named(writes: Writes) -> None:
    store, stored = StateStore(KEY), StoredRuns()
    for number, state in enumerate(steps(5, 10)):
        stored = advance(store, stored, state, number)
    slot = min(_referenced(store))
    key = segment_key(KEY, slot)
    text = get_variable(key) or ""
    for damaged, reason in ((text[:-1], "not the text that was written"), ("", "not the text that was written")):
        set_variable(key, damaged)
        with pytest.raises(CheckpointError, match=f"Variable '{key}', a segment of the state '{KEY}', is {reason}"):
            store.read_state()
    set_variable(key, text)
    assert in_order(store.read_state().runs) == in_order(stored.state)
    segment_store.delete_variable(key)
    with pytest.raises(CheckpointError, match="is missing"):
        store.read_state()
    # The head alone can still be read, and everything can be deleted.
    assert store.read_checkpoint() == {"t": {"0": 10}}
    store.forget()
    assert (segments(), store.read_head()) == ([], None)


def test_changes_in_the_head_that_were_edited_are_noticed_when_more_are_added(writes: Writes) -> None:
    store, stored = StateStore(KEY), StoredRuns()
    first, second = steps(7, 2)
    stored = advance(store, stored, first, 0)
    document = json.loads(get_variable(KEY) or "")
    document["remembered"]["tail"] = "edited"
    set_variable(KEY, json.dumps(document))
    base = StateStore(KEY)._document().remembered.fingerprint
    change = fit_to_size(stored._replace(stored_as=StoredAs(base)), second, None).change
    with pytest.raises(CheckpointError, match=f"Variable '{KEY}' is not a state of this package .damaged"):
        store.advance(origin(1), change, {}, Held())
    assert store.read_head() is not None
    assert store.size == len(get_variable(KEY) or "") + document["remembered"]["segments"][0]["size"]


def test_a_state_within_the_limit_stays_within_it(writes: Writes) -> None:
    states = list(steps(6, 30))
    limit = len(whole_change(states[15]).text)
    store, stored, wholes = StateStore(KEY), StoredRuns(), 0
    for number, state in enumerate(states):
        fitted = fit_to_size(stored, state, limit)
        wholes += not fitted.change.base
        stored = stored.after(fitted.state, store.advance(origin(number), fitted.change, {}, Held()))
        assert stored.stored_as.size <= limit
        assert in_order(store.read_state().runs) == in_order(fitted.state)
    assert 1 < wholes < 30
