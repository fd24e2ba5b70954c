"""A catalogue as an earlier version has left it, the events it was made from, and what people did to it since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.plan import Edge, Job, JobId, LineagePlan
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openmetadata.cleanup.cleanup import Cleanup, find
from openmetadata_ol_provider.openmetadata.cleanup.removal import remove
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import PG, TOKEN, config
from tests.support import Json, dataset, decode, parent, run_event

ORDERS, TOTALS = "pg.shop.public.orders", "pg.shop.public.totals"
MIXED, ACCOUNTS = "pg.shop.public.Mixed", "pg.shop.crm.accounts"
#: Seconds from the time of the tests' events to a time before any clock.
LONG_AGO = -300_000_000


def table(fqn: str) -> Json:
    """Return the dataset of a table of the service ``pg``."""
    return dataset(fqn.removeprefix("pg."), PG)


def whole_run(
    job: str,
    source: str,
    target: str,
    *,
    run_id: str | None = None,
    kind: Json | None = None,
    above: Json | None = None,
    seconds: float = LONG_AGO,
) -> list[Json]:
    """Return START and COMPLETE of a run from one table to another."""
    facts: Json = {"job": job, "namespace": "prod", "run_id": run_id or f"run-of-{job}"}
    facts["job_facets"] = {"jobType": kind} if kind else {}
    facts["run_facets"] = {"parent": above} if above else {}
    return [
        run_event("START", seconds=seconds, **facts),
        run_event("COMPLETE", seconds=seconds + 10, inputs=[table(source)], outputs=[table(target)], **facts),
    ]


def below(job: str, run_id: str = "run-above") -> Json:
    """Return the parent facet of a run below a job."""
    return parent(job, run_id, "prod", (job, run_id))


def plan_of(events: Iterable[Json], rules: Config | None = None) -> LineagePlan:
    """Return what today's rules make of events."""
    return translate(decode(*events), rules or config(), final=True).plan


def publish(plan: LineagePlan, client: OpenMetadataClient, rules: Config | None = None) -> None:
    """Publish a plan, as a task does that remembers nothing."""
    publish_plan(plan, client, rules or config())


def publish_wrong_edge(
    client: OpenMetadataClient, job: str, source: str, target: str, *, pipeline: str | None = None
) -> None:
    """Publish an edge that today's rules would not make.

    :param pipeline: job whose pipeline it was a task of
    """
    ends = plan_of(whole_run(job, source, target))
    own = JobId("prod", job)
    placed = Job("prod", job, pipeline=JobId("prod", pipeline or job), task=job if pipeline else None)
    edge = Edge(ends.edges[0].source, ends.edges[0].target, own, "product")
    publish(LineagePlan(edges=(edge,), jobs=(placed,), datasets=ends.datasets), client)


def found_in(
    client: OpenMetadataClient,
    events: Sequence[Json],
    *,
    rules: Config | None = None,
    state: RunState | None = None,
    facts: Iterable[EdgeFact] = (),
) -> Cleanup:
    """Return what a cleanup finds."""
    return find([decode(*events)], state or RunState(), facts, client, rules or config())


def lines(found: Cleanup) -> list[tuple[str, str, str, str]]:
    """Return the findings in a form that can be compared by eye."""
    return sorted((item.kind, item.where, item.rule, item.outcome) for item in found.findings)


def cleaned(client: OpenMetadataClient, events: Sequence[Json], rules: Config | None = None) -> Cleanup:
    """Remove what a cleanup finds."""
    found = found_in(client, events, rules=rules)
    return found._replace(findings=tuple(remove(found.findings, client)))


def as_person(server: CatalogueServer, method: str, url: str, body: Any) -> None:
    """Send a request as a person, not as the bot of this provider."""
    import requests

    kind = "application/json-patch+json" if method == "PATCH" else "application/json"
    headers = {"Authorization": f"Bearer {TOKEN}", "x-sandbox-user": "ada", "Content-Type": kind}
    answer = requests.request(method, f"{server.url}/api/{url}", json=body, headers=headers, timeout=30)
    answer.raise_for_status()


def entity_of(server: CatalogueServer, kind: str, fqn: str) -> Json:
    """Return an entity of the catalogue."""
    return next(item for item in server.entities(kind) if item["fullyQualifiedName"] == fqn)


def lineage(server: CatalogueServer) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Return the edges without the times at which they were written."""
    return {
        ends: (details.get("source"), details.get("description"), (details.get("pipeline") or {}).get("name"))
        for ends, details in server.edges().items()
    }
