"""Searches receipts of runs, and describes them as JSON documents and in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final, NamedTuple, get_args

import msgspec

from openmetadata_ol_provider.openlineage.event import State
from openmetadata_ol_provider.openlineage.times import iso
from openmetadata_ol_provider.receipts.receipt import BatchReceipt, EdgeCounts, EdgeOutcome, Receipt

STATES: Final[tuple[str, ...]] = get_args(State)
OUTCOMES: Final[tuple[str, ...]] = get_args(EdgeOutcome)
#: How outcomes are called.
WORDS: Final = {"left_out": "left out", "given_up": "given up"}


class Search(NamedTuple):
    """What receipts are searched for; what is empty matches all.

    :param text: text that a receipt contains anywhere, in any case
    :param run_id: id of the run, or its beginning
    :param job: glob that the job's name, or its namespace and name, matches
    :param state: state of the run
    :param outcome: outcome that one of its edges has
    """

    text: str = ""
    run_id: str = ""
    job: str = ""
    state: str = ""
    outcome: str = ""

    def matches(self, receipt: Receipt) -> bool:
        """Return whether a receipt is searched for."""
        if self.run_id and not receipt.run_id.lower().startswith(self.run_id.lower()):
            return False
        if self.state and receipt.state != self.state:
            return False
        if self.outcome and not getattr(receipt.edges, self.outcome):
            return False
        if self.job and not _matches_job(receipt, self.job):
            return False
        return not self.text or self.text.lower() in _all_text(receipt)


def search(receipts: Iterable[Receipt], what: Search) -> list[Receipt]:
    """Return the receipts that are searched for, the one that changed last first."""
    return sorted((receipt for receipt in receipts if what.matches(receipt)), key=lambda item: -item.at)


def _matches_job(receipt: Receipt, glob: str) -> bool:
    return fnmatchcase(receipt.name, glob) or fnmatchcase(f"{receipt.namespace} {receipt.name}", glob)


def _all_text(receipt: Receipt) -> str:
    notes = (text for note in receipt.notes for text in (note.kind, note.detail))
    parts = (receipt.run_id, receipt.namespace, receipt.name, receipt.pipeline, receipt.dag_run, receipt.error)
    return "\n".join((*parts, *receipt.reasons, *notes)).lower()


def edges_text(edges: EdgeCounts) -> str:
    """Return the numbers of edges in words, those that are 0 left out."""
    counts = msgspec.structs.asdict(edges)
    return ", ".join(f"{number} {WORDS.get(name, name)}" for name, number in counts.items() if number) or "no edges"


def why(receipt: Receipt) -> str:
    """Return what a receipt says about what went wrong, empty if nothing did."""
    notes = (f"{note.kind}: {note.detail}" for note in receipt.notes)
    return "; ".join((*receipt.reasons, *notes, *([receipt.error] if receipt.error else [])))


def receipt_document(receipt: Receipt, batches: Mapping[int, BatchReceipt]) -> dict[str, Any]:
    """Return a receipt as plain JSON values, with every key.

    :param batches: batches by their numbers
    """
    batch = batches.get(receipt.batch)
    return {
        "run_id": receipt.run_id,
        "job": {"namespace": receipt.namespace, "name": receipt.name},
        "pipeline": receipt.pipeline,
        "state": receipt.state,
        "started_at": receipt.started_at,
        "ended_at": receipt.ended_at,
        "dag_run": receipt.dag_run or None,
        "map_index": receipt.map_index,
        "events": receipt.events,
        "edges": msgspec.structs.asdict(receipt.edges),
        "reasons": list(receipt.reasons),
        "problems": [{"kind": note.kind, "detail": note.detail} for note in receipt.notes],
        "error": receipt.error or None,
        "log_url": receipt.log_url or None,
        "published_at": iso_seconds(receipt.at),
        "batch": receipt.batch,
        "published_by": msgspec.structs.asdict(batch.task) if batch and batch.task else None,
    }


def batch_document(batch: BatchReceipt) -> dict[str, Any]:
    """Return the receipt of a batch as plain JSON values, with every key."""
    document = msgspec.structs.asdict(batch)
    task = msgspec.structs.asdict(batch.task) if batch.task else None
    return {**document, "at": iso_seconds(batch.at), "task": task, "error": batch.error or None}


def by_number(batches: Sequence[BatchReceipt]) -> dict[int, BatchReceipt]:
    """Return batches by their numbers."""
    return {batch.number: batch for batch in batches}


def iso_seconds(seconds: int) -> str:
    """Return a time in seconds since 1970 as ISO 8601."""
    return iso(dt.datetime.fromtimestamp(seconds, dt.timezone.utc))
