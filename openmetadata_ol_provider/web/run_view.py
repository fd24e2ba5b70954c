"""What became of one Airflow run's lineage, or why there is nothing to show of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openmetadata.publishing.core.parked_groups import age
from openmetadata_ol_provider.receipts.receipt import Lag, Receipt, TaskRef
from openmetadata_ol_provider.receipts.search import iso_seconds
from openmetadata_ol_provider.web.airflow_runs import AirflowRun
from openmetadata_ol_provider.web.delivery import Deliveries, PublishedRun
from openmetadata_ol_provider.web.documents import batch_with_links, lag_document, run_document

#: Most receipts that are shown of one Airflow run.
MOST_RECEIPTS = 200


def run_view(run: AirflowRun, all_deliveries: Sequence[Deliveries]) -> dict[str, Any]:
    """Return what became of the lineage of a DAG run or task instance, and what it published itself.

    :param all_deliveries: deliveries of all state keys
    """
    matched_by, own = _own_receipts(run, all_deliveries)
    published = [
        (state_key, batch)
        for deliveries in all_deliveries
        for state_key, batch in deliveries.batches
        if batch.task is not None and _is_of(batch.task, run)
    ]
    numbers = {(state_key, batch.number) for state_key, batch in published}
    results = [item for deliveries in all_deliveries for item in _published_by(numbers, deliveries)]
    return {
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "task_id": run.task_id or None,
        "map_index": run.map_index,
        "matched_by": matched_by,
        "receipts": [run_document(item) for item in own[:MOST_RECEIPTS]],
        "more_receipts": max(0, len(own) - MOST_RECEIPTS),
        "absence": [] if own else _absence(run, all_deliveries),
        "published": [batch_with_links(*item) for item in published],
        "published_receipts": [run_document(item) for item in results[:MOST_RECEIPTS]],
        "more_published_receipts": max(0, len(results) - MOST_RECEIPTS),
    }


def _own_receipts(run: AirflowRun, all_deliveries: Iterable[Deliveries]) -> tuple[str | None, list[PublishedRun]]:
    """Return the receipts of a run and of its tasks, and what they were recognised by."""
    everything = [item for deliveries in all_deliveries for item in deliveries.runs]
    by_id = [item for item in everything if item.receipt.run_id in run.run_ids]
    if by_id:
        return "run id", by_id
    # Without the provider, or with another namespace of it here than in the workers, the names are all there is.
    by_name = [item for item in everything if _has_its_names(item.receipt, run)]
    return ("names", by_name) if by_name else (None, [])


def _has_its_names(receipt: Receipt, run: AirflowRun) -> bool:
    if receipt.dag_run != run.run_id:
        return False
    if not run.task_id:
        return receipt.name == run.dag_id or receipt.name.startswith(f"{run.dag_id}.")
    index = -1 if receipt.map_index is None else receipt.map_index
    return receipt.name == f"{run.dag_id}.{run.task_id}" and index in (-1, run.map_index)


def _is_of(task: TaskRef, run: AirflowRun) -> bool:
    if (task.dag_id, task.run_id) != (run.dag_id, run.run_id):
        return False
    return not run.task_id or (task.task_id, task.map_index) == (run.task_id, run.map_index)


def _published_by(numbers: set[tuple[str, int]], deliveries: Deliveries) -> Iterable[PublishedRun]:
    for lane in deliveries.lanes:
        batches = {batch.number: batch for batch in lane.record.batches}
        for receipt in reversed(lane.record.receipts):
            if (lane.state_key, receipt.batch) in numbers:
                yield PublishedRun(receipt, batches.get(receipt.batch), lane.record.site)


def _absence(run: AirflowRun, all_deliveries: Sequence[Deliveries]) -> list[dict[str, Any]]:
    """Return for each reading DAG why it has nothing of a run."""
    return [
        {
            "state_key": deliveries.owner,
            "text": why_absent(run.ended_at, deliveries, time.time()),
            "lag": lag_document(deliveries.lag),
        }
        for deliveries in all_deliveries
        if not _reads(run.dag_id, deliveries)
    ]


def _reads(dag_id: str, deliveries: Deliveries) -> bool:
    """Return whether a DAG is the one that reads, whose own runs are left out of what it reads."""
    return any(batch.task is not None and batch.task.dag_id == dag_id for _, batch in deliveries.batches)


def why_absent(ended_at: float | None, deliveries: Deliveries, now: float) -> str:
    """Return why there is no receipt of a run.

    :param ended_at: time of the run's end, in seconds since 1970; ``None`` if it has not ended
    :param now: current time, in seconds since 1970
    """
    lag = deliveries.lag
    if ended_at is not None and deliveries.since and ended_at < deliveries.since:
        text = (
            f"There is no receipt of this run. Receipts go back to {iso_seconds(deliveries.since)}, and it ended "
            "before: what was published earlier is not kept"
        )
        text += f"; {_waiting(lag, now)}" if lag and lag.messages else ""
    elif lag is None:
        text = "No event of this run was read yet; how much is waiting is not known"
    elif lag.messages:
        text = f"No event of this run was read yet: {_waiting(lag, now)}"
    elif ended_at is None or lag.at <= ended_at:
        text = (
            "No event of this run was read yet: nothing was waiting when the consumer looked last, "
            f"{age(now - lag.at)} ago, before this run ended"
        )
    else:
        text = (
            f"Everything that was sent until {iso_seconds(lag.at)} was read, and no event of this run was published: "
            "it sends none to these topics, or pipelines.include and pipelines.exclude leave it out"
        )
    failed = [lane.record.batches[-1].error for lane in deliveries.lanes if lane.record.batches]
    errors = "".join(f" The latest batch failed and is read again: {error}" for error in failed if error)
    return f"{text}.{errors}"


def _waiting(lag: Lag, now: float) -> str:
    oldest = "" if lag.seconds is None else f", the oldest for {age(lag.seconds)}"
    messages = counted(lag.messages, "message was", "messages were")
    return f"{messages} waiting{oldest}, when the consumer looked last, {age(now - lag.at)} ago"
