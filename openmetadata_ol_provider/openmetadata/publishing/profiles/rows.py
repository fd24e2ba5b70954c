"""Turns what runs have measured of a table into rows of its profile."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from openmetadata_ol_provider.lineage.metrics import COUNTS, QUANTILE, is_count
from openmetadata_ol_provider.openmetadata.fqn import split
from openmetadata_ol_provider.openmetadata.publishing.runs.status_merge import epoch_ms

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import Metric
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.publishing.core.measured import MeasuredDataset

#: Milliseconds between the ends of two runs that report one write, as Spark does of a CREATE TABLE AS SELECT.
_SAME_WRITE: Final = 2_000
#: Metrics of a column by their field in a profile.
_FIELDS: Final = {
    "count": "valuesCount",
    "nullCount": "nullCount",
    "distinctCount": "distinctCount",
    "min": "min",
    "max": "max",
    "sum": "sum",
    f"{QUANTILE}0.25": "firstQuartile",
    f"{QUANTILE}0.5": "median",
    f"{QUANTILE}0.75": "thirdQuartile",
}
#: Fields that hold any value, not only numbers.
_ANY_VALUE: Final = frozenset({"min", "max"})


class MeasuredTable(NamedTuple):
    """What one run has measured of one table.

    :param timestamp: time under which it is written, in epoch milliseconds
    :param is_rewritten: ``True`` if it was written under this time before
    """

    measured: MeasuredDataset
    table: Entity
    timestamp: int
    is_rewritten: bool = False

    @property
    def order(self) -> tuple[int, str, str]:
        """The order in which the measurements of a table are written."""
        return self.timestamp, self.measured.run.job.name, self.measured.run.run_id


def table_row(item: MeasuredTable, *, partitioned: bool) -> dict[str, Any] | None:
    """Return the profile of the whole table, ``None`` if the run has not measured it.

    :param partitioned: ``True`` if the table has partitions, so that an overwrite may have replaced one of them only
    """
    row: dict[str, Any] = {}
    written = item.measured.written
    if written is not None and written.whole and not partitioned:
        row = {"rowCount": written.rows, "sizeInByte": written.size if is_count(written.size) else None}
    for metric in item.measured.metrics:
        if metric.column is None and metric.name in ("rowCount", "bytes"):
            row["rowCount" if metric.name == "rowCount" else "sizeInByte"] = _value(metric, any_value=False)
    row = {key: value for key, value in row.items() if value is not None}
    return {"timestamp": item.timestamp, **row} if "rowCount" in row else None


def column_rows(item: MeasuredTable) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the profiles of columns, and the measured columns that the table does not have."""
    rows: dict[str, dict[str, Any]] = {}
    unknown: dict[str, None] = {}
    for metric in item.measured.metrics:
        if metric.column is None or (field := _FIELDS.get(metric.name)) is None:
            continue
        fqn = item.table.column(metric.column)
        value = _value(metric, any_value=field in _ANY_VALUE)
        if fqn is None:
            unknown[metric.column] = None
        elif value is not None:
            name = ".".join(split(fqn)[len(split(item.table.fqn)) :])
            rows.setdefault(name, {"name": name, "timestamp": item.timestamp})[field] = value
    return list(rows.values()), list(unknown)


def _value(metric: Metric, *, any_value: bool) -> float | str | None:
    """Return the value of a metric, as a number if only numbers are taken."""
    value = metric.value
    if isinstance(value, str):
        if any_value:
            return value
        try:
            value = float(value)
        except ValueError:
            return None
    possible = is_count(value) if metric.name in COUNTS else math.isfinite(value)
    return value if possible else None


def without_repeated_writes(items: Sequence[MeasuredTable]) -> list[MeasuredTable]:
    """Return the measurements of one table, each write of rows once.

    Spark reports some writes twice, as the command and as what the command does: same table, same run of the same
    pipeline, same numbers, one right after the other. The one that tells more about the table stays.
    """
    kept: list[MeasuredTable] = []
    for item in sorted(items, key=_rank):
        if not any(_is_same_write(item, other) for other in kept):
            kept.append(item)
    return sorted(kept, key=lambda item: item.order)


def _rank(item: MeasuredTable) -> tuple[bool, bool, tuple[int, str, str]]:
    written = item.measured.written
    return not (written and written.whole), not (written and written.operation == "WRITE"), item.order


def _is_same_write(one: MeasuredTable, other: MeasuredTable) -> bool:
    mine, theirs = one.measured, other.measured
    if mine.written is None or theirs.written is None or mine.metrics or mine.run.job == theirs.run.job:
        return False
    if (mine.run.pipeline, mine.run.pipeline_run_id) != (theirs.run.pipeline, theirs.run.pipeline_run_id):
        return False
    numbers = [(item.written.rows, item.written.size, item.written.files) for item in (mine, theirs) if item.written]
    return numbers[0] == numbers[1] and abs(one.timestamp - other.timestamp) <= _SAME_WRITE


def end_of(measured: MeasuredDataset) -> int | None:
    """Return the end of the run in epoch milliseconds."""
    return epoch_ms(measured.run.ended_at)


def one_for_each_run(items: Iterable[MeasuredTable]) -> Iterator[MeasuredTable]:
    """Yield the measurements of one table, one for each run: a run may name a table twice.

    Of several, the one with the most rows counts: a name may stand for a part of the table.
    """
    runs: dict[tuple[object, str], MeasuredTable] = {}
    for item in items:
        key = (item.measured.run.job, item.measured.run.run_id)
        runs[key] = max(runs.get(key, item), item, key=_rows)
    yield from runs.values()


def _rows(item: MeasuredTable) -> int:
    written = item.measured.written
    return written.rows if written and written.rows is not None else -1
