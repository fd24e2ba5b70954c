"""Duplicates, failed runs and conflicts, seen in what is written."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.config import load_config
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.promises.told import shop, table, told
from tests.support import columns, dataset, parent, plan_of, run_event

STREAM = {"jobType": {"processingType": "STREAMING", "integration": "FLINK"}}
LOAD = run_event(inputs=["d.s.a"], outputs=["d.s.x"])


@pytest.mark.promise("A79", "A84")
def test_the_same_events_again_write_nothing() -> None:
    result = told(shop("a", "x"), [LOAD], [LOAD])
    assert result.writes == []
    assert (result.report.edges.published, result.report.edges.unchanged) == (0, 1)


@pytest.mark.promise("A75", "C19")
def test_a_heartbeat_writes_nothing() -> None:
    beats = [run_event("RUNNING", seconds=n, inputs=["d.s.a"], outputs=["d.s.x"], job_facets=STREAM) for n in (0, 60)]
    result = told(shop("a", "x"), *([beat] for beat in beats))
    assert result.arrows == ["pg.d.s.a -> pg.d.s.x"]
    assert result.writes == []


@pytest.mark.promise("A87")
def test_an_edge_of_a_task_and_of_what_it_starts_is_one_write() -> None:
    task = {"parent": parent("dag", "d", root=("dag", "d"))}
    below = {"parent": parent("dag.load", "t", root=("dag", "d"))}
    ends = {"inputs": ["d.s.a"], "outputs": ["d.s.x"]}
    result = told(
        shop("a", "x"),
        [
            run_event(run_id="t", job="dag.load", run_facets=task, **ends),
            run_event(run_id="s", job="spark", run_facets=below, **ends),
        ],
    )
    assert list(result.pipelines) == ["openlineage.ns:dag"]
    assert [write.path for write in result.writes].count("/api/v1/lineage") == 1


@pytest.mark.promise("A88")
@pytest.mark.parametrize("state", ["FAIL", "ABORT"])
def test_a_run_that_did_not_succeed_neither_adds_nor_removes_edges(state: str) -> None:
    failed = run_event(state, run_id="run-2", seconds=60, inputs=["d.s.b"], outputs=["d.s.x"])
    result = told(shop("a", "b", "x"), [LOAD], [failed])
    assert result.arrows == ["pg.d.s.a -> pg.d.s.x"]
    states = [status["executionStatus"] for status in result.statuses["openlineage.ns:job"]]
    assert sorted(states) == ["Failed", "Successful"]


@pytest.mark.promise("A90")
def test_what_exists_already_is_no_failure() -> None:
    result = told(shop("a", "x"), [LOAD, LOAD], [LOAD], [{**LOAD, "run": {"runId": "other"}}])
    assert result.report.failed == 0
    assert len(result.edges) == 1


@pytest.mark.promise("A91")
def test_a_write_that_conflicts_in_the_search_index_is_tried_again() -> None:
    def conflict(server: CatalogueServer, client: OpenMetadataClient) -> None:
        server.fail("PUT", "v1/lineage$", 500, times=1, message="version_conflict_engine_exception")

    result = told(shop("a", "x"), [LOAD], before=conflict)
    assert result.arrows == ["pg.d.s.a -> pg.d.s.x"]
    assert result.report.failed == 0


@pytest.mark.promise("C41")
def test_a_table_that_comes_between_two_publications_is_found() -> None:
    plan = plan_of(LOAD)
    with CatalogueServer(shop("x")) as server, OpenMetadataClient(server.url) as client:
        assert publish_plan(plan, client, load_config()).report.datasets.unresolved == 1
        body = {"name": "a", "databaseSchema": "pg.d.s", "columns": [{"name": "id", "dataType": "STRING"}]}
        client.put("v1/tables", body)
        assert publish_plan(plan, client, load_config()).report.edges.published == 1


@pytest.mark.promise("C43")
def test_one_edge_costs_a_bounded_number_of_requests() -> None:
    few = told(shop("a", "x"), [LOAD]).report.requests
    many = shop("a", "x", *(f"t{number}" for number in range(50)))
    assert told(many, [LOAD]).report.requests == few


@pytest.mark.promise("C22")
def test_three_edges_of_one_event_are_three_edges() -> None:
    event = run_event(inputs=["d.s.a", "d.s.b", "d.s.c"], outputs=["d.s.x"])
    assert len(told(shop("a", "b", "c", "x"), [event], [LOAD]).edges) == 3


@pytest.mark.promise("C45")
def test_an_input_alone_makes_no_edge_that_misrepresents_the_flow() -> None:
    event = run_event(inputs=["d.s.a"], outputs=["d.s.unknown"])
    result = told(shop("a"), [event])
    assert (result.arrows, result.problems) == ([], ["unresolved"])


@pytest.mark.promise("C44")
def test_nothing_is_made_up_for_a_table_that_is_missing() -> None:
    result = told(shop("x"), [LOAD])
    assert [problem.where for problem in result.report.problems] == ["postgres://db:5432 d.s.a"]
    assert [write.path for write in result.writes if "tables" in write.path and "Observability" not in write.path] == []


@pytest.mark.promise("C42")
def test_two_tables_of_one_name_in_two_databases_of_a_service_are_ambiguous() -> None:
    seed = shop("x")
    seed["tables"] += [table("pg.d.t.twice"), table("pg.e.t.twice")]
    result = told(seed, [run_event(inputs=["t.twice"], outputs=["d.s.x"])])
    assert (result.arrows, result.problems) == ([], ["ambiguous"])


@pytest.mark.promise("A152")
def test_columns_are_pairs_of_their_own_edge_only() -> None:
    x, y = (
        dataset(f"d.s.{name}", columnLineage=columns(**{field: [("d.s.a", field)]}))
        for name, field in (("x", "id"), ("y", "amount"))
    )
    result = told(shop("a", "x", "y"), [run_event(inputs=["d.s.a"], outputs=[x, y])])
    assert result.columns("pg.d.s.a -> pg.d.s.x") == {("id", "id")}
    assert result.columns("pg.d.s.a -> pg.d.s.y") == {("amount", "amount")}
