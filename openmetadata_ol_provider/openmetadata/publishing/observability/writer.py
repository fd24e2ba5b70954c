"""Writes the pipeline observability of tables: one read and at most one write for each table.

A task that is alone reads the rows of a table once, and none of pipelines that it has created: they have no rows yet.
Rows of pipelines that other ingestions write, too, are read each time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from openmetadata_ol_provider.exceptions import CatalogueRequestError
from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.client.document import confirm
from openmetadata_ol_provider.openmetadata.publishing.observability.rows import Json, Row, merged_row

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache


class ObservabilityWriter:
    """Writes rows; the rows of other pipelines stay, because each is stored for itself.

    :param client: client of the catalogue
    :param dry_run: read, but do not write
    :param cache: what this task has read and written itself
    :param alone: ``False`` if other tasks write to the same catalogue at the same time (lanes)
    """

    def __init__(
        self, client: OpenMetadataClient, *, dry_run: bool, cache: SessionCache | None = None, alone: bool = True
    ) -> None:
        self._client = client
        self._dry_run = dry_run
        self._cache = cache
        self._alone = alone
        #: ids of tables that the catalogue no longer has
        self.gone: set[str] = set()
        # 1.11.0 does not have it, 1.11.14 does.
        self._averages = client.version.at_least(1, 11, 14)

    def write(self, rows: Sequence[Row]) -> list[bool]:
        """Publish the rows of one table and return, for each, whether there was anything to write.

        :raises CatalogueError: if the catalogue refuses
        """
        table = rows[0].table.id
        cache = None if any(row.run.ref.reused for row in rows) else self._cache
        stored = self._remembered(table, rows, cache)
        if stored is not None:
            try:
                return self._write(table, rows, stored, cache, whole=False)
            except CatalogueRequestError as error:
                # It may have been deleted since.
                if error.status != 404:
                    raise
        stored = self._read(table)
        if stored is None:
            self.gone.add(table)
            return [False] * len(rows)
        return self._write(table, rows, stored, cache, whole=True)

    def _remembered(self, table: str, rows: Sequence[Row], cache: SessionCache | None) -> dict[str, Json] | None:
        """Return the stored rows as far as this task has read or written them; ``None`` if they have to be read."""
        pipelines = {row.run.ref.fqn for row in rows}
        if cache is not None:
            return cache.rows(table, pipelines)
        return {} if self._alone and all(row.run.ref.change == "created" for row in rows) else None

    def _write(
        self, table: str, rows: Sequence[Row], stored: Mapping[str, Json], cache: SessionCache | None, *, whole: bool
    ) -> list[bool]:
        merged = [merged_row(row, stored.get(row.run.ref.fqn), averages=self._averages) for row in rows]
        changed = {row.run.ref.fqn: new for row, new in zip(rows, merged, strict=True) if new is not None}
        if changed and not self._dry_run:
            if self._cache is not None:
                # Should the write fail, nobody knows what is stored.
                self._cache.forget_rows(table, changed)
            confirm(self._client.put(_url(table), list(changed.values())), "id", "data")
        if cache is not None:
            cache.store_rows(table, {**stored, **changed}, whole=whole)
        return [row is not None for row in merged]

    def _read(self, table: str) -> dict[str, Json] | None:
        """Return the rows of a table by the FQN of their pipeline, ``None`` if the table is gone."""
        answer = self._client.get(_url(table))
        if answer is None and self._client.get(path("v1/tables", table)) is None:
            return None
        rows = (answer or {}).get("data") or ()
        return {str((row.get("pipeline") or {}).get("fullyQualifiedName")): row for row in rows}


def _url(table: str) -> str:
    return path("v1/tables", table, "pipelineObservability")
