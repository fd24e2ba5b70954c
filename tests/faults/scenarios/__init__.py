"""All scenarios, chapter by chapter, in the order of the table."""

from __future__ import annotations

from tests.faults.lab import Scenario
from tests.faults.scenarios.broker import BROKER
from tests.faults.scenarios.catalogue import CATALOGUE
from tests.faults.scenarios.killed import KILLED
from tests.faults.scenarios.state import STATE
from tests.faults.scenarios.together import TOGETHER

SCENARIOS: tuple[Scenario, ...] = (*KILLED, *CATALOGUE, *BROKER, *STATE, *TOGETHER)
