"""What a task sends to Airflow's metrics: lag before and after, losses, age of what is parked, size of the state."""

from __future__ import annotations

import json
import time
from typing import Any

import msgspec
import pytest
from steps_support import DAG_ID, TOPIC, Sender, consume, ingest, publish, run_event, run_steps, translate

from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.state.store import StateStore
from openmetadata_ol_provider.version_compat import stats

pytestmark = pytest.mark.usefixtures("connections")

BOTH = pytest.mark.parametrize("work", [run_steps, ingest], ids=["steps", "ingest"])
STATE = f"openmetadata_ol.{DAG_ID}.{TOPIC}"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[tuple[float, dict[str, str]]]]:
    """Return what Airflow's client is given: name -> (value, tags), in order."""
    given: dict[str, list[tuple[float, dict[str, str]]]] = {}

    def take(name: str, value: float = 1, *_: Any, tags: dict[str, str], **__: Any) -> None:
        given.setdefault(name.removeprefix("openmetadata_ol."), []).append((value, tags))

    monkeypatch.setattr(stats(), "gauge", take)
    monkeypatch.setattr(stats(), "incr", take)
    return given


@BOTH
def test_the_lag_is_sent_before_and_after(work: Any, send: Sender, catalogue: CatalogueServer, sent: Any) -> None:
    send.events(*(run_event(f"r{number}") for number in range(5)))
    work()
    (before, tags), (after, _) = sent["lag.messages"]
    assert (before, after, tags) == (5, 0, {"dag_id": DAG_ID, "lane": "0"})
    (age, _), (none, _) = sent["lag.seconds"]
    assert 0 <= age < 600
    assert none == 0


def test_the_lag_keeps_its_value_while_publishing_fails(send: Sender, catalogue: CatalogueServer, sent: Any) -> None:
    send.events(*(run_event(f"r{number}") for number in range(3)))
    consume()
    assert [value for value, _ in sent["lag.messages"]] == [3]


def test_what_a_batch_leaves_is_still_waiting(send: Sender, catalogue: CatalogueServer, sent: Any) -> None:
    send.events(*(run_event(f"r{number}") for number in range(5)))
    publish(translate(consume(max_events=2)))
    assert [value for value, _ in sent["lag.messages"]] == [5]


def test_a_lane_sends_its_own(send: Sender, catalogue: CatalogueServer, sent: Any) -> None:
    send.events(*(run_event(f"r{number}") for number in range(9)))
    run_steps(lane=1, lanes=2)
    assert {tags["lane"] for _, tags in sent["lag.messages"] + sent["state.bytes"]} == {"1"}


@BOTH
def test_the_size_of_the_state_is_that_of_its_variables(
    work: Any, send: Sender, catalogue: CatalogueServer, sent: Any
) -> None:
    from airflow.models.variable import Variable

    send.message(run_event("a", outputs=["shop.missing.table"]))
    work()
    [(size, _)] = sent["state.bytes"]
    texts = [Variable.get(key, "") for key in (STATE, f"{STATE}.parked", f"{STATE}.ledger")]
    assert size == sum(len(text.encode()) for text in texts)


@BOTH
def test_the_age_of_what_is_parked_is_that_of_the_oldest(
    work: Any, send: Sender, catalogue: CatalogueServer, sent: Any
) -> None:
    send.message(run_event("a", outputs=["shop.missing.table"]))
    work()
    [(age, _)] = sent["parked.oldest_seconds"]
    assert 0 <= age < 600
    store, earlier = StateStore(STATE), int(time.time()) - 7200
    items = store.read_parked()
    store.write_parked({key: msgspec.structs.replace(item, first_seen=earlier) for key, item in items.items()})
    send.message(run_event("b", outputs=["shop.missing.other"]))
    work()
    assert sent["parked.oldest_seconds"][-1][0] >= 7200


@BOTH
def test_lost_messages_are_counted(work: Any, send: Sender, catalogue: CatalogueServer, sent: Any) -> None:
    from airflow.models.variable import Variable

    for number in range(12):
        # The mock broker retains about 5 MB of a partition.
        send.message(run_event(f"r{number}", padding={"text": "x" * 1_000_000}), partition=0)
    Variable.set(STATE, json.dumps({"version": 1, "checkpoint": {TOPIC: {"0": 2, "1": 0, "2": 0}}}))
    work()
    [(lost, tags)] = sent["lost"]
    assert lost > 0
    assert tags == {"dag_id": DAG_ID, "lane": "0"}


def test_a_dry_run_sends_nothing(send: Sender, catalogue: CatalogueServer, sent: Any) -> None:
    send.message(run_event("a"))
    ingest(dry_run=True)
    assert sent == {}
