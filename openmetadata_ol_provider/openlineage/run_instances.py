"""Remembers what each instance of a run has sent, for runs whose id is used more than once.

Mapped instances of an Airflow task share a run id in providers before 1.15, and some tools start a job again under the
run id that it had. Most runs have one start and one end that names all of their datasets: of these nothing more is
remembered, because the run itself says it all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from openmetadata_ol_provider.openlineage.event import Event, EventDataset, EventJob, EventRun
from openmetadata_ol_provider.openlineage.event_types import read_event_type
from openmetadata_ol_provider.openlineage.facets import RunFacets
from openmetadata_ol_provider.openlineage.job_types import integration_of, is_streaming_job, job_type_of
from openmetadata_ol_provider.openlineage.run_state import TERMINAL, DatasetState, Run, RunInstance, name_key

#: Most starts, ends and mapped instances of one run that are remembered.
MAX_INSTANCES = 400
#: Part of the producer's URI in the events of Airflow's provider, or of the integration before it.
_AIRFLOW = re.compile(r"/apache/airflow/|/integration/airflow")
_RunEvent = tuple[int, EventRun, EventJob, Event]


@lru_cache(1024)
def is_from_airflow(producer: str) -> bool:
    """Return whether a producer's URI is that of Airflow's provider, or of the integration before it."""
    return _AIRFLOW.search(producer) is not None


def is_airflow_task(run: Run) -> bool:
    """Return whether a run is that of a task in an Airflow DAG."""
    facet = run.run_facets.airflow if run.run_facets else None
    if facet is not None and facet.task is not None and not facet.deleted:
        return True
    return integration_of(run.job_facets) == "AIRFLOW" and job_type_of(run.job_facets) == "TASK"


def may_be_mapped(run: Run) -> bool:
    """Return whether mapped instances may share a run: it is an Airflow task's, also if only the producer tells."""
    if is_airflow_task(run) or any(one.map_index is not None for one in run.instances):
        return True
    kind = run.job_facets.jobType if run.job_facets else None
    return run.from_airflow and not run.is_dag and (kind is None or kind.jobType is None)


def map_index_of(run: Run) -> int | None:
    """Return the number of the mapped instance that a run is; ``None`` if it is none, or if several share the run."""
    if not run.instances:
        return None
    indexes = {instance.map_index for instance in run.instances if instance.map_index is not None}
    return indexes.pop() if len(indexes) == 1 else None


def has_instances(run: Run) -> bool:
    """Return whether a second start or end of a run is one of another instance.

    Spark ends a run twice and starts it again under its name, and a stream has no end that tells.
    """
    return not run.spark and not is_streaming_job(run.job_facets)


def instances_after(before: Run, after: Run, events: Sequence[_RunEvent]) -> Sequence[RunInstance]:
    """Return what is to be remembered of the instances of a run: nothing if the run itself says it all.

    :param before: the run before the events
    :param after: the run with the events merged
    """
    if after.spark:
        return []
    if not before.instances and _says_it_all(before, after, events):
        return before.instances
    return _without_what_the_run_says(after, _merged(_instances_in(before), _instances_of(events)))


def merge_instances(one: Run, other: Run, whole: Run) -> Sequence[RunInstance]:
    """Return the instances of two parts of a run.

    :param whole: the sum of the parts
    """
    if whole.spark:
        return []
    return _without_what_the_run_says(whole, _merged(_instances_in(one), _instances_in(other)))


def _says_it_all(before: Run, after: Run, events: Sequence[_RunEvent]) -> bool:
    """Return whether a run has one start, before all else, and one end that names all datasets, and no map index."""
    started, ended = after.started_at, after.ended_at
    if before.started_at not in (None, started) or before.ended_at not in (None, ended):
        return False
    if before.last_seen_at:
        if started is not None and (before.first_at < started or before.first_at == started != before.started_at):
            return False
        has_more = len(before.inputs) != len(after.inputs) or len(before.outputs) != len(after.outputs)
        if has_more and before.ended_at is not None:
            return False
    return _are_plain(events, after)


def _are_plain(events: Sequence[_RunEvent], whole: Run) -> bool:
    """Return whether events are the only start of a run, its only end with all datasets, and what comes in between."""
    started, reads, writes = whole.started_at, len(whole.inputs), len(whole.outputs)
    for at, run, _, event in events:
        meaning = read_event_type(event.eventType)
        state = meaning.state
        if state == "START":
            is_plain = at == started
        elif started is not None and at <= started:
            is_plain = False
        elif state in TERMINAL and not meaning.skipped:
            is_plain = at == whole.ended_at and state == whole.state and _count(event.inputs) == reads
            is_plain = is_plain and _count(event.outputs) == writes
        else:
            is_plain = True
        if not is_plain or (run.facets is not None and _map_index(run.facets) is not None):
            return False
    return True


def _count(datasets: Sequence[EventDataset] | None) -> int:
    """Return the number of different datasets."""
    if datasets is None or len(datasets) < 2:
        return len(datasets or ())
    return len({(dataset.namespace, dataset.name) for dataset in datasets})


def _without_what_the_run_says(run: Run, instances: Sequence[RunInstance]) -> Sequence[RunInstance]:
    return [] if list(instances) == _start_and_end(run) else instances


def _instances_in(run: Run) -> Sequence[RunInstance]:
    """Return the starts and ends of a run, also if nothing but the run itself is remembered."""
    return run.instances or _start_and_end(run)


def _start_and_end(run: Run) -> list[RunInstance]:
    """Return the start of a run and its end, as one that names all datasets."""
    both = []
    if run.started_at is not None:
        reads, writes = (_first_at(side, run.started_at) for side in (run.inputs, run.outputs))
        both.append(RunInstance(at=run.started_at, state="START", inputs=reads, outputs=writes))
    if run.ended_at is not None and not run.skipped:
        reads, writes = sorted(run.inputs), sorted(run.outputs)
        both.append(RunInstance(at=run.ended_at, state=run.state, inputs=reads, outputs=writes))
    return both


def _first_at(side: Mapping[str, DatasetState], at: int) -> list[str]:
    return sorted(key for key, dataset in side.items() if dataset.first_at == at)


def _instances_of(events: Iterable[_RunEvent]) -> Iterator[RunInstance]:
    """Yield what each start, end, or event of a mapped instance says."""
    for at, run, _, event in events:
        meaning, index = read_event_type(event.eventType), _map_index(run.facets)
        is_end = meaning.state in TERMINAL and not meaning.skipped
        if index is None and not is_end and meaning.state != "START":
            continue
        time, state = (at, meaning.state) if is_end or index is None else (0, "OTHER")
        reads, writes = _keys(event.inputs), _keys(event.outputs)
        yield RunInstance(at=time, state=state, inputs=reads, outputs=writes, map_index=index)


def _keys(datasets: Iterable[EventDataset] | None) -> list[str]:
    return sorted({name_key(dataset.namespace, dataset.name) for dataset in datasets or ()})


def _merged(one: Iterable[RunInstance], other: Iterable[RunInstance]) -> Sequence[RunInstance]:
    """Return the instances in both: by map index where there is one, else each start and end once, by time."""
    ends: dict[tuple[int, str, tuple[str, ...], tuple[str, ...]], RunInstance] = {}
    starts: dict[int, RunInstance] = {}
    indexed: dict[int, RunInstance] = {}
    for instance in (*one, *other):
        index, at = instance.map_index, instance.at
        if index is not None:
            indexed[index] = _sum(indexed[index], instance) if index in indexed else instance
        elif instance.state == "START":
            starts[at] = _sum(starts[at], instance) if at in starts else instance
        else:
            ends[at, instance.state, tuple(instance.inputs), tuple(instance.outputs)] = instance
    by_time = sorted([*starts.values(), *(ends[key] for key in sorted(ends))], key=lambda one: one.at)
    return [*(indexed[index] for index in sorted(indexed)), *by_time][:MAX_INSTANCES]


def _sum(one: RunInstance, other: RunInstance) -> RunInstance:
    ended = [end for end in (one, other) if end.state in TERMINAL]
    end = min(ended, key=lambda end: (end.at, -TERMINAL[end.state]), default=one)
    return RunInstance(
        at=end.at,
        state=end.state,
        inputs=sorted({*one.inputs, *other.inputs}),
        outputs=sorted({*one.outputs, *other.outputs}),
        map_index=one.map_index,
    )


def _map_index(facets: RunFacets | None) -> int | None:
    """Return the number of a mapped instance; Airflow's -1 is a task that is not mapped."""
    if facets is None:
        return None
    instance = facets.airflow.taskInstance if facets.airflow else None
    for index in (
        instance.map_index if instance else None,
        facets.airflow_mappedTask.mapIndex if facets.airflow_mappedTask else None,
    ):
        if isinstance(index, int) and not isinstance(index, bool):
            return index if index >= 0 else None
    return None
