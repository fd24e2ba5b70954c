"""Writes the pipeline observability of tables: one read and at most one write for each table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.publishing.observability.rows import Json, Row, merged_row

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient


class ObservabilityWriter:
    """Writes rows; the rows of other pipelines stay, because each is stored for itself.

    :param client: client of the catalogue
    :param dry_run: read, but do not write
    """

    def __init__(self, client: OpenMetadataClient, *, dry_run: bool) -> None:
        self._client = client
        self._dry_run = dry_run
        #: ids of tables that the catalogue no longer has
        self.gone: set[str] = set()
        # 1.11.0 does not have it, 1.11.14 does.
        self._averages = client.version.at_least(1, 11, 14)

    def write(self, rows: Sequence[Row]) -> list[bool]:
        """Publish the rows of one table and return, for each, whether there was anything to write.

        :raises CatalogueError: if the catalogue refuses
        """
        url = path("v1/tables", rows[0].table.id, "pipelineObservability")
        answer = self._client.get(url)
        if answer is None and self._client.get(path("v1/tables", rows[0].table.id)) is None:
            self.gone.add(rows[0].table.id)
            return [False] * len(rows)
        stored: dict[str, Json] = {}
        for item in (answer or {}).get("data") or ():
            stored[str((item.get("pipeline") or {}).get("fullyQualifiedName"))] = item
        merged = [merged_row(row, stored.get(row.run.ref.fqn), averages=self._averages) for row in rows]
        changed = [row for row in merged if row is not None]
        if changed and not self._dry_run:
            self._client.put(url, changed)
        return [row is not None for row in merged]
