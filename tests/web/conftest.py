"""The page as Airflow's API server mounts it, with Airflow's own permissions, for users of different roles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

import pytest

from tests.variables import delete_variables
from tests.web.clients import client_for

#: Pages of plugins are there since Airflow 3.1.
collect_ignore_glob = [] if tuple(map(int, version("apache-airflow").split(".")[:2])) >= (3, 1) else ["test_*.py"]

#: Gives the client of a user (of starlette's kind) by role.
Client = Callable[..., Any]


@pytest.fixture(scope="session")
def users(airflow_db: Any) -> Iterator[Callable[[str], str]]:
    """Return a function that gives the token of a user by the user's role."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", "admin:admin,viewer:viewer,op:op")
        patch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "s" * 64)
        from airflow.api_fastapi.app import init_auth_manager, purge_cached_app
        from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

        manager = init_auth_manager()
        yield lambda role: manager.generate_jwt(SimpleAuthManagerUser(username=role, role=role))
        purge_cached_app()


@pytest.fixture(scope="session")
def application() -> Any:
    """Return one application for all tests, as Airflow has one; its routes take ten times as long as a request."""
    from fastapi import FastAPI

    from openmetadata_ol_provider.web.plugin import PREFIX, LazyApp

    airflow = FastAPI()
    airflow.mount(PREFIX, LazyApp())
    return airflow


@pytest.fixture
def client(users: Callable[[str], str], application: Any) -> Client:
    """Return a function that gives the client of a user: by role, or of nobody."""
    from openmetadata_ol_provider.web.plugin import PREFIX

    def client_of(role: str | None = "admin", accept: str = "text/html") -> Any:
        headers = {"accept": accept}
        if role is not None:
            headers["Authorization"] = f"Bearer {users(role)}"
        return client_for(application, base_url=f"http://airflow{PREFIX}/", headers=headers)

    return client_of


@pytest.fixture(autouse=True)
def no_state(airflow_db: Any) -> Iterator[None]:
    """Leave no Variable and no run to the next test."""
    yield
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    delete_variables()
    with create_session() as session:
        session.query(DagRun).delete()


@pytest.fixture
def run_of_airflow(airflow_db: Any) -> None:
    """Store a DAG run that has ended."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunTriggeredByType, DagRunType

    ended = dt.datetime(2026, 5, 1, 10, tzinfo=dt.timezone.utc)
    with create_session() as session:
        run = DagRun(
            dag_id="dwh_1",
            run_id="manual__1",
            run_type=DagRunType.MANUAL,
            logical_date=ended,
            run_after=ended,
            start_date=ended,
            state=DagRunState.SUCCESS,
            triggered_by=DagRunTriggeredByType.TEST,
        )
        run.end_date = ended
        session.add(run)
