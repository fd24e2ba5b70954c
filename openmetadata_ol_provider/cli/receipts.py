"""``openmetadata-ol receipts``: lists and searches what became of each run."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Mapping, Sequence

from openmetadata_ol_provider.cli.airflow import lane_keys, state_key_of
from openmetadata_ol_provider.cli.exit_codes import DONE
from openmetadata_ol_provider.cli.other_states import other_states
from openmetadata_ol_provider.cli.output import write_json
from openmetadata_ol_provider.cli.terminal import write_table
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.sanitize import printable, safe_text
from openmetadata_ol_provider.openmetadata.publishing.core.parked_groups import age
from openmetadata_ol_provider.receipts.document import ReceiptsDocument
from openmetadata_ol_provider.receipts.lag import merge_lags
from openmetadata_ol_provider.receipts.receipt import BatchReceipt, Receipt
from openmetadata_ol_provider.receipts.record import DeliveryRecord
from openmetadata_ol_provider.receipts.search import (
    Search,
    batch_document,
    by_number,
    edges_text,
    iso_seconds,
    receipt_document,
    search,
    why,
)

#: Longest explanation in the table, in characters; JSON has all of it.
_MAX_WHY = 200


def receipts_command(arguments: Namespace) -> int:
    """List receipts, and return the exit code."""
    state_key = state_key_of(arguments)
    from openmetadata_ol_provider.state.receipts import ReceiptStore
    from openmetadata_ol_provider.state.store import StateStore

    keys = list(lane_keys(arguments).values())
    stores = [ReceiptStore(key) for key in keys]
    documents = [store.read() for store in stores]
    records = [store.record_of(document) for store, document in zip(stores, documents, strict=True)]
    what = Search(
        arguments.text or "",
        arguments.run_id or "",
        arguments.job or "",
        arguments.state or "",
        arguments.outcome or "",
    )
    chosen: list[tuple[Receipt, Mapping[int, BatchReceipt]]] = [
        (receipt, by_number(record.batches)) for record in records for receipt in search(record.receipts, what)
    ]
    chosen.sort(key=lambda item: -item[0].at)
    listed = chosen[: arguments.limit]
    if arguments.json:
        batches = sorted((batch for record in records for batch in record.batches), key=lambda batch: batch.at)
        write_json({
            "receipts": [receipt_document(receipt, batches_of) for receipt, batches_of in listed],
            "batches": [batch_document(batch) for batch in batches],
        })  # fmt: skip
    else:
        write_table(("published", "state", "run", "job", "edges", "why"), [_row(receipt) for receipt, _ in listed])
    owner = ReceiptStore(state_key).read() if len(keys) > 1 else None
    is_empty = not any(record.receipts for record in records)
    hint = other_states(state_key, [StateStore(key) for key in keys]) if is_empty else ""
    ending = f"{_lag_line(documents, owner)}{hint}"
    sys.stderr.write(_summary(state_key, len(listed), len(chosen), records, ending))
    return DONE


def _row(receipt: Receipt) -> tuple[str, ...]:
    job = printable(f"{receipt.namespace} {receipt.name}")
    explanation = safe_text(why(receipt), _MAX_WHY)
    run_id = printable(receipt.run_id)
    return iso_seconds(receipt.at), receipt.state, run_id, job, edges_text(receipt.edges), explanation


def _summary(state_key: str, listed: int, matching: int, records: Sequence[DeliveryRecord], ending: str) -> str:
    receipts = [receipt for record in records for receipt in record.receipts]
    if not receipts:
        return f"no receipts are kept under state key {state_key!r}{ending}\n"
    more = f", and {matching - listed} more: raise --limit" if matching > listed else ""
    since = iso_seconds(max(record.since for record in records))
    return f"{listed} of {counted(len(receipts), 'run')}{more}; all runs published since {since} have one{ending}\n"


def _lag_line(documents: Sequence[ReceiptsDocument], owner: ReceiptsDocument | None) -> str:
    """Return how much was waiting, as measured last."""
    lag = merge_lags((document.lag for document in documents), owner.lag if owner else None)
    if lag is None:
        return ""
    return f"; waiting {age(time.time() - lag.at)} ago: {counted(lag.messages, 'message')}"
