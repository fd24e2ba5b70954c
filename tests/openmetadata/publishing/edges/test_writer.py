"""Edges: one write per pair, what others wrote stays, and what did not change is not written."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan, Transformation
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.openmetadata.publishing.core.report_text import problem_lines
from openmetadata_ol_provider.openmetadata.publishing.edges.writer import function_text
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import (
    KAFKA,
    PG,
    SEED,
    TOKEN,
    config,
    dataset,
    edge,
    job,
    orders,
    orders_plan,
    pair,
    plan,
    totals,
)

ENDS = ("pg.shop.public.orders", "pg.shop.public.totals")
ID_TO_ID = pair(orders(), "id", "id")
AMOUNT_TO_TOTAL = pair(orders(), "AMOUNT", "Total", Transformation("DIRECT", "AGGREGATION"))


def publish(client: OpenMetadataClient, made: LineagePlan, **sections: Any) -> PublishReport:
    return publish_plan(made, client, config(**sections)).report


def details(server: CatalogueServer) -> dict[str, Any]:
    return server.edges()[ENDS]


def pairs(found: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (start.rpartition(".")[2], entry["toColumn"].rpartition(".")[2])
        for entry in found.get("columnsLineage") or ()
        for start in entry["fromColumns"]
    }


def store(client: OpenMetadataClient, **lineage_details: Any) -> None:
    """Put an edge between the two tables as somebody else."""
    ends = [client.get(f"v1/tables/name/{fqn}") for fqn in ENDS]
    references = [{"id": end["id"], "type": "table"} for end in ends if end]
    body = {"fromEntity": references[0], "toEntity": references[1], "lineageDetails": lineage_details}
    client.put("v1/lineage", {"edge": body})


def column(start: str, end: str, **more: Any) -> dict[str, Any]:
    return {"fromColumns": [f"{ENDS[0]}.{start}"], "toColumn": f"{ENDS[1]}.{end}", **more}


def foreign_pipeline(client: OpenMetadataClient, name: str = "theirs") -> dict[str, str]:
    client.put("v1/services/pipelineServices", {"name": "nifi", "serviceType": "Nifi"})
    return {"id": client.put("v1/pipelines", {"name": name, "service": "nifi"})["id"], "type": "pipeline"}


@pytest.mark.promise("A162")
def test_an_edge_has_source_pipeline_sql_and_columns(client: OpenMetadataClient, server: CatalogueServer) -> None:
    report = publish(client, orders_plan(ID_TO_ID, AMOUNT_TO_TOTAL, jobs=[job(sql="INSERT INTO totals ...")]))
    found = details(server)
    assert report.edges.published == 1
    assert found["source"] == "OpenLineage"
    assert found["sqlQuery"] == "INSERT INTO totals ..."
    assert found["pipeline"]["id"] == server.entities("pipeline")[0]["id"]
    assert found["columnsLineage"] == [column("id", "id"), column("amount", "total", function="AGGREGATION")]
    assert report.problems == ()


def test_publishing_twice_writes_nothing_the_second_time(client: OpenMetadataClient, server: CatalogueServer) -> None:
    made = orders_plan(ID_TO_ID, AMOUNT_TO_TOTAL, jobs=[job(sql="SELECT 1")])
    publish(client, made)
    server.reset_requests()
    report = publish(client, made)
    assert server.writes() == []
    assert (report.edges.published, report.edges.unchanged) == (0, 1)


def test_an_edge_that_was_lost_is_written_again(client: OpenMetadataClient, server: CatalogueServer) -> None:
    publish(client, orders_plan())
    ends = [entity["id"] for fqn in ENDS for entity in server.entities("table") if entity["fullyQualifiedName"] == fqn]
    client.delete(f"v1/lineage/table/{ends[0]}/table/{ends[1]}")
    assert publish(client, orders_plan()).edges.published == 1


def test_several_edges_between_two_entities_are_one_write_with_all_columns(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    link = dataset("hive://x", "a", (PG, "shop.public.orders", "table"))
    made = plan(
        edge(orders(), totals(), ID_TO_ID, job="first"),
        edge(link, totals(), pair(link, "amount", "total"), job="second"),
        datasets=(orders(), totals(), link),
        jobs=[job("first", sql="one"), job("second", sql="two")],
    )
    assert publish(client, made).edges.published == 1
    assert pairs(details(server)) == {("id", "id"), ("amount", "total")}
    assert details(server)["sqlQuery"] == "two"
    assert details(server)["pipeline"]["fullyQualifiedName"] == "openlineage.prod:second"
    assert len([path for method, path, _ in server.writes() if path.endswith("v1/lineage")]) == 1


def test_what_a_dataset_states_of_itself_is_an_edge_without_a_pipeline(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    stated = edge(orders(), totals(), ID_TO_ID, job=None)
    publish(client, plan(stated, datasets=(orders(), totals())))
    assert "pipeline" not in details(server)
    made = plan(edge(orders(), totals()), stated, datasets=(orders(), totals()), jobs=[job(sql="SELECT 1")])
    publish(client, made)
    assert details(server)["pipeline"]["fullyQualifiedName"] == "openlineage.prod:etl"
    assert details(server)["sqlQuery"] == "SELECT 1"
    server.reset_requests()
    publish(client, plan(stated, datasets=(orders(), totals())))
    assert server.writes() == []


def test_a_dataset_written_onto_itself_is_no_edge(client: OpenMetadataClient, server: CatalogueServer) -> None:
    link = dataset("hive://x", "a", (PG, "shop.public.orders", "table"))
    report = publish(client, plan(edge(orders(), link), datasets=(orders(), link)))
    assert report.edges.published == 0
    assert server.edges() == {}
    (problem,) = report.problems
    assert problem.kind == "same_datasets"


def test_an_edge_between_a_topic_and_a_container_is_an_edge(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    topic, path = dataset(KAFKA, "shop.orders", kind="topic"), dataset("s3://raw", "orders", kind="container")
    report = publish(client, plan(edge(topic, path, pair(topic, "id", "id")), datasets=(topic, path)))
    assert set(server.edges()) == {('events."shop.orders"', "s3.raw.orders")}
    assert [problem.kind for problem in report.problems] == ["unknown_column"]


def test_an_unknown_column_is_dropped_and_reported(client: OpenMetadataClient, server: CatalogueServer) -> None:
    report = publish(client, orders_plan(ID_TO_ID, pair(orders(), "nope", "id"), pair(orders(), "id", "nix")))
    assert pairs(details(server)) == {("id", "id")}
    assert {(problem.kind, problem.where, problem.detail.split(" (")[0]) for problem in report.problems} == {
        ("unknown_column", "pg.shop.public.orders", "it has no column 'nope'"),
        ("unknown_column", "pg.shop.public.totals", "it has no column 'nix'"),
    }


def test_unknown_columns_of_several_edges_are_one_line(client: OpenMetadataClient, server: CatalogueServer) -> None:
    # A name without digits or punctuation, and one with: the name is no part of the cause.
    back = edge(totals(), orders(), pair(totals(), "id", "customer_email"))
    forth = edge(orders(), totals(), pair(orders(), "id", "nix"))
    report = publish(client, plan(forth, back, datasets=(orders(), totals())))
    (text,) = [text for kind, text in problem_lines(report) if kind == "unknown_column"]
    assert text.startswith("2 times: ")
    assert "'nix' (" in text
    assert "'customer_email' (" in text


def test_an_old_server_gets_no_column_it_would_refuse() -> None:
    """Before 1.10 one unknown column, also one that a stored edge still has, fails the whole request."""
    with CatalogueServer(SEED, version="1.8.0", token=TOKEN) as server, OpenMetadataClient(server.url, TOKEN) as client:
        store(client, source="Manual", columnsLineage=[column("amount", "total")])
        table = client.get(f"v1/tables/name/{ENDS[0]}?fields=columns") or {}
        kept = [item for item in table["columns"] if item["name"] != "amount"]
        client.patch(f"v1/tables/{table['id']}", [{"op": "replace", "path": "/columns", "value": kept}])
        assert publish(client, orders_plan(ID_TO_ID, pair(orders(), "nope", "id"))).edges.published == 1
        assert pairs(details(server)) == {("id", "id")}


INDIRECT = pair(orders(), "Customer", "total", Transformation("INDIRECT", "FILTER"))


@pytest.mark.parametrize(
    ("indirect", "expected"), [(False, {("id", "id")}), (True, {("id", "id"), ("Customer", "total")})]
)
def test_indirect_columns_are_left_out_unless_asked_for(
    client: OpenMetadataClient, server: CatalogueServer, indirect: bool, expected: set[tuple[str, str]]
) -> None:
    publish(client, orders_plan(ID_TO_ID, INDIRECT), lineage={"indirect": indirect})
    assert pairs(details(server)) == expected


@pytest.mark.parametrize(
    ("transformations", "text"),
    [
        ([], None),
        ([Transformation("DIRECT", "IDENTITY")], None),
        ([Transformation("DIRECT", "AGGREGATION")], "AGGREGATION"),
        ([Transformation("DIRECT", "AGGREGATION", masking=True)], "AGGREGATION (masked)"),
        ([Transformation("DIRECT", "IDENTITY", masking=True)], "IDENTITY (masked)"),
        ([Transformation("DIRECT")], None),
        ([Transformation("INDIRECT", "FILTER"), Transformation("DIRECT", "TRANSFORMATION")], "FILTER, TRANSFORMATION"),
    ],
)
def test_a_function_is_named_only_when_there_is_something_to_say(
    transformations: list[Transformation], text: str | None
) -> None:
    assert function_text(transformations) == text


def test_a_manual_edge_stays_manual_and_only_gains_columns(client: OpenMetadataClient, server: CatalogueServer) -> None:
    theirs = foreign_pipeline(client)
    store(
        client,
        source="Manual",
        description="by Jane",
        sqlQuery="hers",
        pipeline=theirs,
        columnsLineage=[column("amount", "total", function="her words")],
    )
    publish(client, orders_plan(ID_TO_ID, AMOUNT_TO_TOTAL, jobs=[job(sql="ours")]))
    found = details(server)
    assert (found["source"], found["description"], found["sqlQuery"]) == ("Manual", "by Jane", "hers")
    assert found["pipeline"]["id"] == theirs["id"]
    assert found["columnsLineage"] == [column("id", "id"), column("amount", "total", function="her words")]
    server.reset_requests()
    assert publish(client, orders_plan(ID_TO_ID, AMOUNT_TO_TOTAL, jobs=[job(sql="ours")])).edges.unchanged == 1
    assert server.writes() == []


@pytest.mark.parametrize("source", ["QueryLineage", "ViewLineage", "DbtLineage", "PipelineLineage"])
def test_an_edge_of_another_ingestion_keeps_its_source_and_columns(
    client: OpenMetadataClient, server: CatalogueServer, source: str
) -> None:
    store(client, source=source, columnsLineage=[column("amount", "total")])
    publish(client, orders_plan(ID_TO_ID))
    assert details(server)["source"] == source
    assert pairs(details(server)) == {("id", "id"), ("amount", "total")}


def test_columns_of_another_pipeline_are_kept_and_the_latest_pipeline_is_named(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    store(client, source="OpenLineage", pipeline=foreign_pipeline(client), columnsLineage=[column("amount", "total")])
    publish(client, orders_plan(ID_TO_ID))
    assert pairs(details(server)) == {("id", "id"), ("amount", "total")}
    assert details(server)["pipeline"]["fullyQualifiedName"] == "openlineage.prod:etl"


def test_columns_of_an_edge_that_names_nobody_are_kept(client: OpenMetadataClient, server: CatalogueServer) -> None:
    store(client, source="OpenLineage", columnsLineage=[column("amount", "total")])
    publish(client, orders_plan(ID_TO_ID))
    assert pairs(details(server)) == {("id", "id"), ("amount", "total")}
    assert details(server)["pipeline"]["fullyQualifiedName"] == "openlineage.prod:etl"


def test_two_pipelines_that_take_turns_do_not_lose_each_other_s_columns(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    def turn(name: str, *found: Any) -> None:
        publish(
            client, plan(edge(orders(), totals(), *found, job=name), datasets=(orders(), totals()), jobs=[job(name)])
        )

    for _ in range(2):
        turn("a", ID_TO_ID)
        turn("b", AMOUNT_TO_TOTAL)
        turn("b", AMOUNT_TO_TOTAL)
        assert pairs(details(server)) == {("id", "id"), ("amount", "total")}
    assert details(server)["description"] == ("Written by OpenLineage jobs: openlineage.prod:a; openlineage.prod:b")


def test_columns_of_another_pipeline_are_kept_beside_a_steward_s_description(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    store(
        client,
        source="OpenLineage",
        description="a steward's",
        pipeline=foreign_pipeline(client),
        columnsLineage=[column("amount", "total")],
    )
    publish(client, orders_plan(ID_TO_ID))
    assert details(server)["description"] == "a steward's"
    assert pairs(details(server)) == {("id", "id"), ("amount", "total")}


@pytest.mark.parametrize(
    ("description", "shown"),
    [("a steward's", "nifi.theirs"), ("Lineage from OpenLineage event for job: ns/x (run: 1)", "openlineage.prod:etl")],
)
def test_an_edge_that_people_describe_keeps_its_pipeline_and_sql_and_that_of_a_tool_does_not(
    client: OpenMetadataClient, server: CatalogueServer, description: str, shown: str
) -> None:
    kept = {"sqlQuery": "theirs", "pipeline": foreign_pipeline(client)}
    store(client, source="OpenLineage", description=description, **kept)
    publish(client, orders_plan(ID_TO_ID, jobs=[job(sql="ours")]))
    found = details(server)
    assert found["pipeline"]["fullyQualifiedName"] == shown
    assert found["sqlQuery"] == ("theirs" if shown == "nifi.theirs" else "ours")
    assert pairs(found) == {("id", "id")}


def test_two_jobs_do_not_take_turns_on_an_edge_that_people_describe(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    def turn(name: str) -> None:
        made = plan(edge(orders(), totals(), ID_TO_ID, job=name), datasets=(orders(), totals()), jobs=[job(name)])
        publish(client, made)

    turn("a")
    pipeline = {"id": details(server)["pipeline"]["id"], "type": "pipeline"}
    store(client, source="OpenLineage", description="a steward's", pipeline=pipeline)
    for name in "abab":
        turn(name)
    before = details(server)
    server.reset_requests()
    for name in "abab":
        turn(name)
    assert [one for one in server.writes() if "lineage" in one.path] == []
    assert details(server) == before


def test_our_own_stale_columns_are_replaced(client: OpenMetadataClient, server: CatalogueServer) -> None:
    publish(client, orders_plan(ID_TO_ID))
    publish(client, orders_plan(AMOUNT_TO_TOTAL))
    assert pairs(details(server)) == {("amount", "total")}


def test_no_columns_is_no_information(client: OpenMetadataClient, server: CatalogueServer) -> None:
    publish(client, orders_plan(ID_TO_ID, jobs=[job(sql="SELECT 1")]))
    server.reset_requests()
    assert publish(client, orders_plan()).edges.unchanged == 1
    assert publish(client, orders_plan(AMOUNT_TO_TOTAL), lineage={"columns": False}).edges.unchanged == 1
    assert server.writes() == []
    assert pairs(details(server)) == {("id", "id")}
    assert details(server)["sqlQuery"] == "SELECT 1"


def test_a_description_on_our_edge_stays(client: OpenMetadataClient, server: CatalogueServer) -> None:
    publish(client, orders_plan(ID_TO_ID))
    store(
        client,
        source="OpenLineage",
        description="a steward's",
        pipeline={"id": details(server)["pipeline"]["id"], "type": "pipeline"},
    )
    publish(client, orders_plan(ID_TO_ID))
    assert details(server)["description"] == "a steward's"
    assert pairs(details(server)) == {("id", "id")}


def test_sql_is_not_written_when_it_is_not_wanted_and_cut_when_it_is_long(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    made = orders_plan(jobs=[job(sql="x" * 200_000)])
    publish(client, made, write={"sql": "never"})
    assert "sqlQuery" not in details(server)
    publish(client, made)
    assert len(details(server)["sqlQuery"]) < 101_000
    assert publish(client, made).edges.unchanged == 1
