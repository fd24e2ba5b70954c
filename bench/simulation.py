"""A simulated day: lanes, schedule and catalogue, from one team to a billion events a day.

    python -m bench.simulation [--jobs 100000 --events 1e9 --lanes 64 --latency 0.02 ...] [--table]

One lane of a deployment is played, since all are alike: a sample of its jobs through the real code (decoding,
translation, publishing to the sandbox's catalogue, ledger and state with their limits), and the rest by a model: a
task begins each few minutes, works in batches as the operator does, and waits for the catalogue as long as its calls
take. Where a lane has more events than can be played, a sample of its jobs is, and all counts and limits are scaled by
the same factor. What the model takes for granted are constants, here and in :mod:`bench.simulated_lane`; the other
parts measure them.
"""

from __future__ import annotations

import argparse
import datetime as dt
import time
from collections.abc import Iterator
from typing import NamedTuple

from bench import warehouse
from bench.figures import Figure
from bench.scenario import Scenario
from bench.simulated_lane import RUN_BYTES, Lane, Step
from bench.sizes import sized

DAY = 86_400
#: Events of a scenario that are played.
BUDGET = 10_000
#: Seconds from when a task is due to when it reads: scheduler, process, imports.
START_SECONDS = 5.0
#: How much more than the average comes in each hour: nightly batches, then the working day.
_CURVE = (1.2, 2.2, 2.6, 2.2, 1.6, 1.2, 1.0, 0.9, 1.0, 1.0, 1.0, 0.9, 0.8, 0.8, 0.8, 0.7, 0.6, 0.5, 0.4, 0.4, 0.4, 0.5,
          0.6, 0.7)  # fmt: skip


class Hour(NamedTuple):
    """An hour of one lane; counts are those of the whole lane.

    :param arrived: number of events that arrived
    :param backlog: number of events waiting at its end
    :param lag: longest time from an event to its publication, in seconds
    :param busy: share of the hour that tasks were at work
    :param batches: number of batches
    :param calls: number of requests to the catalogue
    :param writes: number of those that write
    :param state_mb: megabytes of the runs remembered, packed
    :param facts: number of facts in the ledger
    """

    arrived: float
    backlog: float
    lag: float
    busy: float
    batches: int
    calls: float
    writes: float
    state_mb: float
    facts: float


SCENARIOS = (
    Scenario("a team: 200 jobs, 100,000 events a day, 1 lane", 200, 100_000),
    Scenario("a department: 2,000 jobs, 5 million, 1 lane", 2_000, 5_000_000),
    Scenario(
        "a company: 20,000 jobs, 100 million, 8 lanes every 15 minutes, batches of 50,000",
        20_000,
        100_000_000,
        8,
        every=15,
        max_events=50_000,
        max_facts=100_000,
    ),
    Scenario(
        "100,000 jobs, a billion, 64 lanes every 30 minutes, batches of 100,000, no usage",
        100_000,
        1_000_000_000,
        64,
        every=30,
        max_events=100_000,
        max_facts=100_000,
        usage=0,
    ),
    Scenario("the same billion and lanes, other settings at their defaults", 100_000, 1_000_000_000, 64),
)


def measure(rounds: int) -> Iterator[Figure]:
    """Yield the results of each scenario; a day is simulated once."""
    del rounds
    # Of the larger ones one job alone has too many events for a test.
    for scenario in SCENARIOS[: sized(tiny=1, usual=len(SCENARIOS))]:
        hours = list(day(scenario, sized(tiny=600, usual=BUDGET, full=20 * BUDGET)))
        arrived, calls = sum(hour.arrived for hour in hours), sum(hour.calls for hour in hours)
        peak = max(hours, key=lambda hour: hour.calls)
        yield Figure(f"{scenario.name}: maximum lag", "s", (max(hour.lag for hour in hours),))
        yield Figure(f"{scenario.name}: maximum backlog of a lane", "events", (max(hour.backlog for hour in hours),))
        yield Figure(f"{scenario.name}: utilisation in the worst hour", "ratio", (max(hour.busy for hour in hours),))
        yield Figure(f"{scenario.name}: calls", "calls/event", (calls / arrived,))
        yield Figure(f"{scenario.name}: peak of all lanes", "calls/s", (peak.calls * scenario.lanes / 3600,))
        yield Figure(f"{scenario.name}: writes at the peak", "calls/s", (peak.writes * scenario.lanes / 3600,))
        yield Figure(f"{scenario.name}: state of a lane", "MB", (max(hour.state_mb for hour in hours),))
        yield Figure(f"{scenario.name}: facts in the ledger of a lane", "facts", (max(hour.facts for hour in hours),))


def day(scenario: Scenario, budget: int) -> Iterator[Hour]:
    """Play a day of one lane, and yield its hours.

    :param budget: events that may be played, or more where one job has more
    """
    of_lane = scenario.jobs / scenario.lanes
    jobs = max(1, round(of_lane * min(1.0, budget * scenario.lanes / scenario.events)))
    fraction = jobs / of_lane
    traffic = list(_traffic(scenario, jobs, fraction))
    read, free_at, waiting = 0, 0.0, _Hours(traffic, fraction)
    with Lane(jobs, fraction, scenario) as lane:
        for tick in range(scenario.every * 60, DAY + 1, scenario.every * 60):
            now = max(float(tick), free_at) + START_SECONDS
            if free_at > tick + scenario.every * 60:
                # The task before is still at work when the next one is due: there is one at a time.
                continue
            end = _until(traffic, now, read)
            for step in lane.work(traffic[read:end], now):
                waiting.note(step)
                read += step.events
                now += step.seconds
            free_at = now
    yield from waiting.hours()


def _traffic(scenario: Scenario, jobs: int, fraction: float) -> Iterator[tuple[float, bytes]]:
    """Yield the sample's events, each with the second of the day at which it arrives, in order."""
    runs = max(1, round(scenario.events / scenario.lanes * fraction / scenario.run_events))
    total = sum(_CURVE)
    found: list[tuple[float, int, int, str]] = []
    begun = 0.0
    for run in range(runs):
        hour = min(int(begun // 3600), 23)
        took = 60.0 + run % 7 * 120
        for number in range(scenario.run_events):
            state = "START" if not number else "COMPLETE" if number == scenario.run_events - 1 else "RUNNING"
            at = begun + took * number / max(1, scenario.run_events - 1)
            if at < DAY:
                found.append((at, run, run % jobs, state))
        begun += DAY / runs * total / 24 / _CURVE[hour]
    for at, run, job, state in sorted(found):
        yield at, warehouse.event(job, warehouse.tables(jobs), run, state, warehouse.BEGIN + dt.timedelta(seconds=at))


def _until(traffic: list[tuple[float, bytes]], now: float, read: int) -> int:
    """Return the index after the last event that has arrived."""
    end = read
    while end < len(traffic) and traffic[end][0] <= now:
        end += 1
    return end


class _Hours:
    """Adds up steps by the hour in which they end."""

    def __init__(self, traffic: list[tuple[float, bytes]], fraction: float) -> None:
        self._arrived = [sum(1 for at, _ in traffic if at // 3600 == hour) / fraction for hour in range(24)]
        self._fraction = fraction
        self._steps: list[list[Step]] = [[] for _ in range(24)]

    def note(self, step: Step) -> None:
        self._steps[min(23, int((step.begun + step.seconds) // 3600))].append(step)

    def hours(self) -> Iterator[Hour]:
        backlog = 0.0
        for arrived, steps in zip(self._arrived, self._steps, strict=True):
            done = sum(step.events for step in steps) / self._fraction
            backlog = max(0.0, backlog + arrived - done)
            last = steps[-1] if steps else None
            yield Hour(
                arrived=arrived,
                backlog=backlog,
                lag=max((step.lag for step in steps), default=0.0),
                busy=sum(step.seconds for step in steps) / 3600,
                batches=sum(step.batches for step in steps),
                calls=sum(step.reads + step.writes for step in steps) / self._fraction,
                writes=sum(step.writes for step in steps) / self._fraction,
                state_mb=RUN_BYTES * last.runs / self._fraction / 1e6 if last else 0.0,
                facts=last.facts / self._fraction if last else 0.0,
            )


def _row(scenario: Scenario, hours: list[Hour]) -> str:
    """Return the row of docs/scale.md."""
    peak = max(hours, key=lambda hour: hour.calls)
    lanes = scenario.lanes
    cells = (
        f"{scenario.jobs:,}",
        f"{scenario.events:,}",
        f"{lanes}",
        f"{scenario.every} min",
        f"{scenario.max_events:,}",
        f"{max(hour.lag for hour in hours):,.0f} s",
        f"{max(hour.busy for hour in hours):.1%}".replace("%", " %"),
        f"{_short(peak.calls * lanes / 3600)}",
        f"{_short(peak.writes * lanes / 3600)}",
        f"{max(hour.state_mb for hour in hours):.1f} MB",
    )
    return f"| {' | '.join(cells)} |"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def main() -> None:
    """Play a day, or all scenarios', and print it hour by hour."""
    parser = argparse.ArgumentParser(prog="python -m bench.simulation", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--events", type=float, help="a day")
    for field in (
        "lanes",
        "run_events",
        "every",
        "connections",
        "max_events",
        "max_facts",
        "max_runs",
        "usage",
        "observability",
    ):
        parser.add_argument(f"--{field.replace('_', '-')}", type=int, default=Scenario._field_defaults[field])
    parser.add_argument("--latency", type=float, default=0.02, help="seconds that a call takes")
    parser.add_argument("--budget", type=int, default=BUDGET, help="events to play")
    parser.add_argument("--table", action="store_true", help="print the rows of docs/scale.md instead of hours")
    given = vars(parser.parse_args())
    budget, table = given.pop("budget"), given.pop("table")
    chosen: tuple[Scenario, ...] = SCENARIOS
    if given["jobs"] and given["events"]:
        chosen = (Scenario("as given", **{**given, "events": int(given["events"])}),)
    for scenario in chosen:
        if table:
            print(_row(scenario, list(day(scenario, budget))), flush=True)
            continue
        since = time.monotonic()
        print(f"\n{scenario.name}\n" + " ".join(f"{name:>10}" for name in ("hour", *Hour._fields)))
        for number, hour in enumerate(day(scenario, budget)):
            print(" ".join(f"{value:>10,.6g}" for value in (number, *hour)))
        print(f"({time.monotonic() - since:.0f} s)")


if __name__ == "__main__":
    main()
