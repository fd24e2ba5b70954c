"""A token that travels over plain http to another machine is a warning of the task that sends it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from airflow.providers.common.compat.sdk import DAG

from openmetadata_ol_provider.operators._base import catalogue_client
from openmetadata_ol_provider.operators.publish import PublishLineageOperator

WARNING = "the token travels without encryption to"


def log_of(logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch, **connection: str) -> str:
    """Return what an operator logs when it makes its client for a connection; nothing is sent."""
    monkeypatch.setenv("AIRFLOW_CONN_OM", json.dumps({"conn_type": "openmetadata", **connection}))
    with DAG("lineage", schedule=None):
        operator = PublishLineageOperator(task_id="publish", openmetadata_conn_id="om")
    catalogue_client(operator).close()
    return logged()


@pytest.mark.promise("A296")
def test_http_to_another_machine_is_a_warning(logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    said = log_of(logged, monkeypatch, host="om.example.com", schema="http", password="s3cret-token")
    assert f"{WARNING} http://om.example.com/api" in said
    assert "use an https address" in said
    assert "s3cret" not in said


@pytest.mark.parametrize(
    "connection",
    [
        {"host": "om.example.com", "password": "token-1"},
        {"host": "http://localhost:8585", "password": "token-1"},
        {"host": "http://om.example.com"},
    ],
    ids=["https", "loopback", "no token"],
)
def test_nothing_is_said_where_nobody_can_read_it(
    connection: dict[str, str], logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert WARNING not in log_of(logged, monkeypatch, **connection)
