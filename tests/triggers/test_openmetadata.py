"""The trigger of the sensors that wait for OpenMetadata, as a triggerer runs it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.gates.gate import FreshnessGate, Since, TableName, gate_to_dict
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.triggers.openmetadata import OpenMetadataGateTrigger
from tests.openmetadata.builders import FAST, SEED, TOKEN, config, orders_plan, run
from tests.waiting import until_async

TABLE = TableName(fqn="pg.shop.public.totals")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[CatalogueServer]:
    with CatalogueServer(SEED, token=TOKEN) as catalogue:
        connect(monkeypatch, host=catalogue.url, password=TOKEN)
        yield catalogue


def connect(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OPENMETADATA_DEFAULT", json.dumps({"conn_type": "openmetadata", **fields}))


def trigger(table: TableName = TABLE, **more: Any) -> OpenMetadataGateTrigger:
    """Return a trigger as another triggerer restores it."""
    gate = gate_to_dict(FreshnessGate(table, Since(at=0), more.pop("failed_states", ())))
    _, arguments = OpenMetadataGateTrigger(gate, poll_interval=0.05, **more).serialize()
    return OpenMetadataGateTrigger(**json.loads(json.dumps(arguments)))


def written(server: CatalogueServer, state: Any = "COMPLETE") -> None:
    with OpenMetadataClient(server.url, TOKEN) as client:
        publish_plan(orders_plan(runs=[run(state, ended_at="2026-01-01T00:10:00Z")]), client, config())


async def first(waiting: OpenMetadataGateTrigger) -> dict[str, Any]:
    async for event in waiting.run():
        payload: dict[str, Any] = json.loads(json.dumps(event.payload))
        return payload
    raise AssertionError("the trigger ended without an event")


async def test_it_fires_when_the_table_was_written(server: CatalogueServer) -> None:
    waiting = asyncio.create_task(first(trigger()))
    await until_async(lambda: server.requests, "a request of the trigger")
    await asyncio.to_thread(written, server)
    payload = await waiting
    assert (payload["status"], payload["facts"]["table"]) == ("passed", "pg.shop.public.totals")
    assert "was written at" in payload["message"]


async def test_it_fires_when_the_gate_has_failed(server: CatalogueServer) -> None:
    await asyncio.to_thread(written, server, "FAIL")
    payload = await first(trigger(failed_states=("Failed",)))
    assert (payload["status"], "is Failed" in payload["message"]) == ("failed", True)


async def test_a_table_that_is_gone_is_reported(server: CatalogueServer) -> None:
    payload = await first(trigger(TableName(fqn="pg.shop.public.gone")))
    assert payload == {
        "status": "missing",
        "message": "OpenMetadata has no table pg.shop.public.gone",
        "facts": {},
    }


async def test_it_gives_up_at_the_deadline_and_says_why(server: CatalogueServer) -> None:
    payload = await first(trigger(deadline=time.time() - 1))
    assert payload["status"] == "timeout"
    assert payload["message"].startswith("no successful run has written pg.shop.public.totals since 1970-01-01")


async def test_an_error_that_a_retry_cannot_fix_is_reported_at_once(
    server: CatalogueServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, host=server.url, password="another")
    payload = await first(trigger())
    assert (payload["status"], "refused the token" in payload["message"]) == ("error", True)


async def test_a_missing_connection_is_reported_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, airflow_db: Any
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_OPENMETADATA_DEFAULT", raising=False)
    payload = await first(trigger())
    assert payload["status"] == "error"
    assert "airflow connections add openmetadata_default" in payload["message"]


async def test_an_outage_is_waited_out(server: CatalogueServer, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, host="http://127.0.0.1:9", extra=json.dumps({"timeout": 0.2}))
    monkeypatch.setattr("openmetadata_ol_provider.openmetadata.client.client.RetryPolicy", lambda: FAST)
    payload = await first(trigger(deadline=time.time() - 1))
    assert payload["status"] == "timeout"
    assert "last error: " in payload["message"]


async def test_the_event_loop_goes_on_while_the_server_is_slow(server: CatalogueServer) -> None:
    """The client blocks in a thread: a triggerer runs hundreds of triggers on one loop."""
    with server.store.lock:
        waiting = asyncio.create_task(first(trigger()))
        for _ in range(20):
            await asyncio.sleep(0.005)
    assert not waiting.done()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    def ended() -> bool:
        return not any(thread.name.startswith("openmetadata-trigger") for thread in threading.enumerate())

    await until_async(ended, "the thread of a trigger that was cancelled ends")
