"""What the operators tell Airflow's OpenLineage provider; with it (``make test-openlineage``) and without it."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG, AirflowException, AirflowFailException
from steps_support import DAG_ID, TOPIC, Sender, handed_on, run_event

from openmetadata_ol_provider import (
    ConsumeOpenLineageOperator,
    IngestOpenLineageOperator,
    PublishLineageOperator,
    ReplayDeadLettersOperator,
    TranslateOpenLineageOperator,
)
from openmetadata_ol_provider.lineage.plan import DatasetId
from openmetadata_ol_provider.operators._counts_facet import KEY, OpenMetadataOlCountsRunFacet, producer
from openmetadata_ol_provider.operators._openlineage import catalogue_namespace, kafka_namespace
from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.support import arrows, plan_of
from tests.support import run_event as pure_event

pytestmark = pytest.mark.usefixtures("connections")

PROVIDER = importlib.util.find_spec("airflow.providers.openlineage") is not None
with_provider = pytest.mark.skipif(not PROVIDER, reason="apache-airflow-providers-openlineage is not installed")
SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "1-0-0" / "OpenMetadataOlCountsRunFacet.json"


def test_the_provider_is_there_where_it_has_to_be() -> None:
    assert PROVIDER or not os.environ.get("WITH_OPENLINEAGE_PROVIDER")


def made(kind: type, **parameters: Any) -> Any:
    with DAG(DAG_ID, schedule=None):
        return kind(task_id="work", **parameters)


def names(datasets: Any) -> list[tuple[str, str]]:
    return [(dataset.namespace, dataset.name) for dataset in datasets]


def complete(task: Any) -> Any:
    """Return what the provider gets when a task has ended well."""
    from airflow.providers.openlineage.extractors.base import DefaultExtractor

    return DefaultExtractor(task).extract_on_complete(task_instance=None)


def failure(task: Any) -> Any:
    from airflow.providers.openlineage.extractors.base import DefaultExtractor

    return DefaultExtractor(task).extract_on_failure(task_instance=None)


def counts(lineage: Any) -> dict[str, Any]:
    """Return the counts facet as events have it, checked against its schema."""
    from openlineage.client.serde import Serde

    facet: dict[str, Any] = json.loads(Serde.to_json(lineage.run_facets[KEY]))
    check(facet)
    return facet


def check(facet: dict[str, Any]) -> None:
    from jsonschema import Draft202012Validator

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    _, pointer = facet["_schemaURL"].split("#")
    assert facet["_schemaURL"].startswith(schema["$id"])
    assert pointer == "/$defs/OpenMetadataOlCountsRunFacet"
    own = schema["$defs"]["OpenMetadataOlCountsRunFacet"]["allOf"][1]
    assert list(Draft202012Validator(own).iter_errors(facet)) == []
    assert facet.keys() <= {*own["properties"], "_producer", "_schemaURL"}


@with_provider
def test_a_task_that_does_all_has_read_topics_and_written_the_catalogue(
    broker: KafkaBroker, send: Sender, catalogue: CatalogueServer
) -> None:
    send.events(run_event("r1"))
    send.message(b"not an event")
    task = made(IngestOpenLineageOperator, topics=["^openlineage.events$"])
    task.execute({})
    lineage = complete(task)
    assert names(lineage.inputs) == [(kafka_namespace(broker.bootstrap), TOPIC)]
    assert names(lineage.outputs) == [(catalogue_namespace(catalogue.url), "lineage")]
    facet = counts(lineage)
    assert (facet["events"], facet["runs"], facet["deadLetters"], facet["dryRun"]) == (1, 1, 1, False)
    assert facet["outcomes"]["edges"] == {"published": 1, "unchanged": 0, "failed": 0}
    assert facet["_producer"] == producer()


@with_provider
def test_single_tasks_tell_what_each_of_them_has_done(
    broker: KafkaBroker, send: Sender, catalogue: CatalogueServer
) -> None:
    send.events(run_event("r1"))
    send.message(b"not an event")
    consume = made(ConsumeOpenLineageOperator, topics=[TOPIC])
    batch = handed_on(consume.execute({}))
    translate = made(TranslateOpenLineageOperator, batch=batch)
    plan = handed_on(translate.execute({}))
    publish = made(PublishLineageOperator, plan=plan)
    publish.execute({})
    kafka, om = kafka_namespace(broker.bootstrap), catalogue_namespace(catalogue.url)
    told = {task: complete(task) for task in (consume, translate, publish)}
    assert [(names(item.inputs), names(item.outputs)) for item in told.values()] == [
        ([(kafka, TOPIC)], [(kafka, f"{TOPIC}.dead-letter")]),
        ([], []),
        ([(kafka, TOPIC)], [(om, "lineage")]),
    ]
    assert [counts(item)["events"] for item in told.values()] == [1, 1, 1]


@with_provider
def test_a_dry_run_has_written_nothing(send: Sender, catalogue: CatalogueServer) -> None:
    send.events(run_event("r1"))
    task = made(IngestOpenLineageOperator, topics=[TOPIC], dry_run=True)
    task.execute({})
    assert (complete(task).outputs, counts(complete(task))["dryRun"]) == ([], True)


@with_provider
def test_a_failed_task_has_written_only_what_it_had_written(send: Sender, catalogue: CatalogueServer) -> None:
    send.events(run_event("r1"))
    task = made(IngestOpenLineageOperator, topics=[TOPIC])
    assert failure(task) is None
    catalogue.fail("*", ".", 401, times=99)
    with pytest.raises(AirflowFailException):
        task.execute({})
    assert (len(failure(task).inputs), failure(task).outputs) == (1, [])
    catalogue.clear_faults()
    catalogue.fail("PUT", "/api/v1/lineage", 503, times=99)
    with pytest.raises(AirflowException):
        task.execute({})
    assert names(failure(task).outputs) == [(catalogue_namespace(catalogue.url), "lineage")]


@with_provider
def test_a_replay_reads_dead_letters_and_writes_their_topic(broker: KafkaBroker, send: Sender, catalogue: Any) -> None:
    send.message(b"not an event")
    made(ConsumeOpenLineageOperator, topics=[TOPIC]).execute({})
    task = made(ReplayDeadLettersOperator, topics=[TOPIC])
    task.execute({})
    kafka, lineage = kafka_namespace(broker.bootstrap), complete(task)
    assert names(lineage.inputs) == [(kafka, f"{TOPIC}.dead-letter")]
    assert names(lineage.outputs) == [(kafka, TOPIC)]
    assert counts(lineage)["outcomes"]["deadLetters"]["replayed"] == 1


def test_without_the_provider_there_is_nothing_to_tell(
    send: Sender, catalogue: CatalogueServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("airflow.providers.openlineage")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "airflow.providers.openlineage", None)
    send.events(run_event("r1"))
    task = made(IngestOpenLineageOperator, topics=[TOPIC])
    task.execute({})
    assert task.get_openlineage_facets_on_complete(None) is None
    assert task.get_openlineage_facets_on_failure(None) is None


def test_the_facet_says_where_its_schema_is() -> None:
    from openlineage.client.serde import Serde

    check(json.loads(Serde.to_json(OpenMetadataOlCountsRunFacet(events=1, producer=producer()))))


@pytest.mark.parametrize(
    ("bootstrap", "namespace"),
    [
        ("b1:9092,b2:9092", "kafka://b1:9092"),
        ("SASL_SSL://b1:9093", "kafka://b1:9093"),
        ("b1", "kafka://b1:9092"),
        ("[::1]:9092", "kafka://[::1]:9092"),
        ("[::1]", "kafka://[::1]:9092"),
    ],
)
def test_topics_are_named_as_openlineage_names_them(bootstrap: str, namespace: str) -> None:
    assert kafka_namespace(bootstrap) == namespace


@pytest.mark.parametrize(
    ("url", "namespace"),
    [
        ("http://om.example.com:8585/api", "openmetadata://om.example.com:8585"),
        ("https://om.example.com/api", "openmetadata://om.example.com:443"),
    ],
)
def test_the_catalogue_is_named_by_its_address(url: str, namespace: str) -> None:
    assert catalogue_namespace(url) == namespace


def test_the_catalogue_is_not_a_dataset_where_another_airflow_reads_the_events() -> None:
    om = {"namespace": "openmetadata://om.example.com:8585", "name": "lineage", "facets": {}}
    plan = plan_of(pure_event(inputs=["a"], outputs=[om, "x"], job="other.ingest"))
    assert arrows(plan) == ["a -> x"]
    ignored = {dataset.id: dataset.ignored for dataset in plan.datasets}
    assert ignored[DatasetId(om["namespace"], om["name"])] is True
