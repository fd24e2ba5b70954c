"""What each of the earlier rules has written wrongly is found by the rule that makes it differently today."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.lineage.plan import DatasetId, Edge, Job, JobId, LineagePlan
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, TOKEN, config
from tests.openmetadata.cleanup.support import (
    ACCOUNTS,
    LONG_AGO,
    MIXED,
    ORDERS,
    TOTALS,
    below,
    cleaned,
    entity_of,
    found_in,
    lineage,
    lines,
    plan_of,
    publish,
    publish_wrong_edge,
    table,
    whole_run,
)
from tests.support import Json, dataset, run_event

RUN = "11111111-2222-3333-4444-555555555555"
DAGSTER = ("orders_asset", "totals_asset")
AIRFLOW = ("dag_one.load", "dag_two.load")
HOME_MADE = ("step-1", "step-2")
DAG = {"integration": "AIRFLOW", "jobType": "DAG", "processingType": "BATCH"}
SPARK = {"integration": "SPARK", "jobType": "RDD_JOB", "processingType": "BATCH"}
TRINO = {"integration": "TRINO", "jobType": "QUERY", "processingType": "BATCH"}
DBT = {"integration": "DBT", "jobType": "JOB", "processingType": "BATCH"}
TASK = {"integration": "AIRFLOW", "jobType": "TASK", "processingType": "BATCH"}


@pytest.mark.promise("C57")
@pytest.mark.parametrize("names", [DAGSTER, AIRFLOW, HOME_MADE], ids=["Dagster", "Airflow", "home-made"])
def test_edges_between_jobs_that_share_a_run_id(
    names: tuple[str, str], client: OpenMetadataClient, server: CatalogueServer
) -> None:
    first, second = names
    events = [*whole_run(first, ORDERS, TOTALS, run_id=RUN), *whole_run(second, ACCOUNTS, MIXED, run_id=RUN)]
    publish(plan_of(events), client)
    right = lineage(server)
    # They were one run under the later name: all inputs times all outputs.
    for source, target in ((ORDERS, MIXED), (ACCOUNTS, TOTALS)):
        publish_wrong_edge(client, second, source, target)
    found = cleaned(client, events)
    assert lines(found) == [
        ("edge", f"{ACCOUNTS} -> {TOTALS}", "shared_run_id", "removed"),
        ("edge", f"{ORDERS} -> {MIXED}", "shared_run_id", "removed"),
    ]
    assert all(f"prod {first} send the same run ids" in item.why for item in found.findings)
    assert lineage(server) == right


def test_an_edge_of_a_merged_run_that_is_right_for_another_job_keeps_that_job(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    events = [*whole_run("a", ORDERS, TOTALS, run_id=RUN), *whole_run("b", ACCOUNTS, MIXED, run_id=RUN)]
    publish_wrong_edge(client, "b", ORDERS, TOTALS)
    publish(plan_of(events), client)
    assert lineage(server)[ORDERS, TOTALS][1] == "Written by OpenLineage jobs: openlineage.prod:a; openlineage.prod:b"
    assert lines(cleaned(client, events)) == [("edge", f"{ORDERS} -> {TOTALS}", "shared_run_id", "removed")]
    assert lineage(server)[ORDERS, TOTALS][1] == "Written by OpenLineage jobs: openlineage.prod:a"


def _triggered() -> list[Json]:
    """Return a DAG that another one triggers, with a task that moves data, and the DAG that triggers it."""
    return [
        *_of_dag("trigger", "run-1", None),
        *whole_run("trigger.start_it", ORDERS, MIXED, run_id="run-1t", kind=TASK, above=below("trigger", "run-1")),
        *_of_dag("child_dag", "run-2", below("trigger.start_it", "run-1t")),
        *whole_run("child_dag.load", ORDERS, TOTALS, run_id="run-2t", kind=TASK, above=below("child_dag", "run-2")),
    ]


def _of_dag(name: str, run_id: str, above: Json | None) -> list[Json]:
    facets = {"parent": above} if above else {}
    return [
        run_event(
            state,
            job=name,
            namespace="prod",
            run_id=run_id,
            seconds=LONG_AGO + seconds,
            job_facets={"jobType": DAG},
            run_facets=facets,
        )
        for state, seconds in (("START", 0), ("COMPLETE", 60))
    ]


@pytest.mark.promise("C57")
def test_tasks_and_edges_of_a_triggered_dag_in_the_pipeline_of_its_trigger(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    trigger = JobId("prod", "trigger")
    jobs = tuple(Job("prod", name, pipeline=trigger, task=name) for name in ("child_dag", "child_dag.load"))
    ends = plan_of(whole_run("any", ORDERS, TOTALS))
    edge = Edge(ends.edges[0].source, ends.edges[0].target, jobs[1].id, "product")
    publish(LineagePlan(edges=(edge,), jobs=jobs, datasets=ends.datasets), client)
    events = _triggered()
    publish(plan_of(events), client)
    assert lines(cleaned(client, events)) == [
        ("edge", f"{ORDERS} -> {TOTALS}", "renamed", "removed"),
        ("task", "openlineage.prod:trigger.child_dag", "renamed", "removed"),
        ("task", "openlineage.prod:trigger.child_dag.load", "renamed", "removed"),
    ]
    assert lineage(server)[ORDERS, TOTALS] == (
        "OpenLineage",
        "Written by OpenLineage jobs: openlineage.prod:child_dag.load",
        "prod:child_dag",
    )
    tasks = entity_of(server, "pipeline", "openlineage.prod:trigger")["tasks"]
    assert [task["name"] for task in tasks] == ["start_it"]
    assert lines(found_in(client, events)) == []


@pytest.mark.promise("C57")
def test_the_pipeline_of_a_spark_application_under_its_raw_name(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    raw = JobId("prod", "My App")
    jobs = (Job("prod", "my_app.step", pipeline=raw, task="my_app.step", integration="SPARK"),)
    ends = plan_of(whole_run("any", ORDERS, TOTALS))
    edge = Edge(ends.edges[0].source, ends.edges[0].target, jobs[0].id, "product")
    publish(LineagePlan(edges=(edge,), jobs=jobs, datasets=ends.datasets), client)
    names = {"run": {"runId": "app"}, "job": {"namespace": "prod", "name": "my_app"}}
    above = {**names, "root": {"run": {"runId": "app"}, "job": {"namespace": "prod", "name": "My App"}}}
    kind = {"integration": "SPARK", "jobType": "SQL_JOB", "processingType": "BATCH"}
    events = whole_run("my_app.step", ORDERS, TOTALS, kind=kind, above=above)
    publish(plan_of(events), client)
    assert lines(cleaned(client, events)) == [
        ("edge", f"{ORDERS} -> {TOTALS}", "renamed", "removed"),
        ("pipeline", "openlineage.prod:My App", "renamed", "removed"),
    ]
    assert lineage(server)[ORDERS, TOTALS][1:] == (
        "Written by OpenLineage jobs: openlineage.prod:my_app.step",
        "prod:my_app",
    )
    assert lines(found_in(client, events)) == []


def test_a_service_that_is_named_otherwise_today_leaves_its_pipelines_behind(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    events = whole_run("etl", ORDERS, TOTALS)
    publish(plan_of(events), client)
    renamed = config(pipelines={"service": "jobs"})
    publish(plan_of(events, renamed), client, renamed)
    assert lines(cleaned(client, events, renamed)) == [
        ("edge", f"{ORDERS} -> {TOTALS}", "renamed", "removed"),
        ("pipeline", "openlineage.prod:etl", "renamed", "removed"),
    ]
    assert lineage(server)[ORDERS, TOTALS][1:] == ("Written by OpenLineage jobs: jobs.prod:etl", "prod:etl")


def _service(name: str, kind: str, **connection: str) -> Json:
    return {"name": name, "serviceType": kind, "connection": {"config": {"type": kind, **connection}}}


PRODUCTION: Json = {
    "databaseServices": [
        _service("pg", "Postgres", hostPort="pg.corp.com:5432"),
        _service("my", "Mysql", hostPort="my.corp.com:3306"),
        _service("snow", "Snowflake", account="org-prod"),
    ],
    "tables": [
        {"fqn": fqn, "columns": [{"name": "id", "dataType": "INT"}]}
        for fqn in (
            "pg.shop.public.orders",
            "pg.shop.public.totals",
            "my.default.shop.orders",
            "snow.SHOP.PUBLIC.ORDERS",
        )
    ],
}


@pytest.mark.promise("C57")
@pytest.mark.parametrize(
    ("namespace", "name", "fqn"),
    [
        ("postgres://pg.staging.com:5432", "shop.public.orders", "pg.shop.public.orders"),
        ("mysql://my.staging.com:3306", "shop.orders", "my.default.shop.orders"),
        ("snowflake://org-staging", "SHOP.PUBLIC.ORDERS", "snow.SHOP.PUBLIC.ORDERS"),
    ],
    ids=["Postgres", "MySQL", "Snowflake"],
)
def test_edges_of_datasets_at_another_address(namespace: str, name: str, fqn: str) -> None:
    target = dataset("shop.public.totals", "postgres://pg.corp.com:5432")
    events = [
        run_event(
            state, job="etl", namespace="prod", run_id=RUN, seconds=LONG_AGO + seconds, inputs=inputs, outputs=outputs
        )
        for state, seconds, inputs, outputs in (
            ("START", 0, [], []),
            ("COMPLETE", 9, [dataset(name, namespace)], [target]),
        )
    ]
    with (
        CatalogueServer(PRODUCTION, token=TOKEN) as server,
        OpenMetadataClient(server.url, TOKEN, retries=FAST) as client,
    ):
        by_name = config(resolution={"by_name": "always"})
        publish(plan_of(events, by_name), client, by_name)
        publish(plan_of(events), client)
        assert lineage(server).keys() == {(fqn, "pg.shop.public.totals")}
        found = cleaned(client, events)
        assert lines(found) == [("edge", f"{fqn} -> pg.shop.public.totals", "other_address", "removed")]
        assert f"{namespace} {name} is not {fqn}: " in found.findings[0].why
        assert lineage(server) == {}
        # Who says that it is the same system keeps the edge.
        publish(plan_of(events, by_name), client, by_name)
        assert lines(found_in(client, events, rules=by_name)) == []


@pytest.mark.promise("C57")
@pytest.mark.parametrize("kind", [SPARK, TRINO, DBT], ids=["Spark", "Trino", "dbt"])
def test_edges_of_a_run_that_reads_and_writes_the_same_datasets(
    kind: Json, client: OpenMetadataClient, server: CatalogueServer
) -> None:
    start, complete = whole_run("count", ORDERS, TOTALS, kind=kind)
    both = [table(ORDERS), table(TOTALS)]
    events = [start, {**complete, "inputs": both, "outputs": both}]
    for source, target in ((ORDERS, TOTALS), (TOTALS, ORDERS)):
        publish_wrong_edge(client, "count", source, target)
    publish(plan_of(events), client)
    assert lines(cleaned(client, events)) == [
        ("edge", f"{ORDERS} -> {TOTALS}", "same_datasets", "removed"),
        ("edge", f"{TOTALS} -> {ORDERS}", "same_datasets", "removed"),
    ]
    assert lineage(server) == {}


def test_the_product_of_a_connector_whose_names_do_not_pair(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    kind = {"integration": "DEBEZIUM", "jobType": "TASK", "processingType": "STREAMING"}
    topics = [dataset(name, "kafka://b1:9092") for name in ("shop.orders", "shop.elsewhere")]
    start, complete = whole_run("cdc.0", ACCOUNTS, MIXED, kind=kind)
    sides = {"inputs": [table(ACCOUNTS), table(MIXED)], "outputs": topics}
    events = [start, {**complete, **sides}]
    ends = plan_of([start, {**complete, "inputs": [table(ACCOUNTS)], "outputs": topics[:1]}])
    edge = Edge(
        DatasetId(table(ACCOUNTS)["namespace"], table(ACCOUNTS)["name"]),
        DatasetId("kafka://b1:9092", "shop.orders"),
        JobId("prod", "cdc.0"),
        "product",
    )
    publish(LineagePlan(edges=(edge,), jobs=ends.jobs, datasets=ends.datasets), client)
    wrong = f'{ACCOUNTS} -> events."shop.orders"'
    assert lines(cleaned(client, events)) == [("edge", wrong, "unpaired", "removed")]
    assert lineage(server) == {}


SCRIPT = (
    "insert into shop.public.totals select * from shop.public.orders; "
    'insert into shop.public."Mixed" select * from shop.crm.accounts'
)
PRODUCT = [(ACCOUNTS, TOTALS), (ORDERS, MIXED)]


def _script(above: Json | None) -> list[Json]:
    """Return a run of two statements, each of which fills a table of its own."""
    sql = {"sql": {"query": SCRIPT}, "jobType": TASK if above else SPARK}
    job, facets = "dag.script" if above else "script", {"parent": above} if above else {}
    facts: Json = {"job": job, "namespace": "prod", "run_id": RUN, "job_facets": sql, "run_facets": facets}
    sides = {
        "inputs": [table(fqn) for fqn in (ORDERS, ACCOUNTS)],
        "outputs": [table(fqn) for fqn in (TOTALS, MIXED)],
    }
    return [
        run_event("START", seconds=LONG_AGO, **facts),
        run_event("COMPLETE", seconds=LONG_AGO + 9, **facts, **sides),
    ]


def _publish_nameless(client: OpenMetadataClient, server: CatalogueServer, pipeline: str) -> None:
    """Write the rest of a product as the first versions did: with a pipeline, and without the names of jobs."""
    shown = {"id": entity_of(server, "pipeline", pipeline)["id"], "type": "pipeline"}
    for source, target in PRODUCT:
        ends = {
            key: {"id": entity_of(server, "table", fqn)["id"], "type": "table"}
            for key, fqn in (("fromEntity", source), ("toEntity", target))
        }
        client.put("v1/lineage", {"edge": {**ends, "lineageDetails": {"source": "OpenLineage", "pipeline": shown}}})


@pytest.mark.promise("C57")
@pytest.mark.parametrize("above", [None, below("dag")], ids=["pipeline", "task"])
def test_the_product_of_a_script(above: Json | None, client: OpenMetadataClient, server: CatalogueServer) -> None:
    events = _script(above)
    plan = plan_of(events)
    publish(plan, client)
    right = lineage(server)
    names = {f"pg.{dataset.name}".replace('"', ""): dataset.id for dataset in plan.datasets}
    product = (Edge(names[source], names[target], plan.edges[0].job, "product") for source, target in PRODUCT)
    publish(LineagePlan(edges=tuple(product), jobs=plan.jobs, datasets=plan.datasets), client)
    assert len(lineage(server)) == len(right) + len(PRODUCT)
    assert lines(cleaned(client, events)) == [
        ("edge", f"{source} -> {target}", "other_statement", "removed") for source, target in PRODUCT
    ]
    assert lineage(server) == right


@pytest.mark.promise("C57")
@pytest.mark.parametrize("above", [None, below("dag")], ids=["pipeline", "task"])
def test_the_product_of_a_script_without_the_names_of_jobs(
    above: Json | None, client: OpenMetadataClient, server: CatalogueServer
) -> None:
    events = _script(above)
    publish(plan_of(events), client)
    _publish_nameless(client, server, "openlineage.prod:dag" if above else "openlineage.prod:script")
    before = lineage(server)
    found = cleaned(client, events)
    assert lines(found) == [("edge", f"{source} -> {target}", "other_statement", "kept") for source, target in PRODUCT]
    # Jobs of other pipelines may write them, too.
    assert {item.detail for item in found.findings} == {"it does not name its jobs"}
    assert lineage(server) == before


def test_an_edge_without_the_names_of_jobs_that_no_events_cover_is_counted(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    publish(plan_of(_script(below("dag"))), client)
    _publish_nameless(client, server, "openlineage.prod:dag")
    found = cleaned(client, whole_run("other", ORDERS, MIXED))
    assert lines(found) == []
    assert found.edges_not_covered >= len(PRODUCT)
