"""Receipts as version 1 of their format stores them: they can be read, for as long as somebody may have them."""

from __future__ import annotations

import json

from openmetadata_ol_provider.receipts.document import decode_receipts
from openmetadata_ol_provider.receipts.receipt import EdgeCounts, Lag, LetterNote, Note, TaskRef, TopicLag
from tests.surface.pins import assert_pinned
from tests.surface.stored import golden, unpacked


def test_the_stored_receipts_are_read() -> None:
    document = decode_receipts(golden("receipts")["variable"])
    assert document.lag == Lag(100, "publish", (TopicLag("events", 4, 2.5, 97_500),))
    record = document.unpacked()
    complete, failed = record.receipts
    assert (complete.run_id, complete.edges, complete.notes) == (
        "0196-a", EdgeCounts(published=1), (Note("late_end", "x"),),
    )  # fmt: skip
    assert (complete.dag_run, complete.map_index, complete.events) == ("scheduled__1", 2, 2)
    assert (failed.state, failed.error, len(failed.pending)) == ("FAIL", "disk full", 1)
    (batch,) = record.batches
    assert batch.task == TaskRef("reader", "scheduled__1", "publish")
    assert record.letters == (LetterNote("events[0]@1", "no JSON", 100),)
    assert record.namespaces["pg://a"].datasets == {"t": "unresolved"}
    assert record.namespaces["pg://a"].rules[0].setting == "namespaces"


def test_the_keys_of_the_stored_document() -> None:
    document = json.loads(golden("receipts")["variable"])
    assert_pinned("keys of the receipts", document, {"version", "state_key", "owner", "lag", "record"})
    record = unpacked(document["record"])
    assert_pinned("keys of the record", record, {"since", "receipts", "batches", "letters", "namespaces"})
