"""The lab of the scenarios, on a broker like that of the tests of real Kafka."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.lab import Lab, Notes
from tests.faults.tasks import Tasks
from tests.real_kafka.cluster import RealKafka
from tests.real_kafka.conftest import broker_process, kafka, pytest_runtest_makereport  # noqa: F401 - fixtures, a hook


@pytest.fixture(scope="session")
def tasks(airflow_db: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tasks]:
    with Tasks(tmp_path_factory.mktemp("tasks")) as running:
        yield running


@pytest.fixture(scope="session")
def session_lab(broker_process: RealKafka, tasks: Tasks) -> Lab:  # noqa: F811
    return Lab(broker_process, tasks)


@pytest.fixture
def lab(kafka: RealKafka, session_lab: Lab) -> Lab:  # noqa: F811
    """Return the lab, with nothing noted yet."""
    session_lab.notes = Notes()
    return session_lab
