"""A database for Variables, empty before each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.variables import delete_variables


@pytest.fixture(autouse=True)
def no_state(airflow_db: None) -> Iterator[None]:
    """Leave no Variable to the next test."""
    yield
    delete_variables()
