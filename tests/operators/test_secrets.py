"""Secrets of connections and events appear in no log, XCom, Variable, error or request but where they belong."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple

import pytest
from airflow.providers.common.compat.sdk import AirflowException
from steps_support import Sender, consume, ingest, publish, received, run_event, state_document, translate

from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

TOKEN = "eyJhbGciOiJSUzI1NiJ9.planted-jwt.signature"
PASSWORD = "planted-sasl-password"
KEY_PASSWORD = "planted-key-password"
ENVIRONMENT = "planted-environment-value"
DEBEZIUM = "planted-debezium-password"
SECRETS = (TOKEN, PASSWORD, KEY_PASSWORD, ENVIRONMENT, DEBEZIUM)


class Requests(NamedTuple):
    """A proxy before the catalogue: its URL, and (method, path, headers, body) of each request that it passed on."""

    url: str
    seen: list[tuple[str, str, dict[str, str], str]]


@pytest.fixture
def catalogue() -> Iterator[CatalogueServer]:
    with CatalogueServer(token=TOKEN) as server:
        yield server


@pytest.fixture
def requests(catalogue: CatalogueServer) -> Iterator[Requests]:
    """Start the proxy."""
    import requests as http

    seen: list[tuple[str, str, dict[str, str], str]] = []

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = dict(self.headers.items())
            seen.append((self.command, self.path, headers, body.decode()))
            target = catalogue.url + self.path
            with http.request(self.command, target, headers=headers, data=body, timeout=10) as answer:
                content = answer.content
                self.send_response(answer.status_code)
                self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_PATCH = pass_on  # noqa: N815 - http.server's names

        def log_message(self, *_: Any) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    thread = Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield Requests(f"http://127.0.0.1:{httpd.server_address[1]}", seen)
    httpd.shutdown()
    httpd.server_close()
    thread.join()


@pytest.fixture
def secret_connections(monkeypatch: pytest.MonkeyPatch, broker: KafkaBroker, requests: Requests) -> None:
    # The broker asks for no credentials; librdkafka keeps them all the same.
    extra = {
        "bootstrap.servers": broker.bootstrap,
        "group.id": "tests",
        "security.protocol": "PLAINTEXT",
        "sasl.username": "lineage",
        "sasl.password": PASSWORD,
        "ssl.key.password": KEY_PASSWORD,
    }
    monkeypatch.setenv("AIRFLOW_CONN_KAFKA_DEFAULT", json.dumps({"conn_type": "kafka", "extra": extra}))
    openmetadata = {"conn_type": "openmetadata", "host": requests.url, "password": TOKEN}
    monkeypatch.setenv("AIRFLOW_CONN_OPENMETADATA_DEFAULT", json.dumps(openmetadata))


def event(run_id: str) -> bytes:
    facets = {
        "environment-properties": {"environment-properties": {"SECRET": ENVIRONMENT}},
        "environmentVariables": {"environmentVariables": [{"name": "SECRET", "value": ENVIRONMENT}]},
        "debezium_config": {"configs": [f"database.password={DEBEZIUM}"]},
        "spark_properties": {"properties": {"spark.password": ENVIRONMENT}},
    }
    return run_event(run_id, **facets)


def none_in(what: str, where: str) -> None:
    for secret in SECRETS:
        assert secret not in what, f"{secret} is in {where}"


@pytest.mark.usefixtures("secret_connections")
def test_secrets_stay_where_they_belong(
    send: Sender, requests: Requests, logged: Callable[[], str], broker: KafkaBroker
) -> None:
    send.message(event("steps"))
    send.message(b"no event")
    batch = consume()
    plan = translate(batch)
    report = publish(plan)
    send.message(event("ingest"))
    send.message(b"no event")
    for what in (batch, plan, report, ingest()):
        none_in(json.dumps(what), "XCom")
    none_in(json.dumps(state_document()), "the Variable")
    none_in(logged(), "the log")
    assert {method for method, *_ in requests.seen} >= {"GET", "PUT"}
    for method, path, headers, body in requests.seen:
        assert headers.pop("Authorization", None) in {f"Bearer {TOKEN}", None}
        none_in(f"{path} {headers} {body}", f"the request {method} {path}")
    for letter in received(broker.bootstrap, "openlineage.events.dead-letter"):
        none_in(str(letter.headers()), "a dead letter")


@pytest.mark.usefixtures("secret_connections")
@pytest.mark.parametrize("setting", ["sasl.mechanism", "no.such.setting", "token", "catalogue", "auto-commit"])
def test_no_error_shows_a_secret(
    setting: str, send: Sender, catalogue: CatalogueServer, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str]
) -> None:
    send.message(event("a"))
    kafka = json.loads(os.environ["AIRFLOW_CONN_KAFKA_DEFAULT"])
    if setting == "token":
        catalogue.fail("*", ".", 401, times=10)
    elif setting == "catalogue":
        catalogue.fail("*", ".", 0, times=1000)
    elif setting == "auto-commit":
        kafka["extra"]["enable.auto.commit"] = True
    elif setting == "sasl.mechanism":
        kafka["extra"] |= {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": PASSWORD}
    else:
        kafka["extra"][setting] = KEY_PASSWORD
    monkeypatch.setenv("AIRFLOW_CONN_KAFKA_DEFAULT", json.dumps(kafka))
    with pytest.raises(AirflowException) as error:
        ingest()
    none_in(f"{error.value!r} {error.value.__cause__!r}", "the error")
    none_in(logged(), "the log")
