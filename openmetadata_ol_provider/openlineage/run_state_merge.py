"""Merges the states of several lanes into the state of one reader that has read all their events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.event import State
from openmetadata_ol_provider.openlineage.facet_merge import FacetDraft
from openmetadata_ol_provider.openlineage.facet_times import compact, to_dict
from openmetadata_ol_provider.openlineage.run_instances import merge_instances
from openmetadata_ol_provider.openlineage.run_state import (
    OPEN,
    TERMINAL,
    UNKNOWN,
    Alias,
    DatasetState,
    Declaration,
    PipelineRunStart,
    PresumedEnd,
    Run,
    RunState,
    TemporaryDataset,
    TemporarySource,
    ViewSources,
)
from openmetadata_ol_provider.openlineage.temporary_uses import flows_of, latest_uses, times_of, uses_of

_T = TypeVar("_T")
_Ordered = TypeVar("_Ordered", Alias, Declaration, TemporaryDataset, ViewSources)


def merge_run_states(states: Iterable[RunState]) -> RunState:
    """Return the union of states; a run in several of them becomes the sum of all its events."""
    states = tuple(states)
    return RunState(
        runs=_merged((state.runs for state in states), merge_runs),
        pipeline_starts=_merged((state.pipeline_starts for state in states), _merge_starts),
        temporary_datasets=_by_last_use(_merged((state.temporary_datasets for state in states), _merge_temporary)),
        aliases=_by_last_use(_merged((state.aliases for state in states), _merge_aliases)),
        declarations=_by_last_use(_merged((state.declarations for state in states), _latest_declaration)),
        views=_by_last_use(_merged((state.views for state in states), _latest_view)),
        reported_once=_merged((state.reported_once for state in states), max),
        latest_at=max((state.latest_at for state in states), default=0),
        evicted_at=max((state.evicted_at for state in states), default=0),
    )


def _merged(mappings: Iterable[Mapping[str, _T]], merge: Callable[[_T, _T], _T]) -> dict[str, _T]:
    merged: dict[str, _T] = {}
    for mapping in mappings:
        for key, item in mapping.items():
            merged[key] = merge(merged[key], item) if key in merged else item
    return merged


def _by_last_use(remembered: Mapping[str, _Ordered]) -> dict[str, _Ordered]:
    return dict(sorted(remembered.items(), key=lambda item: item[1].last_seen_at))


def merge_runs(one: Run, other: Run) -> Run:
    """Return the sum of two parts of one run, the same whichever comes first."""
    named = max(one, other, key=lambda run: (run.name != UNKNOWN, run.name_at, run.name))
    state, ended_at, skipped = _end(one, other)
    run_facets = FacetDraft(one.run_facets, to_dict(one.run_times))
    run_facets.merge(other.run_facets, 0, other.run_times)
    job_facets = FacetDraft(one.job_facets, to_dict(one.job_times))
    job_facets.merge(other.job_facets, 0, other.job_times)
    whole = replace(
        named,
        state=state,
        first_at=min(one.first_at, other.first_at),
        started_at=_earliest(one.started_at, other.started_at),
        ended_at=ended_at,
        saw_running=one.saw_running or other.saw_running,
        has_paired_event=one.has_paired_event or other.has_paired_event,
        from_copy_tool=one.from_copy_tool or other.from_copy_tool,
        last_seen_at=max(one.last_seen_at, other.last_seen_at),
        lineage_emitted=one.lineage_emitted or other.lineage_emitted,
        columns_evicted=one.columns_evicted or other.columns_evicted,
        from_previous_lanes=one.from_previous_lanes and other.from_previous_lanes,
        spark=one.spark or other.spark,
        from_airflow=one.from_airflow or other.from_airflow,
        is_dag=one.is_dag or other.is_dag,
        legacy=one.legacy or other.legacy,
        other_names=tuple(sorted({*one.other_names, *other.other_names})),
        run_facets=run_facets.facets,
        run_times=compact(run_facets.times),
        job_facets=job_facets.facets,
        job_times=compact(job_facets.times),
        inputs=_merged((one.inputs, other.inputs), merge_datasets),
        outputs=_merged((one.outputs, other.outputs), merge_datasets),
        saw_other=one.saw_other or other.saw_other,
        untyped_from=_earliest(one.untyped_from, other.untyped_from),
        untyped_until=max((at for at in (one.untyped_until, other.untyped_until) if at is not None), default=None),
        untyped_is_paired=one.untyped_is_paired or other.untyped_is_paired,
        skipped=skipped,
        presumed_end=_presumed(one.presumed_end, other.presumed_end),
        root_end=_presumed(one.root_end, other.root_end),
        instances=(),
    )
    instances = merge_instances(one, other, whole)
    return replace(whole, instances=instances) if instances else whole


def _end(one: Run, other: Run) -> tuple[State, int | None, bool]:
    """Return state, end and whether it was skipped: the first terminal state, at the same time the worse one.

    Of two open runs it is the furthest progress.
    """
    ended = [
        (run.ended_at, -TERMINAL[run.state], run.skipped, run.state) for run in (one, other) if run.ended_at is not None
    ]
    if ended:
        at, _, skipped, state = min(ended)
        return state, at, skipped
    return max(one.state, other.state, key=OPEN.index), None, False


def _presumed(one: PresumedEnd | None, other: PresumedEnd | None) -> PresumedEnd | None:
    """Return the presumed end that is certain, of two the earlier, at the same time the worse."""
    ends = [end for end in (one, other) if end is not None]
    return min(ends, key=lambda end: (not end.certain, end.at, -TERMINAL.get(end.state, 0), end.skipped), default=None)


def merge_datasets(one: DatasetState, other: DatasetState) -> DatasetState:
    """Return a dataset with what two runs, or two parts of one run, have said about it."""
    facets = FacetDraft(one.facets, to_dict(one.times))
    facets.merge(other.facets, 0, other.times)
    first_at = _earliest(one.first_at, other.first_at)
    return replace(one, first_at=first_at, facets=facets.facets, times=compact(facets.times))


def _earliest(*times: int | None) -> int | None:
    return min((time for time in times if time is not None), default=None)


def _merge_starts(one: PipelineRunStart, other: PipelineRunStart) -> PipelineRunStart:
    # Both are keys of a status in the catalogue; the earlier one is more likely the run's own start.
    return PipelineRunStart(
        at=min(one.at, other.at),
        logical_at=one.logical_at if one.logical_at is not None else other.logical_at,
        last_seen_at=max(one.last_seen_at, other.last_seen_at),
    )


def _merge_temporary(one: TemporaryDataset, other: TemporaryDataset) -> TemporaryDataset:
    merged: dict[tuple[str, str, str], TemporarySource] = {}
    for source in (*one.sources, *other.sources):
        key = (source.namespace, source.name, source.chain)
        same = merged.get(key)
        if same is not None:
            more = [pair for pair in source.columns if pair not in same.columns]
            writes = latest_uses(uses_of(same.writes, same.writers), uses_of(source.writes, source.writers))
            source = replace(  # noqa: PLW2901
                same,
                columns=[*same.columns, *more],
                writes=times_of(writes),
                writers=flows_of(writes),
            )
        merged[key] = source
    reads = {
        chain: latest_uses(*(uses_of(side.reads.get(chain, ()), side.readers.get(chain, ())) for side in (one, other)))
        for chain in dict.fromkeys((*one.reads, *other.reads))
    }
    return TemporaryDataset(
        sources=list(merged.values()),
        reads={chain: times_of(of_chain) for chain, of_chain in reads.items()},
        readers={chain: flows for chain, of_chain in reads.items() if (flows := flows_of(of_chain))},
        last_seen_at=max(one.last_seen_at, other.last_seen_at),
    )


def _merge_aliases(one: Alias, other: Alias) -> Alias:
    by_name = {(item.namespace, item.name, item.type): item for item in (*one.identifiers, *other.identifiers)}
    return Alias(identifiers=list(by_name.values()), last_seen_at=max(one.last_seen_at, other.last_seen_at))


def _latest_view(one: ViewSources, other: ViewSources) -> ViewSources:
    return other if other.last_seen_at >= one.last_seen_at else one


def _latest_declaration(one: Declaration, other: Declaration) -> Declaration:
    return other if other.at >= one.at else one
