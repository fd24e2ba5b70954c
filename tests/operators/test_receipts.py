"""Receipts of runs as the operators leave them: what became of each run, and what still waits."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from steps_support import (
    DAG_ID,
    TOPIC,
    Sender,
    captured,
    catch_up,
    consume,
    ingest,
    ingest_table,
    publish,
    run_event,
    run_steps,
    translate,
)

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.receipts.receipt import EdgeCounts, Receipt
from openmetadata_ol_provider.receipts.record import DeliveryRecord
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.state.receipts import ReceiptStore
from openmetadata_ol_provider.state.store import StateStore

pytestmark = pytest.mark.usefixtures("connections")

KEY = f"openmetadata_ol.{DAG_ID}.{TOPIC}"


def record(key: str = KEY) -> DeliveryRecord:
    store = ReceiptStore(key)
    return store.record_of(store.read())


def by_run(key: str = KEY) -> dict[str, Receipt]:
    return {receipt.run_id: receipt for receipt in record(key).receipts}


@pytest.mark.parametrize("work", [run_steps, ingest])
def test_each_run_has_a_receipt_with_the_outcome_of_its_edges(work: Any, send: Sender) -> None:
    send.events(
        run_event("published"),
        run_event("parked", job="nightly.other", outputs=["shop.analytics_stg.stg_new"]),
        run_event("failed", "FAIL", job="nightly.failed", errorMessage={"message": "disk full"}),
        run_event("started", "START", job="nightly.started"),
    )
    work()
    found = by_run()
    assert {run: (item.state, item.edges, item.events) for run, item in found.items()} == {
        "published": ("COMPLETE", EdgeCounts(published=1), 1),
        "parked": ("COMPLETE", EdgeCounts(parked=1), 1),
        "failed": ("FAIL", EdgeCounts(), 1),
        "started": ("START", EdgeCounts(), 1),
    }
    assert "stg_new" in found["parked"].reasons[0]
    assert found["failed"].error == "disk full"
    assert found["published"].ended_at == "2026-05-01T10:00:00Z"
    (batch,) = record().batches
    assert (batch.events, batch.runs, batch.published, batch.parked, batch.error) == (4, 4, 1, 1, "")
    assert batch.seconds >= 0
    assert batch.requests > 0


def test_the_same_lineage_again_is_unchanged_and_what_waited_is_published_when_its_dataset_is_there(
    send: Sender, catalogue: CatalogueServer
) -> None:
    send.events(run_event("one"), run_event("two", job="nightly.other", outputs=["shop.analytics_stg.stg_new"]))
    run_steps()
    assert by_run()["two"].edges == EdgeCounts(parked=1)
    ingest_table(catalogue)
    send.events(run_event("three", minute=5))
    run_steps()
    found = by_run()
    assert found["three"].edges == EdgeCounts(unchanged=1)
    assert found["two"].edges == EdgeCounts(published=1)
    assert (found["two"].pending, found["two"].reasons) == ((), ())


@pytest.mark.parametrize(
    ("action", "is_there", "expected"),
    [
        ("retry", True, EdgeCounts(published=1)),
        ("retry", False, EdgeCounts(parked=1)),
        ("drop", False, EdgeCounts(given_up=1)),
    ],
)
def test_what_the_command_line_does_with_what_is_parked_is_in_the_receipts(
    action: str, is_there: bool, expected: EdgeCounts, send: Sender, catalogue: CatalogueServer
) -> None:
    send.events(run_event("one", outputs=["shop.analytics_stg.stg_new"]))
    run_steps()
    if is_there:
        ingest_table(catalogue)
    main(["parked", action, "--all", "--state-key", KEY])
    assert by_run()["one"].edges == expected


def test_an_edge_that_the_catalogue_refuses_is_failed_with_its_reason(send: Sender, catalogue: CatalogueServer) -> None:
    catalogue.fail("PUT", "/api/v1/lineage", 400, times=1)
    send.events(run_event("one"))
    run_steps(config={"write": {"max_failure_ratio": 1.0}})
    (only,) = record().receipts
    assert only.edges == EdgeCounts(failed=1)
    assert only.reasons


def test_a_batch_that_fails_leaves_its_error_and_no_receipts_of_runs(send: Sender, catalogue: CatalogueServer) -> None:
    catalogue.fail("PUT", "/api/v1/lineage", 400, times=1)
    send.events(run_event("one"))
    with pytest.raises(Exception, match="of the facts failed"):
        run_steps(config={"write": {"max_failure_ratio": 0.0}})
    found = record()
    assert found.receipts == ()
    (batch,) = found.batches
    assert "of the facts failed" in batch.error
    lag = ReceiptStore(KEY).read().lag
    assert lag is not None
    assert lag.messages == 1


def test_dead_letters_and_namespaces_are_recorded(send: Sender) -> None:
    send.message(b"no event")
    send.events(run_event("one", outputs=["shop.analytics_stg.stg_new"]))
    run_steps()
    found = record()
    (letter,) = found.letters
    assert letter.where == f"{TOPIC}[0]@0"
    (namespace,) = found.namespaces.values()
    assert namespace.datasets == {
        "shop.public.customers": "resolved", "shop.analytics_stg.stg_new": "unresolved",
    }  # fmt: skip


def columns_of(catalogue: CatalogueServer) -> set[tuple[str, str]]:
    """Return the column lineage of the catalogue, with full names."""
    return {
        (source, column["toColumn"])
        for edge in catalogue.edges().values()
        for column in edge.get("columnsLineage") or ()
        for source in column["fromColumns"]
    }


def test_the_columns_of_edges_are_recorded_as_they_are_in_the_catalogue(
    send: Sender, catalogue: CatalogueServer
) -> None:
    send.events(*captured("dbt-postgres"))
    run_steps()
    edges = StateStore(KEY).read_ledger().edges
    ends = {key: edge.where.split(" -> ") for key, edge in edges.items()}
    recorded = {
        (f"{ends[key][0]}.{source}", f"{ends[key][1]}.{target}")
        for item in record().columns
        for key in item.keys
        for source, target in item.pairs
    }
    assert recorded
    assert recorded == columns_of(catalogue)


def test_what_waits_is_stored_by_consume_and_goes_down_with_publish(send: Sender) -> None:
    for number in range(4):
        send.message(run_event(f"run-{number}"), key=b"same")
    batch = consume(max_events=3)
    before = ReceiptStore(KEY).read().lag
    publish(translate(batch))
    after = ReceiptStore(KEY).read().lag
    assert before is not None
    assert after is not None
    assert (before.source, before.messages) == ("consume", 4)
    assert (after.source, after.messages) == ("publish", 1)
    assert before.seconds is not None
    assert after.seconds is not None
    catch_up()
    ended = ReceiptStore(KEY).read().lag
    assert ended is not None
    assert (ended.messages, ended.seconds) == (0, 0.0)


def test_lanes_have_receipts_of_their_own(send: Sender) -> None:
    send.message(run_event("one"), partition=0)
    send.message(run_event("two", job="nightly.other"), partition=1)
    for lane in (0, 1):
        ingest(lane=lane, lanes=2)
    keys = [f"{KEY}.lane-{lane}-of-2" for lane in (0, 1)]
    assert sorted(run for key in keys for run in by_run(key)) == ["one", "two"]
    document = ReceiptStore(keys[0], KEY, 2).read()
    assert (document.owner, document.lanes) == (KEY, 2)


def test_nothing_is_kept_when_the_option_is_0(send: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.models.variable import Variable

    monkeypatch.setenv("AIRFLOW__OPENMETADATA_OL__RECEIPTS", "0")
    send.events(run_event("one"))
    run_steps()
    assert Variable.get(f"{KEY}.receipts", default_var=None) is None


def test_the_option_bounds_the_receipts(send: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__OPENMETADATA_OL__RECEIPTS", "2")
    send.events(*(run_event(str(number), minute=number) for number in range(5)))
    run_steps()
    assert sorted(by_run()) == ["3", "4"]


def test_damaged_receipts_begin_again(send: Sender, logged: Any) -> None:
    from airflow.models.variable import Variable

    for text in ("rubbish", json.dumps({"version": 1, "state_key": KEY, "record": "AAAA"})):
        Variable.set(f"{KEY}.receipts", text)
        send.events(run_event("one"))
        run_steps()
        assert list(by_run()) == ["one"]
        assert "are not readable" in logged()


def test_receipts_that_cannot_be_written_do_not_fail_the_task(
    send: Sender, catalogue: CatalogueServer, monkeypatch: pytest.MonkeyPatch, logged: Any
) -> None:
    from airflow.models.variable import Variable

    write = Variable.set

    def refuse(key: str, *arguments: Any, **more: Any) -> None:
        if key.endswith(".receipts"):
            raise RuntimeError("the database is full")
        write(key, *arguments, **more)

    # Airflow's own class, as a full database or a supervisor that refuses would have it.
    monkeypatch.setattr(Variable, "set", staticmethod(refuse))
    send.events(run_event("one"))
    assert run_steps()["edges"]["published"] == 1
    assert "are not complete: the database is full" in logged()


def test_runs_of_airflow_carry_the_id_of_their_dag_run(send: Sender) -> None:
    send.events(*captured("airflow-scheduler"))
    run_steps()
    found = [receipt for receipt in record().receipts if receipt.dag_run]
    assert found
    assert all("__" in receipt.dag_run for receipt in found)


# -- command line ------------------------------------------------------------------------------------------------------


def run_command(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, str]:
    capsys.readouterr()
    assert main(["receipts", "--state-key", KEY, *arguments]) == 0
    printed = capsys.readouterr()
    return printed.out, printed.err


def test_the_command_lists_and_searches(send: Sender, capsys: pytest.CaptureFixture[str]) -> None:
    send.events(
        run_event("run-one"),
        run_event("run-two", "FAIL", job="nightly.failed", errorMessage={"message": "disk full"}),
    )
    run_steps()
    out, err = run_command(capsys)
    assert [line.split()[:3:2][-1] for line in out.splitlines()[1:]].count("run-one") == 1
    assert "2 of 2 runs" in err
    assert re.search(r"; waiting .* ago: 0 messages", err)
    out, _ = run_command(capsys, "DISK", "--state", "fail")
    assert "run-two" in out
    assert "run-one" not in out
    out, err = run_command(capsys, "--limit", "1")
    assert len(out.splitlines()) == 2
    assert "and 1 more: raise --limit" in err


def test_the_command_prints_json(send: Sender, capsys: pytest.CaptureFixture[str]) -> None:
    send.events(run_event("run-one"))
    run_steps()
    out, _ = run_command(capsys, "--json", "--job", "nightly.*", "--run-id", "run-", "--outcome", "published")
    document = json.loads(out)
    (receipt,) = document["receipts"]
    assert receipt["job"] == {"namespace": "scheduler", "name": "nightly.load"}
    assert receipt["edges"]["published"] == 1
    assert document["batches"][0]["events"] == 1


def test_the_command_says_when_there_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    _, err = run_command(capsys)
    assert "no receipts are kept" in err


def test_the_command_reads_all_lanes(send: Sender, capsys: pytest.CaptureFixture[str]) -> None:
    send.message(run_event("run-one"), partition=0)
    send.message(run_event("run-two", job="nightly.other"), partition=1)
    for lane in (0, 1):
        ingest(lane=lane, lanes=2)
    out, err = run_command(capsys, "--lanes", "2")
    assert "run-one" in out
    assert "run-two" in out
    assert "2 of 2 runs" in err


def test_the_choices_of_the_command_are_all_states_and_outcomes() -> None:
    from openmetadata_ol_provider.cli import arguments
    from openmetadata_ol_provider.receipts import search

    assert (arguments.STATES, arguments.OUTCOMES) == (search.STATES, search.OUTCOMES)
