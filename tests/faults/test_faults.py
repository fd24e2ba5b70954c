"""Every row of docs/faults.md: it is disturbed, it is run again, and then all is as if nothing had happened."""

from __future__ import annotations

import pytest

from tests.faults.lab import Lab, Scenario
from tests.faults.scenarios import SCENARIOS


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("scenario", [pytest.param(scenario, id=scenario.id) for scenario in SCENARIOS])
def test_after_a_fault_all_is_as_if_nothing_had_happened(scenario: Scenario, lab: Lab) -> None:
    scenario.act(lab, scenario.form)
