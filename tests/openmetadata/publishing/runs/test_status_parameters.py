"""Statuses carry the version of the code that ran, and the attributes of the run, where the server takes them."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.lineage.plan import RunRecord
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, SEED, TOKEN, config, job, orders_plan, run

FQN = "openlineage.prod:etl"
JOBS = [job(), job("etl.load", task="load", pipeline="etl")]


def own_run(**facts: object) -> RunRecord:
    attributes = (("branch", "main"), ("engine", "airflow 3.3.2"), ("tag.team", "sales"))
    return run("COMPLETE", ended_at="2026-01-01T00:01:00Z", code_version="4f2a9c1", attributes=attributes, **facts)


def load() -> RunRecord:
    return run("COMPLETE", task="load", attributes=(("engine", "snowflake"), ("query", "01ab-cd")))


def test_the_run_and_the_queries_of_its_tasks_are_parameters(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    publish_plan(orders_plan(jobs=JOBS, runs=[own_run(), load()]), client, config())
    (status,) = server.statuses(FQN)
    assert status["version"] == "4f2a9c1"
    assert status["parameters"] == {
        "openlineage.branch": "main",
        "openlineage.engine": "airflow 3.3.2",
        "openlineage.tag.team": "sales",
        "openlineage.load.query": "01ab-cd",
    }
    server.reset_requests()
    publish_plan(orders_plan(jobs=JOBS, runs=[own_run(), load()]), client, config())
    assert server.writes() == []


def test_those_of_others_and_of_earlier_batches_stay(server: CatalogueServer, client: OpenMetadataClient) -> None:
    publish_plan(orders_plan(jobs=JOBS, runs=[load()]), client, config())
    (status,) = server.statuses(FQN)
    theirs = {**status, "version": "7", "parameters": {**status["parameters"], "conf": "theirs"}}
    client.put(f"v1/pipelines/{FQN}/status", theirs)
    publish_plan(orders_plan(jobs=JOBS, runs=[own_run()]), client, config())
    (status,) = server.statuses(FQN)
    assert status["version"] == "7"
    assert status["parameters"].keys() >= {"conf", "openlineage.load.query", "openlineage.engine"}


@pytest.mark.parametrize("version", ["1.8.0", "1.9.0"])
def test_older_servers_are_sent_neither(version: str) -> None:
    with (
        CatalogueServer(SEED, token=TOKEN, version=version) as server,
        OpenMetadataClient(server.url, TOKEN, retries=FAST) as client,
    ):
        assert publish_plan(orders_plan(jobs=JOBS, runs=[own_run(), load()]), client, config()).report.problems == ()
        assert not {"version", "parameters"} & server.statuses(FQN)[0].keys()
