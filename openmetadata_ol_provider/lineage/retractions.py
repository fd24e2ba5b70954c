"""Finds edges of earlier plans that events read since then show to be false.

Events may be read in any order: a task may end a batch before its queries, a transfer before all of its tables, a run
before the event with its column lineage. What follows from the first batch alone is published then, and taken back here
once the rest is known, unless another run may show it, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.affected_runs import AffectedRuns
from openmetadata_ol_provider.lineage.derivations import Derivations
from openmetadata_ol_provider.lineage.job_hierarchy import MAX_CHAIN
from openmetadata_ol_provider.lineage.job_placer import JobPlacer
from openmetadata_ol_provider.lineage.late_parents import with_ancestors
from openmetadata_ol_provider.lineage.other_runs import OtherRuns, may_be_in_other_lanes, remembered_since
from openmetadata_ol_provider.lineage.plan import Edge, JobId, LineagePlan, Retraction
from openmetadata_ol_provider.lineage.plan_builder import PlanBuilder
from openmetadata_ol_provider.lineage.run_completion import lineage_is_final
from openmetadata_ol_provider.lineage.transfers import transfers
from openmetadata_ol_provider.openlineage.run_assembler import Limits
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Run, RunState
from openmetadata_ol_provider.openlineage.times import iso_of


class Reading(NamedTuple):
    """When and how a batch was read.

    :param seen_at: time of consumption, in microseconds
    :param latest_at: time of the latest event of any run, in microseconds
    :param limits: limits on what is remembered
    :param lanes: number of lanes
    """

    seen_at: int
    latest_at: int
    limits: Limits
    lanes: int


def retractions(
    plan: LineagePlan,
    states: tuple[RunState, RunState],
    index: RunIndex,
    revised: Iterable[str],
    *,
    config: Config,
    derivations: Derivations,
    reading: Reading,
) -> tuple[Retraction, ...]:
    """Return the edges that earlier plans had of runs whose lineage is now known to be another one.

    A run that turns out to have failed is not among them: its edges may be those of its job all the same. Nor are edges
    that the job declares, that another of its runs shows, or that a stream has stated.

    :param plan: plan of the batch
    :param states: states before and after the batch
    :param index: the runs with those of the batch
    :param revised: keys of the runs whose lineage may be another one now, from :func:`revised_runs`
    """
    latest_at = reading.latest_at
    keys = [
        key
        for key in revised
        if lineage_is_final(run := index.runs[key], config.lineage.on, latest_at) and not run.columns_evicted
    ]
    if not keys:
        return ()
    before, after = states
    parts = _with_runs_below(before.runs, index, keys)
    earlier = RunIndex(with_ancestors(before.runs, index, parts))
    runs = dict.fromkeys(key for key in map(earlier.key_of, parts) if key in earlier.runs)
    jobs = {_job_of(index.runs[key]) for key in keys}
    # What a stream states now does not contradict what it has stated before.
    streams = {_job_of(index.runs[key]) for key in keys if not index.runs[key].terminal}
    builder = PlanBuilder(
        config, before, earlier, seen_at=latest_at, latest_at=before.latest_at, derivations=derivations
    )
    was = (edge for edge in _shown_by(builder, earlier, runs) if edge.job in jobs)
    gone = _retractions_of(edge for edge in was if edge.basis == "product" or edge.job not in streams)
    gone -= _retractions_of(plan.edges)
    if not gone:
        return ()
    # The plan has neither the other runs of the jobs, nor all edges of runs that others affect.
    of_jobs = {one.job for one in gone}
    others = OtherRuns.of(of_jobs, index)
    builder = PlanBuilder(config, after, index, seen_at=latest_at, latest_at=latest_at, derivations=derivations)
    builder.add_declared(of_jobs)
    gone -= _retractions_of(_shown_by(builder, index, {*keys, *others.keys}))
    undecided = others.too_many
    if reading.lanes > 1:
        placer = JobPlacer(config, index)
        placed = ((_job_of(run), placer.place(run)) for run in map(index.runs.__getitem__, keys))
        undecided |= {job for job, placement in placed if placement is not None and may_be_in_other_lanes(placement)}
    since = remembered_since(index, reading.limits, reading.seen_at, before.evicted_at)
    return tuple(
        replace(one, began_at=iso_of(max(since, _began_at(one.job, keys, index))), undecided=one.job in undecided)
        for one in sorted(gone)
    )


def _shown_by(builder: PlanBuilder, index: RunIndex, keys: Collection[str]) -> tuple[Edge, ...]:
    """Return the edges that some runs show, after they are added to a plan."""
    builder.add_earlier_runs(keys)
    builder.add_transfers(transfers({key: index.runs[key] for key in keys}, index))
    return builder.collect_edges().edges


def _retractions_of(edges: Iterable[Edge]) -> set[Retraction]:
    return {Retraction(edge.source, edge.target, edge.job) for edge in edges if edge.job is not None}


def _began_at(job: JobId, keys: Iterable[str], index: RunIndex) -> int:
    """Return the time of the earliest event of some runs that is of a job."""
    runs = (index.runs[key] for key in keys)
    return min(run.first_at for run in runs if _job_of(run) == job)


def _job_of(run: Run) -> JobId:
    return JobId(run.namespace, run.name)


def revised_runs(
    before: Mapping[str, Run], index: RunIndex, changed: Mapping[str, Run], affected: AffectedRuns
) -> list[str]:
    """Return the keys of the runs of which earlier plans had the lineage, and what it follows from has changed.

    :param before: parts of runs after earlier batches, by key
    :param index: the runs with those of the batch
    :param changed: runs with events in the batch, by key
    :param affected: runs whose edges may follow from these
    """
    revised = {key: None for key in affected.keys if _was_emitted(key, before, index)}
    for task, _ in affected.transfers:
        key = index.lookup_key(task.namespace, task.name, task.run_id)
        if key is not None and _was_emitted(key, before, index):
            revised[key] = None
    for key, run in changed.items():
        parts = index.members(key) if key in index.runs and _was_emitted(key, before, index) else ()
        if any(_differs(before.get(part), run) for part in parts):
            revised[key] = None
    return index.in_order(revised)


def _was_emitted(key: str, before: Mapping[str, Run], index: RunIndex) -> bool:
    """Return whether earlier plans had the lineage of a run, of which nothing was evicted since."""
    parts = [before[part] for part in index.members(key) if part in before]
    return any(part.lineage_emitted for part in parts) and not any(part.columns_evicted for part in parts)


def _differs(before: Run | None, run: Run) -> bool:
    """Return whether edges may follow from a run that did not follow from it before, or the other way round."""
    if before is None or before is run:
        return False
    if _rules_of(before) != _rules_of(run) or before.inputs.keys() != run.inputs.keys():
        return True
    return before.outputs.keys() != run.outputs.keys() or any(
        _columns_of(before.outputs[key]) != _columns_of(output) for key, output in run.outputs.items()
    )


def _rules_of(run: Run) -> tuple[object, ...]:
    """Return what decides how a run's edges are derived: what it states, its SQL, the kind of its job."""
    facets = run.job_facets
    return (facets.lineage, facets.sql, facets.jobType) if facets else (None, None, None)


def _columns_of(dataset: DatasetState) -> object:
    return dataset.facets.columnLineage if dataset.facets else None


def _with_runs_below(before: Mapping[str, Run], index: RunIndex, keys: Collection[str]) -> list[str]:
    """Return the keys of the parts of some runs, and of the runs below them, that earlier batches have shown."""
    all_keys, level = dict.fromkeys(keys), list(keys)
    for _ in range(MAX_CHAIN):
        level = [key for key in index.below({index.runs[key].run_id for key in level}) if key not in all_keys]
        if not level:
            break
        all_keys.update(dict.fromkeys(level))
    return index.parts_in_order(part for key in all_keys for part in index.members(key) if part in before)
