"""Traffic of any length out of captured events: every producer's real messages, as runs of many jobs.

Captures are cut into sessions (``bench.sessions``). The stream plays all of them equally often, so that its mix of
producers is that of the captures, many at a time, in the order of their times (where a producer kept it). Each time a
session is played it is another one: its run ids are new wherever they stand, its times are later by whole seconds, and
it belongs to one of several copies of its jobs and datasets, which copy 0 leaves as captured and the others rename.
Copies are drawn by Zipf's law: few jobs run most.

The bytes are the producers' own but for these places: nothing is decoded and encoded again.
"""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
import random
from collections.abc import Iterator
from typing import NamedTuple

from bench.sessions import JOB, Dataset, Session, cuts, sessions

#: Where the stream begins, and how far apart sessions do: some fifty are under way at a time.
_BEGIN = dt.datetime(2026, 11, 24, tzinfo=dt.timezone.utc)
_APART = 2
_EXPONENT = 1.1


class Message(NamedTuple):
    """A message: its key, which OpenLineage's clients derive from the root job, and its value."""

    key: bytes
    value: bytes


def stream(events: int, jobs: int = 1000, seed: int = 1) -> Iterator[Message]:
    """Yield messages in the order of their times; equal arguments give equal messages.

    The runs that began last do not end.

    :param jobs: number of jobs; a few more are used, because sessions are not divided
    :param seed: decides in which order sessions run, and of which copy
    """
    return itertools.islice(_endless(applications(jobs), random.Random(seed)), events)  # noqa: S311 - no secret


def applications(jobs: int) -> list[tuple[Session, int]]:
    """Return sessions with their numbers of copies, so that they have the given number of jobs together."""
    known, copies = sessions(), [0] * len(sessions())
    for number in itertools.cycle(range(len(known))):
        if jobs <= 0:
            break
        copies[number] += 1
        jobs -= known[number].jobs
    return [(session, count) for session, count in zip(known, copies, strict=True) if count]


def datasets(jobs: int) -> list[Dataset]:
    """Return the datasets of all jobs, in the form that a catalogue needs."""
    found = {
        Dataset(dataset.namespace, renamed(dataset.name, copy))
        for session, count in applications(jobs)
        for dataset in session.datasets
        for copy in range(count)
    }
    return sorted(found)


def renamed(name: str, copy: int) -> str:
    """Return a dataset's name in a copy: ``dwh.mart.facts_c7``, ``/data_c7/lake/facts``."""
    if not copy:
        return name
    for cut in reversed(cuts(name)):
        name = f"{name[:cut]}_c{copy}{name[cut:]}"
    return name


# -- playing them ------------------------------------------------------------------------------------------------------


def _endless(copies: list[tuple[Session, int]], draw: random.Random) -> Iterator[Message]:
    weights = {count: [1 / (copy + 1) ** _EXPONENT for copy in range(count)] for _, count in copies}
    under_way: list[tuple[int, int, int, Session, list[bytes]]] = []
    at, number = int(_BEGIN.timestamp()), 0
    while True:
        for session, count in draw.sample(copies, len(copies)):
            copy = draw.choices(range(count), weights[count])[0]
            heapq.heappush(under_way, (at + session.events[0][0], number, 0, session, _values(session, copy, at, draw)))
            number += 1
            at += _APART
            while under_way and under_way[0][0] < at:
                _, which, index, playing, values = under_way[0]
                began = under_way[0][0] - playing.events[index][0]
                yield _message(playing, index, values)
                if index + 1 < len(playing.events):
                    following = began + playing.events[index + 1][0]
                    heapq.heapreplace(under_way, (following, which, index + 1, playing, values))
                else:
                    heapq.heappop(under_way)


def _values(session: Session, copy: int, at: int, draw: random.Random) -> list[bytes]:
    """Return the values of a session's slots for one replay."""
    began = dt.datetime.fromtimestamp(at, dt.timezone.utc)
    tail = "".join(draw.choices("abcdefghijkmnpqrstuvwxyz23456789", k=5))
    return [
        b"_c%d" % copy if copy else b"",
        b".c%d" % copy if copy else b"",
        f"{began:%Y%m%d_%H%M%S}_{draw.randrange(100_000):05d}_{tail}".encode(),
        *(_uuid(draw) for _ in range(session.ids)),
        *((began + dt.timedelta(seconds=second)).isoformat()[:19].encode() for second in session.seconds),
    ]


def _uuid(draw: random.Random) -> bytes:
    text = f"{draw.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}".encode()


def _message(session: Session, index: int, values: list[bytes]) -> Message:
    _, texts, slots = session.events[index]
    parts = [b""] * (len(texts) + len(slots))
    parts[::2] = texts
    parts[1::2] = [values[slot] for slot in slots]
    namespace, name = session.root
    return Message(b"run:%s%s/%s" % (namespace.encode(), values[JOB], name.encode()), b"".join(parts))
