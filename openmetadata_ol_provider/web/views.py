"""What each view of the page shows, as plain JSON values."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from openmetadata_ol_provider.openlineage.problem_groups import rule_document
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
from openmetadata_ol_provider.openmetadata.publishing.core.parked_groups import ParkedGroup, group_parked, reason_of
from openmetadata_ol_provider.receipts.receipt import EdgeCounts
from openmetadata_ol_provider.receipts.search import Search, iso_seconds
from openmetadata_ol_provider.web.delivery import Deliveries, PublishedRun
from openmetadata_ol_provider.web.documents import age_of, batch_with_links, lag_document, run_document
from openmetadata_ol_provider.web.source import LaneSummary
from openmetadata_ol_provider.web.tables import Order, Page, page_of, sort_rows

#: Most names of a namespace that are listed.
MOST_NAMES = 50
#: Most jobs of a group of parked items that are listed.
MOST_JOBS = 10
_LATEST_BATCHES = 10


def _share(item: dict[str, Any]) -> float:
    """Return the share of a namespace's datasets that are resolved; where all are ignored, nothing is missing."""
    return item["resolved"] / item["total"] if item["total"] else 1.0


RUN_KEYS: dict[str, Callable[[PublishedRun], Any]] = {
    "published": lambda run: run.receipt.at,
    "state": lambda run: run.receipt.state,
    "job": lambda run: (run.receipt.name, run.receipt.namespace),
    "run": lambda run: run.receipt.run_id,
    "events": lambda run: run.receipt.events,
    "edges": lambda run: run.receipt.edges.total,
}
JOB_KEYS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "job": lambda job: (job["job"]["name"], job["job"]["namespace"]),
    "runs": lambda job: job["runs"],
    "state": lambda job: job["last_run"]["state"],
    "published": lambda job: job["last_run"]["published_at"],
    "edges": lambda job: sum(job["last_run"]["edges"].values()),
}
BATCH_KEYS: dict[str, Callable[[dict[str, Any]], Any]] = {
    name: itemgetter(name)
    for name in ("at", "seconds", "events", "runs", "published", "unchanged", "failed", "parked", "dead_letters")
}
NAMESPACE_KEYS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "namespace": lambda item: item["namespace"],
    "share": _share,
    "total": lambda item: item["total"],
}
PARKED_KEYS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "what": lambda item: item["what"],
    "reason": lambda item: item["reason"],
    "items": lambda item: item["items"],
    "age": lambda item: item["age_seconds"],
}


def overview(deliveries: Deliveries, summaries: Sequence[LaneSummary]) -> dict[str, Any]:
    """Return the state in numbers, and the latest batches."""
    read = [item.summary for item in summaries if item.summary is not None]
    batches = deliveries.batches
    runs = deliveries.runs
    totals = EdgeCounts()
    for run in runs:
        totals += run.receipt.edges
    # A batch that failed has changed nothing of what waits.
    latest = {state_key: batch for state_key, batch in reversed(batches) if not batch.error}
    return {
        "state_key": deliveries.owner,
        "lanes": len(summaries),
        "receipts": len(runs),
        "since": iso_seconds(deliveries.since) if deliveries.since else None,
        "lag": lag_document(deliveries.lag),
        "checkpoint": {"updated_at": max((item.updated_at for item in read), default=None)},
        "runs": {"remembered": sum(item.runs for item in read), "open": sum(item.open_runs for item in read)},
        "states": dict(Counter(run.receipt.state for run in runs)),
        "edges": {name: getattr(totals, name) for name in EdgeCounts.__struct_fields__},
        "parked": sum(batch.parked for batch in latest.values()),
        "dead_letters": len(deliveries.letters),
        "datasets": dict(Counter(out for names in deliveries.datasets.values() for out in names.values())),
        "batches": [batch_with_links(*item) for item in batches[:_LATEST_BATCHES]],
        "problems": _problems(deliveries, summaries),
    }


def _problems(deliveries: Deliveries, summaries: Sequence[LaneSummary]) -> list[str]:
    """Return what somebody has to look at: what cannot be read, and lanes whose latest batch failed."""
    problems = [item.problem for item in summaries if item.problem]
    problems += [f"receipts of {lane.state_key}: {lane.problem}" for lane in deliveries.lanes if lane.problem]
    for lane in deliveries.lanes:
        if lane.record.batches and (latest := lane.record.batches[-1]).error:
            problems.append(f"{lane.state_key}: the latest batch failed and is read again: {latest.error}")
    return problems


def runs(deliveries: Deliveries, what: Search, order: Order, number: int) -> dict[str, Any]:
    """Return the receipts that are searched for."""
    all_runs = deliveries.runs
    found = sort_rows([run for run in all_runs if what.matches(run.receipt)], RUN_KEYS, order)
    return {"total": len(all_runs), **_paged("receipts", page_of(found, number), run_document)}


def jobs(deliveries: Deliveries, text: str, order: Order, number: int) -> dict[str, Any]:
    """Return the jobs of the receipts, each with its latest run."""
    by_job: dict[tuple[str, str], list[PublishedRun]] = {}
    for run in deliveries.runs:
        by_job.setdefault((run.receipt.namespace, run.receipt.name), []).append(run)
    rows = [
        {
            "job": {"namespace": namespace, "name": name},
            "runs": len(of_job),
            "failed": sum(run.receipt.state in ("FAIL", "ABORT") for run in of_job),
            "last_run": run_document(of_job[0]),
        }
        for (namespace, name), of_job in by_job.items()
        if text.lower() in f"{namespace} {name}".lower()
    ]
    return {"total": len(by_job), **_paged("jobs", page_of(sort_rows(rows, JOB_KEYS, order), number))}


def batches(deliveries: Deliveries, order: Order, number: int) -> dict[str, Any]:
    """Return the batches that are kept."""
    rows = [batch_with_links(state_key, batch) for state_key, batch in deliveries.batches]
    return {"total": len(rows), **_paged("batches", page_of(sort_rows(rows, BATCH_KEYS, order), number))}


def topics(deliveries: Deliveries, summaries: Sequence[LaneSummary]) -> dict[str, Any]:
    """Return what waits in each topic, and the checkpoint of each of its partitions."""
    lag = deliveries.lag
    waiting = {topic.topic: topic for topic in lag.topics} if lag else {}
    positions: dict[str, list[dict[str, Any]]] = {name: [] for name in waiting}
    for item in summaries:
        for topic, partitions in item.summary.checkpoint.items() if item.summary else ():
            for partition, offset in partitions.items():
                row = {"partition": int(partition), "offset": offset, "state_key": item.state_key}
                positions.setdefault(topic, []).append(row)
    return {
        "lag": lag_document(lag),
        "topics": [
            {
                "topic": name,
                "messages": waiting[name].messages if name in waiting else None,
                "seconds": waiting[name].seconds if name in waiting else None,
                "partitions": sorted(rows, key=lambda row: (row["partition"], row["state_key"])),
            }
            for name, rows in sorted(positions.items())
        ],
        "lanes": [
            {"state_key": item.state_key, "updated_at": item.summary.updated_at if item.summary else None}
            for item in summaries
        ],
        "problems": [item.problem for item in summaries if item.problem],
    }


def parked(items: Sequence[Parked], problems: Sequence[str], text: str, order: Order, number: int) -> dict[str, Any]:
    """Return what is parked, by the dataset that is missing."""
    now = time.time()
    rows = [row for group in group_parked(items) if text.lower() in str(row := _parked_group(group, now)).lower()]
    page = page_of(sort_rows(rows, PARKED_KEYS, order), number)
    return {"items": len(items), **_paged("groups", page), "problems": list(problems)}


def _parked_group(group: ParkedGroup, now: float) -> dict[str, Any]:
    oldest, next_try = group.items[0], min(item.next_try for item in group.items)
    jobs_of = dict.fromkeys(edge.job for item in group.items for edge in item.edges if edge.job is not None)
    return {
        "reason": group.reason,
        "what": group.what,
        "items": len(group.items),
        "first_seen": iso_seconds(oldest.first_seen),
        "age_seconds": int(max(0, now - oldest.first_seen)),
        "next_try": iso_seconds(next_try),
        "due_in_seconds": max(0, int(next_try - now)),
        "tries": max(item.tries for item in group.items),
        "detail": reason_of(oldest),
        "jobs": [{"namespace": job.namespace, "name": job.name} for job in list(jobs_of)[:MOST_JOBS]],
        "more_jobs": max(0, len(jobs_of) - MOST_JOBS),
    }


def namespaces(deliveries: Deliveries, text: str, order: Order, number: int) -> dict[str, Any]:
    """Return how many datasets of each namespace are in the catalogue, and the rules that would settle the others."""
    rows: list[dict[str, Any]] = []
    for namespace, datasets in deliveries.datasets.items():
        wanted = {name: outcome for name, outcome in datasets.items() if outcome != "ignored"}
        missing = sorted(name for name, outcome in wanted.items() if outcome != "resolved")
        settings: dict[str, list[str]] = {}
        for rule in deliveries.rules(namespace):
            settings.setdefault(rule.setting, []).append(rule.entry)
        rows.append({
            "namespace": namespace,
            "resolved": len(wanted) - len(missing),
            "total": len(wanted),
            "ignored": len(datasets) - len(wanted),
            "missing": [{"name": name, "outcome": wanted[name]} for name in missing[:MOST_NAMES]],
            "more_missing": max(0, len(missing) - MOST_NAMES),
            "rules": [rule_document(setting, entries) for setting, entries in settings.items()],
        })  # fmt: skip
    rows.sort(key=lambda row: (_share(row), row["namespace"]))
    found = [row for row in rows if text.lower() in str((row["namespace"], row["missing"])).lower()]
    return {"total": len(rows), **_paged("namespaces", page_of(sort_rows(found, NAMESPACE_KEYS, order), number))}


def dead_letters(deliveries: Deliveries, text: str, number: int) -> dict[str, Any]:
    """Return the latest messages that were not events."""
    rows = [
        {
            "message": letter.where,
            "reason": letter.reason,
            "at": iso_seconds(letter.at),
            "age_seconds": age_of(letter.at),
        }
        for letter in deliveries.letters
        if text.lower() in f"{letter.where} {letter.reason}".lower()
    ]
    return {"total": len(deliveries.letters), **_paged("dead_letters", page_of(rows, number))}


def _paged(name: str, page: Page[Any], document: Callable[[Any], Any] = lambda row: row) -> dict[str, Any]:
    return {
        "matching": page.matching,
        "page": page.number,
        "pages": page.pages,
        name: [document(row) for row in page.rows],
    }
