"""Gives events of Airflow's assets for the datasets that runs have written, exactly one for each run and asset.

Airflow stores the events of a task when the task succeeds, and not before. So they are kept in the state before the
checkpoint moves, given to Airflow at the end of the task, and dropped by a later task that sees them among the
events that Airflow has recorded for the asset. If they are not there, the task has died, and they are given again.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from openmetadata_ol_provider.lineage.asset_uris import candidate_uris
from openmetadata_ol_provider.openlineage.listing import counted, listed
from openmetadata_ol_provider.openlineage.times import iso, parse_time
from openmetadata_ol_provider.state.asset_queue import AssetQueue, ReadBefore, WaitingEvent, change_queue, read_queue
from openmetadata_ol_provider.version_compat import (
    add_asset_event,
    asset_events,
    find_asset,
    is_own_spelling,
    takes_nested_extra,
)

if TYPE_CHECKING:
    from openmetadata_ol_provider.ingestion.asset_filter import AssetFilter
    from openmetadata_ol_provider.lineage.plan import Dataset, LineagePlan, RunRecord

log = logging.getLogger(__name__)

#: Name of the asset alias through which all events are given.
ALIAS = "openmetadata_ol.assets"
#: Most events that one task gives, as long as no more than :data:`MAX_WAITING` wait: Airflow stores them all in the
#: one request that ends the task, takes some 15 ms for each, and by default waits for 5 seconds.
MAX_GIVEN = 100
#: Number of waiting events at which a task reads no further batch.
MAX_WAITING = 10_000
#: How far the clocks of producers, workers and Airflow's database may be apart.
_CLOCKS = dt.timedelta(hours=1)
#: Most assets that the log names.
MAX_LISTED = 10
_RUN = ("job_namespace", "job_name", "run_id")


class Given(NamedTuple):
    """What became of the events that waited.

    :param given: number that Airflow stores when the task succeeds
    :param waiting: number that is left to the next task
    """

    given: int
    waiting: int


class AssetEvents:
    """The asset events of one task.

    :param state_key: Variable with the checkpoint
    :param asset_filter: which datasets count
    :param replays: whether runs that are read again count, unless Airflow has their event
    :param reads_again: whether everything that the task reads counts as read again
    """

    def __init__(
        self, state_key: str, asset_filter: AssetFilter, *, replays: bool = False, reads_again: bool = False
    ) -> None:
        self._state_key = state_key
        self._filter = asset_filter
        self._replays = replays
        self._reads_again = reads_again
        self._assets: dict[str, tuple[str, str] | None] = {}
        self._waiting = 0

    @cached_property
    def read_before(self) -> ReadBefore:
        """The offsets up to which messages were read before."""
        return ReadBefore(self._state_key)

    @property
    def is_full(self) -> bool:
        """Whether so many events wait that no further batch must be read."""
        return self._waiting >= MAX_WAITING

    def keep(self, plan: LineagePlan) -> None:
        """Keep the events of a plan's runs; it is called before the checkpoint moves past the plan's batch.

        :raises AirflowRuntimeError: if Airflow's API fails; nothing is kept then
        """
        events = {event.key: event for event in self._events(plan)}
        if not events:
            return
        # What waits already keeps its place and the time at which it was noted.
        queue = change_queue(self._state_key, lambda queue: replace(queue, waiting={**events, **queue.waiting}))
        self._waiting = len(queue.waiting)

    def _events(self, plan: LineagePlan) -> Iterable[WaitingEvent]:
        noted_at = iso(dt.datetime.now(dt.timezone.utc))
        datasets = {dataset.id: dataset for dataset in plan.datasets}
        for record in plan.runs:
            if not self._replays and (record.replayed or self._reads_again):
                continue
            for written in record.written:
                dataset = datasets.get(written)
                if dataset is not None and not dataset.ignored:
                    for asset in self._assets_of(dataset):
                        yield _event(record, dataset, asset, noted_at)

    def _assets_of(self, dataset: Dataset) -> list[tuple[str, str]]:
        """Return name and URI of the active assets that are a dataset."""
        uris = [
            uri for uri in candidate_uris(dataset.id, dataset.identities) if self._filter.admits(dataset.namespace, uri)
        ]
        return list(dict.fromkeys(asset for uri in uris if (asset := self._find(uri)) is not None))

    def _find(self, uri: str) -> tuple[str, str] | None:
        if uri in self._assets:
            return self._assets[uri]
        asset = find_asset(uri)
        if asset is not None and not is_own_spelling(*asset):
            log.warning(
                "asset %s: this worker reads its URI as another one, so it gets no events: install the same Airflow "
                "providers on workers and DAG processor",
                asset[1],
            )
            asset = None
        self._assets[uri] = asset
        return asset

    # -- at the end of the task ----------------------------------------------------------------------------------

    def give(self, outlet_events: Any) -> Given:
        """Add the waiting events to those of the task, and drop those that Airflow has recorded.

        :param outlet_events: ``outlet_events`` of the task's context
        :raises AirflowRuntimeError: if Airflow's API fails; everything waits then
        """
        queue = read_queue(self._state_key)
        done = self._done(queue.waiting.values())
        left = {key: event for key, event in queue.waiting.items() if key not in done}
        if done:
            change_queue(self._state_key, lambda queue: _without(queue, done))
        given = _in_turns(left.values())[: max(MAX_GIVEN, len(left) - MAX_WAITING)]
        for event in given:
            add_asset_event(outlet_events, ALIAS, event.asset, event.uri, _extra(event))
        if given:
            uris = dict.fromkeys(event.uri for event in given)
            log.info("asset events: %d, given when this task succeeds: %s", len(given), listed(list(uris), MAX_LISTED))
        waiting = len(left) - len(given)
        if waiting:
            log.warning("asset events: %d more wait for the next task; one task gives %d", waiting, MAX_GIVEN)
        return Given(len(given), waiting)

    def _done(self, waiting: Iterable[WaitingEvent]) -> set[str]:
        """Return the keys of the events that Airflow has recorded, and of those whose asset is gone."""
        by_asset: dict[tuple[str, str], list[WaitingEvent]] = {}
        for event in waiting:
            by_asset.setdefault((event.asset, event.uri), []).append(event)
        done: set[str] = set()
        for asset, events in by_asset.items():
            if self._find(asset[1]) == asset:
                done.update(_recorded(asset, events))
            else:
                dropped = counted(len(events), "event")
                log.warning("asset %s is not in use any more: dropped %s of it", asset[1], dropped)
                done.update(event.key for event in events)
        return done


def _in_turns(events: Iterable[WaitingEvent]) -> list[WaitingEvent]:
    """Return events in an order in which each asset has its first one before any has its second."""
    numbers: Counter[str] = Counter()
    numbered = []
    for event in events:
        numbers[event.uri] += 1
        numbered.append((numbers[event.uri], event))
    return [event for _, event in sorted(numbered, key=lambda item: item[0])]


def _event(record: RunRecord, dataset: Dataset, asset: tuple[str, str], noted_at: str) -> WaitingEvent:
    return WaitingEvent(
        *asset,
        run_id=record.run_id,
        job=(record.job.namespace, record.job.name),
        dataset=(dataset.namespace, dataset.name),
        noted_at=noted_at,
        started_at=record.started_at,
        ended_at=record.ended_at,
        dag_run=record.dag_run,
    )


def _extra(event: WaitingEvent) -> dict[str, Any]:
    """Return the extra of an asset event: the run that wrote the dataset."""
    extra: dict[str, Any] = {
        "run_id": event.run_id,
        "job_namespace": event.job[0],
        "job_name": event.job[1],
        "dataset_namespace": event.dataset[0],
        "dataset_name": event.dataset[1],
        "started_at": event.started_at,
        "ended_at": event.ended_at,
    }
    if takes_nested_extra():
        # Airflow's OpenLineage provider reads from it which job a DAG run was triggered by.
        extra["openlineage"] = {
            "parentJobNamespace": event.job[0],
            "parentJobName": event.job[1],
            "parentRunId": event.run_id,
        }
    return extra


def _without(queue: AssetQueue, done: Collection[str]) -> AssetQueue:
    return replace(queue, waiting={key: event for key, event in queue.waiting.items() if key not in done})


def _recorded(asset: tuple[str, str], events: Iterable[WaitingEvent]) -> set[str]:
    """Return the keys of the events of an asset that Airflow has recorded.

    A task of this Airflow gives the events of its outlets itself; what its lineage says of them is the same event.
    """
    events = list(events)
    since = min(parse_time(time) for event in events for time in (event.noted_at, event.ended_at) if time) - _CLOCKS
    recorded = asset_events(*asset, since)
    runs = {tuple((one.extra or {}).get(key) for key in _RUN) for one in recorded}
    tasks = {(f"{one.source_dag_id}.{one.source_task_id}", one.source_run_id) for one in recorded}
    return {
        event.key for event in events if (*event.job, event.run_id) in runs or (event.job[1], event.dag_run) in tasks
    }
