"""Keeps apart the mapped instances of an Airflow task that share a run id, as providers before 1.15 send them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from openmetadata_ol_provider.openlineage.event import Event, EventJob, EventRun
from openmetadata_ol_provider.openlineage.event_types import read_event_type
from openmetadata_ol_provider.openlineage.facets import RunFacets
from openmetadata_ol_provider.openlineage.run_state import TERMINAL, Run, RunInstance, name_key

#: Most instances of one run that are remembered.
MAX_INSTANCES = 200


def is_airflow_task(run: Run) -> bool:
    """Return whether a run is that of a task in an Airflow DAG."""
    facet = run.run_facets.airflow if run.run_facets else None
    if facet is not None and facet.task is not None and not facet.deleted:
        return True
    kind = run.job_facets.jobType if run.job_facets else None
    if kind is None:
        return False
    return (kind.integration or "").upper() == "AIRFLOW" and (kind.jobType or "").upper() == "TASK"


def is_shared_by_instances(run: Run) -> bool:
    """Return whether several mapped instances share the run: several map indexes, or ends at several times."""
    if len(run.instances) < 2:
        return False
    indexes = {one.map_index for one in run.instances if one.map_index is not None}
    ends = [one for one in run.instances if one.map_index is None]
    # Ends at the same time are of several instances if each names datasets of its own.
    sides = {(tuple(one.inputs), tuple(one.outputs)) for one in ends if one.inputs or one.outputs}
    return len(indexes) > 1 or len({one.at for one in ends}) > 1 or len(sides) > 1


def instances_of(events: Iterable[tuple[int, EventRun, EventJob, Event]]) -> Iterator[RunInstance]:
    """Yield what each event of a task says of its instance; of events without map index only the ends count."""
    for at, run, _, event in events:
        meaning, index = read_event_type(event.eventType), _map_index(run.facets)
        is_end = meaning.state in TERMINAL and not meaning.skipped
        if index is None and not is_end:
            continue
        # An end without map index gives edges only if it names both sides of a run that went well.
        sides = index is not None or (meaning.state == "COMPLETE" and event.inputs and event.outputs)
        reads, writes = (
            sorted({name_key(item.namespace, item.name) for item in side or ()}) if sides else []
            for side in (event.inputs, event.outputs)
        )
        end = (at, meaning.state) if is_end else (0, "OTHER")
        yield RunInstance(at=end[0], state=end[1], inputs=reads, outputs=writes, map_index=index)


def merge_instances(one: Sequence[RunInstance], other: Iterable[RunInstance]) -> Sequence[RunInstance]:
    """Return the instances in both: by map index where there is one, else each end once, in a fixed order."""
    ends: set[tuple[int, str, tuple[str, ...], tuple[str, ...]]] = set()
    indexed: dict[int, RunInstance] = {}
    merged: dict[tuple[object, ...], RunInstance] = {}
    for instance in (*one, *other):
        index = instance.map_index
        if index is None:
            key = (instance.at, instance.state, tuple(instance.inputs), tuple(instance.outputs))
            ends.add(key)
            merged[key] = instance
        else:
            indexed[index] = _sum(indexed[index], instance) if index in indexed else instance
    every = [*(indexed[index] for index in sorted(indexed)), *(merged[key] for key in sorted(ends))]
    return every[:MAX_INSTANCES]


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
    instance = facets.airflow.taskInstance if facets and facets.airflow else None
    index = instance.map_index if instance else None
    return index if isinstance(index, int) and not isinstance(index, bool) and index >= 0 else None
