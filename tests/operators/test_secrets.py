"""Secrets of connections and events are in no log, XCom, Variable or request: the operators' way, and the commands'."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG, AirflowException
from secrets_support import (
    CONFIG,
    CONNECTION,
    EVENT,
    MALFORMED,
    NAMELESS,
    SECRETS,
    TOKEN,
    Proxy,
    event,
    none_in,
    unpacked,
    variables,
)
from steps_support import EDGE, TOPIC, Sender, consume, ingest, publish, received, translate

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook
from openmetadata_ol_provider.kafka.settings import KafkaSettings
from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.sensors.openlineage import OpenLineageSensor

SEED = Path(__file__).parents[2] / "openmetadata_ol_provider" / "sandbox" / "data" / "catalogue.json"


@pytest.fixture
def catalogue() -> Iterator[CatalogueServer]:
    with CatalogueServer(SEED, token=TOKEN) as server:
        yield server


@pytest.fixture
def proxy(catalogue: CatalogueServer) -> Iterator[Proxy]:
    with Proxy(catalogue) as running:
        yield running


@pytest.fixture(autouse=True)
def secret_connections(monkeypatch: pytest.MonkeyPatch, broker: KafkaBroker, proxy: Proxy) -> None:
    # The broker asks for no credentials; librdkafka keeps them all the same.
    extra = {"bootstrap.servers": broker.bootstrap, "group.id": "tests", "sasl.username": "lineage"} | CONNECTION
    monkeypatch.setenv("AIRFLOW_CONN_KAFKA_DEFAULT", json.dumps({"conn_type": "kafka", "extra": extra}))
    openmetadata = {"conn_type": "openmetadata", "host": proxy.url, "password": TOKEN}
    monkeypatch.setenv("AIRFLOW_CONN_OPENMETADATA_DEFAULT", json.dumps(openmetadata))
    monkeypatch.setenv("OPENMETADATA_JWT_TOKEN", TOKEN)


def send_all(send: Sender, run_id: str) -> None:
    """Send events with secrets everywhere: of a run that has ended, of one that failed, of one that is open still."""
    for number, state in enumerate(("START", "COMPLETE")):
        send.message(event(run_id, state, number), key=EVENT["key"].encode(), headers=[("h", EVENT["header"].encode())])
    send.message(event(f"{run_id}-failed", "FAIL", 2))
    send.message(event(f"{run_id}-open", "START", 3))
    send.message(NAMELESS)
    for value in MALFORMED:
        send.message(value)


def check_variables() -> None:
    found = variables()
    assert found
    for key, text in found.items():
        none_in(f"{key} {text}", f"the Variable {key}")


# -- operators ---------------------------------------------------------------------------------------------------------


def test_nothing_that_the_tasks_hand_on_keep_log_or_send_has_a_secret_in_it(
    send: Sender, proxy: Proxy, catalogue: CatalogueServer, logged: Callable[[], str], broker: KafkaBroker
) -> None:
    send_all(send, "steps")
    with DAG("lineage", schedule=None):
        waited = OpenLineageSensor(task_id="wait", topics=[TOPIC], deferrable=False).execute({})
    batch = consume(config=CONFIG)
    plan = translate(batch, config=CONFIG)
    report = publish(plan, config=CONFIG)
    send_all(send, "ingest")
    again = ingest(config=CONFIG)
    assert EDGE in catalogue.edges()
    assert (batch["dead_letters"], again["dead_letters"]) == (2, 2)
    assert "parked" in "".join(variables())
    for what in (waited, batch, plan, report, again):
        none_in(unpacked(what), "XCom")
    check_variables()
    none_in(logged(), "the log")
    assert {request.method for request in proxy.seen} >= {"GET", "PUT"}
    proxy.check()
    for letter in received(broker.bootstrap, f"{TOPIC}.dead-letter"):
        none_in(str(letter.headers()), "the headers of a dead letter")


def test_what_is_planted_is_where_the_search_would_find_it(send: Sender) -> None:
    send.message(event("a"))
    batch = consume()
    # With write.sql: always, the literal is wanted; all else is not.
    assert EVENT["literal"] in unpacked(batch)
    assert not any(secret in json.dumps(batch) for secret in SECRETS)
    others = set(SECRETS) - {EVENT["literal"], EVENT["expression"]}
    assert [secret for secret in others if secret in unpacked(batch)] == []
    raw = event("a").decode()
    assert [place for place in EVENT if EVENT[place] not in raw + repr(MALFORMED) + repr(NAMELESS)] == ["key", "header"]


# -- failures ----------------------------------------------------------------------------------------------------------

#: What a server, or a proxy before it, may say that repeats what it was sent.
ECHO = f"refused: Authorization: Bearer {TOKEN}, postgres://etl:{EVENT['uri']}@db, password={EVENT['message']}"


@pytest.mark.parametrize("status", [401, 403, 400, 500, 503, 0])
def test_no_refusal_shows_a_secret(
    status: int, send: Sender, catalogue: CatalogueServer, logged: Callable[[], str]
) -> None:
    send_all(send, "a")
    catalogue.fail("*" if status in {401, 0} else "PUT", ".", status, times=1000, message=ECHO)
    with pytest.raises(AirflowException) as error:
        ingest(config=CONFIG | {"write": {**CONFIG["write"], "max_failure_ratio": 0}})
    none_in(f"{error.value!r} {error.value.__cause__!r}", "the error")
    none_in(logged(), "the log")
    assert all(none_in(text, key) is None for key, text in variables().items())


@pytest.mark.parametrize(
    "setting", ["sasl.mechanism", "no.such.setting", "ssl.key.pem", "enable.auto.commit", "auto.offset.reset"]
)
def test_no_error_about_a_setting_shows_a_secret(
    setting: str, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str]
) -> None:
    kafka = json.loads(os.environ["AIRFLOW_CONN_KAFKA_DEFAULT"])
    # As if it had been put into the wrong field.
    kafka["extra"] |= {"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", setting: CONNECTION["sasl.password"]}
    monkeypatch.setenv("AIRFLOW_CONN_KAFKA_DEFAULT", json.dumps(kafka))
    with pytest.raises(AirflowException) as error:
        consume()
    none_in(f"{error.value!r} {error.value.__cause__!r}", "the error")
    none_in(logged(), "the log")


@pytest.mark.parametrize(
    "fields",
    [
        {"host": f"https://etl:{TOKEN}@om.example.com"},
        {"host": f"ftp://om.example.com?token={TOKEN}"},
        {"extra": {"token": TOKEN}},
        {"extra": {"verify": "", "password": TOKEN}},
        {"host": "http://127.0.0.1:1"},
    ],
)
def test_no_error_about_the_catalogue_s_connection_shows_a_secret(
    fields: dict[str, Any], send: Sender, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str]
) -> None:
    send_all(send, "a")
    connection = json.loads(os.environ["AIRFLOW_CONN_OPENMETADATA_DEFAULT"]) | fields
    monkeypatch.setenv("AIRFLOW_CONN_OPENMETADATA_DEFAULT", json.dumps(connection))
    passed, told = OpenMetadataHook().test_connection()
    assert not passed
    none_in(told, "the answer of the form")
    with pytest.raises(AirflowException) as error:
        ingest()
    none_in(f"{error.value!r} {error.value.__cause__!r}", "the error")
    none_in(logged(), "the log")


def test_no_repr_shows_a_secret() -> None:
    client = OpenMetadataHook().get_conn()
    settings = OpenLineageKafkaHook().settings
    for thing in (client, settings, OpenMetadataHook(), OpenLineageKafkaHook(), KafkaSettings("x", CONNECTION)):
        none_in(repr(thing), f"the repr of a {type(thing).__name__}")


# -- commands ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def given(tmp_path: Path, proxy: Proxy) -> dict[str, str]:
    """Return what the words of a command stand for."""
    events, config = tmp_path / "events.ndjson", tmp_path / "lineage.json"
    values = [event("a", "START"), event("a", "COMPLETE", 1), event("b", "FAIL", 2), NAMELESS, *MALFORMED]
    events.write_bytes(b"\n".join(values))
    config.write_text(json.dumps(CONFIG))
    return {"EVENTS": str(events), "CONFIG": str(config), "HOST": proxy.url}


@pytest.fixture(params=[False, True], ids=["answered", "refused"])
def catalogue_after_work(request: pytest.FixtureRequest, send: Sender, catalogue: CatalogueServer) -> None:
    """Publish, so that there is something to tell; then let the catalogue answer, or refuse everything."""
    send_all(send, "a")
    ingest(config=CONFIG)
    if request.param:
        catalogue.fail("*", ".", 403, times=1000, message=ECHO)


@pytest.mark.parametrize(
    "command",
    [
        ["translate", "EVENTS", "--config", "CONFIG"],
        ["ingest", "EVENTS", "--config", "CONFIG", "--host", "HOST"],
        ["explain", "EVENTS", "--config", "CONFIG", "--host", "HOST"],
        ["explain", "EVENTS", "--config", "CONFIG", "--host", "HOST", "--json"],
        ["check"],
        ["register-service", "--dry-run"],
        ["register-service"],
        ["parked", "list"],
        ["parked", "list", "--json"],
        ["parked", "retry", "--all"],
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("catalogue_after_work")
def test_no_command_prints_logs_or_sends_a_secret(
    command: list[str], given: dict[str, str], proxy: Proxy, logged: Callable[[], str]
) -> None:
    arguments = [given.get(word, word) for word in command]
    if command[0] == "parked":
        arguments += ["--dag-id", "lineage", "--topics", TOPIC]
    assert main(arguments) in {0, 1}
    printed = logged()
    assert printed
    none_in(printed, "what is printed and logged")
    proxy.check()
    check_variables()
