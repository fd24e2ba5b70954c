"""The stand-in as a server: its identity, authentication, permissions, request log, and state file."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import pytest
from catalogue_http import SEED, Http, columns

from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Serve = Callable[..., Http]

VERSION = "system/version"
ORDERS = "tables/name/pg.shop.public.orders"


def test_responses_say_that_it_is_not_openmetadata(http: Http) -> None:
    answer = http.get(VERSION)
    assert answer.json()["version"] == "1.12.0"
    assert "NOT-OpenMetadata" in answer.json()["revision"]
    assert "NOT OpenMetadata" in answer.headers["X-Sandbox"]


@pytest.mark.parametrize("path", ["/", "/v1/tables", "/apis/v1/tables"])
def test_every_path_outside_of_api_returns_the_index_page(http: Http, path: str) -> None:
    answer = http.session.get(http.server.url + path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html")


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1/nothing", "/api/v2/tables"])
def test_unknown_routes_below_api_are_404_as_json(http: Http, path: str) -> None:
    answer = http.session.get(http.server.url + path)
    assert answer.status_code == 404
    assert answer.json() == {"code": 404, "message": "HTTP 404 Not Found"}


def test_a_known_route_with_another_method_is_405(http: Http) -> None:
    assert http.ask("DELETE", "tables").status_code == 405


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        pytest.param({}, "Not Authorized! Token not present", id="no token"),
        pytest.param({"Authorization": "Basic c2VjcmV0"}, "Not Authorized! Token not present", id="another scheme"),
        pytest.param({"Authorization": "Bearer wrong"}, "Invalid token", id="another token"),
    ],
)
def test_requests_without_the_token_are_401(serve: Serve, headers: dict[str, str], message: str) -> None:
    client = serve(token="right")
    answer = client.ask("GET", ORDERS, headers=headers)
    assert (answer.status_code, answer.json()["message"]) == (401, message)
    assert answer.headers["WWW-Authenticate"] == "om-auth"


def test_requests_with_the_token_are_accepted_and_version_and_health_need_none(serve: Serve) -> None:
    client = serve(token="right")
    assert client.get(VERSION).status_code == 200
    assert client.get("system/health").text == "OK"
    answer = client.ask("GET", "users/loggedInUser", headers={"Authorization": "Bearer right"})
    assert (answer.status_code, answer.json()["isBot"]) == (200, True)


@pytest.mark.parametrize(
    ("operation", "method", "path", "body"),
    [
        ("Create", "PUT", "pipelines", {"name": "new", "service": "airflow"}),
        ("EditAll", "PUT", "pipelines", {"name": "etl", "service": "airflow"}),
        ("EditStatus", "PUT", "pipelines/airflow.etl/status", {"timestamp": 1, "executionStatus": "Failed"}),
        ("Delete", "DELETE", ORDERS, None),
    ],
)
def test_denied_operations_are_403_and_have_no_effect(
    serve: Serve, operation: str, method: str, path: str, body: Any
) -> None:
    client = serve(deny=[operation])
    before = client.by_name("pipelines", "airflow.etl").json()
    answer = client.ask(method, path, body)
    assert answer.status_code == 403
    assert f"operations [{operation}] not allowed" in answer.json()["message"]
    assert client.by_name("pipelines", "airflow.etl").json() == before
    assert client.get(ORDERS).status_code == 200
    assert client.by_name("pipelines", "airflow.new").status_code == 404


def test_editing_one_field_needs_the_permission_for_that_field(serve: Serve) -> None:
    client = serve(deny=["EditDescription"])
    operation = {"op": "add", "path": "/description", "value": "x"}
    assert "EditDescription" in client.patch(ORDERS, operation).json()["message"]
    assert client.patch(ORDERS, {**operation, "path": "/displayName"}).status_code == 200


def test_testing_a_field_without_its_own_permission_needs_edit_all(serve: Serve) -> None:
    client = serve(deny=["EditAll"])
    operation = {"op": "add", "path": "/columns/0/description", "value": "x"}
    test = {"op": "test", "path": "/columns/0/name", "value": "id"}
    assert "EditAll" in client.patch(ORDERS, test, operation).json()["message"]
    assert client.patch(ORDERS, operation).status_code == 200


def test_requests_are_recorded_and_counted(http: Http) -> None:
    http.get(ORDERS, fields="columns")
    http.put("pipelines", {})
    http.delete("tables/name/none")
    assert http.server.requests[0] == ("GET", f"/api/v1/{ORDERS}?fields=columns", 200)
    assert http.server.calls() == {"GET": 1, "PUT": 1, "DELETE": 1}
    assert [(write.method, write.status) for write in http.server.writes()] == [("PUT", 400), ("DELETE", 404)]
    http.server.reset_requests()
    assert http.server.requests == []


def test_bodies_are_recorded_as_they_were_sent(http: Http) -> None:
    http.server.fail("PUT", "pipelines", 503)
    for _ in range(2):
        http.put("pipelines", {"name": "new", "service": "airflow"})
    http.get(ORDERS)
    sent = http.server.bodies
    assert [(item.method, item.path, item.status) for item in sent] == [
        ("PUT", "/api/v1/pipelines", status) for status in (503, 201)
    ]
    assert (sent[0].json(), sent[0].content_type) == ({"name": "new", "service": "airflow"}, "application/json")
    http.server.reset_requests()
    assert http.server.bodies == []


def test_a_connection_is_reused_for_many_requests(http: Http) -> None:
    connection = HTTPConnection(http.server.url.removeprefix("http://"), timeout=20)
    ports = set()
    for _ in range(3):
        connection.request("GET", f"/api/v1/{ORDERS}")
        connection.getresponse().read()
        ports.add(connection.sock.getsockname()[1])
    connection.close()
    assert len(ports) == 1


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        pytest.param({"data": b"{", "headers": {"Content-Type": "application/json"}}, 400, "process JSON", id="broken"),
        pytest.param({"data": b"{}", "headers": {"Content-Type": "text/plain"}}, 415, "Unsupported", id="media type"),
        pytest.param({"data": iter([b"{}"])}, 411, "Content-Length", id="chunked"),
        pytest.param({"json": {}, "headers": {"X-Long": "x" * 8192}}, 431, "Too Large", id="header over 8 KiB"),
    ],
)
def test_unreadable_requests_are_refused(http: Http, options: dict[str, Any], status: int, message: str) -> None:
    answer = http.ask("PUT", "tables", **options)
    assert answer.status_code == status
    assert message in answer.json()["message"]


def test_from_2_0_on_unreadable_bodies_are_not_explained_in_the_body(serve: Serve) -> None:
    answer = serve(version="2.0.2").put("pipelines", {"name": "p", "service": "airflow", "colour": "red"})
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid request format")
    assert "colour" in answer.headers["X-Sandbox-Detail"]


@pytest.mark.parametrize(("version", "encoding"), [("1.13.0", None), ("2.0.0", "gzip")])
def test_from_2_0_on_responses_are_compressed(serve: Serve, version: str, encoding: str | None) -> None:
    answer = serve(version=version).get(ORDERS, fields="columns")
    assert answer.headers.get("Content-Encoding") == encoding
    assert [column["name"] for column in answer.json()["columns"]] == ["id", "amount", "dotted.name"]


def test_writers_in_many_threads_lose_nothing(http: Http) -> None:
    def write(number: int) -> int:
        client = Http(http.server)
        body = {"name": f"t{number}", "databaseSchema": "pg.shop.public", "columns": columns("a")}
        status = client.put("tables", body).status_code
        client.session.close()
        return status

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(write, range(40))) == [201] * 40
    assert len(http.server.entities("table")) == 43


def test_a_closed_server_accepts_no_connection_and_may_be_closed_twice() -> None:
    server = CatalogueServer().start()
    client = Http(server)
    assert client.get(VERSION).status_code == 200
    server.close()
    server.close()
    client.session.close()
    host, port = server.url.removeprefix("http://").split(":")
    with socket.socket() as probe:
        assert probe.connect_ex((host, int(port))) != 0


def test_the_state_file_keeps_everything_across_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with CatalogueServer(SEED, state_file=path) as server:
        client = Http(server)
        source, target, pipeline = (
            client.reference(*item)
            for item in (
                ("table", "tables", "pg.shop.public.orders"),
                ("table", "tables", "pg.shop.public.facts"),
                ("pipeline", "pipelines", "airflow.etl"),
            )
        )
        details = {"source": "OpenLineage", "pipeline": pipeline}
        client.put("lineage", {"edge": {"fromEntity": source, "toEntity": target, "lineageDetails": details}})
        status = {"timestamp": 5, "executionStatus": "Successful", "taskStatus": []}
        client.put("pipelines/airflow.etl/status", status)
        client.ask("POST", f"usage/pipeline/{pipeline['id']}", {"date": "2026-11-23", "count": 3})
        edges, tables = server.edges(), server.entities("table")
        client.session.close()
    with CatalogueServer({"teams": [{"name": "not loaded"}]}, state_file=path) as server:
        assert server.edges() == edges
        assert server.entities("table") == tables
        assert server.statuses("airflow.etl") == [status]
        assert server.store.usage == {("pipeline", pipeline["id"]): {"2026-11-23": 3}}
        assert [team["name"] for team in server.entities("team")] == ["data"]
    assert [file.name for file in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize("content", ["{", '{"format": 0}', "[]"])
def test_the_error_for_an_invalid_state_file_names_the_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"state\.json.*delete it"):
        CatalogueServer(state_file=path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_alone_it_prints_its_url_and_stops_on_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps(SEED))
    command = [sys.executable, "-m", "openmetadata_ol_provider.sandbox.catalogue", "--seed", str(seed), "--version=1.8"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        connection = HTTPConnection(url.removeprefix("http://"), timeout=300)
        connection.request("GET", f"/api/v1/{ORDERS}")
        assert connection.getresponse().status == 200
        connection.close()
        process.send_signal(number)
        assert process.wait(timeout=300) == 0


def test_alone_with_an_invalid_seed_it_reports_that_and_exits_with_2(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "openmetadata_ol_provider.sandbox.catalogue", "--seed", str(tmp_path / "none")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 2
    assert "cannot be read" in done.stderr
