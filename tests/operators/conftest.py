"""A clean state for each test, connections to a broker and a catalogue of its own, and someone who sends events."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from steps_support import FAST, Sender

from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from tests.kafka.fixtures import dead_port  # noqa: F401 - fixture
from tests.variables import delete_variables


@pytest.fixture
def send(broker: KafkaBroker) -> Sender:
    return Sender(broker.bootstrap)


@pytest.fixture(autouse=True)
def no_state(airflow_db: None) -> Iterator[None]:
    """Leave no Variable to the next test."""
    yield
    delete_variables()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let retries not take the time that they take in production."""
    monkeypatch.setattr("openmetadata_ol_provider.openmetadata.client.client.RetryPolicy", lambda: FAST)


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch, connections: None) -> None:
    """Add Kafka connections of other consumer groups, which have committed nothing."""
    kafka = json.loads(os.environ["AIRFLOW_CONN_KAFKA_DEFAULT"])
    for group in ("other_group", "undisturbed"):
        kafka["extra"]["group.id"] = group
        monkeypatch.setenv(f"AIRFLOW_CONN_KAFKA_{group.upper()}", json.dumps(kafka))


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Return a function that gives all that was logged or printed: operators log to stdout in Airflow 3."""
    caplog.set_level("DEBUG")
    seen: list[str] = []

    def everything() -> str:
        seen.extend(capfd.readouterr())
        return "".join(seen) + caplog.text

    return everything


@pytest.fixture
def openmetadata(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Change fields of the connection to the catalogue."""

    def change(**fields: Any) -> None:
        connection = json.loads(os.environ["AIRFLOW_CONN_OPENMETADATA_DEFAULT"]) | fields
        monkeypatch.setenv("AIRFLOW_CONN_OPENMETADATA_DEFAULT", json.dumps(connection))

    return change
