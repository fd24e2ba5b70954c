"""The numbers of a report become Airflow metrics."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.ingestion.metrics import counters, send_metrics
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport, Written
from openmetadata_ol_provider.version_compat import stats

REPORT = PublishReport(events=3, edges=Written(published=2, failed=1), requests={"GET": 4}, parked=7)


def test_every_number_that_is_not_nought_is_a_counter() -> None:
    assert dict(counters(REPORT)) == {
        "openmetadata_ol.events": 3,
        "openmetadata_ol.edges.published": 2,
        "openmetadata_ol.edges.failed": 1,
        "openmetadata_ol.requests.get": 4,
    }


def test_airflow_s_client_takes_them() -> None:
    client = stats()
    assert callable(client.incr)
    assert callable(client.gauge)
    send_metrics(REPORT, dag_id="d", task_id="t")


def test_a_metrics_back_end_that_fails_fails_no_task(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise OSError("no metrics today")

    monkeypatch.setattr(stats(), "incr", broken)
    send_metrics(REPORT, dag_id="d", task_id="t")
    assert "no metrics today" in caplog.text
