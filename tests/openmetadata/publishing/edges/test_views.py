"""Base tables beside a view, when only the catalogue knows what is behind it."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import Dataset, LineagePlan
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import config, dataset, edge, job, pair, plan, service
from tests.openmetadata.histories import KeptHistory

NOW = 1_770_000_000
COLUMNS = [{"name": "id", "dataType": "INT"}]
OUT, BASE, OTHER = "trino.hive.sales.out", "trino.hive.sales.base", "trino.hive.sales.other"
VIEW, OUTER = "trino.hive.sales.v", "trino.hive.sales.outer_v"


@pytest.fixture
def stored(client: OpenMetadataClient) -> OpenMetadataClient:
    """Store a service of Trino with tables and views."""
    client.put("v1/services/databaseServices", service("trino", "Trino", hostPort="trino:8080", username="lineage"))
    client.put("v1/databases", {"name": "hive", "service": "trino"})
    client.put("v1/databaseSchemas", {"name": "sales", "database": "trino.hive"})
    for name in ("out", "base", "other"):
        store(client, name)
    for name in ("v", "outer_v"):
        store(client, name, tableType="View")
    return client


def store(client: OpenMetadataClient, name: str, **facts: Any) -> None:
    client.put("v1/tables", {"name": name, "databaseSchema": "trino.hive.sales", "columns": COLUMNS, **facts})


def behind(client: OpenMetadataClient, source: str, view: str) -> None:
    """Store an edge as OpenMetadata's own ingestion of views does."""
    ends = [client.get(f"v1/tables/name/{fqn}") or {} for fqn in (source, view)]
    start, end = ({"id": item["id"], "type": "table"} for item in ends)
    client.put(
        "v1/lineage", {"edge": {"fromEntity": start, "toEntity": end, "lineageDetails": {"source": "ViewLineage"}}}
    )


def of(fqn: str) -> Dataset:
    return dataset("trino://trino:8080", fqn.partition(".")[2])


def reading(*inputs: str, job_name: str = "etl") -> LineagePlan:
    sources = [of(fqn) for fqn in inputs]
    edges = [edge(source, of(OUT), job=job_name) for source in sources]
    return plan(*edges, datasets=[*sources, of(OUT)], jobs=[job(job_name)])


def publish(client: OpenMetadataClient, made: LineagePlan, history: KeptHistory | None = None) -> PublishReport:
    return (history or KeptHistory()).publish(made, client, config(), now=NOW)


def sources(server: CatalogueServer) -> list[str]:
    return sorted(source for source, target in server.edges() if target == OUT)


def lines(report: PublishReport) -> list[str]:
    return [problem.detail for problem in report.problems if problem.kind == "view_source"]


@pytest.mark.promise("C73")
def test_a_base_table_behind_a_view_by_the_catalogue_s_lineage(
    stored: OpenMetadataClient, server: CatalogueServer
) -> None:
    behind(stored, BASE, VIEW)
    history = KeptHistory()
    report = publish(stored, reading(VIEW, BASE, OTHER), history)
    assert sources(server) == [OTHER, VIEW]
    (line,) = lines(report)
    assert f"hive.sales.base is behind the view {VIEW}" in line
    # Nothing is left to compare the next time.
    server.reset_requests()
    assert lines(publish(stored, reading(VIEW, BASE, OTHER), history)) == []
    assert server.writes() == []


@pytest.mark.promise("C73")
@pytest.mark.parametrize(
    "definition",
    [
        "CREATE VIEW v AS SELECT id FROM hive.sales.base",
        'select b.id from "hive"."sales"."base" b join hive.sales.other o on b.id = o.id',
        "SELECT * FROM sales.base",
        "SELECT * FROM (base) WHERE id > 1",
        "SELECT * FROM x,\n base",
    ],
)
def test_a_base_table_behind_a_view_by_its_definition(
    stored: OpenMetadataClient, server: CatalogueServer, definition: str
) -> None:
    store(stored, "v", tableType="View", schemaDefinition=definition)
    assert len(lines(publish(stored, reading(VIEW, BASE)))) == 1
    assert sources(server) == [VIEW]


@pytest.mark.parametrize(
    "definition",
    [
        None,
        "SELECT id FROM hive.sales.base2",
        "SELECT base FROM hive.sales.other",
        "SELECT id FROM hive.crm.base",
        "SELECT id FROM pg.sales.base",
        "SELECT id FROM sales.base.more",
    ],
)
def test_a_table_that_the_definition_does_not_name_stays(
    stored: OpenMetadataClient, server: CatalogueServer, definition: str | None
) -> None:
    facts = {"schemaDefinition": definition} if definition else {}
    store(stored, "v", tableType="View", **facts)
    assert lines(publish(stored, reading(VIEW, BASE))) == []
    assert sources(server) == [BASE, VIEW]


@pytest.mark.promise("C73")
def test_a_view_of_a_view(stored: OpenMetadataClient, server: CatalogueServer) -> None:
    behind(stored, BASE, VIEW)
    behind(stored, VIEW, OUTER)
    assert len(lines(publish(stored, reading(OUTER, VIEW, BASE)))) == 2
    assert sources(server) == [OUTER]


def test_two_views_behind_each_other_both_stay(stored: OpenMetadataClient, server: CatalogueServer) -> None:
    behind(stored, OUTER, VIEW)
    behind(stored, VIEW, OUTER)
    publish(stored, reading(OUTER, VIEW))
    assert sources(server) == [OUTER, VIEW]


def test_another_job_that_reads_the_base_table_alone(stored: OpenMetadataClient, server: CatalogueServer) -> None:
    behind(stored, BASE, VIEW)
    publish(stored, reading(BASE, job_name="direct"))
    publish(stored, reading(VIEW, BASE))
    assert sources(server) == [BASE, VIEW]


def test_lineage_that_is_stated_stays(stored: OpenMetadataClient, server: CatalogueServer) -> None:
    import msgspec

    behind(stored, BASE, VIEW)
    made = reading(VIEW, BASE)
    explicit = tuple(msgspec.structs.replace(item, basis="explicit") for item in made.edges)
    publish(stored, msgspec.structs.replace(made, edges=explicit))
    assert sources(server) == [BASE, VIEW]


@pytest.mark.promise("C73")
def test_columns_of_the_base_table_do_not_bring_its_edge_back(
    stored: OpenMetadataClient, server: CatalogueServer
) -> None:
    behind(stored, BASE, VIEW)
    base, view, out = of(BASE), of(VIEW), of(OUT)
    edges = [edge(source, out, pair(source, "id", "id")) for source in (base, view)]
    publish(stored, plan(*edges, datasets=[base, view, out], jobs=[job()]))
    assert sources(server) == [VIEW]


@pytest.mark.promise("C73")
def test_tables_alone_cost_no_request_more(stored: OpenMetadataClient, server: CatalogueServer) -> None:
    server.reset_requests()
    publish(stored, reading(BASE, OTHER))
    asked = [request.path for request in server.requests]
    assert not [path for path in asked if "v1/lineage/table" in path]
    server.reset_requests()
    publish(stored, reading(VIEW, job_name="alone"))
    assert not [request.path for request in server.requests if "v1/lineage/table" in request.path]
