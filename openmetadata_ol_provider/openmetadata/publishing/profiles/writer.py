"""Publishes the profile of one table: reads what is there, and adds what is missing.

The server keeps rows of tables and columns by their time without replacing them, so that a row that is sent twice is
there twice; of operations there is one for each time and kind. Nothing is added that is not newer than the table's and
the column's latest row, which also protects what OpenMetadata's own profiler has measured. The route that takes all
rows needs one of the table: a run that measured none has its rows added one by one, which servers before 1.10 do not
offer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient, path
from openmetadata_ol_provider.openmetadata.client.document import shown
from openmetadata_ol_provider.openmetadata.publishing.profiles.rows import (
    MeasuredTable,
    column_rows,
    one_for_each_run,
    table_row,
    without_repeated_writes,
)

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.entities import Entity

TABLES: Final = "v1/tables"
ENTITY_PROFILES: Final = "v1/entity/profiles/id/table"
#: First version that takes a row of an operation or of a column by itself.
SINGLE_ROWS_SINCE: Final = (1, 10)
#: First version that has a kind for rows that are written in another way than by an INSERT, UPDATE or DELETE.
_WRITE_SINCE: Final = (1, 9)
#: Milliseconds in which a time is looked for that no other run has.
_SLOTS: Final = 100


@dataclass
class _Stored:
    """The profile that a table has.

    :param latest: time of its latest row, in epoch milliseconds
    :param columns: time of the latest row of each column
    :param operations: rows affected by time and kind of operation
    :param partitioned: ``True`` if the table has partitions
    :param claimed: times and kinds of the operations that are known to be those of runs of this publication
    """

    latest: int = 0
    columns: dict[str, int] = field(default_factory=dict)
    operations: dict[tuple[int, str], int | None] = field(default_factory=dict)
    partitioned: bool = False
    claimed: set[tuple[int, str]] = field(default_factory=set)


class ProfileWriter:
    """Publishes profiles, one table at a time.

    :param client: client of the catalogue
    :param dry_run: read, but do not write
    """

    def __init__(self, client: OpenMetadataClient, *, dry_run: bool) -> None:
        self._client = client
        self._dry_run = dry_run
        self._unknown: dict[str, dict[str, None]] = {}
        self._left_out = False

    @property
    def problems(self) -> Iterator[Problem]:
        """What could not be written as it was measured."""
        for table, names in self._unknown.items():
            yield Problem(ProblemKind.UNKNOWN_COLUMN, table, f"measured, but not in the catalogue: {', '.join(names)}")
        if self._left_out:
            version = ".".join(map(str, SINGLE_ROWS_SINCE))
            detail = (
                f"OpenMetadata before {version} takes what a run has written only together with the number of rows of "
                "the whole table; runs that add rows are left out"
            )
            yield Problem(ProblemKind.PROFILE_LEFT_OUT, "write.profile", detail)

    def publish(self, items: Sequence[MeasuredTable]) -> list[bool]:
        """Publish what runs have measured of one table, and return, for each, whether there was anything to write.

        :raises CatalogueError: if the catalogue refuses
        """
        table = items[0].table
        due = without_repeated_writes([*one_for_each_run(items)])
        stored = self._read(table, due)
        written = {id(item.measured): self._publish(item, stored) for item in due}
        return [written.get(id(item.measured), False) for item in items]

    def _publish(self, item: MeasuredTable, stored: _Stored) -> bool:
        row = table_row(item, partitioned=stored.partitioned)
        columns, unknown = column_rows(item)
        if unknown:
            self._unknown.setdefault(item.table.fqn, {}).update(dict.fromkeys(unknown))
        columns = [column for column in columns if item.timestamp > stored.columns.get(column["name"], 0)]
        operations = [*self._operations(item, stored)]
        is_newer = row is not None and item.timestamp > stored.latest
        if not (is_newer or columns or operations):
            return False
        if is_newer:
            self._put(item.table, {"tableProfile": row, "columnProfile": columns, "systemProfile": operations})
        elif self._client.version >= SINGLE_ROWS_SINCE:
            self._post(item, columns, operations)
        else:
            self._left_out = True
            return False
        stored.latest = item.timestamp if is_newer else stored.latest
        stored.columns.update({column["name"]: item.timestamp for column in columns})
        stored.operations.update({(row["timestamp"], row["operation"]): row["rowsAffected"] for row in operations})
        return True

    def _put(self, table: Entity, body: Mapping[str, Any]) -> None:
        if not self._dry_run:
            # Not tried again by itself: what an attempt without an answer has stored would be there twice.
            answer = self._client.request("PUT", path(TABLES, table.id, "tableProfile"), json=body, attempts=1)
            shown(answer, "id")

    def _post(
        self, item: MeasuredTable, columns: Iterable[Mapping[str, Any]], operations: Iterable[Mapping[str, Any]]
    ) -> None:
        for kind, rows in (("column", columns), ("system", operations)):
            for row in rows if not self._dry_run else ():
                body = {"entityType": "table", "timestamp": row["timestamp"], "profileType": kind, "profileData": row}
                # An operation of the same time and kind is replaced.
                url = path(ENTITY_PROFILES, item.table.id)
                shown(self._client.request("POST", url, json=body, idempotent=kind == "system"), "profileData")

    def _operations(self, item: MeasuredTable, stored: _Stored) -> Iterator[dict[str, Any]]:
        """Yield the operation of a run that wrote rows, unless it is there; at a time that no other one has."""
        written = item.measured.written
        if written is None or written.operation is None:
            return
        kind = written.operation
        if kind == "WRITE" and self._client.version < _WRITE_SINCE:
            kind = "INSERT"
        for timestamp in range(item.timestamp, item.timestamp + (1 if item.is_rewritten else _SLOTS)):
            before = stored.operations.get((timestamp, kind), -1)
            if (timestamp, kind) in stored.claimed and not item.is_rewritten:
                # Another run has ended at the same time, maybe with the same number of rows.
                continue
            if before in (-1, written.rows) or item.is_rewritten:
                stored.claimed.add((timestamp, kind))
                if before != written.rows:
                    yield {"timestamp": timestamp, "operation": kind, "rowsAffected": written.rows}
                return

    # -- what is there -------------------------------------------------------------------------------------------

    def _read(self, table: Entity, items: Sequence[MeasuredTable]) -> _Stored:
        stored = _Stored()
        if any(item.measured.metrics or (item.measured.written and item.measured.written.whole) for item in items):
            body = shown(self._client.get(path(TABLES, table.fqn, "tableProfile", "latest")), "id")
            stored.latest = int((body.get("profile") or {}).get("timestamp") or 0)
            stored.columns = dict(_latest_of(body.get("columns") or (), ""))
            stored.partitioned = bool((body.get("tablePartition") or {}).get("columns"))
        times = [item.timestamp for item in items if item.measured.written]
        if times:
            span = {"startTs": min(times), "endTs": max(times) + _SLOTS}
            body = shown(self._client.get(path(TABLES, table.fqn, "systemProfile"), span), "data")
            stored.operations = {
                (int(row["timestamp"]), str(row["operation"])): row.get("rowsAffected")
                for row in body["data"] or ()
                if row.get("timestamp") and row.get("operation")
            }
        return stored


def _latest_of(columns: Iterable[Mapping[str, Any]], above: str) -> Iterator[tuple[str, int]]:
    for column in columns:
        name = f"{above}{column.get('name', '')}"
        yield name, int((column.get("profile") or {}).get("timestamp") or 0)
        yield from _latest_of(column.get("children") or (), f"{name}.")
