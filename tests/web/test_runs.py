"""The tab of a DAG run or task instance: what became of its lineage, or why there is nothing."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest

from openmetadata_ol_provider.receipts.receipt import BatchReceipt, TaskRef
from openmetadata_ol_provider.receipts.record import Delivery, DeliveryRecord
from openmetadata_ol_provider.web.airflow_runs import AirflowRun, read_dag_run
from openmetadata_ol_provider.web.delivery import Deliveries, LaneRecord
from openmetadata_ol_provider.web.run_view import run_view, why_absent
from tests.web.conftest import Client
from tests.web.deliveries import KEY, NOW, READER, lag, receipt, record, store

RUN = AirflowRun("dwh", "scheduled__1", ended_at=NOW - 600)
TASK = AirflowRun("dwh", "scheduled__1", "load", ended_at=NOW - 600)


def deliveries(made: DeliveryRecord, waiting: Any = None) -> list[Deliveries]:
    return [Deliveries(KEY, (LaneRecord(KEY, KEY, 1, waiting, made),))]


def own(run_id: str, name: str, **more: Any) -> Any:
    return receipt(1, run_id=run_id, name=name, dag_run="scheduled__1", **more)


def test_receipts_are_recognised_by_run_id() -> None:
    made = record(own("one", "dwh"), own("two", "dwh.load"), own("three", "other"))
    view = run_view(RUN._replace(run_ids=frozenset({"one", "two"})), deliveries(made))
    assert view["matched_by"] == "run id"
    assert [item["run_id"] for item in view["receipts"]] == ["two", "one"]
    assert view["absence"] == []


def test_or_by_the_names_of_dag_task_and_run() -> None:
    made = record(
        own("one", "dwh"),
        own("two", "dwh.load", map_index=0),
        own("three", "dwh.load", map_index=1),
        own("four", "dwh.load_more"),
        own("five", "dwhx"),
        receipt(1, run_id="six", name="dwh", dag_run="scheduled__2"),
    )
    view = run_view(RUN, deliveries(made))
    assert view["matched_by"] == "names"
    assert {item["run_id"] for item in view["receipts"]} == {"one", "two", "three", "four"}
    view = run_view(TASK._replace(map_index=1, run_ids=frozenset({"unknown"})), deliveries(made))
    assert [item["run_id"] for item in view["receipts"]] == ["three"]


def test_a_run_of_the_reading_dag_shows_what_it_published() -> None:
    made = record(receipt(1), receipt(2)).updated([Delivery(BatchReceipt(0, NOW, task=TaskRef("x", "y", "z")))], 10)
    view = run_view(AirflowRun(READER.dag_id, READER.run_id), deliveries(made))
    assert (len(view["published"]), len(view["published_receipts"])) == (1, 2)
    # Its own runs are left out of what it reads.
    assert view["absence"] == []
    view = run_view(AirflowRun(READER.dag_id, READER.run_id, "wait"), deliveries(made))
    assert (view["published"], view["published_receipts"], view["absence"]) == ([], [], [])


def state(*, since: int = NOW - 100_000, waiting: Any = None, error: str = "") -> Deliveries:
    made = DeliveryRecord(since=since, batches=(BatchReceipt(1, NOW, error=error),))
    return deliveries(made, waiting)[0]


@pytest.mark.parametrize(
    ("ended_at", "known", "said"),
    [
        (
            NOW - 600,
            state(waiting=lag(12, NOW - 90)),
            "No event of this run was read yet: 12 messages were",
        ),
        (NOW - 600, state(waiting=lag(1, NOW - 90)), "1 message was waiting, the oldest for 1 minute"),
        (NOW - 60, state(waiting=lag(0, NOW - 90)), "No event of this run was read yet: nothing was waiting"),
        (None, state(waiting=lag(0, NOW - 90)), "before this run ended"),
        (
            NOW - 600,
            state(waiting=lag(0, NOW - 90)),
            "Everything that was sent until .* was read",
        ),
        (NOW - 600, state(), "how much is waiting is not known"),
        (NOW - 600, state(since=NOW - 60), "Receipts go back to .* what was published earlier is not kept"),
        (NOW - 600, state(since=NOW - 60, waiting=lag(3)), "is not kept; 3 messages were waiting"),
        (NOW - 600, state(waiting=lag(2), error="no answer"), "The latest batch failed and is read again: no answer"),
    ],
    # Workers that run tests in parallel have to agree on the names, which must not have the time in them.
    ids=[*("waiting", "one waiting", "nothing waiting", "not ended", "all read", "unknown"), "old", "kept", "failed"],
)
def test_why_there_is_no_receipt(ended_at: float | None, known: Deliveries, said: str) -> None:
    import re

    assert re.search(said, why_absent(ended_at, known, time.time()))


def test_a_dag_run_of_the_database_is_found_with_its_ids(client: Client, run_of_airflow: Any) -> None:
    from airflow.utils.session import create_session

    with create_session() as session:
        run = read_dag_run(session, "dwh_1", "manual__1")
        assert read_dag_run(session, "dwh_1", "none") is None
    assert run is not None
    assert run.ended_at == dt.datetime(2026, 5, 1, 10, tzinfo=dt.timezone.utc).timestamp()
    store(record(receipt(1, name="dwh_1", dag_run="manual__1")))
    text = client("viewer").get("dags/dwh_1/runs/manual__1").text
    assert "What became of the lineage of this run" in text
    found = client("viewer", "application/json").get("api/v1/dags/dwh_1/runs/manual__1").json()
    assert found["receipts"][0]["job"]["name"] == "dwh_1"


def test_without_any_receipts_the_tab_says_so(client: Client, run_of_airflow: Any) -> None:
    assert "There are no receipts in this Airflow" in client("viewer").get("dags/dwh_1/runs/manual__1").text
    assert client("viewer").get("dags/dwh_1/runs/manual__1/tasks/none").status_code == 404
