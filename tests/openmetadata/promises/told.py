"""From events to the catalogue in one call: translated, published, and what is there afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from openmetadata_ol_provider.config import load_config
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST
from tests.support import BASE, Json, decode

Details = dict[str, Any]


class Told(NamedTuple):
    """The results of publications.

    :param report: report of the last publication
    :param edges: details of the edges, by ``source FQN -> target FQN``
    :param writes: requests of the last publication that wrote
    """

    report: PublishReport
    edges: dict[str, Details]
    pipelines: dict[str, Details]
    statuses: dict[str, list[Details]]
    writes: list[Any]

    @property
    def arrows(self) -> list[str]:
        """The edges, sorted."""
        return sorted(self.edges)

    @property
    def problems(self) -> list[str]:
        """Kinds of the problems of the last publication."""
        return [problem.kind for problem in self.report.problems]

    def columns(self, arrow: str) -> set[tuple[str, str]]:
        """Return the column pairs of an edge by the last parts of their FQNs."""
        return {
            (start.rpartition(".")[2], entry["toColumn"].rpartition(".")[2])
            for entry in self.edges[arrow].get("columnsLineage") or ()
            for start in entry["fromColumns"]
        }


def service(name: str, kind: str, **connection: Any) -> Json:
    """Return a service as seeds have it."""
    return {"name": name, "serviceType": kind, "connection": {"config": {"type": kind, **connection}}}


def table(fqn: str, *columns: str) -> Json:
    """Return a table as seeds have it."""
    return {"fqn": fqn, "columns": [{"name": name, "dataType": "STRING"} for name in columns or ("id",)]}


def container(name: str, path: str, parent: str | None = None, storage: str = "s3") -> Json:
    """Return a container as seeds have it."""
    found = {"name": name, "service": storage, "fullPath": path}
    return {**found, "parent": parent} if parent else found


#: A PostgreSQL at the address that the builders of events use.
PG_SERVICE = service("pg", "Postgres", hostPort="db:5432", database="shop")


def shop(*tables: str) -> Json:
    """Return a seed with tables of the schema ``s`` of the database ``d`` at the address the builders use."""
    return {"databaseServices": [PG_SERVICE], "tables": [table(f"pg.d.s.{name}", "id", "amount") for name in tables]}


def told(
    seed: Json,
    *batches: list[Json],
    config: Json | None = None,
    before: Callable[[CatalogueServer, OpenMetadataClient], None] | None = None,
) -> Told:
    """Publish batches of events one after the other to a catalogue that holds the seed.

    :param before: what happens between seed and first batch
    """
    settings, state = load_config(config), RunState()
    with CatalogueServer(seed) as server, OpenMetadataClient(server.url, retries=FAST) as client:
        if before is not None:
            before(server, client)
        for batch in batches:
            server.reset_requests()
            plan, state = translate(decode(*batch), settings, state, now=BASE)
            report = publish_plan(plan, client, settings).report
        found = {item["fullyQualifiedName"]: item for item in server.entities("pipeline")}
        return Told(
            report,
            {f"{source} -> {target}": details for (source, target), details in server.edges().items()},
            found,
            {fqn: server.statuses(fqn) for fqn in found},
            server.writes(),
        )
