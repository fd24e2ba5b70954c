"""The record of deliveries under one state key: receipts of the latest runs and batches, a bounded value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.positions import Checkpoint, OffsetRange, advance
from openmetadata_ol_provider.openlineage.problems import Rule
from openmetadata_ol_provider.receipts.receipt import (
    BatchReceipt,
    EdgeColumns,
    EdgeOutcome,
    LetterNote,
    NamespaceNote,
    PendingEdge,
    Receipt,
)

#: Most batches that are kept in any case; older ones stay as long as a receipt names them.
MOST_BATCHES = 50
#: Most dead letters that are kept.
MOST_LETTERS = 100
#: Most datasets of which the outcome is kept, those seen last.
MOST_DATASETS = 5_000
#: Most pairs of columns that are kept, those written last.
MOST_COLUMN_PAIRS = 20_000
#: Most rules that are kept for one namespace.
MOST_RULES = 20


class Delivery(NamedTuple):
    """What one published batch adds to the record.

    :param batch: receipt of the batch
    :param receipts: receipts of its runs
    :param outcomes: outcomes of edges by ledger key, those of earlier batches that were tried again included
    :param letters: messages that were not events
    :param datasets: outcomes of datasets, by namespace and name
    :param rules: configuration that would settle what is not resolved, by namespace
    :param site: address of OpenMetadata's web interface
    :param ranges: offsets of the batch
    :param columns: column lineage of the edges that it wrote or compared
    """

    batch: BatchReceipt
    receipts: tuple[Receipt, ...] = ()
    outcomes: Mapping[int, EdgeOutcome] = {}
    letters: tuple[LetterNote, ...] = ()
    datasets: Mapping[tuple[str, str], str] = {}
    rules: Mapping[str, tuple[Rule, ...]] = {}
    site: str = ""
    ranges: tuple[OffsetRange, ...] = ()
    columns: tuple[EdgeColumns, ...] = ()


class DeliveryRecord(msgspec.Struct, frozen=True):
    """Receipts of the latest runs and batches.

    :param since: time from which on it has the receipts of all runs, in seconds since 1970
    :param receipts: receipts of runs, the one that changed last at the end
    :param batches: receipts of batches, the latest at the end
    :param letters: the latest dead letters
    :param namespaces: datasets by namespace
    :param site: address of OpenMetadata's web interface
    :param positions: end of the latest batch in each partition, topic -> partition -> offset
    :param columns: column lineage of edges, the one that was written last at the end
    """

    since: int = 0
    receipts: tuple[Receipt, ...] = ()
    batches: tuple[BatchReceipt, ...] = ()
    letters: tuple[LetterNote, ...] = ()
    namespaces: dict[str, NamespaceNote] = {}
    site: str = ""
    positions: dict[str, dict[str, int]] = {}
    columns: tuple[EdgeColumns, ...] = ()

    @property
    def next_number(self) -> int:
        """Number of the next batch."""
        return self.batches[-1].number + 1 if self.batches else 1

    def updated(self, deliveries: Iterable[Delivery], max_receipts: int) -> DeliveryRecord:
        """Return the record after some batches; their numbers follow those that are in the record.

        :param max_receipts: most receipts of runs that are kept
        """
        receipts = {receipt.key: receipt for receipt in self.receipts}
        batches, letters, namespaces = [*self.batches], [*self.letters], dict(self.namespaces)
        number, since, site, positions = self.next_number, self.since, self.site, self.positions
        columns = self.columns
        for delivery in deliveries:
            batch = replace(delivery.batch, number=number)
            number += 1
            if not since or _skips(delivery.ranges, positions):
                # The receipts of what was published in between were lost, with the task that had them.
                since = batch.at
            positions = advance(positions, delivery.ranges)
            site = delivery.site or site
            batches.append(batch)
            letters += delivery.letters
            receipts = {key: _settled(receipt, delivery.outcomes) for key, receipt in receipts.items()}
            for receipt in delivery.receipts:
                # Taken out first, so that what changed last is at the end.
                key = receipt.key
                receipts[key] = _continued(receipts.pop(key, None), replace(receipt, batch=batch.number))
            namespaces = _with_datasets(namespaces, delivery)
            columns = _with_columns(columns, delivery.columns)
        kept = tuple(receipts.values())
        dropped, kept = kept[: max(0, len(kept) - max_receipts)], kept[-max_receipts:]
        if dropped:
            since = max(since, dropped[-1].at)
        named = {receipt.batch for receipt in kept}
        older, latest = batches[:-MOST_BATCHES], batches[-MOST_BATCHES:]
        return DeliveryRecord(
            since=since,
            receipts=kept,
            batches=(*(batch for batch in older if batch.number in named), *latest),
            letters=tuple(letters[-MOST_LETTERS:]),
            namespaces=_limited(namespaces),
            site=site,
            positions=positions,
            columns=columns,
        )

    def settled(self, outcomes: Mapping[int, EdgeOutcome]) -> DeliveryRecord:
        """Return the record with later outcomes of edges that were pending, by ledger key."""
        return replace(self, receipts=tuple(_settled(receipt, outcomes) for receipt in self.receipts))


def _skips(ranges: Iterable[OffsetRange], positions: Checkpoint) -> bool:
    """Return whether a batch begins behind the end of the latest one that is in the record."""
    return any(
        item.checkpoint is not None and item.checkpoint > positions[item.topic][str(item.partition)]
        for item in ranges
        if str(item.partition) in positions.get(item.topic, ())
    )


def _continued(before: Receipt | None, receipt: Receipt) -> Receipt:
    """Return the receipt of a run with what only an earlier batch has shown of it."""
    if before is None:
        return receipt
    # A batch in which a run has further events but no edges leaves those of earlier batches as they were.
    edges = receipt if receipt.edges.total else before
    return replace(
        receipt,
        events=before.events + receipt.events,
        pipeline_fqn=receipt.pipeline_fqn or before.pipeline_fqn,
        dag_run=receipt.dag_run or before.dag_run,
        map_index=before.map_index if receipt.map_index is None else receipt.map_index,
        log_url=receipt.log_url or before.log_url,
        error=receipt.error or before.error,
        edges=edges.edges.after(before.edges) if receipt.edges.total else before.edges,
        pending=edges.pending,
        reasons=edges.reasons,
        notes=receipt.notes or before.notes,
    )


def _settled(receipt: Receipt, outcomes: Mapping[int, EdgeOutcome]) -> Receipt:
    """Return a receipt with the new outcomes of the edges that were pending."""
    if not receipt.pending or not any(edge.key in outcomes for edge in receipt.pending):
        return receipt
    edges, pending = receipt.edges, []
    for edge in receipt.pending:
        outcome = outcomes.get(edge.key, edge.outcome)
        if outcome != edge.outcome:
            edges = edges.moved(edge.outcome, outcome)
        if outcome in ("parked", "failed"):
            pending.append(PendingEdge(edge.key, outcome))
    return replace(receipt, edges=edges, pending=tuple(pending), reasons=receipt.reasons if pending else ())


def _with_datasets(namespaces: dict[str, NamespaceNote], delivery: Delivery) -> dict[str, NamespaceNote]:
    by_namespace: dict[str, dict[str, str]] = {}
    for (namespace, name), outcome in delivery.datasets.items():
        by_namespace.setdefault(namespace, {})[name] = outcome
    for namespace, seen in by_namespace.items():
        # At the end, so that what was seen last is dropped last.
        before = namespaces.pop(namespace, NamespaceNote())
        datasets = {**{name: outcome for name, outcome in before.datasets.items() if name not in seen}, **seen}
        rules = dict.fromkeys((*before.rules, *delivery.rules.get(namespace, ())))
        is_settled = all(outcome in ("resolved", "ignored") for outcome in datasets.values())
        namespaces[namespace] = NamespaceNote(datasets, () if is_settled else tuple(rules)[-MOST_RULES:])
    return namespaces


def _with_columns(before: tuple[EdgeColumns, ...], written: tuple[EdgeColumns, ...]) -> tuple[EdgeColumns, ...]:
    """Return the column lineage after a batch.

    What was written before together with an edge that is written now is dropped: which columns were whose is not known.
    """
    if not written:
        return before
    keys = {key for item in written for key in item.keys}
    columns = [item for item in before if keys.isdisjoint(item.keys)]
    columns += [item for item in written if item.pairs]
    excess = sum(len(item.pairs) for item in columns) - MOST_COLUMN_PAIRS
    first = 0
    while excess > 0:
        excess -= len(columns[first].pairs)
        first += 1
    return tuple(columns[first:])


def _limited(namespaces: dict[str, NamespaceNote]) -> dict[str, NamespaceNote]:
    """Return the datasets that were seen last, as many as are kept."""
    left, kept = MOST_DATASETS, {}
    for namespace, note in reversed(namespaces.items()):
        if left > 0:
            datasets = dict(list(note.datasets.items())[-left:])
            kept[namespace] = replace(note, datasets=datasets)
            left -= len(datasets)
    return dict(reversed(kept.items()))
