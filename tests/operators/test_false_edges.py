"""Edges that a later batch shows to be false go, across tasks, also if the catalogue refuses their removal at first."""

from __future__ import annotations

import json
from typing import Any

import pytest
from steps_support import DAG_ID, TOPIC, Sender, ingest, run_event, run_steps

from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.state.store import StateStore

pytestmark = pytest.mark.usefixtures("connections")
A, B = "shop.public.customers", "shop.public.orders"
X, Y = "shop.analytics_stg.stg_customers", "shop.analytics_stg.stg_orders"
TRUE = {(A, X), (B, Y)}


def whole(run_id: str) -> bytes:
    return run_event(run_id, minute=9, inputs=(A, B), outputs=(X, Y))


def columns_of(run_id: str, minute: int, source: str, target: str) -> bytes:
    """Return the event that says which column a table of a run comes from."""
    event = json.loads(run_event(run_id, "RUNNING", minute=minute, inputs=(), outputs=(target,)))
    (output,) = event["outputs"]
    field = {"namespace": output["namespace"], "name": source, "field": "id"}
    output["facets"] = {"columnLineage": {"fields": {"id": {"inputFields": [field]}}}}
    return json.dumps(event).encode()


def edges(catalogue: CatalogueServer) -> set[tuple[str, ...]]:
    return {tuple(end.removeprefix("warehouse.") for end in ends) for ends in catalogue.edges()}


@pytest.mark.parametrize("work", [run_steps, ingest], ids=["steps", "ingest"])
@pytest.mark.parametrize("status", [None, 403, 500])
def test_false_edges_are_gone_in_the_end(
    work: Any, status: int | None, send: Sender, catalogue: CatalogueServer
) -> None:
    send.events(whole("r"))
    work()
    assert edges(catalogue) == {(source, target) for source in (A, B) for target in (X, Y)}
    if status is not None:
        catalogue.fail("DELETE", "v1/lineage", status, times=100)
    send.events(columns_of("r", 5, A, X), columns_of("r", 6, B, Y))
    report = work()
    if status is not None:
        assert (report["stale"]["failed"], report["parked"]) == (2, 2)
        catalogue.clear_faults()
        send.events(run_event("other", job="nightly.other", inputs=(A,), outputs=("shop.public.orders",)))
        report = work()
    assert (report["stale"]["removed"], report["parked"]) == (2, 0)
    assert edges(catalogue) >= TRUE
    assert not edges(catalogue) & {(A, Y), (B, X)}


@pytest.mark.parametrize("killed", ["before the state", "before the ledger"])
def test_a_task_that_is_killed_after_it_has_removed_them_leaves_nothing_to_do(
    killed: str, send: Sender, catalogue: CatalogueServer
) -> None:
    send.events(whole("r"))
    ingest()
    store = StateStore(f"openmetadata_ol.{DAG_ID}.{TOPIC}")
    before, ledger = store.read_state(), store.read_ledger()
    send.events(columns_of("r", 5, A, X), columns_of("r", 6, B, Y))
    ingest()
    if killed == "before the state":
        store.delete_state()
        store.write_state(before, None)
    store.write_ledger(ledger.invalidated(begun=True, token="of the killed task"))
    report = ingest()
    assert report["stale"]["failed"] == 0
    assert edges(catalogue) == TRUE
    outcomes = [one["detail"].rpartition(": ")[2] for one in report["problems"] if one["kind"] == "retracted_edge"]
    assert set(outcomes) <= {"it is gone, or no longer only ours"}
