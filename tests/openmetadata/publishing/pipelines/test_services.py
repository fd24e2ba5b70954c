"""The service of an integration has the type that the server knows for it."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.client.version import Version
from openmetadata_ol_provider.openmetadata.publishing.core.report import Pipelines
from openmetadata_ol_provider.openmetadata.publishing.pipelines.services import type_of
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, SEED, TOKEN, config, job, orders_plan, plan
from tests.openmetadata.histories import KeptHistory

INTEGRATIONS = (
    "AIRBYTE", "AIRFLOW", "AZURE_DATA_FACTORY", "DAGSTER", "DATABRICKS", "DBT", "DBT_CLOUD", "DEBEZIUM", "FABRIC",
    "FIVETRAN", "FLINK", "GLUE", "KAFKA_CONNECT", "KINESIS_FIREHOSE", "MATILLION", "MULESOFT", "NIFI", "PREFECT",
    "SNOWPLOW", "SPARK", "SPLINE", "SSIS", "STITCH", "WHERESCAPE",
)  # fmt: skip


@pytest.mark.parametrize(
    ("integration", "version", "expected"),
    [
        ("AIRFLOW", (1, 8), "Airflow"),
        ("airflow", (2, 0), "Airflow"),
        ("kafka-connect", (1, 8), "KafkaConnect"),
        ("PREFECT", (1, 13), "CustomPipeline"),
        ("PREFECT", (2, 0), "Prefect"),
        ("SNOWPLOW", (1, 9), "CustomPipeline"),
        ("SNOWPLOW", (1, 10), "Snowplow"),
        ("TRINO", (2, 0), None),
        ("", (2, 0), None),
        (None, (2, 0), None),
    ],
)
def test_an_integration_has_a_type(integration: str | None, version: tuple[int, ...], expected: str | None) -> None:
    assert type_of(integration, Version(version)) == expected


@pytest.mark.parametrize("version", ["1.8.0", "1.9.0", "1.10.0", "1.11.0", "1.12.0", "1.13.0", "2.0.2"])
def test_no_version_is_asked_for_a_type_it_does_not_know(version: str) -> None:
    service = {name: f"s_{name.lower()}" for name in INTEGRATIONS}
    with (
        CatalogueServer(SEED, version=version, token=TOKEN) as server,
        OpenMetadataClient(server.url, TOKEN, retries=FAST) as client,
    ):
        made = plan(jobs=[job(f"j{name}", integration=name) for name in INTEGRATIONS])
        report = publish_plan(made, client, config(pipelines={"service": service})).report
        assert (report.pipelines, report.problems) == (Pipelines(created=len(INTEGRATIONS)), ())
        assert len(server.entities("pipelineService")) == len(INTEGRATIONS)


@pytest.mark.parametrize(
    ("service", "type_"), [("all", "OpenLineage"), ({"TRINO": "all"}, "OpenLineage"), ({"AIRFLOW": "all"}, "Airflow")]
)
def test_a_service_for_everything_is_of_the_general_type(
    client: OpenMetadataClient, server: CatalogueServer, service: Any, type_: str
) -> None:
    integration = next(iter(service)) if isinstance(service, dict) else "AIRFLOW"
    publish_plan(plan(jobs=[job(integration=integration)]), client, config(pipelines={"service": service}))
    assert [item["serviceType"] for item in server.entities("pipelineService")] == [type_]


def test_a_service_is_created_once_for_many_pipelines(client: OpenMetadataClient, server: CatalogueServer) -> None:
    publish_plan(plan(jobs=[job(f"j{n}") for n in range(20)]), client, config())
    assert len([path for _, path, _ in server.writes() if "pipelineServices" in path]) == 1


def test_a_service_that_nothing_is_made_in_is_not_created(client: OpenMetadataClient, server: CatalogueServer) -> None:
    publish_plan(plan(jobs=[job()]), client, config(write={"create_pipelines": False}))
    assert server.entities("pipelineService") == []


def test_a_service_that_is_refused_costs_its_pipelines_and_is_asked_for_once(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    server.fail("POST", "pipelineServices", 400, times=9, message="no good")
    made = plan(jobs=[job("a", integration="DBT"), job("b", integration="DBT"), job("c")])
    report = publish_plan(made, client, config(pipelines={"service": {"DBT": "d"}})).report
    assert report.pipelines == Pipelines(failed=3)
    assert len([path for _, path, _ in server.writes() if "pipelineServices" in path]) == 2


def test_a_soft_deleted_service_is_named_until_it_is_restored(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    history, made, rules = KeptHistory(), orders_plan(jobs=[job()]), config(write={"max_failure_ratio": 1.0})
    body = client.post("v1/services/pipelineServices", {"name": "openlineage", "serviceType": "OpenLineage"})
    client.delete(f"v1/services/pipelineServices/{body['id']}", {"recursive": True})
    report = history.publish(made, client, rules)
    # Lineage does not need it, and everything else waits.
    assert (report.edges.published, report.pipelines.failed, report.parked) == (1, 1, 1)
    (failed,) = [problem.detail for problem in report.problems if problem.kind == "failed"]
    assert failed.startswith("pipeline service openlineage is soft-deleted in OpenMetadata: restore it there, delete")
    client.put("v1/services/pipelineServices/restore", {"id": body["id"]})
    report = history.publish(made, client, rules)
    assert (report.pipelines.created, report.parked) == (1, 0)
    assert server.edges()["pg.shop.public.orders", "pg.shop.public.totals"]["pipeline"]
