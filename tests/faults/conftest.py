"""The lab of the scenarios, on the broker of the tests of real Kafka, and what is noted for the table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.lab import Lab, Notes
from tests.faults.tasks import Tasks
from tests.real_kafka.cluster import RealKafka
from tests.real_kafka.conftest import broker_process, kafka, pytest_runtest_makereport  # noqa: F401 - fixtures, a hook

NOTES = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def tasks(airflow_db: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tasks]:
    with Tasks(tmp_path_factory.mktemp("tasks")) as running:
        yield running


@pytest.fixture(scope="session")
def session_lab(broker_process: RealKafka, tasks: Tasks) -> Lab:  # noqa: F811
    return Lab(broker_process, tasks)


@pytest.fixture
def lab(kafka: RealKafka, session_lab: Lab, request: pytest.FixtureRequest) -> Iterator[Lab]:  # noqa: F811
    """Return the lab, with nothing noted yet; what is noted is shown with a failure, and goes into the table."""
    session_lab.notes = Notes()
    yield session_lab
    node: Any = request.node
    node.stash[NOTES] = session_lab.notes.text()
