"""A cleanup finds what earlier rules have written and today's would not, and removes only what nobody has touched."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import config
from tests.openmetadata.cleanup.support import (
    ACCOUNTS,
    LONG_AGO,
    MIXED,
    ORDERS,
    TOTALS,
    as_person,
    below,
    cleaned,
    entity_of,
    found_in,
    lineage,
    lines,
    plan_of,
    publish,
    publish_wrong_edge,
    whole_run,
)
from tests.openmetadata.histories import KeptHistory
from tests.support import BASE, Json, run_event, translated

SPARK = {"integration": "SPARK", "jobType": "SQL_JOB", "processingType": "BATCH"}
AIRFLOW = {"integration": "AIRFLOW", "jobType": "TASK", "processingType": "BATCH"}
DBT = {"integration": "DBT", "jobType": "MODEL", "processingType": "BATCH"}
WRONG = f"{ACCOUNTS} -> {TOTALS}"


@pytest.mark.parametrize("kind", [SPARK, AIRFLOW, DBT], ids=["Spark", "Airflow", "dbt"])
def test_an_edge_that_no_run_gives_is_removed(kind: Json, client: OpenMetadataClient, server: CatalogueServer) -> None:
    events = [*whole_run("etl", ORDERS, TOTALS, kind=kind), *whole_run("other", ACCOUNTS, MIXED, kind=kind)]
    publish(plan_of(events), client)
    right = lineage(server)
    publish_wrong_edge(client, "etl", ACCOUNTS, TOTALS)
    assert lines(found_in(client, events)) == [("edge", WRONG, "not_shown", "listed")]
    assert lines(cleaned(client, events)) == [("edge", WRONG, "not_shown", "removed")]
    assert lineage(server) == right
    assert lines(found_in(client, events)) == []


def test_without_apply_nothing_is_written(client: OpenMetadataClient, server: CatalogueServer) -> None:
    events = whole_run("etl", ORDERS, TOTALS)
    publish_wrong_edge(client, "etl", ACCOUNTS, TOTALS)
    server.reset_requests()
    assert lines(found_in(client, events)) == [("edge", WRONG, "not_shown", "listed")]
    assert server.writes() == []


def test_only_the_part_of_the_job_is_removed_from_an_edge_of_several(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    others = whole_run("other", ACCOUNTS, TOTALS)
    publish(plan_of(others), client)
    right = lineage(server)
    publish_wrong_edge(client, "etl", ACCOUNTS, TOTALS)
    assert lines(cleaned(client, whole_run("etl", ORDERS, TOTALS))) == [("edge", WRONG, "not_shown", "removed")]
    # The pipeline that the edge showed was that of the job that is gone; the next run of the other one shows its own.
    assert lineage(server)[ACCOUNTS, TOTALS][:2] == right[ACCOUNTS, TOTALS][:2]
    publish(plan_of(others), client)
    assert lineage(server) == right


@pytest.mark.promise("C58")
@pytest.mark.parametrize(
    "events",
    [
        whole_run("other", ORDERS, TOTALS),
        whole_run("etl", ORDERS, TOTALS)[:1],
        [*whole_run("etl", ORDERS, TOTALS)[:1], run_event("FAIL", job="etl", namespace="prod", run_id="run-of-etl")],
        [*whole_run("etl", ORDERS, TOTALS, run_id="a")[:1], *whole_run("etl", ORDERS, TOTALS, run_id="b")[1:]],
    ],
    ids=["another job", "no end", "no success", "no run from the start on"],
)
def test_a_job_of_which_no_whole_run_is_seen_is_not_judged(
    events: list[Json], client: OpenMetadataClient, server: CatalogueServer
) -> None:
    publish_wrong_edge(client, "etl", ACCOUNTS, TOTALS)
    before = lineage(server)
    found = cleaned(client, events)
    assert (lines(found), found.edges_not_covered) == ([], 1)
    assert lineage(server) == before


def test_an_edge_from_before_the_events_takes_as_many_runs_as_a_stale_one(client: OpenMetadataClient) -> None:
    publish_wrong_edge(client, "etl", ACCOUNTS, TOTALS)
    later = -LONG_AGO
    runs = [whole_run("etl", ORDERS, TOTALS, run_id=f"r{number}", seconds=later + number * 60) for number in range(5)]
    events = [event for run in runs for event in run]
    assert lines(found_in(client, events[:-2])) == []
    assert lines(found_in(client, events)) == [("edge", WRONG, "not_shown", "listed")]


def test_what_is_remembered_counts_as_seen(client: OpenMetadataClient) -> None:
    publish_wrong_edge(client, "etl", ACCOUNTS, TOTALS)
    state: RunState = translated(*whole_run("etl", ACCOUNTS, TOTALS, run_id="earlier")).state
    assert lines(found_in(client, whole_run("etl", ORDERS, TOTALS), state=state)) == []


def test_what_is_remembered_of_a_run_that_the_events_show_does_not_count(client: OpenMetadataClient) -> None:
    publish_wrong_edge(client, "etl", ACCOUNTS, TOTALS)
    state: RunState = translated(*whole_run("etl", ACCOUNTS, TOTALS, run_id="merged")).state
    found = found_in(client, whole_run("etl", ORDERS, TOTALS, run_id="merged"), state=state)
    assert lines(found) == [("edge", WRONG, "not_shown", "listed")]


def test_an_edge_that_only_the_ledger_knows_is_found(client: OpenMetadataClient, server: CatalogueServer) -> None:
    events = whole_run("etl", ORDERS, TOTALS)
    publish_wrong_edge(client, "other", ACCOUNTS, MIXED)
    publish_wrong_edge(client, "etl", ACCOUNTS, MIXED)
    # The pipeline that the edge shows is gone, and neither end is a dataset of the events.
    details = server.edges()[ACCOUNTS, MIXED]
    ids = [entity_of(server, "table", fqn)["id"] for fqn in (ACCOUNTS, MIXED)]
    other = entity_of(server, "pipeline", "openlineage.prod:other")
    ends = {
        "fromEntity": {"id": ids[0], "type": "table"},
        "toEntity": {"id": ids[1], "type": "table"},
        "lineageDetails": {
            "source": "OpenLineage",
            "description": details["description"],
            "pipeline": {"id": other["id"], "type": "pipeline"},
        },
    }
    client.put("v1/lineage", {"edge": ends})
    assert lines(found_in(client, events)) == []
    fact = EdgeFact(1, 0, "", f"table:{ids[0]}", f"table:{ids[1]}", f"{ACCOUNTS} -> {MIXED}", "openlineage.prod:etl")
    found = found_in(client, events, facts=[fact])
    assert lines(found) == [("edge", f"{ACCOUNTS} -> {MIXED}", "not_shown", "listed")]


@pytest.mark.promise("C58")
def test_a_publication_after_a_cleanup_writes_nothing(client: OpenMetadataClient, server: CatalogueServer) -> None:
    events = whole_run("etl", ORDERS, TOTALS)
    history = KeptHistory()
    history.publish(plan_of(events), client, config())
    publish_wrong_edge(client, "etl", ACCOUNTS, TOTALS)
    cleaned(client, events)
    server.reset_requests()
    history.publish(plan_of(events), client, config())
    publish(plan_of(events), client)
    assert server.writes() == []


# -- what others have touched --------------------------------------------------------------------------------------


def _edge_body(server: CatalogueServer, **changes: Any) -> Json:
    source, target = (entity_of(server, "table", fqn) for fqn in (ACCOUNTS, TOTALS))
    details = {key: server.edges()[ACCOUNTS, TOTALS].get(key) for key in ("source", "description")}
    return {
        "edge": {
            "fromEntity": {"id": source["id"], "type": "table"},
            "toEntity": {"id": target["id"], "type": "table"},
            "lineageDetails": {**details, **changes},
        }
    }


@pytest.mark.promise("C58")
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"source": "Manual"}, "its source is Manual"),
        ({"description": "from finance"}, "it has a description of others"),
        ({}, "ada changed it last"),
    ],
    ids=["source", "description", "last writer"],
)
def test_an_edge_that_a_person_has_changed_is_kept(
    changes: Json, reason: str, client: OpenMetadataClient, server: CatalogueServer
) -> None:
    publish_wrong_edge(client, "etl", ACCOUNTS, TOTALS)
    pipeline = {"id": entity_of(server, "pipeline", "openlineage.prod:etl")["id"], "type": "pipeline"}
    as_person(server, "PUT", "v1/lineage", _edge_body(server, pipeline=pipeline, **changes))
    before = lineage(server)
    (finding,) = cleaned(client, whole_run("etl", ORDERS, TOTALS)).findings
    assert (finding.outcome, finding.detail) == ("kept", reason)
    assert lineage(server) == before


def test_an_edge_that_a_person_had_changed_before_our_last_change_is_kept(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    publish_wrong_edge(client, "etl", ACCOUNTS, TOTALS)
    pipeline = {"id": entity_of(server, "pipeline", "openlineage.prod:etl")["id"], "type": "pipeline"}
    names = "Written by OpenLineage jobs: openlineage.prod:etl; also changed by ada"
    client.put("v1/lineage", _edge_body(server, pipeline=pipeline, description=names))
    (finding,) = cleaned(client, whole_run("etl", ORDERS, TOTALS)).findings
    assert (finding.outcome, finding.detail) == ("kept", "ada changed it, too")


def test_an_edge_that_today_s_rules_write_as_another_job_stays_until_that_is_published(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    events = _renamed(client, publish_today=False)
    found = found_in(client, events)
    assert [(item.kind, item.outcome, item.detail) for item in found.findings] == [
        (
            "edge",
            "kept",
            "openlineage.prod:my_app.step writes it today but is not in it yet: publish the events first",
        ),
        ("pipeline", "kept", f"it writes {ORDERS} -> {TOTALS}, which stays"),
    ]


# -- pipelines and tasks -------------------------------------------------------------------------------------------

EACH_A_PIPELINE = config(pipelines={"level": "job"})


def _old_and_new(client: OpenMetadataClient, seconds: float = LONG_AGO) -> list[Json]:
    """Publish a step as a task of the job above it, then as a pipeline of its own; gives the events."""
    events = [
        *whole_run("step", ORDERS, TOTALS, run_id="run-of-step", above=below("top"), seconds=seconds),
        *whole_run("top", ORDERS, MIXED, run_id="run-above", seconds=seconds),
    ]
    publish(plan_of(events[:2]), client)
    publish(plan_of(events, EACH_A_PIPELINE), client, EACH_A_PIPELINE)
    return events


def test_the_task_of_a_job_that_is_a_pipeline_today_is_found(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    events = _old_and_new(client)
    found = cleaned(client, events, EACH_A_PIPELINE)
    assert lines(found) == [
        ("edge", f"{ORDERS} -> {TOTALS}", "renamed", "removed"),
        ("task", "openlineage.prod:top.step", "renamed", "removed"),
    ]
    assert lineage(server)[ORDERS, TOTALS] == (
        "OpenLineage",
        "Written by OpenLineage jobs: openlineage.prod:step",
        "prod:step",
    )
    assert not entity_of(server, "pipeline", "openlineage.prod:top").get("tasks")
    publish(plan_of(events, EACH_A_PIPELINE), client, EACH_A_PIPELINE)
    assert not entity_of(server, "pipeline", "openlineage.prod:top").get("tasks")
    # The status that named the task was written without it; after that there is nothing to write.
    server.reset_requests()
    publish(plan_of(events, EACH_A_PIPELINE), client, EACH_A_PIPELINE)
    assert server.writes() == []


def test_a_task_that_a_recent_status_names_is_kept(client: OpenMetadataClient, server: CatalogueServer) -> None:
    now = (dt.datetime.now(dt.timezone.utc) - BASE).total_seconds() - 3600
    events = _old_and_new(client, now)
    (finding,) = [item for item in cleaned(client, events, EACH_A_PIPELINE).findings if item.kind == "task"]
    assert (finding.outcome, finding.detail) == ("kept", "statuses of the last 30 days name it")
    assert [task["name"] for task in entity_of(server, "pipeline", "openlineage.prod:top")["tasks"]] == ["step"]


def _renamed(client: OpenMetadataClient, *, publish_today: bool = True) -> list[Json]:
    """Publish a step of a Spark application under its raw name, then as today, so that a pipeline is left over."""
    names = {"run": {"runId": "app"}, "job": {"namespace": "prod", "name": "my_app"}}
    above = {**names, "root": {"run": {"runId": "app"}, "job": {"namespace": "prod", "name": "My App"}}}
    publish_wrong_edge(client, "my_app.step", ORDERS, TOTALS, pipeline="My App")
    events = whole_run("my_app.step", ORDERS, TOTALS, above=above)
    if publish_today:
        publish(plan_of(events), client)
    return events


def test_a_pipeline_that_no_job_belongs_to_any_more_is_deleted_softly(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    events = _renamed(client)
    found = cleaned(client, events)
    assert lines(found) == [
        ("edge", f"{ORDERS} -> {TOTALS}", "renamed", "removed"),
        ("pipeline", "openlineage.prod:My App", "renamed", "removed"),
    ]
    (deletion,) = [request for request in server.requests if request.method == "DELETE"]
    assert "hardDelete=false" in deletion.path or deletion.query["hardDelete"] == "false"
    assert lineage(server).keys() == {(ORDERS, TOTALS)}
    assert lines(found_in(client, events)) == []


def _owned(server: CatalogueServer, pipeline: Json) -> None:
    operation = {"op": "add", "path": "/description", "value": "ours"}
    as_person(server, "PATCH", f"v1/pipelines/{pipeline['id']}", [operation])


def _with_task(client: OpenMetadataClient, pipeline: Json) -> None:
    operation = {"op": "add", "path": "/tasks/-", "value": {"name": "added"}}
    client.patch(f"v1/pipelines/{pipeline['id']}", [operation])


def _described(client: OpenMetadataClient, pipeline: Json) -> None:
    client.patch(f"v1/pipelines/{pipeline['id']}", [{"op": "add", "path": "/description", "value": "of finance"}])


def _with_status(client: OpenMetadataClient, pipeline: Json) -> None:
    status = {"timestamp": 1, "executionStatus": "Successful", "taskStatus": [], "executionId": "unseen"}
    client.put(f"v1/pipelines/{pipeline['fullyQualifiedName']}/status", status)


@pytest.mark.promise("C58")
@pytest.mark.parametrize(
    ("touch", "reason"),
    [
        (_with_task, "the events do not name its tasks added"),
        (_described, "others have added a description"),
        (_with_status, "1 of its statuses are of runs that the events do not show: give an earlier start"),
    ],
    ids=["task", "description", "status"],
)
def test_a_pipeline_with_something_of_others_is_kept(
    touch: Any, reason: str, client: OpenMetadataClient, server: CatalogueServer
) -> None:
    events = _renamed(client)
    touch(client, entity_of(server, "pipeline", "openlineage.prod:My App"))
    found = cleaned(client, events)
    (finding,) = [item for item in found.findings if item.kind == "pipeline"]
    assert (finding.outcome, finding.detail) == ("kept", reason)
    assert entity_of(server, "pipeline", "openlineage.prod:My App")["deleted"] is False


def test_a_pipeline_that_a_person_has_changed_is_kept(client: OpenMetadataClient, server: CatalogueServer) -> None:
    events = _renamed(client)
    _owned(server, entity_of(server, "pipeline", "openlineage.prod:My App"))
    (finding,) = [item for item in cleaned(client, events).findings if item.kind == "pipeline"]
    assert (finding.outcome, finding.detail) == ("kept", "ada changed it last")


def test_a_pipeline_of_another_ingestion_is_never_judged(client: OpenMetadataClient, server: CatalogueServer) -> None:
    client.put("v1/services/pipelineServices", {"name": "openlineage", "serviceType": "OpenLineage"})
    client.put("v1/pipelines", {"name": "prod:My App", "service": "openlineage", "sourceHash": "of-airflow"})
    events = whole_run("step", ORDERS, TOTALS, above=below("My App"))
    found = cleaned(client, events, EACH_A_PIPELINE)
    assert (lines(found), found.pipelines_not_covered) == ([], 0)
    assert entity_of(server, "pipeline", "openlineage.prod:My App")["deleted"] is False


def test_a_pipeline_whose_own_runs_the_events_do_not_show_is_not_judged(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    events = whole_run("step", ORDERS, TOTALS, above=below("top"))
    publish(plan_of(events), client)
    publish(plan_of(events, EACH_A_PIPELINE), client, EACH_A_PIPELINE)
    found = cleaned(client, events, EACH_A_PIPELINE)
    # Its job belongs elsewhere today, but `top` may have other tasks, of which nothing is known here.
    assert lines(found) == [("edge", f"{ORDERS} -> {TOTALS}", "renamed", "removed")]
    assert found.pipelines_not_covered == 1
    assert entity_of(server, "pipeline", "openlineage.prod:top")["deleted"] is False


def test_a_pipeline_that_the_events_do_not_name_is_counted(client: OpenMetadataClient) -> None:
    publish(plan_of(whole_run("other", ORDERS, TOTALS)), client)
    found = found_in(client, whole_run("etl", ACCOUNTS, MIXED))
    assert (lines(found), found.pipelines_not_covered) == ([], 1)
