"""Who sees what: nobody without login, runs by permission on their DAG, the overview by permission on Variables."""

from __future__ import annotations

import builtins
from typing import Any

import pytest

from tests.web.clients import client_for
from tests.web.conftest import Client
from tests.web.deliveries import receipt, record, store
from tests.web.test_pages import VIEWS

RUN = "dags/dwh_1/runs/manual__1"
OVERVIEW = (*VIEWS, *(f"api/v1/{view or 'overview'}" for view in VIEWS))


@pytest.mark.parametrize("path", [*OVERVIEW, RUN, f"{RUN}/tasks/load", f"api/v1/{RUN}", "static/page.css"])
def test_nobody_sees_anything_without_login(client: Client, path: str) -> None:
    store(record(receipt(1)))
    for accept in ("text/html", "application/json"):
        response = client(None, accept).get(path)
        assert response.status_code == 401
        assert "dwh_1" not in response.text
    assert client(None).get(path, headers={"Authorization": "Bearer forged"}).status_code in {401, 403}


@pytest.mark.parametrize("path", OVERVIEW)
def test_a_viewer_does_not_see_the_overview(client: Client, path: str) -> None:
    store(record(receipt(1)))
    response = client("viewer").get(path)
    assert response.status_code == 403
    assert "dwh_1" not in response.text
    assert "permission" in response.text
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert client("viewer", "application/json").get(path).json() == {"detail": "Forbidden"}


@pytest.mark.parametrize("role", ["op", "admin"])
def test_who_may_read_variables_sees_it(client: Client, role: str) -> None:
    assert {client(role).get(path).status_code for path in OVERVIEW} == {200}


def test_a_viewer_sees_the_tab_of_a_run_and_its_files(client: Client, run_of_airflow: Any) -> None:
    assert client("viewer").get(RUN).status_code == 200
    assert client("viewer").get("static/page.css").status_code == 200
    assert client("viewer").get("dags/dwh_1/runs/none").status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", [*OVERVIEW, RUN])
def test_nothing_can_be_written(client: Client, method: str, path: str) -> None:
    assert getattr(client("admin"), method)(path).status_code == 405


def test_without_the_permissions_that_it_expects_the_page_is_closed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, client: Client
) -> None:
    from openmetadata_ol_provider.web.app import create_app

    imported = builtins.__import__

    def another_airflow(name: str, *arguments: Any, **more: Any) -> Any:
        if name == "airflow.api_fastapi.core_api.security":
            raise ImportError("cannot import name 'requires_access_dag'")
        return imported(name, *arguments, **more)

    # As an Airflow in which the module was moved: it is not declared public.
    monkeypatch.setattr(builtins, "__import__", another_airflow)
    app = create_app()
    monkeypatch.undo()
    store(record(receipt(1)))
    token = client("admin").headers["Authorization"]
    closed = client_for(app, headers={"Authorization": token})
    for path in (*OVERVIEW, RUN, f"{RUN}/tasks/load", "static/page.css"):
        response = closed.get(f"/{path}")
        assert response.status_code == 503
        assert "dwh_1" not in response.text
    assert "the page Lineage delivery is closed" in caplog.text
