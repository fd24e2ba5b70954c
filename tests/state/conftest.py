"""A database for Variables, empty before each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def no_state(airflow_db: None) -> Iterator[None]:
    """Leave no Variable to the next test."""
    yield
    from airflow.models.variable import Variable
    from airflow.utils.session import create_session

    with create_session() as session:
        session.query(Variable).delete()
