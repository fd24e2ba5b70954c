"""Two DAG runs at once: in any order, one of them is refused, or both do the same."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.faults.lab import Lab, Scenario
from tests.faults.points import POINTS
from tests.faults.tasks import Ended
from tests.faults.world import FORMS, TASKS, Form, World, at

CHAPTER = "Two DAG runs at once"
_POINTS = (
    "asked",
    "read",
    "translated",
    "answered",
    "published",
    "parking due",
    "state due",
    "state written",
    "commit due",
    "ledger due",
)


def _overtaken(point: str, nth: int, lab: Lab, form: Form) -> None:
    """Let a run wait at a boundary while another one does all its work."""
    with lab.world(form) as world:

        def overtake() -> None:
            ended = world.dag_run().go()
            assert ended.word == "done", ended.error

        slow = world.dag_run()
        ended = at(point, slow, nth=nth, meanwhile=overtake)
        while ended.word == "done" and not slow.is_over:
            ended = slow.go()
        lab.notes.ended(ended)
        lab.repaired(world)


def _side_by_side(lab: Lab, form: Form) -> None:
    """Start two runs at the same moment, task by task."""
    for _ in range(5):
        with lab.world(form) as world:
            lab.notes.ended(*(ended for ended in start_together(world, 2) if ended.word == "failed"))
            lab.repaired(world)


def start_together(world: World, count: int) -> list[Ended]:
    """Start the tasks of several runs at the same moment, step by step, and return how all tasks ended."""
    runs, outcomes = [world.dag_run() for _ in range(count)], list[Ended]()
    for _ in TASKS[world.form]:
        started = [(run, run.start()) for run in runs]
        ended = [(run, run.end(task)) for run, task in started]
        outcomes += [end for _, end in ended]
        runs = [run for run, end in ended if end.word == "done"]
    return outcomes


def _scenarios() -> Iterator[Scenario]:
    for form in FORMS:
        for point in _POINTS:
            act = partial(_overtaken, point, 20 if point == "answered" else 1)
            fault = "overtaken by another run"
            quick = point == {"steps": "published", "ingest": "state due"}[form]
            yield Scenario(CHAPTER, fault, POINTS[point].words, form, act, quick)
        yield Scenario(CHAPTER, "started together", "five times", form, _side_by_side, quick=form == "steps")


TOGETHER = tuple(_scenarios())
