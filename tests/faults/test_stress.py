"""Starts several DAG runs with one state, all tasks at the same moment, again and again (``make test-writers``)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults.lab import House, Lab
from tests.faults.party import Party
from tests.faults.scenarios.together import start_together
from tests.faults.tasks import Tasks
from tests.faults.world import FORMS, Form, World
from tests.real_kafka.cluster import RealKafka

#: Number of times that each test starts DAG runs together.
ROUNDS = int(os.environ.get("STRESS_ROUNDS", "1"))


@pytest.fixture(scope="module")
def house(broker_process: RealKafka, tasks: Tasks) -> House:
    if not broker_process.running:
        broker_process.start()
    return House(broker_process, tasks)


@pytest.mark.rare
@pytest.mark.timeout(300 * ROUNDS)
@pytest.mark.parametrize("writers", [2, 3, 4])
@pytest.mark.parametrize("form", FORMS)
def test_whatever_the_order_all_is_as_after_one_dag_run(house: House, form: Form, writers: int, tmp_path: Path) -> None:
    lab = Lab(house, Party(1))
    for _ in range(ROUNDS):
        with lab.world(form) as world:
            ended = start_together(world, writers)
            _write_requests(world, tmp_path)
            assert {end.word for end in ended} <= {"done", "failed"}
            lab.repaired(world)


def _write_requests(world: World, folder: Path) -> None:
    """Write what the catalogue was asked for in a file, to be looked at after a failure."""
    requests = [f"{sent.method} {sent.path} {sent.content.decode()}" for sent in world.catalogue.bodies]
    folder.joinpath("requests.txt").write_text("\n".join(requests), encoding="utf-8")
