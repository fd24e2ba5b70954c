"""Edges expire across tasks: days of events and confirmations are kept in the ledger's Variable."""

from __future__ import annotations

from typing import Any

import pytest
from steps_support import EDGE, Sender, ingest, run_event, run_steps

from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

pytestmark = pytest.mark.usefixtures("connections")

CONFIG = {"lineage": {"expire_after": 2}}
OTHER = {"job": "nightly.other", "inputs": ["shop.public.orders"], "outputs": ["shop.analytics_stg.stg_orders"]}


def on(day: int, run_id: str, **options: Any) -> bytes:
    return run_event(run_id, **options).replace(b"2026-05-01", f"2026-05-{day:02d}".encode())


@pytest.mark.parametrize("work", [run_steps, ingest], ids=["steps", "ingest"])
def test_an_edge_of_a_job_that_runs_no_longer_expires(work: Any, send: Sender, catalogue: CatalogueServer) -> None:
    send.events(on(1, "old"))
    work(config=CONFIG)
    for day in (2, 3):
        send.events(on(day, f"other{day}", **OTHER))
        assert work(config=CONFIG)["expired"]["removed"] == 0
    assert EDGE in catalogue.edges()
    send.events(on(4, "other4", **OTHER))
    assert work(config=CONFIG)["expired"]["removed"] == 1
    assert EDGE not in catalogue.edges()
    # It comes back with the next run of its job.
    send.events(on(5, "new"))
    work(config=CONFIG)
    assert EDGE in catalogue.edges()


def test_nothing_expires_before_the_whole_backlog_is_read(send: Sender, catalogue: CatalogueServer) -> None:
    send.events(on(1, "old"))
    ingest(config=CONFIG)
    send.events(*(on(day, f"other{day}", **OTHER) for day in range(2, 8)), on(8, "back"))
    report = ingest(config=CONFIG, max_events=2)
    assert report["expired"] == {"removed": 0, "kept": 0, "failed": 0}
    assert EDGE in catalogue.edges()
