"""A sandbox of its own for each test, without any Variables before and after."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.surface.scenario import World, world, write_variables


@pytest.fixture
def here(airflow_db: Path) -> Iterator[World]:
    """Return a broker and a catalogue that Airflow's default connections lead to."""
    with world() as running:
        yield running
    write_variables({})
