"""The record of deliveries: bounded, true after later batches, and found again by search."""

from __future__ import annotations

import msgspec
import pytest

from openmetadata_ol_provider.openlineage.positions import OffsetRange
from openmetadata_ol_provider.openlineage.problems import Rule
from openmetadata_ol_provider.receipts.document import (
    RECEIPTS_VERSION,
    ReceiptsDocument,
    decode_receipts,
    encode_receipts,
)
from openmetadata_ol_provider.receipts.receipt import (
    BatchReceipt,
    EdgeColumns,
    EdgeCounts,
    EdgeOutcome,
    Lag,
    LetterNote,
    Note,
    PendingEdge,
    Receipt,
    TaskRef,
    TopicLag,
)
from openmetadata_ol_provider.receipts.record import (
    MOST_BATCHES,
    MOST_COLUMN_PAIRS,
    MOST_DATASETS,
    MOST_LETTERS,
    Delivery,
    DeliveryRecord,
)
from openmetadata_ol_provider.receipts.search import Search, edges_text, receipt_document, search, why


def receipt(run_id: str, at: int = 100, **more: object) -> Receipt:
    return msgspec.structs.replace(Receipt(run_id, "scheduler", "nightly.load", "COMPLETE", at, 0), **more)


def delivery(*receipts: Receipt, at: int = 100, **more: object) -> Delivery:
    return Delivery(BatchReceipt(0, at, runs=len(receipts)), receipts)._replace(**more)


def pending(outcome: EdgeOutcome = "parked", number: int = 1) -> dict[str, object]:
    edges = tuple(PendingEdge(key, outcome) for key in range(number))
    return {"edges": EdgeCounts(**{outcome: number}), "pending": edges, "reasons": ("no such table",)}


def test_the_oldest_receipts_go_first_and_the_record_says_since_when_it_has_all() -> None:
    record = DeliveryRecord().updated([delivery(receipt("a", 10), receipt("b", 10), at=10)], 3)
    assert record.since == 10
    record = record.updated([delivery(receipt("c", 20), receipt("a", 20), at=20), delivery(receipt("d", 30), at=30)], 3)
    assert [item.run_id for item in record.receipts] == ["c", "a", "d"]
    assert [item.batch for item in record.receipts] == [2, 2, 3]
    # b was published at 10, and is gone.
    assert record.since == 10
    assert record.updated([delivery(receipt("e", 40), at=40)], 1).since == 30


def test_a_batch_whose_receipts_are_missing_moves_the_time_since_when_all_are_there() -> None:
    def read(checkpoint: int | None, end: int, partition: int = 0) -> dict[str, object]:
        return {"ranges": (OffsetRange("events", partition, checkpoint, checkpoint or 0, end),)}

    record = DeliveryRecord().updated([delivery(at=10, **read(None, 5))], 10)
    assert record.updated([delivery(at=20, **read(5, 9))], 10).since == 10
    assert record.updated([delivery(at=20, **read(3, 9))], 10).since == 10
    assert record.updated([delivery(at=20, **read(8, 9, partition=1))], 10).since == 10
    assert record.updated([delivery(at=20, **read(7, 9))], 10).since == 20


def test_numbers_of_batches_go_on_and_old_batches_stay_while_a_receipt_names_them() -> None:
    record = DeliveryRecord().updated([delivery(receipt("a"))], 10)
    record = record.updated([delivery() for _ in range(MOST_BATCHES + 5)], 10)
    assert [record.batches[0].number, record.batches[1].number, record.batches[-1].number] == [1, 7, MOST_BATCHES + 6]
    assert len(record.updated([delivery(receipt("b"))], 1).batches) == MOST_BATCHES


def test_events_of_a_run_in_several_batches_are_one_receipt() -> None:
    started = receipt("a", state="START", events=1, dag_run="manual__1", log_url="http://log", map_index=3)
    ended = receipt("a", events=2, edges=EdgeCounts(published=2), at=200)
    record = DeliveryRecord().updated([delivery(started), delivery(ended, at=200)], 10)
    (only,) = record.receipts
    assert (only.state, only.events, only.dag_run, only.log_url, only.map_index, only.batch) == (
        "COMPLETE", 3, "manual__1", "http://log", 3, 2,
    )  # fmt: skip
    assert only.edges == EdgeCounts(published=2)


def test_later_events_without_edges_leave_what_the_receipt_says_of_edges() -> None:
    record = DeliveryRecord().updated([delivery(receipt("a", **pending(), notes=(Note("x", "y"),)))], 10)
    (only,) = record.updated([delivery(receipt("a", state="COMPLETE"))], 10).receipts
    assert only.edges == EdgeCounts(parked=1)
    assert (only.reasons, only.notes, len(only.pending)) == (("no such table",), (Note("x", "y"),), 1)


def test_what_a_run_has_published_is_not_called_unchanged_by_its_next_heartbeat() -> None:
    record = DeliveryRecord().updated([delivery(receipt("a", edges=EdgeCounts(published=2, unchanged=1)))], 10)
    (only,) = record.updated([delivery(receipt("a", edges=EdgeCounts(unchanged=3)))], 10).receipts
    assert only.edges == EdgeCounts(published=2, unchanged=1)


@pytest.mark.parametrize(
    ("outcome", "left"), [("published", 0), ("unchanged", 0), ("given_up", 0), ("failed", 1), ("parked", 1)]
)
def test_what_waited_gets_its_later_outcome(outcome: EdgeOutcome, left: int) -> None:
    record = DeliveryRecord().updated([delivery(receipt("a", **pending(number=2)))], 10)
    (only,) = record.updated([delivery(outcomes={1: outcome})], 10).receipts
    expected = EdgeCounts(parked=2) if outcome == "parked" else EdgeCounts(**{"parked": 1, outcome: 1})
    assert only.edges == expected
    assert len(only.pending) == 1 + left
    assert only.reasons == ("no such table",)
    (only,) = record.updated([delivery(outcomes={0: "published", 1: "published"})], 10).receipts
    assert (only.edges, only.pending, only.reasons) == (EdgeCounts(published=2), (), ())


def test_columns_are_those_that_an_edge_was_written_with_last() -> None:
    def after(record: DeliveryRecord, *columns: EdgeColumns) -> DeliveryRecord:
        return record.updated([delivery(columns=columns)], 10)

    both, other = EdgeColumns((1, 2), (("a", "b"), ("c", "d"))), EdgeColumns((3,), (("e", "f"),))
    record = after(DeliveryRecord(), both, other)
    assert after(record).columns == (both, other)
    # Which of the columns came from the job that does not write them now is not known.
    alone = EdgeColumns((2,), (("a", "b"),))
    assert after(record, alone).columns == (other, alone)
    assert after(record, EdgeColumns((1,), ()), EdgeColumns((3,), ())).columns == ()


def test_columns_are_bounded_and_those_written_last_stay() -> None:
    half = tuple((f"a{number}", "b") for number in range(MOST_COLUMN_PAIRS // 2))
    record = DeliveryRecord().updated([delivery(columns=(EdgeColumns((key,), half),)) for key in range(4)], 10)
    assert [item.keys for item in record.columns] == [(2,), (3,)]


def test_letters_and_datasets_are_bounded_and_the_latest_stay() -> None:
    letters = tuple(LetterNote(f"t[0]@{number}", "no JSON", number) for number in range(MOST_LETTERS + 1))
    datasets = {(f"ns{number % 2}", str(number)): "unresolved" for number in range(MOST_DATASETS + 10)}
    record = DeliveryRecord().updated([delivery(letters=letters), delivery(datasets=datasets)], 10)
    assert [item.where for item in record.letters] == [f"t[0]@{number}" for number in range(1, MOST_LETTERS + 1)]
    assert sum(len(note.datasets) for note in record.namespaces.values()) == MOST_DATASETS
    assert str(MOST_DATASETS + 9) in record.namespaces["ns1"].datasets


def test_a_namespace_has_the_latest_outcome_of_each_dataset_and_its_rules_until_all_is_resolved() -> None:
    rule = Rule("namespaces", '{namespace: "pg://a", service: NAME}', "name the service")
    first = {("pg://a", "one"): "unresolved", ("pg://a", "two"): "resolved"}
    record = DeliveryRecord().updated([delivery(datasets=first, rules={"pg://a": (rule,)})], 10)
    record = record.updated([delivery(datasets={("pg://a", "two"): "resolved"})], 10)
    assert record.namespaces["pg://a"].datasets == {"one": "unresolved", "two": "resolved"}
    assert record.namespaces["pg://a"].rules == (rule,)
    record = record.updated([delivery(datasets={("pg://a", "one"): "resolved"})], 10)
    assert record.namespaces["pg://a"].rules == ()


def test_the_document_keeps_everything_and_another_version_is_refused() -> None:
    record = DeliveryRecord().updated(
        [delivery(receipt("a", **pending()), letters=(LetterNote("t[0]@1", "x", 1),))], 10
    )
    lag = Lag(5, "consume", (TopicLag("events", 7, 1.5, 1000),))
    document = ReceiptsDocument(RECEIPTS_VERSION, "key", "owner", 2, lag).with_record(record)
    again = decode_receipts(encode_receipts(document))
    assert again == document
    assert again.unpacked() == record
    with pytest.raises(ValueError, match="version 2 of receipts"):
        decode_receipts(encode_receipts(msgspec.structs.replace(document, version=2)))


def test_two_thousand_receipts_fit_into_a_variable_of_any_database() -> None:
    runs = [
        receipt(
            f"0196{number:012x}-{number * 7919 % 99991:08x}",
            name=f"dag_{number % 40}.task_{number % 90}",
            dag_run=f"scheduled__2026-05-01T{number % 24:02d}:00:00",
            started_at="2026-05-01T10:00:00Z",
            ended_at="2026-05-01T10:01:00Z",
            log_url=f"https://airflow.example.com/dags/dag_{number % 40}/runs/{number}/tasks/task?map_index=-1",
            edges=EdgeCounts(published=3),
        )
        for number in range(2_000)
    ]
    record = DeliveryRecord().updated([delivery(*runs)], 2_000)
    # MySQL holds 64 KB as TEXT in old versions of Airflow, and 16 MB as MEDIUMTEXT since 2.
    assert len(encode_receipts(ReceiptsDocument(RECEIPTS_VERSION, "key").with_record(record))) < 400_000


RECEIPTS = [
    receipt("0196-a", at=1, dag_run="manual__7"),
    receipt("0197-b", at=3, name="daily.export", state="FAIL", error="Disk FULL"),
    receipt("0196-c", at=2, namespace="spark", **pending()),
]


@pytest.mark.parametrize(
    ("what", "found"),
    [
        (Search(), ["0197-b", "0196-c", "0196-a"]),
        (Search(text="disk full"), ["0197-b"]),
        (Search(text="NO SUCH"), ["0196-c"]),
        (Search(text="manual__7"), ["0196-a"]),
        (Search(run_id="0196"), ["0196-c", "0196-a"]),
        (Search(job="daily.*"), ["0197-b"]),
        (Search(job="spark night*"), ["0196-c"]),
        (Search(state="FAIL"), ["0197-b"]),
        (Search(outcome="parked"), ["0196-c"]),
        (Search(run_id="0196", outcome="failed"), []),
    ],
)
def test_receipts_are_found_by_what_they_contain(what: Search, found: list[str]) -> None:
    assert [item.run_id for item in search(RECEIPTS, what)] == found


def test_a_receipt_in_words_and_as_json() -> None:
    task = TaskRef("reader", "scheduled__1", "publish")
    document = receipt_document(RECEIPTS[2], {0: BatchReceipt(0, 5, task=task)})
    assert document["edges"]["parked"] == 1
    assert document["published_by"]["dag_id"] == "reader"
    assert document["published_at"] == "1970-01-01T00:00:02Z"
    assert receipt_document(RECEIPTS[0], {})["published_by"] is None
    assert edges_text(EdgeCounts(published=2, left_out=1)) == "2 published, 1 left out"
    assert edges_text(EdgeCounts()) == "no edges"
    assert why(RECEIPTS[2]) == "no such table"


def test_lag_goes_down_as_batches_are_published() -> None:
    lag = Lag(100, "consume", (TopicLag("a", 10, 60.0, 90_000), TopicLag("b", 5, None)))
    after = lag.after([OffsetRange("a", 0, 0, 0, 4)], 110.0, "publish")
    assert after == Lag(110, "publish", (TopicLag("a", 6, 20.0, 90_000), TopicLag("b", 5, None)))
    assert (after.messages, after.seconds) == (11, 20.0)
    ended = after.after([OffsetRange("a", 0, 4, 4, 10), OffsetRange("b", 0, 0, 0, 5)], 120.0, "publish")
    assert (ended.messages, ended.seconds) == (0, 0.0)
