"""Endpoints that only decorate lineage may fail for ever: tasks succeed, and nothing of the lineage waits for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException
from steps_support import DAG_ID, TOPIC, Sender, checkpoint, ingest, run_event, run_steps

from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.state.store import StateStore

pytestmark = pytest.mark.usefixtures("connections")
STEPS = pytest.mark.parametrize("work", [run_steps, ingest], ids=["steps", "ingest"])
TABLES = ["shop.analytics_stg.stg_customers", "shop.analytics_stg.stg_orders"]


@pytest.mark.promise("A260")
@STEPS
@pytest.mark.parametrize(("path", "status"), [("/status", 500), ("/status", 403), ("v1/usage", 500), ("v1/usage", 404)])
def test_a_task_succeeds_and_the_checkpoint_moves(
    work: Callable[..., Any], path: str, status: int, send: Sender, catalogue: CatalogueServer
) -> None:
    send.events(run_event("r1", inputs=TABLES[:1], outputs=TABLES[1:]))
    catalogue.fail("*", path, status, times=10_000)
    work()
    assert len(catalogue.edges()) == 1
    assert checkpoint()


@pytest.mark.promise("A262", "A297")
def test_the_report_is_in_the_log_although_the_publication_ended_early(
    send: Sender, catalogue: CatalogueServer, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("INFO")
    missing = "shop.analytics_stg.gone"
    send.events(run_event("r1", inputs=[TABLES[0], missing], outputs=TABLES[1:]))
    catalogue.fail("*", "/status", 401, times=10_000)
    with pytest.raises(AirflowException, match="refused the token"):
        ingest()
    text = capsys.readouterr().out + caplog.text
    # Of a task's log, only warnings are visible here.
    assert "shop.analytics_stg.gone" in text
    # The error itself ends the log, so the report does not say it again.
    assert "stopped: " not in text
    assert "refused the token" not in text
    assert len(catalogue.edges()) == 1
    assert checkpoint() == {}
    ledger = StateStore(f"openmetadata_ol.{DAG_ID}.{TOPIC}").read_ledger()
    assert (len(ledger.edges), ledger.begun) == (1, True)
