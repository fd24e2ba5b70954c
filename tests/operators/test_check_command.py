"""``openmetadata-ol check``: both connections and the config, tried; what is wrong is named, the exit code says so."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

pytestmark = pytest.mark.usefixtures("connections")


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    code = main(["check", *arguments])
    return code, [line for line in capsys.readouterr().out.splitlines() if line.startswith(("ok", "FAILED"))]


def change(monkeypatch: pytest.MonkeyPatch, connection: str, **fields: Any) -> None:
    name = f"AIRFLOW_CONN_{connection}"
    monkeypatch.setenv(name, json.dumps(json.loads(os.environ[name]) | fields))


def test_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = check(capsys)
    assert code == 0
    assert [line.split(":")[0] for line in lines] == [
        "ok     config",
        "ok     connection kafka_default (Kafka)",
        "ok     connection openmetadata_default (OpenMetadata)",
    ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"password": "wrong"}, "renew the JWT token in the password of connection 'openmetadata_default'"),
        ({"host": "http://127.0.0.1:1"}, "check host, port and schema of connection 'openmetadata_default'"),
    ],
)
def test_a_wrong_openmetadata_connection_is_one_failed_line(
    fields: dict[str, str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    change(monkeypatch, "OPENMETADATA_DEFAULT", **fields)
    code = main(["check"])
    printed = capsys.readouterr()
    config, kafka, openmetadata, *steps = printed.out.splitlines()
    assert code == 1
    assert config.startswith("ok")
    assert kafka.startswith("ok")
    assert openmetadata.startswith("FAILED connection openmetadata_default (OpenMetadata): 1 of ")
    (failed,) = [step for step in steps if step.startswith("  FAILED")]
    assert said in failed
    assert printed.out.count(said) == 1
    assert said not in printed.err
    assert "1 of 3 checks failed: connection openmetadata_default (OpenMetadata)\n" in printed.err


def test_the_summary_says_that_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert capsys.readouterr().err.splitlines()[-1] == "all checks passed"


def test_json_has_every_check_and_every_step(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    change(monkeypatch, "OPENMETADATA_DEFAULT", password="wrong")
    assert main(["check", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    config, kafka, openmetadata = document["checks"]
    assert document["passed"] is False
    assert config == {"name": "config", "status": "ok", "detail": "defaults", "steps": []}
    assert (kafka["status"], openmetadata["status"]) == ("ok", "failed")
    assert [step["name"] for step in openmetadata["steps"] if step["status"] == "failed"] == ["token"]


def test_connections_that_are_not_there_are_failed_lines(capsys: pytest.CaptureFixture[str]) -> None:
    code, (_, kafka, openmetadata) = check(capsys, "--kafka-config-id", "no_kafka", "--openmetadata-conn-id", "no_om")
    assert code == 1
    assert "'no_kafka' does not exist" in kafka
    assert "connection 'no_om' does not exist; create it, e.g.: airflow connections add no_om" in openmetadata


def test_auto_commit_is_a_failed_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    extra = json.loads(os.environ["AIRFLOW_CONN_KAFKA_DEFAULT"])["extra"]
    change(monkeypatch, "KAFKA_DEFAULT", extra={**extra, "enable.auto.commit": True})
    code, (_, kafka, _) = check(capsys)
    assert code == 1
    assert "enable.auto.commit is True" in kafka


@pytest.mark.parametrize(
    ("document", "code", "said"),
    [("lineage: {columns: false}", 0, "valid"), ("lineage: {colums: false}", 1, "did you mean 'columns'?")],
)
def test_the_config_is_read_as_the_operators_read_it(
    document: str, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from airflow.models.variable import Variable

    Variable.set("ol_config", document)
    found, (config, *_) = check(capsys, "--config", "variable:ol_config")
    assert found == code
    assert said in config


def test_every_check_is_made_whatever_failed_before_it(capsys: pytest.CaptureFixture[str]) -> None:
    missing = ("--kafka-config-id", "no_kafka", "--openmetadata-conn-id", "no_om", "--config", "no/such/file.yaml")
    code, lines = check(capsys, *missing)
    assert code == 1
    assert [line.split(":")[0] for line in lines] == [
        "FAILED config",
        "FAILED connection no_kafka (Kafka)",
        "FAILED connection no_om (OpenMetadata)",
    ]
    assert "'no/such/file.yaml' cannot be read" in lines[0]


def test_what_was_reached_is_named_and_no_secret_is(capsys: pytest.CaptureFixture[str]) -> None:
    address = json.loads(os.environ["AIRFLOW_CONN_OPENMETADATA_DEFAULT"])["host"]
    bootstrap = json.loads(os.environ["AIRFLOW_CONN_KAFKA_DEFAULT"])["extra"]["bootstrap.servers"]
    _, (config, kafka, openmetadata) = check(capsys)
    assert config == "ok     config: defaults"
    assert f"Connected to {bootstrap}" in kafka
    assert address.removeprefix("http://") in openmetadata
    assert "test-token" not in openmetadata


def test_every_step_of_openmetadata_is_a_line_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    steps = [line for line in lines if line.startswith("  ")]
    assert steps == lines[3:]
    names = ("address", "version", "health", "token")
    assert [line.split(":")[0] for line in steps[:4]] == [f"  ok     {name}" for name in names]
    assert "  ok     EditStatus on pipeline: granted" in steps


def test_the_config_decides_which_permissions_are_asked_for(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    document = tmp_path / "config.yaml"
    document.write_text("write: {status: never, create_datasets: true}", encoding="utf-8")
    main(["check", "--config", str(document)])
    printed = capsys.readouterr().out
    assert "EditStatus" not in printed
    assert "ok     Create on table: granted" in printed


def test_each_missing_permission_is_a_failed_line_and_the_exit_code_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with CatalogueServer({}, token="t", deny=["EditStatus", "EditTags"]) as server:
        change(monkeypatch, "OPENMETADATA_DEFAULT", host=server.url, password="t")
        code = main(["check"])
    lines = capsys.readouterr().out.splitlines()
    assert code == 1
    assert [line.split(":")[0] for line in lines if line.startswith("  FAILED")] == [
        "  FAILED EditStatus on pipeline",
        *(f"  FAILED EditTags on {kind}" for kind in ("table", "topic", "container", "pipeline")),
    ]


def test_what_is_only_worth_knowing_is_a_warning(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with CatalogueServer({"databaseServices": [{"name": "pg", "serviceType": "Postgres"}]}, token="t") as server:
        change(monkeypatch, "OPENMETADATA_DEFAULT", host=server.url, password="t")
        code = main(["check"])
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("  warn"))
    assert code == 0
    assert line.startswith("  warn   service connections: warning: hidden for 1 of kind databaseService")


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("MAX_EVENTS", "ten", "[openmetadata_ol] max_events = 'ten': a whole number above 0 is expected"),
        ("RECEIPTS", "-1", "[openmetadata_ol] receipts = '-1': a whole number is expected"),
        ("START_FROM", "begin", "[openmetadata_ol] start_from is 'begin'; give one of: group"),
        ("ON_DATA_LOSS", "stop", "[openmetadata_ol] on_data_loss is 'stop'; give fail or continue"),
        ("TOPICS", "a b", "topics has 'a b', which is not a topic's name"),
        ("DEAD_LETTER_TOPIC", "a b", "[openmetadata_ol] dead_letter_topic has 'a b'"),
        ("DEAD_LETTER_TOPIC", "openlineage.events", "dead_letter_topic is 'openlineage.events', which is also in"),
        ("CONFIG", "/nowhere.yaml", "config file '/nowhere.yaml' cannot be read: No such file"),
    ],
)
def test_options_that_no_task_could_use_are_named(
    option: str, value: str, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__OPENMETADATA_OL__TOPICS", "openlineage.events")
    monkeypatch.setenv(f"AIRFLOW__OPENMETADATA_OL__{option}", value)
    code, lines = check(capsys)
    assert code == 1
    assert lines[0].startswith(f"FAILED config: {said}")


def test_the_config_of_the_option_is_checked_by_default(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"namespaces": [{"namespace": "x", "service": "no-such-service"}]}), encoding="utf-8")
    monkeypatch.setenv("AIRFLOW__OPENMETADATA_OL__CONFIG", str(file))
    assert main(["check"]) == 1
    printed = capsys.readouterr().out
    assert "ok     config: valid\n" in printed
    assert "  FAILED services of rules: there is no service 'no-such-service'" in printed


def test_a_topic_that_does_not_exist_is_a_failed_line_and_a_similar_one_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__OPENMETADATA_OL__TOPICS", "openlineage.event")
    code, (config, kafka, _) = check(capsys)
    assert code == 1
    assert config == "ok     config: defaults"
    assert kafka.startswith("FAILED connection kafka_default (Kafka): [openmetadata_ol] topics: ")
    assert "topic 'openlineage.event' does not exist; create it, or correct topics" in kafka
    assert kafka.endswith(", did you mean 'openlineage.events'?")


def test_a_missing_topic_that_is_only_the_default_is_a_warning(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with KafkaBroker({"mine": 1}) as broker:
        change(monkeypatch, "KAFKA_DEFAULT", extra={"bootstrap.servers": broker.bootstrap})
        code = main(["check"])
    kafka = capsys.readouterr().out.splitlines()[1]
    assert code == 0
    assert kafka.startswith("warn   connection kafka_default (Kafka): warning: Connected to ")
    assert "topic 'openlineage.events' does not exist" in kafka
    assert "It is the default of [openmetadata_ol] topics: if your DAGs read other topics, set it" in kafka


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("", "Dead-letter topic openlineage.events.dead-letter will be needed for unusable messages: create it"),
        ("none", ""),
        ("there", ""),
    ],
)
def test_topics_to_read_and_to_write_are_looked_up(
    option: str, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__OPENMETADATA_OL__DEAD_LETTER_TOPIC", option)
    monkeypatch.setenv("AIRFLOW__OPENMETADATA_OL__TOPICS", "^openlineage\\..*")
    with KafkaBroker({"openlineage.events": 3, "there": 1}) as broker:
        change(monkeypatch, "KAFKA_DEFAULT", extra={"bootstrap.servers": broker.bootstrap})
        code, (_, kafka, _) = check(capsys)
    assert code == 0
    assert "[openmetadata_ol] topics: openlineage.events (3 partitions)." in kafka
    assert said in kafka
    assert ("Dead-letter" in kafka) == bool(said)
