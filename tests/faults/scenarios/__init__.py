"""All scenarios, chapter by chapter, in the order of the table."""

from __future__ import annotations

from tests.faults.lab import Lab, Scenario
from tests.faults.scenarios.broker import BROKER
from tests.faults.scenarios.catalogue import CATALOGUE
from tests.faults.scenarios.killed import KILLED
from tests.faults.scenarios.state import STATE
from tests.faults.scenarios.together import TOGETHER
from tests.faults.world import FORMS, Form


def _undisturbed(lab: Lab, form: Form) -> None:
    """Check that the accounts add up when nothing goes wrong, and that every category occurs."""
    with lab.world(form) as world:
        sums = world.repaired(lab.undisturbed(form)).accounts
        assert min(sums) > 0
        lab.notes.said.append(
            f"{sums.read} read = {sums.published} published + {sums.parked} parked + {sums.dead_lettered} dead letters "
            f"+ {sums.left_out} left out"
        )


UNDISTURBED = tuple(Scenario("Nothing fails", "none", "undisturbed", form, _undisturbed, quick=True) for form in FORMS)
SCENARIOS: tuple[Scenario, ...] = (*UNDISTURBED, *KILLED, *CATALOGUE, *BROKER, *STATE, *TOGETHER)
