"""From a plan to the catalogue: calls, facts per second, and utilisation of the connections.

The sandbox's stand-in for OpenMetadata answers in a process of its own, each answer later by 0, 5 or 20 ms. Ideal is
the time in which all connections are waiting for answers all the time: calls x latency / connections. What the machine
leaves of that is shown beside it: a bare client, which sends the same number of calls over as many connections and does
nothing with the answers. A fact is a dataset found, or an edge, a pipeline, a run status or a day's usage written.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from urllib.parse import urlsplit

from bench import warehouse
from bench.figures import Figure, ratios
from bench.sizes import sized
from bench.standin import StandIn, standin
from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.history import History
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.state.store import apply

LATENCIES = (0.0, 0.005, 0.020)
CONNECTIONS = 8
_REASON = (
    "what a call costs in Python and in the stand-in is time in which its connection is idle, and nothing is under way "
    "between the stages (docs/performance.md, Publishing)"
)


class Sight(NamedTuple):
    """The cost of one publication.

    :param seconds: wall-clock seconds
    :param cpu: CPU seconds of its own process
    :param theirs: CPU seconds of the stand-in
    :param reads: calls that read
    :param writes: calls that write
    :param facts: number of facts in the plan
    """

    seconds: float
    cpu: float
    theirs: float
    reads: int
    writes: int
    facts: int

    @property
    def calls(self) -> int:
        """Number of all calls."""
        return self.reads + self.writes

    def share(self, latency: float) -> float:
        """Return the share of the time in which all connections were waiting for responses."""
        return self.calls * latency / CONNECTIONS / self.seconds


class Bare(NamedTuple):
    """The cost of as many calls for a client that does nothing else.

    :param seconds: wall-clock seconds
    :param cpu: CPU seconds of its own process
    """

    seconds: float
    cpu: float


def measure(rounds: int) -> Iterator[Figure]:
    """Yield the figures of each latency: first sight, bare client, second sight."""
    events, jobs, tables = sized(tiny=(200, 20, 40), usual=(10_000, 500, 1000))
    plan = _plan(events, jobs, tables)
    for latency in LATENCIES:
        first: list[Sight] = []
        bare: list[Bare] = []
        second: list[Sight] = []
        for _ in range(rounds):
            with standin(warehouse.seed(tables), latency) as server:
                sight, history = _publish(plan, server, History())
                first.append(sight)
                bare.append(_bare(server, sight.calls))
                second.append(_publish(plan, server, history)[0])
        yield from _speeds(latency, first, bare)
        if not latency:
            # Exact, and the same at any latency.
            yield from _counts(events, first[0], second[0])


def _speeds(latency: float, first: list[Sight], bare: list[Bare]) -> Iterator[Figure]:
    one, name = first[0], f"{latency * 1000:g} ms"
    yield Figure(f"{name}: facts", "facts/s", tuple(sight.facts / sight.seconds for sight in first))
    calls = Figure(f"{name}: calls", "calls/s", tuple(sight.calls / sight.seconds for sight in first))
    bare_calls = Figure(f"{name}: bare client", "calls/s", tuple(one.calls / item.seconds for item in bare))
    yield from (calls, bare_calls, ratios(f"{name}: calls / bare client", calls, bare_calls))
    if latency:
        share = Figure(f"{name}: share of the ideal", "ratio", tuple(sight.share(latency) for sight in first))
        yield share.at_least(0.9, reason=_REASON)
        ideal = one.calls * latency / CONNECTIONS
        yield Figure(f"{name}: bare client, share of the ideal", "ratio", tuple(ideal / item.seconds for item in bare))
    yield Figure(f"{name}: CPU per call", "us", tuple(1e6 * sight.cpu / sight.calls for sight in first))
    yield Figure(f"{name}: bare client, CPU per call", "us", tuple(1e6 * item.cpu / one.calls for item in bare))
    yield Figure(
        f"{name}: the stand-in's CPU per call", "us", tuple(1e6 * sight.theirs / sight.calls for sight in first)
    )


def _counts(events: int, first: Sight, second: Sight) -> Iterator[Figure]:
    yield Figure("first publication: calls", "calls/event", (first.calls / events,))
    yield Figure("first publication: reads", "calls/fact", (first.reads / first.facts,)).at_most(2)
    yield Figure("first publication: writes", "calls/fact", (first.writes / first.facts,)).at_most(1)
    yield Figure("second publication: reads", "calls/event", (second.reads / events,)).at_most(0.01)
    yield Figure("second publication: writes", "calls", (second.writes,)).at_most(0)


def _plan(events: int, jobs: int, tables: int) -> LineagePlan:
    messages = warehouse.stream(events, jobs, tables)
    return translate([decode_event(message.value).event for message in messages], Config()).plan


def _publish(plan: LineagePlan, server: StandIn, history: History) -> tuple[Sight, History]:
    with OpenMetadataClient(server.url, max_connections=CONNECTIONS) as client:
        theirs, cpu, begun = server.cpu(), time.process_time(), time.perf_counter()
        publication = publish_plan(plan, client, Config(), history)
        seconds, cpu, calls = time.perf_counter() - begun, time.process_time() - cpu, client.calls
    report = publication.report
    if report.problems:
        raise RuntimeError(f"not everything was published: {report.problems[:3]}")
    reads = calls.get("GET", 0)
    sight = Sight(seconds, cpu, server.cpu() - theirs, reads, sum(calls.values()) - reads, _facts(report))
    return sight, apply(history, publication)


def _facts(report: PublishReport) -> int:
    made = (report.edges, report.statuses, report.usage)
    pipelines = report.pipelines.created + report.pipelines.updated + report.pipelines.unchanged
    return report.datasets.resolved + pipelines + sum(item.published + item.unchanged for item in made)


def _bare(server: StandIn, calls: int) -> Bare:
    """Return what this number of requests costs a client that does nothing else."""
    address = urlsplit(server.url).netloc

    def ask(number: int) -> None:
        connection = http.client.HTTPConnection(address)
        for _ in range(calls // CONNECTIONS + (number < calls % CONNECTIONS)):
            connection.request("GET", f"/api/v1/tables/name/{warehouse.fqn(number)}")
            connection.getresponse().read()
        connection.close()

    cpu, begun = time.process_time(), time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(ask, range(CONNECTIONS)))
    return Bare(time.perf_counter() - begun, time.process_time() - cpu)
