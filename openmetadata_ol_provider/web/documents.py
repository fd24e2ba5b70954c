"""Plain JSON documents of what is delivered: the routes answer with them, and the pages are made of them."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

from openmetadata_ol_provider.receipts.receipt import BatchReceipt, Lag, TaskRef
from openmetadata_ol_provider.receipts.search import batch_document, iso_seconds, receipt_document, why
from openmetadata_ol_provider.web.delivery import PublishedRun


def run_document(run: PublishedRun) -> dict[str, Any]:
    """Return a receipt with the links of its run."""
    receipt, batch = run.receipt, run.batch
    document = receipt_document(receipt, {batch.number: batch} if batch else {})
    links = {
        "openmetadata": pipeline_url(run.site, receipt.pipeline_fqn),
        "log": web_url(receipt.log_url),
        "published_by": airflow_path(batch.task) if batch and batch.task else None,
    }
    return {**document, "age_seconds": age_of(receipt.at), "why": why(receipt), "links": links}


def batch_with_links(state_key: str, batch: BatchReceipt) -> dict[str, Any]:
    """Return the receipt of a batch with the link to the Airflow run that published it."""
    return {
        **batch_document(batch),
        "state_key": state_key,
        "age_seconds": age_of(batch.at),
        "links": {"published_by": airflow_path(batch.task) if batch.task else None},
    }


def lag_document(lag: Lag | None) -> dict[str, Any] | None:
    """Return what waits, with the age of the measurement."""
    if lag is None:
        return None
    return {
        "messages": lag.messages,
        "seconds": lag.seconds,
        "measured_at": iso_seconds(lag.at),
        "age_seconds": age_of(lag.at),
        "measured_by": lag.source,
        "topics": [
            {"topic": topic.topic, "messages": topic.messages, "seconds": topic.seconds} for topic in lag.topics
        ],
    }


def age_of(at: int) -> int:
    """Return the age of something in seconds.

    :param at: its time, in seconds since 1970
    """
    return max(0, int(time.time()) - at)


def airflow_path(task: TaskRef) -> str:
    """Return the path of a task instance in Airflow's web interface."""
    dag, run, name = (quote(part, safe="") for part in (task.dag_id, task.run_id, task.task_id))
    mapped = f"/mapped/{task.map_index}" if task.map_index >= 0 else ""
    return f"/dags/{dag}/runs/{run}/tasks/{name}{mapped}"


def pipeline_url(site: str, fqn: str) -> str | None:
    """Return the address of a pipeline in OpenMetadata, ``None`` if it is not known."""
    return web_url(f"{site}/pipeline/{quote(fqn, safe='')}") if site and fqn else None


def entity_url(site: str, kind: str, fqn: str) -> str | None:
    """Return the address of the lineage of an entity in OpenMetadata, ``None`` if it is not known."""
    return web_url(f"{site}/{quote(kind, safe='')}/{quote(fqn, safe='', errors='replace')}/lineage") if site else None


def web_url(text: str) -> str | None:
    """Return an address of the web, ``None`` for anything else: events must not bring other kinds of links."""
    return text if text.lower().startswith(("https://", "http://")) else None
