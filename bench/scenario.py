"""The input of the simulation: a deployment and its traffic."""

from __future__ import annotations

from typing import NamedTuple


class Scenario(NamedTuple):
    """A deployment and its traffic.

    :param events: events per day
    :param run_events: events of each run: START, RUNNING events, COMPLETE
    :param every: minutes between two tasks of a lane
    :param latency: seconds that the catalogue takes for a call
    :param connections: connections of each lane
    :param max_events: most events in a batch, however many bytes they have
    :param max_facts: ``ledger.max_facts``
    :param max_runs: ``max_open_runs``
    :param usage: 1 if ``write.usage`` is ``always``, 0 if it is ``never``
    :param observability: 1 if ``write.observability`` is ``true``, 0 if it is ``false``
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
    max_runs: int = 100_000
    usage: int = 1
    observability: int = 1
