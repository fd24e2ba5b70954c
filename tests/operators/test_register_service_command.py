"""``openmetadata-ol register-service``: the service made of Airflow's connections, then the check; secrets nowhere."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

pytestmark = pytest.mark.usefixtures("connections")

PASSWORD = "planted-sasl-password"


def register(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any, str]:
    """Return exit code, the JSON on stdout (``None`` without any) and stderr."""
    code = main(["register-service", *arguments])
    printed = capsys.readouterr()
    assert PASSWORD not in printed.out + printed.err
    return code, json.loads(printed.out) if printed.out else None, printed.err


def services(catalogue: CatalogueServer) -> dict[str, Any]:
    return {item["name"]: item for item in catalogue.entities("pipelineService")}


@pytest.fixture
def secret_kafka(monkeypatch: pytest.MonkeyPatch, connections: None) -> str:
    kafka = json.loads(os.environ["AIRFLOW_CONN_KAFKA_DEFAULT"])
    more = {"sasl.mechanism": "PLAIN", "sasl.username": "u", "sasl.password": PASSWORD, "security.protocol": "SASL_SSL"}
    kafka["extra"] |= more
    monkeypatch.setenv("AIRFLOW_CONN_SECRET_KAFKA", json.dumps(kafka))
    return "secret_kafka"


def test_the_service_is_created_then_everything_is_checked(
    capsys: pytest.CaptureFixture[str], catalogue: CatalogueServer
) -> None:
    bootstrap = json.loads(os.environ["AIRFLOW_CONN_KAFKA_DEFAULT"])["extra"]["bootstrap.servers"]
    code, result, told = register(capsys, "--name", "lineage", "--description", "Events of all jobs")
    assert code == 0
    assert result["change"] == "created"
    made = services(catalogue)["lineage"]
    assert (result["service"], result["id"]) == ("lineage", made["id"])
    assert made["description"] == "Events of all jobs"
    connection = made["connection"]["config"]
    assert connection["brokersUrl"] == bootstrap
    assert (connection["topicName"], connection["consumerGroupName"]) == ("openlineage.events", "tests")
    for step in ("address: OpenMetadata", "health:", "token:", "EditLineage on table: granted"):
        assert f"ok     {step}" in told


def test_the_second_time_nothing_changes_and_a_difference_is_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--name", "lineage")
    register(capsys, *arguments)
    code, result, _ = register(capsys, *arguments)
    assert (code, result["change"]) == (0, "unchanged")
    code, result, told = register(capsys, *arguments, "--topic", "other")
    assert (code, result["change"]) == (1, "different")
    assert "differs: connection.config.topicName is 'openlineage.events' and would be 'other'; it was not" in told
    assert "use --update to change it" in told
    code, result, _ = register(capsys, *arguments, "--topic", "other", "--update")
    assert (code, result["change"]) == (0, "updated")


def test_secrets_stay_in_airflow_and_that_is_said(
    capsys: pytest.CaptureFixture[str], catalogue: CatalogueServer, secret_kafka: str
) -> None:
    code, result, told = register(capsys, "--name", "lineage", "--kafka-config-id", secret_kafka)
    assert code == 0
    assert "left out: sasl.password: secrets are not sent; enter them in OpenMetadata" in told
    assert result["left_out"][0].startswith("sasl.password")
    made = services(catalogue)["lineage"]
    assert made["connection"]["config"]["saslConfig"] == {"saslMechanism": "PLAIN", "saslUsername": "u"}
    assert PASSWORD not in json.dumps(made)


def test_a_dry_run_prints_the_request_and_writes_nothing(
    capsys: pytest.CaptureFixture[str], catalogue: CatalogueServer, secret_kafka: str
) -> None:
    arguments = ("--name", "lineage", "--dry-run", "--topic", "ol", "--kafka-config-id", secret_kafka)
    code, body, told = register(capsys, *arguments)
    assert code == 0
    assert (body["name"], body["serviceType"]) == ("lineage", "OpenLineage")
    assert body["connection"]["config"]["topicName"] == "ol"
    assert "dry run: created" in told
    assert catalogue.writes() == []


def test_a_host_can_be_given_in_place_of_a_connection(
    capsys: pytest.CaptureFixture[str], catalogue: CatalogueServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_OPENMETADATA_DEFAULT")
    monkeypatch.setenv("OPENMETADATA_JWT_TOKEN", "test-token")
    assert register(capsys, "--host", catalogue.url, "--name", "lineage")[0] == 0
    assert "lineage" in services(catalogue)


def test_what_is_wrong_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    code, result, told = register(capsys, "--topic", "^open.*")
    assert (code, result) == (2, None)
    assert told.startswith("openmetadata-ol: topic '^open.*' is not the name of a topic")
    assert register(capsys, "--kafka-config-id", "no_kafka")[0] == 2


def test_a_missing_right_is_exit_code_1_and_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with CatalogueServer({}, token="t", deny=["Create"]) as server:
        connection = {"conn_type": "openmetadata", "host": server.url, "password": "t"}
        monkeypatch.setenv("AIRFLOW_CONN_OPENMETADATA_DEFAULT", json.dumps(connection))
        code, result, told = register(capsys)
    assert (code, result) == (1, None)
    assert "lacks Create on pipelineService" in told


def test_a_task_can_do_the_same_with_the_hook(catalogue: CatalogueServer) -> None:
    hook = OpenMetadataHook()
    found = hook.register_service("lineage", description="d")
    assert found == {
        "service": "lineage", "id": services(catalogue)["lineage"]["id"], "change": "created", "differences": [],
        "left_out": [],
    }  # fmt: skip
    assert hook.register_service("lineage", topic="other", dry_run=True, update=True)["change"] == "updated"
    assert hook.register_service("lineage", topic="other")["change"] == "different"
    assert hook.register_service("lineage", topic="other", update=True)["change"] == "updated"
    assert hook.register_service("lineage", topic="other")["change"] == "unchanged"
