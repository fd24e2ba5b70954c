"""``openmetadata-ol sandbox``: broker and catalogue as one command, with the settings for Airflow and a page."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.live_feed import as_new_run, events_of_round
from tests.waiting import PATIENCE, until

Start = Callable[..., "Sandbox"]


class Sandbox:
    """A running command."""

    def __init__(self, process: subprocess.Popen[str], errors: Path) -> None:
        self.process = process
        self._errors = errors
        #: variables that it prints
        self.settings: dict[str, str] = {}
        assert process.stdout is not None
        while len(self.settings) < 3:
            line = process.stdout.readline()
            assert line, self.said
            name, value = shlex.split(line)[1].split("=", 1)
            self.settings[name] = value

    @property
    def said(self) -> str:
        return self._errors.read_text(encoding="utf-8")

    def wait_for(self, pattern: str) -> str:
        """Wait until it has said something, and return what the pattern's group has."""
        until(lambda: re.search(pattern, self.said), f"{pattern} in what the sandbox has said")
        (said, *_) = re.findall(pattern, self.said)
        return str(said)

    @property
    def kafka(self) -> dict[str, Any]:
        extra: dict[str, Any] = json.loads(self.settings["AIRFLOW_CONN_KAFKA_DEFAULT"])["extra"]
        return extra

    def page(self) -> str:
        url = urlsplit(self.wait_for(r"catalogue contains +(http\S+)"))
        connection = HTTPConnection(str(url.hostname), url.port, timeout=30)
        connection.request("GET", url.path)
        with connection.getresponse() as answer:
            assert answer.status == 200
            text = answer.read().decode()
        connection.close()
        return text


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return ``start(*options)``; everything that was started is ended as by Ctrl-C."""
    running: list[subprocess.Popen[str]] = []

    def run(*options: str) -> Sandbox:
        errors = tmp_path / f"errors-{len(running)}"
        with errors.open("w", encoding="utf-8") as stream:
            command = [sys.executable, "-m", "openmetadata_ol_provider", "sandbox", *options]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stream, text=True)
        running.append(process)
        return Sandbox(process, errors)

    yield run
    for process in running:
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
        assert process.stdout is not None
        process.stdout.close()


def messages(sandbox: Sandbox, count: int) -> list[dict[str, Any]]:
    """Return the first messages of the topic."""
    from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

    consumer = Consumer({**sandbox.kafka, "group.id": "tests"})
    consumer.assign([TopicPartition("openlineage.events", number, OFFSET_BEGINNING) for number in range(3)])
    found: list[dict[str, Any]] = []

    def received() -> bool:
        message = consumer.poll(1)
        if message is not None and message.error() is None:
            found.append(json.loads(message.value()))
        return len(found) >= count

    until(received, f"{count} messages")
    consumer.close()
    return found


def test_the_settings_lead_to_a_broker_and_a_catalogue_that_has_tables(start: Start) -> None:
    sandbox = start()
    assert sandbox.settings["AIRFLOW__OPENMETADATA_OL__TOPICS"] == "openlineage.events"
    connection = json.loads(sandbox.settings["AIRFLOW_CONN_OPENMETADATA_DEFAULT"])
    with OpenMetadataClient(connection["host"], connection["password"]) as client:
        assert client.version[0] == 1
        tables = [table["fullyQualifiedName"] for table in client.pages("v1/tables")]
    assert "warehouse.shop.public.customers" in tables
    page = sandbox.page()
    assert f"tables: {len(tables)}" in page
    assert "none yet" in page


def test_captured_events_are_sent_once_on_request(start: Start) -> None:
    sandbox = start("--feed")
    sandbox.wait_for(r"(\d+) events sent +dbt")
    total = sum(map(int, re.findall(r"(\d+) events sent", sandbox.said)))
    assert len(messages(sandbox, total)) == total


def test_events_keep_coming_as_new_runs(start: Start) -> None:
    sandbox = start("--rate", "200")
    assert sandbox.wait_for(r"events per second, as new runs +(\d+)") == "200"
    assert len(messages(sandbox, 40)) >= 40


def test_a_round_has_other_runs_with_the_same_relations() -> None:
    first, second = (list(events_of_round(number))[:200] for number in (0, 1))
    ids = [{event["run"]["runId"] for event in events} for events in (first, second)]
    assert len(ids[0]) == len(ids[1])
    assert not ids[0] & ids[1]
    parents = [{event["run"]["facets"].get("parent", {}).get("run", {}).get("runId") for event in first}, ids[0]]
    assert parents[0] & parents[1]
    assert as_new_run(first[0], 3) != first[0]


def test_the_page_shows_lineage_and_pipelines(start: Start) -> None:
    sandbox = start()
    connection = json.loads(sandbox.settings["AIRFLOW_CONN_OPENMETADATA_DEFAULT"])
    with OpenMetadataClient(connection["host"], connection["password"]) as client:
        ends = []
        for name in ("customers", "orders"):
            table = client.get(f"v1/tables/name/warehouse.shop.public.{name}")
            assert table is not None
            ends.append({"id": table["id"], "type": "table"})
        client.put("v1/lineage", {"edge": {"fromEntity": ends[0], "toEntity": ends[1]}})
        client.put("v1/services/pipelineServices", {"name": "openlineage", "serviceType": "OpenLineage"})
        pipeline = client.put("v1/pipelines", {"name": "<nightly>", "service": "openlineage"})
        named = {"id": pipeline["id"], "type": "pipeline", "fullyQualifiedName": pipeline["fullyQualifiedName"]}
        row = {"pipeline": named, "lastRunTime": 0, "lastRunStatus": "Failed", "scheduleInterval": "@daily"}
        client.put(f"v1/tables/{ends[1]['id']}/pipelineObservability", [row])
    page = sandbox.page()
    assert "warehouse.shop.public.customers" in page
    assert "edges: 1, column pairs: 0" in page
    assert "openlineage.&lt;nightly&gt;" in page
    assert '<td>@daily</td><td class="bad">Failed at 1970-01-01 00:00:00 UTC</td>' in page


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--rate", "0"), "'0' is not a number above 0"),
        (("--rate", "fast"), "'fast' is not a number above 0"),
        (("--port", "65536"), "'65536' is not a port"),
    ],
)
def test_wrong_options_are_refused(options: tuple[str, ...], said: str) -> None:
    command = [sys.executable, "-m", "openmetadata_ol_provider", "sandbox", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "openmetadata_ol_provider", "sandbox", "--page-port", number]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 2
    assert f"--page-port {number}: Address already in use; give free ports, or 0" in done.stderr


@pytest.mark.parametrize("options", [(), ("--feed", "--rate", "50")])
def test_ctrl_c_in_a_terminal_ends_all_of_it_without_a_word(options: tuple[str, ...], tmp_path: Path) -> None:
    errors = tmp_path / "errors"
    with errors.open("w", encoding="utf-8") as stream:
        command = [sys.executable, "-m", "openmetadata_ol_provider", "sandbox", *options]
        # A group of its own, to which a terminal sends the signal as a whole.
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stream, text=True, start_new_session=True)
    sandbox = Sandbox(process, errors)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert output == ""
    assert "Traceback" not in sandbox.said
    assert "Ctrl-C ends the sandbox" in sandbox.said
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    catalogue = json.loads(sandbox.settings["AIRFLOW_CONN_OPENMETADATA_DEFAULT"])["host"]
    for url in (sandbox.kafka["bootstrap.servers"], catalogue):
        host, port = url.rpartition("/")[2].split(":")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, int(port)), timeout=10)
