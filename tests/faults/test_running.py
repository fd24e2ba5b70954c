"""A scenario may take as long as it likes, as long as it gets on."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.faults import running
from tests.faults.lab import House, Lab, Scenario


class _Kafka:
    running = True


def _outcome(moves: bool, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what comes of a scenario that takes three times as long as none may take without progress."""
    monkeypatch.setattr(running, "_STALLED", 1.0)
    kafka: Any = _Kafka()
    tasks: Any = None
    house = House(kafka, tasks)

    def act(lab: Lab, _: object) -> None:
        for _ in range(30):
            time.sleep(0.1)
            if moves:
                house.move()
        lab.notes.said.append("done")

    scenario = Scenario("a chapter", "a fault", "somewhere", "steps", act)
    with running.Running([scenario], house) as begun:
        return begun.outcome(scenario)


def test_a_long_scenario_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _outcome(True, monkeypatch).endswith("done")


def test_a_stalled_one_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match="no scenario has got on for"):
        _outcome(False, monkeypatch)
