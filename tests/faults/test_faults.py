"""Every row of docs/faults.md: it is disturbed, it is run again, and then all is as if nothing had happened."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.lab import Scenario
from tests.faults.running import Running
from tests.faults.scenarios import SCENARIOS


def _parameter(scenario: Scenario) -> object:
    return pytest.param(scenario, id=scenario.id, marks=() if scenario.quick else pytest.mark.rare)


# The scenarios are given up when none of them gets on any more, see tests/faults/running.py.
@pytest.mark.timeout(0)
@pytest.mark.parametrize("scenario", [_parameter(scenario) for scenario in SCENARIOS])
def test_after_a_fault_all_is_as_if_nothing_had_happened(
    scenario: Scenario, running: Running, record_property: Callable[[str, object], None]
) -> None:
    record_property("scenario", scenario.id)
    record_property("outcome", running.outcome(scenario))
