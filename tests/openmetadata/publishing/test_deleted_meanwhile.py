"""What somebody deletes as a publication writes about it is a failure, nothing false, and published once it is back."""

from __future__ import annotations

import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

import pytest

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, SEED, TOKEN, config, orders_plan
from tests.openmetadata.histories import KeptHistory
from tests.openmetadata.publishing.test_foreign_answers import Own, proxy_with

EDGE = ("pg.shop.public.orders", "pg.shop.public.totals")
RULES = config(write={"max_failure_ratio": 1.0})
DAY = 86_400


def _ingest_again(client: OpenMetadataClient) -> None:
    """Bring back what an ingestion of the database would."""
    service = SEED["databaseServices"][0]
    # OpenMetadata creates none without a user.
    connection = {"config": {"username": "reader", **service["connection"]["config"]}}
    client.put("v1/services/databaseServices", {**service, "connection": connection})
    client.put("v1/databases", {"name": "shop", "service": "pg"})
    client.put("v1/databaseSchemas", {"name": "public", "database": "pg.shop"})
    for table in SEED["tables"][:2]:
        name = table["fqn"].rpartition(".")[2]
        client.put("v1/tables", {"name": name, "databaseSchema": "pg.shop.public", "columns": table["columns"]})


@pytest.mark.parametrize("deleted", ["tables/name/pg.shop.public.totals", "services/databaseServices/name/pg"])
def test_an_edge_whose_dataset_is_deleted_as_it_is_written(
    client: OpenMetadataClient,
    server: CatalogueServer,
    web: Callable[[type[BaseHTTPRequestHandler]], str],
    deleted: str,
) -> None:
    due = [deleted]

    def meanwhile(request: str, _: bytes) -> Own | None:
        if due and request.startswith("PUT /api/v1/lineage"):
            client.delete(f"v1/{due.pop()}", {"hardDelete": True, "recursive": True})
        return None

    history = KeptHistory()
    with OpenMetadataClient(web(proxy_with(server.url, meanwhile)), TOKEN, retries=FAST) as other:
        report = history.publish(orders_plan(), other, RULES)
    assert (report.edges.published, report.edges.failed, report.parked) == (0, 1, 1)
    assert "(404): table instance for" in report.problems[0].detail
    report = history.publish(orders_plan(), client, RULES)
    assert (report.edges.published, report.parked) == (0, 1)
    assert {problem.kind for problem in report.problems} <= {"unresolved", "other_address"}
    _ingest_again(client)
    report = history.publish(orders_plan(), client, RULES, now=time.time() + DAY)
    assert (report.edges.published, report.parked, report.problems) == (1, 0, ())
    assert EDGE in server.edges()


def test_an_edge_to_a_deleted_service_is_not_said_to_lead_to_its_namesake(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    history = KeptHistory()
    assert history.publish(orders_plan(), client, RULES).edges.published == 1
    client.delete("v1/services/databaseServices/name/pg", {"hardDelete": True, "recursive": True})
    report = history.publish(orders_plan(), client, RULES, now=time.time() + 3 * DAY)
    # There is such a table at another address.
    assert {problem.kind for problem in report.problems} == {"unresolved", "other_address"}
    assert server.edges() == {}
