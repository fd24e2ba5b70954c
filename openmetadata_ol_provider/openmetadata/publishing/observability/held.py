"""Holds rows back, and continues with those that earlier batches have held back.

A task that works through a backlog replaces the row of a table with each batch. So while more batches follow, rows
wait, in the state, which moves together with the checkpoint: the next task has them even if this one is killed. What
the catalogue does not take waits as well, for later publications.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.publishing.core.held_rows import HeldRow, HeldRows
from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef
from openmetadata_ol_provider.openmetadata.publishing.observability.rows import Average, EndedRun, Row
from openmetadata_ol_provider.openmetadata.publishing.observability.tables import TableRef

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import ParkingOptions

#: Most rows that are held back: they are part of the state, which every batch writes.
MAX_HELD = 5_000


class RowGroups(NamedTuple):
    """Rows, divided by what becomes of them.

    :param due: rows to write
    :param waiting: rows that wait for their next try, or for further batches
    """

    due: tuple[Row, ...]
    waiting: HeldRows


def divide_rows(rows: Sequence[Row], held: HeldRows, now: float, *, hold: bool) -> RowGroups:
    """Divide rows into those to write and those that wait.

    :param rows: newest row of each table and pipeline, held ones included
    :param held: rows that earlier publications have left
    :param now: current time, in seconds since 1970
    :param hold: ``True`` if more batches follow
    """
    waits = hold and len(rows) <= MAX_HELD
    due, waiting = [], {}
    for row in rows:
        packed = held_row(row, held)
        if waits or packed.next_try > now:
            waiting[packed.key] = packed
        else:
            due.append(row)
    return RowGroups(tuple(due), waiting)


def rows_of(held: HeldRows) -> Iterator[Row]:
    """Yield rows that were held back."""
    for one in held.values():
        stored = {"serviceType": one.service_type} if one.service_type else {}
        ref = PipelineRef(one.pipeline, one.pipeline_fqn, "unchanged", reused=one.reused, stored=stored)
        run = EndedRun(ref, one.run_id, one.at, one.status, one.start, one.end, one.final)
        yield Row(TableRef(one.table, one.table_fqn), run, one.schedule, Average(*one.average) if one.average else None)


def held_row(row: Row, held: HeldRows) -> HeldRow:
    """Return a row as it is held back, with the failed tries of the one that it replaces."""
    run = row.run
    packed = HeldRow(
        row.table.id,
        row.table.fqn,
        run.ref.id,
        run.ref.fqn,
        run.run_id,
        run.at,
        run.status,
        run.start,
        run.end,
        run.final,
        row.schedule,
        (row.average.milliseconds, row.average.runs) if row.average else None,
        run.ref.stored.get("serviceType"),
        run.ref.reused,
    )
    return packed.continuing(held.get(packed.key))


def failed_rows(
    failed: Iterable[tuple[Row, str]], held: HeldRows, now: float, options: ParkingOptions, *, waiting: int = 0
) -> tuple[Mapping[tuple[str, str], HeldRow], list[Problem]]:
    """Return the rows to try again, the newest ones, and a problem for each one that is given up.

    :param failed: rows that the catalogue has not taken, each with the reason
    :param held: rows that earlier publications have left
    :param now: current time, in seconds since 1970
    :param waiting: number of rows that wait already
    """
    again: dict[tuple[str, str], HeldRow] = {}
    problems = []
    for row, detail in sorted(failed, key=lambda item: -item[0].run.newest_time):
        tried = held_row(row, held).tried(now)
        if now - tried.since > options.max_days * 86_400:
            why = f"not accepted for {options.max_days:g} days"
        elif len(again) + waiting >= MAX_HELD:
            why = f"more than {MAX_HELD:,} rows were not accepted"
        else:
            again[tried.key] = tried
            continue
        text = f"{why}, tried {counted(tried.tries, 'time')}. {detail}"
        problems.append(Problem(ProblemKind.PARKING_GIVEN_UP, f"observability of {row.table.fqn}", text))
    return again, problems
