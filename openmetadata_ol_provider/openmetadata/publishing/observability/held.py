"""Holds rows back, and continues with those that earlier batches have held back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from openmetadata_ol_provider.openmetadata.publishing.core.held import HeldRow, HeldRows, continuing, may_wait
from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef
from openmetadata_ol_provider.openmetadata.publishing.observability.rows import Average, EndedRun, Row
from openmetadata_ol_provider.openmetadata.publishing.observability.tables import TableRef


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
    waits = hold and may_wait(len(rows))
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
    return continuing(packed, held.get(packed.key))
