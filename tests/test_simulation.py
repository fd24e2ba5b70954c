"""The simulated day: a sample of a lane's jobs stands for the lane, and its requests are those of real publications."""

from __future__ import annotations

import pytest

from bench.scenario import Scenario
from bench.simulation import day

#: Two hours pass between tasks, so that each has many runs of each job.
SMALL = Scenario("small", jobs=8, events=2_400, every=120)


def calls(scenario: Scenario, budget: int) -> tuple[float, float]:
    hours = list(day(scenario, budget))
    return sum(hour.calls for hour in hours), sum(hour.writes for hour in hours)


@pytest.mark.parametrize("lanes", [1, 4])
def test_a_sample_of_the_jobs_has_the_requests_of_all(lanes: int) -> None:
    scenario = SMALL._replace(lanes=lanes, jobs=lanes * SMALL.jobs, events=lanes * SMALL.events)
    whole, sample = calls(scenario, 10_000), calls(scenario, scenario.events // 4)
    assert sample == pytest.approx(whole, rel=0.05)


def test_what_is_switched_off_costs_no_requests() -> None:
    # In the middle of the day everything is known, and each pipeline of a task has new runs: their statuses, their
    # usage and the observability of its table are written.
    usual = list(day(SMALL, 10_000))[12]
    short = list(day(SMALL._replace(usage=0, observability=0), 10_000))[12]
    assert (usual.writes, short.writes) == (3 * SMALL.jobs, SMALL.jobs)
    assert short.calls < usual.calls
