"""Merges events into the run that they belong to, whatever their order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.checkpointed_streams import with_stream_type
from openmetadata_ol_provider.openlineage.copy_tools import is_copy_tool
from openmetadata_ol_provider.openlineage.event import Event, EventDataset, EventJob, EventRun
from openmetadata_ol_provider.openlineage.event_types import read_event_type
from openmetadata_ol_provider.openlineage.facet_merge import FacetDraft, names_of
from openmetadata_ol_provider.openlineage.facet_times import compact, equal_times, to_dict
from openmetadata_ol_provider.openlineage.facets import DatasetFacets, JobFacets, RunFacets
from openmetadata_ol_provider.openlineage.job_names import is_related
from openmetadata_ol_provider.openlineage.job_types import integration_of
from openmetadata_ol_provider.openlineage.run_instances import instances_after, is_from_airflow
from openmetadata_ol_provider.openlineage.run_state import TERMINAL, UNKNOWN, DatasetState, Run, name_key

#: Part of the producer's URI in all events of OpenLineage's Spark integration.
SPARK = "/integration/spark"
#: Most datasets of one side that are remembered of a run: a stream may show new ones for ever.
MAX_DATASETS = 10_000
#: An event of a run: its time in microseconds, its run, its job, and all of it.
RunEvent = tuple[int, EventRun, EventJob, Event]
_Said = TypeVar("_Said")
_Facets = TypeVar("_Facets", RunFacets, JobFacets)


def new_run(first: RunEvent) -> Run:
    """Return a run of which nothing is known but its first event."""
    at, run, job, _ = first
    return Run(run_id=run.runId, namespace=job.namespace, name=UNKNOWN, name_at=at, first_at=at)


def merge_events(run: Run, events: Sequence[RunEvent], seen_at: int) -> tuple[Run, int]:
    """Return a run with events merged into it; the datasets of a run that sends snapshots are left out.

    :param run: run so far, which is not changed
    :param events: events of the run, in any order
    :param seen_at: time of consumption in microseconds
    :return: run, and the number of times that there was no room for a dataset
    """
    name, name_at, spark, airflow = run.name, run.name_at, run.spark, run.from_airflow
    from_copy_tool, producer, is_paired = run.from_copy_tool, None, False
    for at, _, job, event in events:
        is_paired = is_paired or bool(event.inputs and event.outputs)
        if event.producer is not None and event.producer != producer:
            producer = event.producer
            from_copy_tool = from_copy_tool or is_copy_tool(producer)
            if not spark and not airflow:
                spark, airflow = SPARK in producer, is_from_airflow(producer)
        # The latest event names the job: some producers learn the name only after the start.
        if job.name != UNKNOWN and (name == UNKNOWN or (at, job.name) >= (name_at, name)):
            name, name_at = job.name, at
        elif job.name == name:
            name_at = max(name_at, at)
    run_facets, run_times = _merge_facets(run.run_facets, run.run_times, [(at, one.facets) for at, one, _, _ in events])
    job_facets, job_times = _merge_facets(run.job_facets, run.job_times, [(at, job.facets) for at, _, job, _ in events])
    job_facets, job_times = with_stream_type(run_facets, job_facets, job_times)
    progress = _progress(run, events)
    inputs, outputs, left_out = run.inputs, run.outputs, 0
    # Only now, because the event that says that events are snapshots may come after others.
    is_merged = not sends_snapshots(job_facets)
    if is_merged:
        inputs, left_out = _merge_datasets(inputs, [(at, event.inputs) for at, _, _, event in events if event.inputs])
        outputs, more = _merge_datasets(outputs, [(at, event.outputs) for at, _, _, event in events if event.outputs])
        left_out += more
    is_dag = run.is_dag or _lists_dag(run_facets, job_facets)
    merged = replace(
        run,
        name=name,
        name_at=name_at,
        first_at=min(run.first_at, *[at for at, _, _, _ in events]),
        has_paired_event=run.has_paired_event or (is_merged and is_paired),
        from_copy_tool=from_copy_tool,
        last_seen_at=seen_at,
        from_previous_lanes=False,
        spark=spark or _is_spark(job_facets),
        from_airflow=airflow,
        is_dag=is_dag,
        other_names=_other_names(run, name, events) if run.legacy else run.other_names,
        run_facets=run_facets,
        run_times=run_times,
        job_facets=job_facets,
        job_times=job_times,
        inputs=inputs,
        outputs=outputs,
        **progress,
    )
    instances = instances_after(run, merged, events)
    return replace(merged, instances=instances) if instances or run.instances else merged, left_out


def sends_snapshots(facets: JobFacets | None) -> bool:
    """Return whether each event holds the complete picture of a time window, so that events must not be merged."""
    kind = facets.jobType if facets else None
    pattern = kind.emissionPattern if kind else None
    return pattern is not None and (pattern.eventContentMode or "").upper() == "COMPLETE_SNAPSHOT"


def snapshots_of(run: Run, events: Sequence[RunEvent], seen_at: int) -> list[Run]:
    """Return the events of a run that must not be merged, each in the form of a run of its own.

    They are those of a run that sends snapshots, and those of several jobs that an earlier version has merged.

    :param run: run with all of its events
    :param seen_at: time of consumption in microseconds
    """
    if sends_snapshots(run.job_facets):
        return [_snapshot(run, event, seen_at) for event in events if event[3].inputs or event[3].outputs]
    if run.other_names:
        paired = [event for event in events if event[3].inputs and event[3].outputs]
        return [merge_events(new_run(event), [event], seen_at)[0] for event in paired]
    return []


def _snapshot(run: Run, event: RunEvent, seen_at: int) -> Run:
    at, event_run, job, whole = event
    alone = (at, replace(event_run, facets=None), replace(job, facets=None), whole)
    merged, _ = merge_events(replace(new_run(event), name=run.name), [alone], seen_at)
    return replace(merged, run_facets=run.run_facets, job_facets=run.job_facets)


def _lists_dag(run_facets: RunFacets | None, job_facets: JobFacets | None) -> bool:
    return (run_facets is not None and run_facets.airflowDagRun is not None) or (
        job_facets is not None and job_facets.airflow is not None
    )


def _is_spark(facets: JobFacets | None) -> bool:
    return integration_of(facets) == "SPARK"


def _other_names(run: Run, name: str, events: Iterable[RunEvent]) -> tuple[str, ...]:
    """Return the names of other jobs among the events of a run that an earlier version has merged."""
    names = {run.name, *run.other_names, *(job.name for _, _, job, _ in events)}
    return tuple(sorted(other for other in names if other != UNKNOWN and not is_related(other, name)))


def _progress(run: Run, events: Iterable[RunEvent]) -> dict[str, Any]:
    """Return what events say of a run's progress, as changed fields of the run.

    The first terminal state stays; of two at the same time the worse one does.
    """
    state, started_at, ended_at, saw_running = run.state, run.started_at, run.ended_at, run.saw_running
    skipped, saw_other, untyped_is_paired = run.skipped, run.saw_other, run.untyped_is_paired
    untyped_from, untyped_until = run.untyped_from, run.untyped_until
    for at, _, _, event in events:
        event_type = read_event_type(event.eventType)
        reported = event_type.state
        if reported in TERMINAL:
            end = (at, -TERMINAL[reported], event_type.skipped)
            if ended_at is None or end < (ended_at, -TERMINAL[state], skipped):
                state, ended_at, skipped = reported, at, event_type.skipped
        elif reported == "START":
            started_at = at if started_at is None else min(started_at, at)
            if state == "OTHER":
                state = "START"
        elif reported == "RUNNING":
            saw_running = True
            if state in ("OTHER", "START"):
                state = "RUNNING"
        elif event.eventType is not None and event.eventType.strip():
            saw_other = True
        else:
            untyped_from = at if untyped_from is None else min(untyped_from, at)
            untyped_until = at if untyped_until is None else max(untyped_until, at)
            untyped_is_paired = untyped_is_paired or bool(event.inputs and event.outputs)
    return {
        "state": state,
        "started_at": started_at,
        "ended_at": ended_at,
        "saw_running": saw_running,
        "skipped": skipped,
        "saw_other": saw_other,
        "untyped_from": untyped_from,
        "untyped_until": untyped_until,
        "untyped_is_paired": untyped_is_paired,
    }


def _joined(said: Sequence[tuple[int, _Said]]) -> list[tuple[_Said, int, int, int]]:
    """Return what events say with the times of the first and the last that say it, and their number.

    Events of one run mostly repeat what the event before has said, as the very same value.

    :param said: what each event says, with its time
    """
    joined: list[tuple[_Said, int, int, int]] = []
    for at, value in said:
        if joined and joined[-1][0] is value:
            _, first_at, last_at, count = joined[-1]
            joined[-1] = value, min(first_at, at), max(last_at, at), count + 1
        else:
            joined.append((value, at, at, 1))
    return joined


def _merge_facets(
    before: _Facets | None, times: Mapping[str, int], events: Sequence[tuple[int, _Facets | None]]
) -> tuple[_Facets | None, Mapping[str, int]]:
    """Return the facets of a run, or of its job, with those of events merged into them, and their times.

    :param before: facets of the run so far
    :param times: times of these facets
    :param events: facets of events, each with its time in microseconds
    """
    joined = _joined(events)
    facets, _, last_at, _ = joined[0]
    if before is None and len(joined) == 1 and getattr(facets, "lineage", None) is None:
        return facets, equal_times(names_of(facets), last_at) if facets is not None else {}
    draft = FacetDraft(before, to_dict(times))
    for facets, _, last_at, _ in joined:
        draft.merge(facets, last_at)
    return draft.facets, compact(draft.times)


class _DatasetDraft(FacetDraft[DatasetFacets], gc=False):
    """One dataset of a run while events are merged into it."""

    namespace: str = ""
    name: str = ""
    first_at: int | None = None


def _merge_datasets(
    before: Mapping[str, DatasetState], events: Sequence[tuple[int, Sequence[EventDataset]]]
) -> tuple[Mapping[str, DatasetState], int]:
    """Return one side of a run with datasets merged into it, and the number of times that there was no room for one.

    :param before: inputs or outputs of the run so far
    :param events: inputs or outputs of events, each with its time in microseconds
    """
    if not events:
        return before, 0
    joined = _joined(events)
    if not before and len(joined) == 1 and (fresh := _fresh_datasets(*joined[0][:3])) is not None:
        return fresh, 0
    drafts: dict[str, _DatasetDraft] = {}
    room, left_out = MAX_DATASETS - len(before), 0
    for datasets, first_at, last_at, count in joined:
        for dataset in datasets:
            key = _key(dataset.namespace, dataset.name)
            draft = drafts.get(key)
            if draft is None:
                state = before.get(key)
                if state is not None:
                    times = to_dict(state.times)
                    draft = _DatasetDraft(state.facets, times, state.namespace, state.name, state.first_at)
                elif room > 0:
                    room -= 1
                    draft = _DatasetDraft(None, {}, dataset.namespace, dataset.name, first_at)
                else:
                    left_out += count
                    continue
                drafts[key] = draft
            if draft.first_at is None or first_at < draft.first_at:
                draft.first_at = first_at
            draft.merge(dataset.facets, last_at)
    merged = {
        key: DatasetState(
            namespace=draft.namespace,
            name=draft.name,
            first_at=draft.first_at,
            facets=draft.facets,
            times=compact(draft.times),
        )
        for key, draft in drafts.items()
    }
    return {**before, **merged} if before else merged, left_out


def _fresh_datasets(datasets: Sequence[EventDataset], first_at: int, last_at: int) -> Mapping[str, DatasetState] | None:
    """Return one side of a run whose events all name the same datasets, each once; ``None`` if they do not."""
    if len(datasets) > MAX_DATASETS:
        return None
    fresh = {
        _key(dataset.namespace, dataset.name): DatasetState(
            namespace=dataset.namespace,
            name=dataset.name,
            first_at=first_at,
            facets=dataset.facets,
            times=equal_times(names_of(dataset.facets), last_at) if dataset.facets is not None else {},
        )
        for dataset in datasets
    }
    return fresh if len(fresh) == len(datasets) else None


@lru_cache(4096)
def _key(namespace: str, name: str) -> str:
    """Return the key of a dataset, mostly the same text for all runs that have the dataset."""
    # Not interned, because Python 3.12 never frees what is.
    return name_key(namespace, name)
