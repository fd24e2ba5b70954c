"""Column lineage, stale lineage, topics and containers in the catalogue."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.promises.told import PG_SERVICE, Told, container, service, shop, table, told
from tests.support import Json, columns, dataset, run_event

EDGE = "pg.d.s.a -> pg.d.s.x"
KAFKA = "kafka://b:9092"
WORLD: Json = {
    "databaseServices": [PG_SERVICE],
    "messagingServices": [service("events", "Kafka", bootstrapServers="b:9092")],
    "storageServices": [service("s3", "S3")],
    "tables": [table("pg.d.s.x", "id")],
    "topics": [{"name": name, "service": "events", "partitions": 1} for name in ("one", "two")],
    "containers": [container("lake", "s3://lake"), container("orders", "s3://lake/orders", "s3.lake")],
}


def load(column_lineage: Json | None, state: str = "COMPLETE", seconds: float = 0, run_id: str = "run-1") -> Json:
    """Return an event of the load of x from a."""
    facets = {"columnLineage": column_lineage} if column_lineage else {}
    return run_event(state, run_id=run_id, seconds=seconds, inputs=["d.s.a"], outputs=[dataset("d.s.x", **facets)])


def published(*batches: list[Json], config: Json | None = None) -> Told:
    return told(shop("a", "x"), *batches, config=config)


@pytest.mark.promise("A150", "A151")
def test_an_unknown_column_costs_that_column_and_is_reported() -> None:
    result = published([load(columns(id=[("d.s.a", "id"), ("d.s.a", "gone")], never=[("d.s.a", "id")]))])
    assert result.columns(EDGE) == {("id", "id")}
    assert result.problems == ["unknown_column", "unknown_column"]
    assert {word for problem in result.report.problems for word in ("gone", "never") if word in problem.detail} == {
        "gone",
        "never",
    }


@pytest.mark.promise("A153", "A161", "C21")
def test_columns_that_are_no_more_are_replaced() -> None:
    result = published(
        [load(columns(id=[("d.s.a", "id")]))], [load(columns(id=[("d.s.a", "amount")]), seconds=60, run_id="run-2")]
    )
    assert result.columns(EDGE) == {("amount", "id")}


@pytest.mark.promise("A154")
@pytest.mark.parametrize(("wanted", "pairs"), [(False, set()), (True, {("id", "id")})])
def test_indirect_sources_are_columns_only_when_asked(wanted: bool, pairs: set[tuple[str, str]]) -> None:
    lineage = columns(id=[("d.s.a", "id")])
    lineage["fields"]["id"]["inputFields"][0]["transformations"] = [{"type": "INDIRECT", "subtype": "JOIN"}]
    result = published([load(lineage)], config={"lineage": {"indirect": wanted}})
    assert result.arrows == [EDGE]
    assert result.columns(EDGE) == pairs


@pytest.mark.promise("A158")
def test_an_event_without_columns_never_removes_those_of_the_edge() -> None:
    with_columns = load(columns(id=[("d.s.a", "id")], amount=[("d.s.a", "amount")]))
    result = published([with_columns], [load(None, seconds=60, run_id="run-2")], [load(None, "START", 90, "run-3")])
    assert result.columns(EDGE) == {("id", "id"), ("amount", "amount")}


@pytest.mark.promise("A159")
def test_a_column_that_the_catalogue_has_needs_no_schema_facet() -> None:
    assert published([load(columns(amount=[("d.s.a", "amount")]))]).columns(EDGE) == {("amount", "amount")}


@pytest.mark.promise("C21")
def test_how_a_column_was_made_stays_when_nothing_else_is_said() -> None:
    lineage = columns(id=[("d.s.a", "id")])
    lineage["fields"]["id"]["inputFields"][0]["transformations"] = [{"type": "DIRECT", "subtype": "AGGREGATION"}]
    result = published([load(lineage)], [load(lineage, seconds=60, run_id="run-2")])
    (entry,) = result.edges[EDGE]["columnsLineage"]
    assert entry["function"] == "AGGREGATION"
    assert result.report.edges.unchanged == 1


@pytest.mark.promise("A171", "C22")
def test_an_edge_that_one_run_does_not_name_stays() -> None:
    other = run_event(run_id="run-2", seconds=60, inputs=["d.s.b"], outputs=["d.s.x"])
    result = told(shop("a", "b", "x"), [load(None)], [other])
    assert result.arrows == ["pg.d.s.a -> pg.d.s.x", "pg.d.s.b -> pg.d.s.x"]


@pytest.mark.promise("A168")
def test_nothing_is_ever_deleted() -> None:
    result = published([load(columns(id=[("d.s.a", "id")]))], [load(None, seconds=60, run_id="run-2")])
    assert "DELETE" not in result.report.requests
    assert result.arrows == [EDGE]


@pytest.mark.promise("A172")
def test_a_deleted_table_has_no_part_in_lineage() -> None:
    def delete(server: CatalogueServer, client: OpenMetadataClient) -> None:
        found = client.get("v1/tables/name/pg.d.s.a")
        assert found
        client.delete(f"v1/tables/{found['id']}")

    result = told(shop("a", "x"), [load(None)], before=delete)
    assert (result.arrows, result.problems) == ([], ["unresolved"])


@pytest.mark.promise("A173")
def test_topics_are_ends_of_lineage() -> None:
    event = run_event(inputs=[dataset("one", KAFKA)], outputs=[dataset("two", KAFKA)])
    assert told(WORLD, [event]).arrows == ["events.one -> events.two"]


@pytest.mark.promise("A174")
def test_several_topics_of_one_sink_are_several_edges() -> None:
    event = run_event(inputs=[dataset("one,two", KAFKA)], outputs=["d.s.x"])
    assert told(WORLD, [event]).arrows == ["events.one -> pg.d.s.x", "events.two -> pg.d.s.x"]


@pytest.mark.promise("A175")
def test_containers_are_ends_of_lineage() -> None:
    event = run_event(inputs=[dataset("orders/eu/x.csv", "s3a://lake")], outputs=["d.s.x"])
    assert told(WORLD, [event]).arrows == ["s3.lake.orders -> pg.d.s.x"]


@pytest.mark.promise("A176")
def test_a_container_without_columns_costs_the_columns_not_the_edge() -> None:
    sources = [{"namespace": "s3://lake", "name": "orders", "field": "id"}]
    target = dataset("d.s.x", columnLineage={"fields": {"id": {"inputFields": sources}}})
    result = told(WORLD, [run_event(inputs=[dataset("orders", "s3://lake")], outputs=[target])])
    assert result.arrows == ["s3.lake.orders -> pg.d.s.x"]
    assert result.problems == ["unknown_column"]


@pytest.mark.promise("A177")
@pytest.mark.parametrize(("namespace", "name", "fqn"), [("s3://lake", "orders", "s3.lake.orders"), ("", "", "")])
def test_a_sink_connector_goes_from_topic_to_container_or_table(namespace: str, name: str, fqn: str) -> None:
    facets = {"jobType": {"processingType": "STREAMING", "integration": "KAFKA_CONNECT", "jobType": "TASK"}}
    target = dataset(name, namespace) if name else dataset("d.s.x")
    events = [
        run_event("RUNNING", inputs=[dataset("one", KAFKA)], job_facets=facets),
        run_event("COMPLETE", seconds=90, outputs=[target], job_facets=facets),
    ]
    assert told(WORLD, events).arrows == [f"events.one -> {fqn or 'pg.d.s.x'}"]
