"""Connectors and copy jobs are known by their facets, their producers, and the configuration."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage.pairing_rules import SETTLED_AFTER, Pairing, PairingRules, settled_at
from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.openlineage.facets import JobFacets
from openmetadata_ol_provider.openlineage.facets.job import JobTypeFacet
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Declaration, Run

JOB = JobId("ns", "job")


def run(integration: str | None = None, kind: str | None = None, processing: str | None = None, **fields: Any) -> Run:
    facet = JobTypeFacet(processingType=processing, integration=integration, jobType=kind)
    return Run(run_id="r", namespace="ns", name="job", job_facets=JobFacets(jobType=facet), **fields)


def datasets(**times: int) -> dict[str, DatasetState]:
    return {name: DatasetState(namespace="n", name=name, first_at=at) for name, at in times.items()}


def kind_of(source: Run | Declaration, *patterns: str) -> str | None:
    pairing = PairingRules(patterns).of(source, JOB, 0)
    return pairing.kind if pairing else None


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (run("DEBEZIUM"), "connector"),
        (run("Kafka Connect"), "connector"),
        (run("debezium_server"), "connector"),
        (run("MIRRORMAKER2"), "connector"),
        (run("OTHER", "CONNECTOR"), "connector"),
        (run("OTHER", "CUSTOM_CONNECTOR_TASK"), "connector"),
        (run("io.confluent.connect.jdbc.JdbcSourceConnector"), "connector"),
        (run("BigQuerySink"), "connector"),
        (run("mongodb-source:1.13"), "connector"),
        (run("jdbc-sink-2"), "connector"),
        (run("open source"), None),
        (run("OpenSource ETL"), None),
        (run("source-of-truth-sync"), None),
        (run("data source"), None),
        (run("heat-sink-monitor"), None),
        (run("kitchen-sink"), None),
        (run("The Kitchen Sink 2"), None),
        (run("TimeSink"), None),
        (run("carbon_sink"), None),
        (run("KitchenSinkConnector"), "connector"),
        (run("runtime-sink"), "connector"),
        (run("kafka-connection-audit"), None),
        (run("airbyte-source-postgres"), "copy"),
        (run("airbyte/destination-snowflake:3.4"), "copy"),
        (run("tap-postgres"), "copy"),
        (run("Striim 5.0"), "copy"),
        (run("Google Datastream"), "copy"),
        (run("DataStream API"), None),
        (run("OTHER", "TASK", "STREAMING"), "connector"),
        (run("FLINK", "TASK", "STREAMING", has_paired_event=True), None),
        (run("DEBEZIUM", "TASK", "STREAMING", has_paired_event=True), "connector"),
        (run("AIRBYTE"), "copy"),
        (run("PYTHON", from_copy_tool=True), "copy"),
        (run("SPARK", "RDD_JOB", "BATCH"), None),
        (run("KAFKA"), None),
        (Run(run_id="r", namespace="ns", name="job"), None),
        (Declaration(job_facets=JobFacets(jobType=JobTypeFacet(integration="DEBEZIUM"))), "connector"),
        (Declaration(), None),
    ],
)
def test_the_kind_of_a_run(source: Run | Declaration, kind: str | None) -> None:
    assert kind_of(source) == kind


@pytest.mark.parametrize("pattern", ["job", "J*", "ns job", "python"])
def test_a_pattern_makes_a_copy_job(pattern: str) -> None:
    assert kind_of(run("PYTHON"), "other", pattern) == "copy"
    assert kind_of(run("DEBEZIUM"), pattern) == "connector"


@pytest.mark.parametrize("integration", ["REPLICATOR 2.1", "replicator-v3", "Replicator"])
def test_a_pattern_of_an_integration_needs_no_version(integration: str) -> None:
    assert kind_of(run(integration), "REPLICATOR") == "copy"


@pytest.mark.parametrize("pattern", ["jo", "pyth", "ns", ""])
def test_a_pattern_matches_whole_names(pattern: str) -> None:
    assert kind_of(run("PYTHON"), pattern) is None


def test_an_hour_after_its_last_dataset_a_connector_is_settled() -> None:
    source = run("DEBEZIUM", inputs=datasets(a=1, b=5), outputs=datasets(x=3))
    assert settled_at(source) == 5 + SETTLED_AFTER
    for latest_at, settled in ((4 + SETTLED_AFTER, False), (5 + SETTLED_AFTER, True)):
        pairing = PairingRules().of(source, JOB, latest_at)
        assert pairing == Pairing("connector", together=False, settled=settled)
        assert pairing.complete is settled


def test_datasets_of_one_event_are_together() -> None:
    source = run("DEBEZIUM", inputs=datasets(a=1), outputs=datasets(x=1, y=1), has_paired_event=True)
    assert PairingRules().of(source, JOB, 0) == Pairing("connector", together=True, settled=False)
    later = run("DEBEZIUM", inputs=datasets(a=1), outputs=datasets(x=1, y=2), has_paired_event=True)
    assert PairingRules().of(later, JOB, 0) == Pairing("connector", together=False, settled=False)
