"""Ledger: what a task that publishes pays for it, for different numbers of facts.

A task reads the ledger twice and writes it twice, however many batches it has: it claims the state when it begins to
publish, and releases it at the end. Half of the facts are edges, which take more than the others. Seconds are those of
the processor; Variables are in SQLite, encrypted.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import NAMESPACE_URL, uuid5

from bench import warehouse
from bench.airflow_home import airflow_home
from bench.figures import Figure
from bench.sizes import sized
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact, Fact, Ledger, digest
from openmetadata_ol_provider.state.keys import ledger_key
from openmetadata_ol_provider.state.store import StateStore
from openmetadata_ol_provider.version_compat import get_variable

_KEY = "bench"
#: Hours since 1970 of the latest publication.
_HOURS = 490_000.0


def measure(rounds: int) -> Iterator[Figure]:
    """Yield the times and the sizes, for each number of facts."""
    with airflow_home(variables=True):
        for count in sized(tiny=(10, 20), usual=(10_000, 100_000)):
            ledger = _ledger(count)
            seconds = [_task(ledger) for _ in range(rounds)]
            name = f"{count:,} facts"
            yield Figure(f"{name}: read and write twice", "ms", tuple(1000 * took for took in seconds))
            yield Figure(f"{name}: per fact", "us/fact", tuple(1e6 * took / count for took in seconds))
            yield Figure(f"{name}: size of the Variable", "MB", (len(get_variable(ledger_key(_KEY)) or "") / 1e6,))


def _task(ledger: Ledger) -> float:
    store, begun = StateStore(_KEY), time.process_time()
    history = store.claim(store.read_history({})._replace(ledger=ledger))
    if not store.release(history):
        raise RuntimeError("another task has claimed the state")
    return time.process_time() - begun


def _ledger(count: int) -> Ledger:
    tables = [f"table:{uuid5(NAMESPACE_URL, str(number))}" for number in range(count)]
    times = [_HOURS - number % 240 / 10 for number in range(count)]
    half = count // 2
    return Ledger(
        facts={digest("fact", number): Fact(digest("content", number), times[number]) for number in range(half)},
        edges={
            digest("edge", number): EdgeFact(
                digest("details", number),
                times[number],
                job=f"team-{number % 6}/job_{number // 2}",
                source=tables[number],
                target=tables[number + 1],
                where=f"{warehouse.fqn(number)} -> {warehouse.fqn(number + 1)}",
                writer=f"openlineage.job_{number // 2}",
            )
            for number in range(count - half)
        },
    )
