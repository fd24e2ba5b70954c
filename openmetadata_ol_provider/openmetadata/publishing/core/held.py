"""What waits to be written, because further batches of the task may replace it, or because it was not accepted.

A task that works through a backlog replaces the same rows and counts with each batch. What it holds back is part of the
state, which moves together with the checkpoint, so the next task has it even if this one is killed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec

from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.publishing.core.parked import pause_after

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import ParkingOptions

#: What identifies a row, or a count.
Key = tuple[str, str]
#: Most rows, and most counts, that are held back: they are part of the state, which every batch writes.
MAX_HELD = 5_000


class _Waiting(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """The failed tries of what waits; as keywords, they are the last items of what is stored.

    :param since: time of the first try, in seconds since 1970; 0 if it was not tried yet
    :param next_try: earliest time of the next try, in seconds since 1970
    :param tries: number of tries that failed
    """

    since: int = 0
    next_try: int = 0
    tries: int = 0


class HeldRow(_Waiting, frozen=True, array_like=True):
    """A row of pipeline observability that waits: the newest run of a pipeline that wrote a table.

    :param table: id of the table
    :param pipeline: id of the pipeline
    :param at: key of the run's status, in epoch milliseconds
    :param start: start of the run in epoch milliseconds; ``None`` if it is not known
    :param end: end of the run in epoch milliseconds; ``None`` if it is not known
    :param final: whether the run itself has reported its end
    :param schedule: schedule of the pipeline, as its producer writes it
    :param average: mean duration of the pipeline's runs in milliseconds, and the number of them; ``None`` if not known
    :param service_type: type of the pipeline's service
    :param reused: whether another ingestion writes runs of the pipeline, too
    """

    table: str
    table_fqn: str
    pipeline: str
    pipeline_fqn: str
    run_id: str
    at: int
    status: str
    start: int | None
    end: int | None
    final: bool
    schedule: str | None = None
    average: tuple[float, int] | None = None
    service_type: str | None = None
    reused: bool = False

    @property
    def key(self) -> Key:
        """Id of the table and FQN of the pipeline."""
        return self.table, self.pipeline_fqn

    @property
    def where(self) -> str:
        """The name in problems."""
        return f"observability of {self.table_fqn}"


class HeldCount(_Waiting, frozen=True, array_like=True):
    """A usage count that waits: the task runs of a pipeline on one day.

    :param pipeline: id of the pipeline; empty if a dry run would create it
    :param day: day in UTC (``2026-01-31``)
    :param total: number of task runs that were counted
    :param sent: number of those that the catalogue had got before; ``None`` if that is not known
    :param of_tasks: whether runs of tasks are counted, rather than those of a pipeline without tasks
    :param reused: whether another ingestion writes runs of the pipeline, too
    """

    pipeline: str
    pipeline_fqn: str
    day: str
    total: int
    sent: int | None = None
    of_tasks: bool = True
    reused: bool = False

    @property
    def key(self) -> Key:
        """FQN of the pipeline and day."""
        return self.pipeline_fqn, self.day

    @property
    def where(self) -> str:
        """The name in problems."""
        return f"usage of {self.pipeline_fqn} on {self.day}"


#: Rows that wait, by the id of their table and the FQN of their pipeline.
HeldRows = Mapping[Key, HeldRow]
#: Counts that wait, by the FQN of their pipeline and the day.
HeldCounts = Mapping[Key, HeldCount]
_Held = TypeVar("_Held", HeldRow, HeldCount)


class Held(NamedTuple):
    """Everything that waits to be written."""

    rows: HeldRows = {}  # noqa: RUF012 - never changed
    counts: HeldCounts = {}  # noqa: RUF012 - never changed

    def __bool__(self) -> bool:
        return bool(self.rows or self.counts)

    def __str__(self) -> str:
        return waiting_text(len(self.rows), len(self.counts))


def replaced_held(stored: Held, before: Held, after: Held) -> Held:
    """Return what waits after a task has written what it held back; what another task has stored meanwhile stays.

    :param before: what is expected to be stored; what differs from it is another task's
    :param after: what of it waits from now on
    """
    rows = {key: row for key, row in stored.rows.items() if row != before.rows.get(key)}
    counts = {key: count for key, count in stored.counts.items() if count != before.counts.get(key)}
    return Held({**after.rows, **rows}, {**after.counts, **counts})


def waiting_text(rows: int, counts: int) -> str:
    """Return how much waits, for people; empty if nothing does."""
    kinds = (counted(rows, "row of observability", "rows of observability"), counted(counts, "usage count"))
    return " and ".join(text for text, number in zip(kinds, (rows, counts), strict=True) if number)


def may_wait(number: int) -> bool:
    """Return whether so many rows, or counts, may be held back."""
    return number <= MAX_HELD


def continuing(held: _Held, before: _Held | None) -> _Held:
    """Return what waits with the failed tries of what it replaces."""
    if before is None or not before.tries:
        return held
    return msgspec.structs.replace(held, since=before.since, next_try=before.next_try, tries=before.tries)


def try_again(
    failed: Iterable[tuple[_Held, str]], now: float, options: ParkingOptions, *, waiting: int = 0
) -> tuple[dict[Key, _Held], list[Problem]]:
    """Return what to try again, and a problem for each item that is given up.

    :param failed: what the catalogue has not taken, each with the reason; the most important first
    :param now: current time, in seconds since 1970
    :param waiting: number of others that wait
    """
    again: dict[Key, _Held] = {}
    problems = []
    for held, detail in failed:
        tries, since = held.tries + 1, held.since or int(now)
        if now - since > options.max_days * 86_400:
            why = f"not accepted for {options.max_days:g} days"
        elif not may_wait(len(again) + waiting + 1):
            why = f"more than {MAX_HELD:,} were not accepted"
        else:
            next_try = int(now) + pause_after(tries)
            again[held.key] = msgspec.structs.replace(held, since=since, next_try=next_try, tries=tries)
            continue
        text = f"{why}, tried {counted(tries, 'time')}. {detail}"
        problems.append(Problem(ProblemKind.PARKING_GIVEN_UP, held.where, text))
    return again, problems


def dropped(waiting: Mapping[Key, _Held], why: str) -> list[Problem]:
    """Return the problem of dropping what waits, if anything does; what it says is one line for all of them.

    :param why: reason, for people
    """
    if not waiting:
        return []
    first, *others = (held.where for held in waiting.values())
    where = f"{first} and {counted(len(others), 'other')}" if others else first
    return [Problem(ProblemKind.HELD_DROPPED, where, f"waited to be written and is dropped: {why}")]
