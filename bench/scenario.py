"""What the simulation plays: a deployment and its traffic."""

from __future__ import annotations

from typing import NamedTuple


class Scenario(NamedTuple):
    """A deployment and its traffic.

    :param events: a day
    :param run_events: of each run: its START, signs of life, its COMPLETE
    :param every: minutes from one task of a lane to its next
    :param latency: seconds that the catalogue takes for a call
    :param connections: of each lane
    :param max_events: of a batch, which may have as many bytes as that takes
    :param max_facts: ``ledger.max_facts``
    :param max_runs: ``max_open_runs``
    :param usage: whether ``write.usage`` is ``always``, or ``never`` (0)
    """

    name: str
    jobs: int
    events: int
    lanes: int = 1
    run_events: int = 10
    every: int = 5
    latency: float = 0.02
    connections: int = 8
    max_events: int = 10_000
    max_facts: int = 50_000
    max_runs: int = 10_000
    usage: int = 1
