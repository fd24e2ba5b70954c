"""The log of a task: a short summary, a warning for each cause, and an expected error once."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException
from steps_support import Sender, ingest, run_event, run_steps

pytestmark = pytest.mark.usefixtures("connections", "catalogue")

STEPS = pytest.mark.parametrize("work", [run_steps, ingest], ids=["steps", "ingest"])
GONE = [f"shop.public.gone{number}" for number in range(14)]


@pytest.mark.promise("A297")
@STEPS
def test_fourteen_missing_tables_are_one_warning(
    work: Callable[..., Any], send: Sender, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("INFO")
    send.events(run_event("r1", inputs=["shop.analytics_stg.stg_new"], outputs=GONE))
    work()
    # Airflow 3 writes the log of a task to stdout here, version 2 through the standard library.
    lines = [*capsys.readouterr().out.splitlines(), *(record.getMessage() for record in caplog.records)]
    (warning,) = [line for line in lines if "shop.public.gone" in line]
    assert "unresolved: 15 datasets of postgres://localhost:5433, e.g. " in warning
    assert "14 edges wait for them" in warning


@pytest.mark.promise("A297")
def test_an_expected_error_is_in_the_log_once(send: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    send.events(run_event("r1"))
    monkeypatch.setenv("AIRFLOW__OPENMETADATA_OL__START_FROM", "yesterday")
    with pytest.raises(AirflowException) as caught:
        ingest()
    text = "".join(traceback.format_exception(caught.value))
    assert text.count("Traceback") == 1
    assert text.count("start_from is 'yesterday'") == 1
