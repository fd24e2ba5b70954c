"""The scenarios under way, on a broker like that of the tests of real Kafka."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.lab import House
from tests.faults.running import Running
from tests.faults.tasks import Tasks
from tests.real_kafka.cluster import RealKafka
from tests.real_kafka.conftest import broker_process, pytest_runtest_makereport  # noqa: F401 - a fixture, a hook


@pytest.fixture(scope="session")
def tasks(airflow_db: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tasks]:
    with Tasks(tmp_path_factory.mktemp("tasks")) as running:
        yield running


@pytest.fixture(scope="session")
def running(broker_process: RealKafka, tasks: Tasks, request: pytest.FixtureRequest) -> Iterator[Running]:  # noqa: F811
    """Begin with all scenarios that are wanted."""
    parameters = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    scenarios = [found["scenario"] for found in parameters if "scenario" in found]
    with Running(scenarios, House(broker_process, tasks)) as begun:
        yield begun
