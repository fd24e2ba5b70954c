"""What is wrong is said once: the setting, the value seen, the remedy; and what a retry cannot mend is not retried."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException
from steps_support import Sender, checkpoint, consume, ingest, publish, run_event, run_steps, translate

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

pytestmark = pytest.mark.usefixtures("connections")

STEPS = pytest.mark.parametrize("work", [run_steps, ingest], ids=["steps", "ingest"])


@pytest.fixture
def kafka_extra(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def change(**settings: Any) -> None:
        connection = json.loads(os.environ["AIRFLOW_CONN_KAFKA_DEFAULT"])
        connection["extra"] |= {key.replace("_", "."): value for key, value in settings.items()}
        monkeypatch.setenv("AIRFLOW_CONN_KAFKA_DEFAULT", json.dumps(connection))

    return change


def fails(work: Callable[..., Any], *said: str, retried: bool = False, **parameters: Any) -> str:
    """Check that a task, or already its DAG file, fails with a message that says certain things.

    :param retried: whether a retry may help; else the failure is final
    """
    with pytest.raises((AirflowException, ConfigError)) as error:
        work(**parameters)
    message = str(error.value)
    for text in said:
        assert text in message
    assert isinstance(error.value, AirflowFailException | ConfigError) is not retried
    assert checkpoint() == {}
    return message


@STEPS
def test_a_kafka_connection_that_is_not_there(work: Any) -> None:
    fails(
        work, "'kafka_missing' does not exist", "airflow connections add kafka_missing", kafka_config_id="kafka_missing"
    )


def test_an_openmetadata_connection_that_is_not_there(send: Sender) -> None:
    send.message(run_event("a"))
    said = ("'om_missing'", "airflow connections add om_missing", "--conn-password")
    fails(ingest, *said, openmetadata_conn_id="om_missing")
    plan = translate(consume())
    fails(lambda **more: publish(plan, **more), *said, openmetadata_conn_id="om_missing")


@STEPS
def test_a_topic_that_is_not_there(work: Any) -> None:
    said = ("topic 'no.such.topic' does not exist", "'kafka_default'", "create it, or correct topics")
    fails(work, *said, topics=["no.such.topic"])
    fails(work, "no topic matches '^no-such-.*'", topics=["^no-such-.*"])
    fails(work, "'^no-such-(' cannot be used as a pattern", topics=["^no-such-("])


def test_a_broker_that_is_not_there(dead_port: str, kafka_extra: Any) -> None:
    kafka_extra(bootstrap_servers=dead_port)
    fails(ingest, f"bootstrap.servers='{dead_port}'", "can reach", retried=True)


@STEPS
@pytest.mark.parametrize("value", [True, "true", "1"])
def test_auto_commit_is_refused(value: Any, work: Any, kafka_extra: Any) -> None:
    kafka_extra(enable_auto_commit=value)
    fails(work, "'kafka_default'", f"enable.auto.commit is {value!r}", "events would be lost", "set it to false")


@STEPS
def test_a_setting_that_librdkafka_does_not_know(work: Any, kafka_extra: Any) -> None:
    kafka_extra(no_such_setting="x")
    fails(work, "no.such.setting", "connection's extra")


@STEPS
def test_a_server_that_is_not_there(work: Any, send: Sender, dead_port: str, openmetadata: Any) -> None:
    send.message(run_event("a"))
    openmetadata(host=f"http://{dead_port}")
    fails(
        work,
        dead_port,
        "cannot be reached",
        "check host, port and schema of connection 'openmetadata_default'",
        retried=True,
    )


@STEPS
def test_a_server_that_is_no_openmetadata(
    work: Any, send: Sender, openmetadata: Any, catalogue: CatalogueServer
) -> None:
    send.message(run_event("a"))
    openmetadata(host=f"{catalogue.url}/wrong/path")
    fails(work, "this is not an OpenMetadata API", catalogue.url, "check host, port and schema of connection")


@STEPS
def test_a_wrong_token(work: Any, send: Sender, openmetadata: Any, catalogue: CatalogueServer) -> None:
    send.message(run_event("a"))
    openmetadata(password="expired")
    message = fails(work, "refused the token", "401", "the password of connection 'openmetadata_default'")
    assert "expired" not in message.replace("Expired token", "")
    openmetadata(password="")
    fails(work, "refused the token", "put the JWT token of a bot")
    assert catalogue.writes() == []


def test_a_token_that_may_not_create_services(send: Sender, openmetadata: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    send.message(run_event("a"))
    with CatalogueServer({}, token="t", deny=["Create"]) as server:
        openmetadata(host=server.url, password="t")
        fails(ingest, "403", "'openlineage-bot'", "lacks Create on pipelineService", "add to a role")


@STEPS
def test_a_wrong_key_in_the_config(work: Any, send: Sender) -> None:
    send.message(run_event("a"))
    fails(work, "unknown key 'lineage.colums'", "did you mean 'columns'?", config={"lineage": {"colums": True}})
    fails(work, "pipelines.level", "'leaf'", config={"pipelines": {"level": "leaf"}})
    fails(work, "config file 'no/such.yaml' cannot be read", config="no/such.yaml")
    fails(work, "there is no Variable 'ol_config'", config="variable:ol_config")
    fails(work, "config: a mapping, a path or 'variable:NAME' is expected, not list", config=["x"])


@STEPS
@pytest.mark.parametrize("name", ["max_events", "max_bytes", "max_duration"])
def test_a_bound_that_is_no_bound(name: str, work: Any) -> None:
    for value in (0, -1, "many"):
        fails(work, f"{name} is {value!r}", "number above 0", **{name: value})


def test_an_option_that_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__OPENMETADATA_OL__MAX_EVENTS", "many")
    fails(ingest, "[openmetadata_ol] max_events = 'many'", "whole number")


def test_a_config_may_be_a_variable(send: Sender, catalogue: CatalogueServer) -> None:
    from airflow.models.variable import Variable

    Variable.set("ol_config", "pipelines: {service: from_variable}")
    send.message(run_event("a"))
    ingest(config="variable:ol_config")
    assert [entity["service"]["name"] for entity in catalogue.entities("pipeline")] == ["from_variable"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "got a dict with the keys []"),
        ({"events": 3, "partitions": []}, "got a dict with the keys ['events', 'partitions']"),
        ("{{ ti.xcom_pull('consume') }}", "got str;"),
        ([1], "got list;"),
    ],
)
def test_an_input_of_another_kind(given: Any, said: str) -> None:
    expected = "TranslateOpenLineageOperator 'translate': batch: expected the output of ConsumeOpenLineageOperator"
    fails(lambda: translate(given), expected, said, "<task>.output")
    expected = "PublishLineageOperator 'publish': plan: expected the output of TranslateOpenLineageOperator"
    fails(lambda: publish(given), expected, said, "<task>.output")


def test_an_input_that_is_damaged_or_of_another_version(send: Sender) -> None:
    send.message(run_event("a"))
    batch = consume()
    plan = translate(batch)
    fails(
        lambda: translate({**batch, "version": 99}), "batch cannot be read", "version 99", "clear the task that made it"
    )
    fails(lambda: translate({**batch, "events": "xx"}), "batch cannot be read")
    fails(lambda: translate({**batch, "origin": {}}), "batch cannot be read")
    fails(lambda: publish({**plan, "version": 99}), "plan cannot be read", "version 99", "clear the task that made it")
    fails(lambda: publish({**plan, "state": "xx"}), "plan cannot be read")
    fails(lambda: publish({key: value for key, value in plan.items() if key != "origin"}), "plan cannot be read")


def test_no_upstream_task_to_take_the_input_from() -> None:
    fails(lambda: translate(None), "0 of the upstream tasks (none) return a batch", "set batch=<task>.output")
    fails(lambda: publish(None), "0 of the upstream tasks (none) return a plan", "set plan=<task>.output")


def test_the_broker_fixture_is_reachable(broker: KafkaBroker) -> None:
    """Guard the tests above: without their fault everything works."""
    assert ingest()["events"] == 0
