"""Publishes the SQL of runs as queries of the tables that it reads and writes.

A query has the name that the server itself would give it, a digest of its text, so that SQL which the usage ingestion
has found too is one query. The catalogue holds each text once: a query that is there under another database service
stays there only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueRequestError
from openmetadata_ol_provider.lineage.plan import DatasetId, Edge, Job, JobId
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient, path
from openmetadata_ol_provider.openmetadata.client.document import confirm
from openmetadata_ol_provider.openmetadata.fqn import quote, split
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import edge_key
from openmetadata_ol_provider.openmetadata.publishing.pipelines.request import MAX_SQL

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution

QUERIES = "v1/queries"


class QueryUse(NamedTuple):
    """An SQL text and the tables that use it.

    :param service: FQN of the database service where it ran
    :param tables: ids of the tables
    :param keys: ledger keys of the edges that carry it
    """

    sql: str
    service: str
    tables: tuple[str, ...]
    keys: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The query's name in the catalogue."""
        return hashlib.md5(self.sql.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()

    @property
    def where(self) -> str:
        """The name in problems."""
        return f"query {self.fqn}"

    @property
    def fqn(self) -> str:
        """The query's FQN in the catalogue."""
        return f"{self.service}.{self.name}"


def query_uses(
    edges: Iterable[Edge], jobs: Mapping[JobId, Job], resolutions: Mapping[DatasetId, Resolution]
) -> list[QueryUse]:
    """Return the SQL of edges with the tables at their ends, each text once.

    :param resolutions: resolutions of the datasets at the ends of the edges
    """
    tables: dict[str, dict[str, Entity]] = {}
    services: dict[str, list[str]] = {}
    keys: dict[str, dict[int, None]] = {}
    for edge in edges:
        job = jobs.get(edge.job) if edge.job else None
        sql = edge.sql or (job.sql if job else None)
        if not sql or len(sql) > MAX_SQL:
            continue
        # The target first: the SQL that writes it ran in its service.
        for end in (edge.target, edge.source):
            resolution = resolutions.get(end)
            entity = resolution.entity if resolution else None
            if entity is not None and entity.type == "table":
                tables.setdefault(sql, {})[entity.id] = entity
                services.setdefault(sql, []).append(quote(split(entity.fqn)[0]))
                keys.setdefault(sql, {})[edge_key(edge)] = None
    return [QueryUse(sql, services[sql][0], tuple(sorted(ids)), tuple(keys[sql])) for sql, ids in tables.items()]


class QueryWriter:
    """Publishes queries.

    :param client: client of the catalogue
    :param dry_run: read, but do not write
    """

    def __init__(self, client: OpenMetadataClient, *, dry_run: bool) -> None:
        self._client = client
        self._dry_run = dry_run

    def publish(self, use: QueryUse) -> bool:
        """Publish one query and return whether there was anything to write.

        :raises CatalogueError: if the catalogue refuses
        """
        if not use.tables or len(use.sql) > MAX_SQL:
            return False
        stored = self._client.get(path(QUERIES, "name", use.fqn), {"fields": "queryUsedIn"})
        if stored is None:
            return self._create(use)
        linked = {used.get("id") for used in stored.get("queryUsedIn") or ()}
        missing = [table for table in use.tables if table not in linked]
        if missing and not self._dry_run:
            # Adds tables to those stored; a PUT of the query would replace them.
            answer = self._client.put(path(QUERIES, str(stored["id"]), "usage"), _references(missing))
            confirm(answer, "id", "entityId", "entity")
        return bool(missing)

    def _create(self, use: QueryUse) -> bool:
        if self._dry_run:
            return True
        body = {
            "name": use.name,
            "query": use.sql,
            "service": use.service,
            "queryUsedIn": _references(use.tables),
            "processedLineage": True,
        }
        try:
            confirm(self._client.put(QUERIES, body), "id")
        except CatalogueRequestError as error:
            if error.status != 409:
                raise
            # The same text, under another service.
            return False
        return True


def _references(tables: Iterable[str]) -> list[dict[str, Any]]:
    return [{"id": table, "type": "table"} for table in tables]
