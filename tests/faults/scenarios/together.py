"""Two DAG runs at once: in any order, one of them is refused, or both do the same."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.faults.lab import Lab, Scenario
from tests.faults.points import POINTS
from tests.faults.tasks import Ended
from tests.faults.world import FORMS, TASKS, DagRun, Form, at

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
            pair = [world.dag_run(), world.dag_run()]
            for _ in TASKS[form]:
                ended = _both(pair)
                lab.notes.ended(*(end for _, end in ended if end.word == "failed"))
                pair = [run for run, end in ended if end.word == "done"]
            lab.repaired(world)


def _both(pair: list[DagRun]) -> list[tuple[DagRun, Ended]]:
    started = [(run, run.start()) for run in pair]
    return [(run, run.end(task)) for run, task in started]


def _scenarios() -> Iterator[Scenario]:
    for form in FORMS:
        for point in _POINTS:
            act = partial(_overtaken, point, 20 if point == "answered" else 1)
            fault = "overtaken by another run"
            quick = point == {"steps": "published", "ingest": "state due"}[form]
            yield Scenario(CHAPTER, fault, POINTS[point].words, form, act, quick)
        yield Scenario(CHAPTER, "started together", "five times", form, _side_by_side, quick=form == "steps")


TOGETHER = tuple(_scenarios())
