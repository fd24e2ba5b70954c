"""Ledger: what a task that publishes pays for it, for different numbers of facts.

However many batches it has, a task reads the ledger once, writes its head when it begins to publish, and at the end
what it has changed: here either all of it, or one fact in a hundred. Half of the facts are edges, which take more than
the others. Seconds are those of the processor; Variables are in SQLite, encrypted.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import NAMESPACE_URL, uuid5

from msgspec import structs

from bench import warehouse
from bench.airflow_home import airflow_home
from bench.figures import Figure
from bench.sizes import sized
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact, Fact, Ledger, digest
from openmetadata_ol_provider.state.ledger_store import LedgerStore

_KEY = "bench"
#: Hours since 1970 of the latest publication.
_HOURS = 490_000.0


def measure(rounds: int) -> Iterator[Figure]:
    """Yield the times and the sizes, for each number of facts."""
    with airflow_home(variables=True):
        for count in sized(tiny=(10, 20), usual=(10_000, 100_000)):
            LedgerStore(_KEY).write(_ledger(count))
            name = f"{count:,} facts"
            whole = [_task(1) for _ in range(rounds)]
            part = [_task(100) for _ in range(rounds)]
            yield Figure(f"{name}: all written", "ms", tuple(1000 * took for took in whole))
            yield Figure(f"{name}: all written, per fact", "us/fact", tuple(1e6 * took / count for took in whole))
            yield Figure(f"{name}: one in a hundred has changed", "ms", tuple(1000 * took for took in part))
            store = LedgerStore(_KEY)
            store.read()
            yield Figure(f"{name}: size of the Variables", "MB", (store.size / 1e6,))


def _task(every: int) -> float:
    """Return what a task takes that changes every so many facts."""
    store, begun = LedgerStore(_KEY), time.process_time()
    ledger = store.read()
    store.claim("token")
    facts = {key: Fact(fact.digest, fact.at + 1) for key, fact in list(ledger.facts.items())[::every]}
    edges = {key: structs.replace(edge, at=edge.at + 1) for key, edge in list(ledger.edges.items())[::every]}
    ledger = structs.replace(ledger, facts={**ledger.facts, **facts}, edges={**ledger.edges, **edges})
    if not store.release(ledger, "token"):
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
