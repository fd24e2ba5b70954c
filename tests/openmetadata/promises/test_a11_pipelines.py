"""Pipelines, tasks, edges and statuses in the catalogue."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.promises.told import Told, shop, told
from tests.support import Json, parent, run_event

EDGE = "pg.d.s.a -> pg.d.s.x"
ENDS: Any = {"inputs": ["d.s.a"], "outputs": ["d.s.x"]}
BELOW = {"parent": parent("dag", "d")}


def one(*events: Json, config: Json | None = None) -> Told:
    """Publish events to a catalogue with the tables a, b, x and y."""
    return told(shop("a", "b", "x", "y"), list(events), config=config)


def details(result: Told) -> Json:
    return result.edges[EDGE]


@pytest.mark.promise("A130")
@pytest.mark.parametrize(("integration", "kind"), [("AIRFLOW", "Airflow"), ("SPARK", "Spark"), ("FLINK", "Flink")])
def test_the_service_follows_the_integration(integration: str, kind: str) -> None:
    facets = {"jobType": {"processingType": "BATCH", "integration": integration}}
    config: Json = {"pipelines": {"service": {integration: "mine"}}}
    (pipeline,) = one(run_event(job_facets=facets), config=config).pipelines.values()
    assert (pipeline["service"]["name"], pipeline["serviceType"]) == ("mine", kind)


@pytest.mark.promise("A139", "C32")
def test_a_tool_of_ones_own_has_a_service_too() -> None:
    facets = {"jobType": {"processingType": "BATCH", "integration": "MY_TOOL"}}
    (pipeline,) = one(run_event(job_facets=facets)).pipelines.values()
    assert pipeline["service"]["name"] == "openlineage"
    config: Json = {"pipelines": {"service": {"MY_TOOL": "mine"}}}
    (pipeline,) = one(run_event(job_facets=facets), config=config).pipelines.values()
    assert pipeline["service"]["name"] == "mine"


@pytest.mark.promise("A131", "A146", "C23")
def test_tasks_are_listed_and_have_their_times() -> None:
    result = one(
        run_event("START", run_id="t", job="dag.load", run_facets=BELOW),
        run_event("COMPLETE", run_id="t", job="dag.load", seconds=60, run_facets=BELOW),
    )
    (pipeline,) = result.pipelines.values()
    assert [task["name"] for task in pipeline["tasks"]] == ["load"]
    ((status,),) = result.statuses.values()
    (task,) = status["taskStatus"]
    assert task["endTime"] - task["startTime"] == 60_000


@pytest.mark.promise("A132", "A149")
def test_an_edge_names_the_pipeline_and_the_sql_of_its_task() -> None:
    facets = {"sql": {"query": "INSERT INTO x SELECT * FROM a"}}
    result = one(run_event(job="dag.load", run_facets=BELOW, job_facets=facets, **ENDS))
    assert details(result)["pipeline"]["fullyQualifiedName"] == "openlineage.ns:dag"
    assert details(result)["sqlQuery"] == "INSERT INTO x SELECT * FROM a"


@pytest.mark.promise("A133")
def test_two_pairs_of_one_pipeline_stay_two_pairs() -> None:
    result = one(
        run_event(run_id="1", job="dag.one", inputs=["d.s.a"], outputs=["d.s.b"], run_facets=BELOW),
        run_event(run_id="2", job="dag.two", inputs=["d.s.x"], outputs=["d.s.y"], run_facets=BELOW),
    )
    assert result.arrows == ["pg.d.s.a -> pg.d.s.b", "pg.d.s.x -> pg.d.s.y"]


def foreign(source: str, **more: Any) -> Any:
    """Return a preparation that stores the edge as another writer does."""

    def store(server: CatalogueServer, client: OpenMetadataClient) -> None:
        client.put("v1/services/pipelineServices", {"name": "nifi", "serviceType": "Nifi"})
        pipeline = client.put("v1/pipelines", {"name": "theirs", "service": "nifi"})
        ends = [client.get(f"v1/tables/name/pg.d.s.{name}") for name in ("a", "x")]
        references = [{"id": end["id"], "type": "table"} for end in ends if end]
        written = {"source": source, "pipeline": {"id": pipeline["id"], "type": "pipeline"}, **more}
        body = {"edge": {"fromEntity": references[0], "toEntity": references[1], "lineageDetails": written}}
        client.put("v1/lineage", body)

    return store


@pytest.mark.promise("A134")
def test_the_annotation_of_another_ingestion_stays() -> None:
    store = foreign("QueryLineage", sqlQuery="their SQL")
    result = told(shop("a", "x"), [run_event(job_facets={"sql": {"query": "ours"}}, **ENDS)], before=store)
    found = details(result)
    assert (found["source"], found["sqlQuery"]) == ("QueryLineage", "their SQL")
    assert found["pipeline"]["fullyQualifiedName"] == "nifi.theirs"


@pytest.mark.promise("A135")
def test_a_manual_edge_keeps_its_columns_and_its_description() -> None:
    pairs = [{"fromColumns": ["pg.d.s.a.id"], "toColumn": "pg.d.s.x.amount"}]
    store = foreign("Manual", description="by hand", columnsLineage=pairs)
    result = told(shop("a", "x"), [run_event(**ENDS)], before=store)
    assert (details(result)["source"], details(result)["description"]) == ("Manual", "by hand")
    assert result.columns(EDGE) == {("id", "amount")}


@pytest.mark.promise("A138")
def test_of_several_pipelines_the_latest_is_named_and_all_are_listed() -> None:
    result = one(
        run_event(run_id="1", job="early", **ENDS),
        run_event(run_id="2", job="late", seconds=60, **ENDS),
    )
    assert details(result)["pipeline"]["fullyQualifiedName"] == "openlineage.ns:late"
    assert "openlineage.ns:early" in details(result)["description"]


@pytest.mark.promise("A141")
def test_only_what_a_run_names_is_an_edge() -> None:
    result = one(run_event("START", inputs=["d.s.a"]), run_event(seconds=1, inputs=["d.s.b"], outputs=["d.s.x"]))
    assert result.arrows == ["pg.d.s.a -> pg.d.s.x", "pg.d.s.b -> pg.d.s.x"]
    assert result.writes
    assert not [write for write in result.writes if "tables" in write.path and "Observability" not in write.path]


@pytest.mark.promise("A142", "C23")
@pytest.mark.parametrize(
    ("state", "expected"), [("START", "Pending"), ("COMPLETE", "Successful"), ("FAIL", "Failed"), ("ABORT", "Failed")]
)
def test_a_run_has_a_status(state: str, expected: str) -> None:
    result = one(run_event(state))
    assert [status["executionStatus"] for status in result.statuses["openlineage.ns:job"]] == [expected]


@pytest.mark.promise("A143", "A144", "A146")
def test_all_events_of_a_run_are_one_status_and_none_comes_twice() -> None:
    events = [run_event("START"), run_event("RUNNING", seconds=1), run_event("COMPLETE", seconds=60)]
    result = told(shop(), *([event] for event in events), [events[0]])
    ((status,),) = result.statuses.values()
    assert (status["executionStatus"], status["endTime"] - status["timestamp"]) == ("Successful", 60_000)
    assert result.report.failed == 0


@pytest.mark.promise("A145")
def test_only_the_runs_at_hand_are_sent() -> None:
    runs = [[run_event(run_id=f"{number}", seconds=60 * number)] for number in range(5)]
    result = told(shop(), *runs)
    assert len(result.statuses["openlineage.ns:job"]) == 5
    assert sum("/status" in write.path for write in result.writes) == 1


@pytest.mark.promise("A148", "C31")
def test_a_pipeline_has_its_description_and_where_its_source_is() -> None:
    facets = {
        "documentation": {"description": "nightly"},
        "sourceCodeLocation": {"url": "https://git/etl.sql", "type": "git"},
    }
    (pipeline,) = one(run_event(job_facets=facets)).pipelines.values()
    assert (pipeline["description"], pipeline["sourceUrl"]) == ("nightly", "https://git/etl.sql")


@pytest.mark.promise("A149")
def test_long_sql_is_cut() -> None:
    event = run_event(job_facets={"sql": {"query": "SELECT 1 -- " + "x" * 200_000}}, **ENDS)
    query = details(one(event))["sqlQuery"]
    assert query.startswith("SELECT 1")
    assert len(query) < 101_000


@pytest.mark.promise("A113", "A126")
def test_a_name_of_any_length_is_a_pipeline_of_its_own() -> None:
    names = ["x" * 300 + "a", "x" * 300 + "b"]
    found = one(*(run_event(run_id=name[-1], job=name) for name in names)).pipelines.values()
    assert len({pipeline["name"] for pipeline in found}) == 2
    assert all(len(pipeline["name"]) <= 256 for pipeline in found)
    assert {pipeline["displayName"] for pipeline in found} == set(names)


@pytest.mark.promise("A128", "C24")
@pytest.mark.parametrize("name", ['bad "quoted" job', "a::b", "a>b", "a/b?c#d", "größe", "tab\tname", "50% off"])
def test_odd_characters_are_shown_as_they_are(name: str) -> None:
    result = one(run_event(job=name, **ENDS))
    (pipeline,) = result.pipelines.values()
    assert pipeline["displayName"] == name
    assert details(result)["pipeline"]["id"] == pipeline["id"]


@pytest.mark.promise("C24", "C25")
def test_a_job_that_is_refused_does_not_get_the_edges_of_another_nor_they_its() -> None:
    def refuse(server: CatalogueServer, client: OpenMetadataClient) -> None:
        server.fail("POST", "v1/pipelines$", 400, times=1, message="no good")

    events = [
        run_event(run_id="1", job="one", inputs=["d.s.a"], outputs=["d.s.b"]),
        run_event(run_id="2", job="two", inputs=["d.s.x"], outputs=["d.s.y"]),
    ]
    result = told(shop("a", "b", "x", "y"), events, before=refuse)
    (pipeline,) = result.pipelines.values()
    own = "pg.d.s.a -> pg.d.s.b" if pipeline["displayName"] == "one" else "pg.d.s.x -> pg.d.s.y"
    assert {arrow for arrow, found in result.edges.items() if found.get("pipeline")} == {own}
    assert result.report.pipelines.failed == 1
    assert result.problems


@pytest.mark.promise("C28")
def test_two_jobs_never_share_a_pipeline() -> None:
    pairs = [("ns-a", "b"), ("ns", "a-b"), ("ns:a", "b"), ("ns", "a:b")]
    result = one(*(run_event(run_id=f"{n}", namespace=ns, job=job) for n, (ns, job) in enumerate(pairs)))
    assert len(result.pipelines) == 4


@pytest.mark.promise("C27")
@pytest.mark.parametrize("job", ["dag.task", "a.b.c"])
@pytest.mark.parametrize("namespace", ["prod.eu", "spark://host:7077"])
def test_dots_in_job_and_namespace_lead_to_the_same_pipeline_again(namespace: str, job: str) -> None:
    event = run_event(namespace=namespace, job=job, **ENDS)
    result = told(shop("a", "x"), [event], [event])
    assert len(result.pipelines) == 1
    assert result.writes == []
