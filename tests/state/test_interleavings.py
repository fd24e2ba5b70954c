"""Wherever a task is paused while another one with the same state does all its work, nothing is lost."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.batch import BatchOrigin
from openmetadata_ol_provider.openlineage.positions import OffsetRange
from openmetadata_ol_provider.openlineage.run_state import Run, RunState
from openmetadata_ol_provider.openlineage.segments.change import fit_to_size
from openmetadata_ol_provider.openmetadata.publishing.core.held import Held, HeldRow
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact, Fact, LedgerChanges, LedgerTarget
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
from openmetadata_ol_provider.openmetadata.publishing.core.publication import Publication
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.state import segment_store
from openmetadata_ol_provider.state.checkpoint import require_start
from openmetadata_ol_provider.state.store import StateStore, apply

pytestmark = [pytest.mark.slow, pytest.mark.exhaustive, pytest.mark.timeout(900)]

KEY = "the_key"
#: Number of messages in the topic.
END = 4
_MODULES = ("segmented_variable", "segment_store", "shared_variable", "store", "asset_queue", "repartition")


class Paused:
    """Pauses a task at one access to a Variable, and lets another one do its work there.

    :param patch: undone after the test
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._other: Callable[[], None] | None = None
        #: Number of the tasks that have noticed the other one.
        self.noticed = 0
        self._left = 0
        self._last = ("", "")
        for name in _MODULES:
            module = importlib.import_module(f"openmetadata_ol_provider.state.{name}")
            for function in ("get_variable", "set_variable", "delete_variable"):
                if hasattr(module, function):
                    patch.setattr(module, function, self._wrapped(getattr(module, function)))
        # Which of 60 free slots two tasks choose is left to chance, which is not what is tested here.
        patch.setattr(segment_store.random, "shuffle", self._in_order)

    def run(self, task: Callable[[], bool | None], other: Callable[[], bool | None], access: int) -> bool:
        """Run a task; return whether it has come to an access, counted from 1, before which the other one works."""
        self._left, self._other, self._last = access, partial(self._run, other), ("", "")
        self.noticed = 0
        self._run(task)
        is_reached = self._other is None
        self._other = None
        return is_reached

    def _run(self, task: Callable[[], bool | None]) -> None:
        try:
            self.noticed += task() is False
        except CheckpointError:
            self.noticed += 1

    def _wrapped(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(key: str, *args: Any) -> Any:
            if self._other is not None:
                self._left -= 1
                if self._left <= 0 and not self._is_unguarded(function.__name__, key):
                    other, self._other = self._other, None
                    other()
            self._last = (function.__name__, key)
            return function(key, *args)

        return wrapper

    def _is_unguarded(self, name: str, key: str) -> bool:
        """Return whether a write follows the reading that guards it: what happens in between is not noticed there."""
        return name == "set_variable" and self._last == ("get_variable", key) and not key.endswith(".ledger")

    def _in_order(self, slots: list[int]) -> None:
        if self._other is None:
            slots.reverse()


@pytest.fixture(params=[16_384, 20], ids=["in the head", "in segments"])
def paused(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Paused]:
    monkeypatch.setattr(segment_store, "MAX_TAIL", request.param)
    with pytest.MonkeyPatch.context() as patch:
        yield Paused(patch)


class World:
    """A state and a catalogue.

    :param key: state key
    """

    def __init__(self, key: str) -> None:
        self.key = key
        #: Keys of the rows that the catalogue has.
        self.rows = set[tuple[str, str]]()
        #: Number of the message that has written a fact last, by the fact's key.
        self.facts = dict[int, int]()

    def publish_and_die(self) -> None:
        """Publish a message, and be killed before the rows are written."""
        Task(self).publish()

    def publish_all(self) -> bool:
        """Do all that a task does that finds one message, and return whether it noticed no other task."""
        task = Task(self)
        task.publish()
        return task.end()

    def finish(self) -> None:
        """Publish what is left."""
        task = Task(self)
        while task.position < END:
            task.publish()
        task.end()


class Task:
    """A task that publishes one message after the other; each is a run, parks an item, and holds a row back."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.store = StateStore(world.key)
        self.history = self.store.read_history()
        stored = self.store.read_state()
        self._remembered = stored.stored_runs
        self.position = stored.checkpoint.get("t", {}).get("0", 0)

    def publish(self) -> None:
        """Publish the next message, and commit it."""
        number = self.position
        ranges = (OffsetRange("t", 0, number or None, number, number + 1),)
        origin = BatchOrigin(self._world.key, "kafka_default", ranges)
        require_start(origin, self.store.read_checkpoint())
        self.history = self.store.claim(self.history)
        state = RunState(runs={**self._remembered.state.runs, f"r{number}": Run(f"r{number}", "ns", "job")})
        row = held_row(number)
        self._world.facts[1] = number
        changes = LedgerChanges(LedgerTarget(1, 2), facts={1: Fact(number, 1.0)}, edges={number: EdgeFact(1, 1.0, "j")})
        publication = Publication(
            PublishReport(),
            changes,
            {f"edge:{number}": parked(number)},
            {},
            held=Held({**self.history.held.rows, row.key: row}),
        )
        change = fit_to_size(self._remembered, state, None).change
        stored_as = self.store.commit(origin, change, publication, self.history)
        self.history = apply(self.history, publication)
        assert stored_as is not None
        self._remembered = self._remembered.after(state, stored_as)
        self.position += 1

    def write_rows(self) -> None:
        """Write the rows that wait, as a task does at its end."""
        self._world.rows.update(self.history.held.rows)
        self.store.write_held(self.history.held, Held())
        self.history = self.history._replace(held=Held())

    def end(self) -> bool:
        """Write the rows that wait, and return whether no other task was noticed."""
        self.write_rows()
        return self.store.release(self.history)


def parked(number: int) -> Parked:
    return Parked(key=f"edge:{number}", reason="unresolved", where="a -> b", detail="not there")


def held_row(number: int) -> HeldRow:
    return HeldRow(f"t{number}", f"pg.t{number}", "id", "openlineage.etl", "r", number, "Successful", 1, None, True)


def _publish(task: Task) -> bool:
    task.publish()
    return task.end()


WORK: dict[str, Callable[[Task], bool | None]] = {
    "publishing": _publish,
    "writing rows": Task.write_rows,
    "ending": Task.end,
    "moving the checkpoint": lambda task: task.store.move_checkpoint({"t": {"0": 2}}, {"t": {"0": 1}}),
    "dropping an item": lambda task: task.store.update_parked({"edge:0": None}),
    "setting the generation": lambda task: task.store.write_generation(0),
    "distrusting the ledger": lambda task: task.store.invalidate_ledger(),
}


#: The other task that dies leaves more behind, the one that does not ends its claim.
_OTHERS = [
    *((work, World.publish_and_die) for work in WORK),
    *((work, World.publish_all) for work in ("publishing", "ending")),
]


@pytest.mark.parametrize(("work", "other"), _OTHERS, ids=lambda value: getattr(value, "__name__", value))
def test_a_task_may_be_paused_before_any_access_to_a_variable(
    paused: Paused, work: str, other: Callable[[World], bool | None]
) -> None:
    for access in itertools.count(1):
        world = World(f"{KEY}.{access}")
        world.publish_all()
        task = Task(world)
        task.publish()
        is_reached = paused.run(partial(WORK[work], task), partial(other, world), access)
        assert paused.noticed or not is_reached or work not in {"publishing", "ending"}
        if not paused.noticed:
            assert_not_outdated(world)
        world.finish()
        assert_not_outdated(world)
        assert_complete(world, {"edge:0"} if work == "dropping an item" else set())
        if not is_reached:
            break


def assert_complete(world: World, dropped: Collection[str] = ()) -> None:
    """Assert that all messages are accounted for.

    :param dropped: keys of parked items that were dropped
    """
    store, numbers = StateStore(world.key), range(END)
    assert set(store.read_state().runs.runs) == {f"r{number}" for number in numbers}
    assert set(store.read_parked()) == {f"edge:{number}" for number in numbers}.difference(dropped)
    assert world.rows == {held_row(number).key for number in numbers}


def assert_not_outdated(world: World) -> None:
    """Assert that the ledger, if it is trusted, says what the catalogue has."""
    facts = StateStore(world.key).read_history().ledger.facts
    assert not facts or {key: fact.digest for key, fact in facts.items()} == world.facts
