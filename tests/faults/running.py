"""Running the scenarios of a session: several at a time, each in worlds of its own, and then party by party."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from tests.faults.lab import House, Lab, Scenario
from tests.faults.party import Party

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

#: Scenarios at the same time, those of a party not counted; they wait as much as they work.
_AT_ONCE = 4
#: Seconds without any progress of any scenario after which they are given up. How long a scenario takes is no measure:
#: the longest has 74 worlds, and a busy machine takes half a minute for each.
_STALLED = 900.0


class Running:
    """The scenarios; a context manager.

    :param scenarios: scenarios to run
    :param house: resources that they share
    """

    def __init__(self, scenarios: Sequence[Scenario], house: House) -> None:
        self._house = house
        self._futures: dict[str, Future[str]] = {scenario.id: Future() for scenario in scenarios}
        self._parties: dict[str, list[Scenario]] = {"": []}
        for scenario in sorted(scenarios, key=lambda item: not item.long):
            self._parties.setdefault(scenario.party, []).append(scenario)
        self._thread = threading.Thread(target=self._run, name="scenarios", daemon=True)

    def outcome(self, scenario: Scenario) -> str:
        """Wait for the end of a scenario, and return in words what came of it, or raise what went wrong."""
        future, asked_at = self._futures[scenario.id], time.monotonic()
        while not wait([future], timeout=min(10.0, _STALLED)).done:
            still = time.monotonic() - max(asked_at, self._house.moved_at)
            assert still < _STALLED, f"no scenario has got on for {still:.0f} s"
        return future.result()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._house.over = True
        self._thread.join()

    def _run(self) -> None:
        for name, scenarios in self._parties.items():
            party = Party(len(scenarios))
            if not self._house.kafka.running:
                self._house.start_kafka()
            with ThreadPoolExecutor(len(scenarios) or 1 if name else _AT_ONCE) as pool:
                for scenario in scenarios:
                    pool.submit(self._one, scenario, party)

    def _one(self, scenario: Scenario, party: Party) -> None:
        future, lab = self._futures[scenario.id], Lab(self._house, party)
        try:
            scenario.act(lab, scenario.form)
            future.set_result(lab.notes.text())
        except BaseException as error:  # noqa: BLE001 - the test tells
            future.set_exception(error)
        finally:
            party.leave()
