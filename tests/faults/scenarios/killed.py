"""The task's process is killed at every boundary."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

from openmetadata_ol_provider.state.store import StateStore
from tests.faults.lab import Lab, Scenario
from tests.faults.mix import mix, short
from tests.faults.points import POINTS, Stop
from tests.faults.world import FORMS, PREPARING, Form

CHAPTER = "The task is killed (`kill -9`)"
#: Boundaries that a task passes, in the order in which it passes them.
_BOUNDARIES = tuple(
    point for point in POINTS if point not in {"answered", "prepared", "held due", "held written", "done"}
)
#: The batches in which it is killed, and whether the task is retried or the next run continues. The second batch has a
#: ledger, open runs and parked lineage.
_BATCHES = ((1, True), (2, False))
#: The same for boundaries that the first batch does not pass.
_LATER_BATCHES = ((2, True), (3, False))
_LATER = frozenset({"segments joined", "parking joined"})
#: Of these, those that a task passes once, with its last batch.
_AT_LAST = frozenset({"segments joined"})
#: Boundaries that are passed once per run, not once per batch.
_ONCE = frozenset({"asked", "begun", "ledger due", "ledger segment written", "ledger written"})
#: Seconds that a task may take if it has to end after its first batch.
_SHORT = 5.0
#: Every how many responses the task is killed, with every build.
_STRIDE = 15
#: Consecutive runs that are killed.
_MANY = 8


def _at_a_boundary(point: str, lab: Lab, form: Form) -> None:
    batches = _LATER_BATCHES if point in _LATER else _BATCHES
    # A second run of the ingest operator has nothing to record.
    for batch, again in batches[:1] if point == "ledger segment written" and form == "ingest" else batches:
        with lab.world(form) as world:
            # The first time that it is passed is in the second batch, or at the end of the task.
            stop = Stop(point, 1 if point in _AT_LAST else batch - 1 if point in _LATER else batch)
            if form == "steps" or point in _ONCE:
                # Each batch is a separate run there.
                for _ in range(batch - 1):
                    assert world.dag_run().go().word == "done"
                stop = Stop(point)
            run = world.dag_run()
            ended = run.go(stop)
            assert ended.word == "killed", f"{point} was not reached: {ended}"
            lab.notes.ended(ended)
            if again:
                assert run.go().word == "done"
            lab.repaired(world)


def _while_the_next_is_prepared(lab: Lab, form: Form) -> None:
    """Kill the task from its other thread, as soon as that has prepared the third batch."""
    with lab.world(form) as world:
        run = world.dag_run()
        ended = run.go(Stop("prepared", 3))
        assert ended.word == "killed", ended
        lab.notes.ended(ended)
        assert run.go().word == "done"
        lab.repaired(world)


def _with_the_next_prepared(point: str, lab: Lab, form: Form) -> None:
    """Kill the task at a boundary of the second batch, when the third waits to be published."""
    with lab.world(form) as world:
        run = world.dag_run()
        task = run.start(Stop("published", 2, wait=True), Stop(point, 2))
        assert task.stops()
        time.sleep(PREPARING)
        task.go_on()
        ended = run.end(task)
        assert ended.word == "killed", ended
        lab.notes.ended(ended)
        lab.repaired(world)


def _with_its_time_over(point: str, lab: Lab, form: Form) -> None:
    """Kill the task when it writes what the first batch has held back, because no time is left for further ones."""
    with lab.world(form) as world:
        world.max_duration = _SHORT
        run = world.dag_run()
        task = run.start(Stop("published", wait=True), Stop(point))
        assert task.stops()
        time.sleep(_SHORT)
        task.go_on()
        ended = run.end(task)
        assert ended.word == "killed", f"{point} was not reached: {ended}"
        lab.notes.ended(ended)
        world.max_duration = None
        assert run.go().word == "done"
        lab.repaired(world)


def _at_the_end(task: str, lab: Lab, form: Form) -> None:
    with lab.world(form) as world:
        run = world.dag_run()
        while run.next_task != task:
            run.end(run.start())
        ended = run.end(run.start(Stop("done")))
        assert ended.word == "killed"
        lab.notes.ended(ended)
        assert run.go().word == "done"
        lab.repaired(world)


def _at_answers(stride: int, lab: Lab, form: Form) -> None:
    feed = short()
    for call in range(1, len(lab.calls(form, feed)) + 1, stride):
        with lab.world(form, feed) as world:
            run = world.dag_run()
            lab.notes.ended(run.go(Stop("answered", call)))
            if form == "steps" and call % 2:
                assert run.go().word == "done"
            lab.repaired(world, feed)
    assert lab.notes.ends["killed"] >= lab.notes.worlds - 2


def _again_and_again(lab: Lab, form: Form) -> None:
    """Kill each run a few responses later than the one before, until one succeeds."""
    feed = mix()
    with lab.world(form, feed) as world:
        for answer in range(3, 400, 12):
            ended = world.dag_run().go(Stop("answered", answer))
            lab.notes.ended(ended)
            if ended.word == "done":
                break
        lab.repaired(world)


def _again_and_again_before_the_head(lab: Lab, form: Form) -> None:
    """Kill consecutive runs after a segment was written; nothing refers to what they leave behind."""
    with lab.world(form) as world:
        for _ in range(_MANY):
            ended = world.dag_run().go(Stop("segment written"))
            lab.notes.ended(ended)
            assert ended.word == "killed"
        assert not StateStore(world.state_key).read_checkpoint()
        lab.repaired(world)


def _scenarios() -> Iterator[Scenario]:
    for form in FORMS:

        def row(
            where: str, act: Callable[[Lab, Form], None], *, quick: bool = False, long: bool = False, form: Form = form
        ) -> Scenario:
            return Scenario(CHAPTER, "killed", where, form, act, quick, long=long)

        for point in _BOUNDARIES:
            quick = point in {"letter sent", "state written"}
            yield row(POINTS[point].words, partial(_at_a_boundary, point), quick=quick)
        if form == "ingest":
            yield row(POINTS["prepared"].words, _while_the_next_is_prepared, quick=True)
            for point in ("letters due", "state due", "state written"):
                where = f"{POINTS[point].words}, with the next batch prepared"
                yield row(where, partial(_with_the_next_prepared, point))
            for point in ("held due", "held written"):
                yield row(f"{POINTS[point].words}, with its time over", partial(_with_its_time_over, point))
        for task in ("consume", "translate", "publish") if form == "steps" else ("ingest",):
            yield row(f"at the end of {task}, before Airflow records it", partial(_at_the_end, task))
        yield row(
            f"after every {_STRIDE}th response of the catalogue", partial(_at_answers, _STRIDE), quick=form == "ingest"
        )
        if form == "ingest":
            yield row("after each response of the catalogue", partial(_at_answers, 1), long=True)
        yield row("in consecutive runs, each time some responses later", _again_and_again)
        yield row(
            "in consecutive runs, each time before the head refers to a segment", _again_and_again_before_the_head
        )


KILLED = tuple(_scenarios())
