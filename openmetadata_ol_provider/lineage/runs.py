"""Derives run records from runs: states, times, errors, statistics, and the start of the pipeline's run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from msgspec.structs import replace

from openmetadata_ol_provider.lineage.airflow_facets import dag_run_id, log_url, logical_time
from openmetadata_ol_provider.lineage.job_hierarchy import RunOf
from openmetadata_ol_provider.lineage.jobs import JobPlacement
from openmetadata_ol_provider.lineage.plan import DatasetId, RunRecord
from openmetadata_ol_provider.lineage.run_attributes import attributes_of, code_version
from openmetadata_ol_provider.lineage.run_completion import effective_state
from openmetadata_ol_provider.lineage.run_datasets import is_lasting, single_topics
from openmetadata_ol_provider.lineage.run_measurements import measurements_of, reads_of, statistics_of, tests_of
from openmetadata_ol_provider.lineage.written_datasets import NOT_WRITTEN, Writing
from openmetadata_ol_provider.openlineage.facets import RunFacets
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_instances import map_index_of
from openmetadata_ol_provider.openlineage.run_state import TERMINAL, PipelineRunStart, Run, part_key, run_key
from openmetadata_ol_provider.openlineage.times import iso, iso_of, parse_time

#: Longest error message that goes into a run's status.
MAX_ERROR = 2_000
_NO_FACETS = RunFacets()


def run_record(
    run: Run,
    placement: JobPlacement,
    starts: Mapping[str, PipelineRunStart],
    admits: Callable[[DatasetId], bool],
    writing: Writing = NOT_WRITTEN,
    *,
    new: bool,
) -> RunRecord:
    """Return what is known of a run, with the start of the pipeline's run that it belongs to.

    :param starts: starts of pipeline runs, the one of this run among them
    :param admits: predicate of the datasets that the configuration includes
    :param writing: what the batch shows it to have written
    :param new: whether the run was first seen in this batch
    """
    top = placement.pipeline
    facets = run.run_facets or _NO_FACETS
    error, nominal, extraction = facets.errorMessage, facets.nominalTime, facets.extractionError
    query = facets.externalQuery
    start = starts[_start_key(top)]
    effective = effective_state(run)
    tests = tests_of(run)
    return RunRecord(
        run_id=run.run_id,
        job=placement.names.own.job,
        state=effective.state,
        pipeline=top.job,
        pipeline_run_id=top.run_id,
        pipeline_started_at=iso_of(start.at),
        logical_at=iso_of(start.logical_at) if start.logical_at is not None else None,
        task=placement.task,
        part=placement.part,
        started_at=iso_of(run.first_at if run.started_at is None else run.started_at),
        ended_at=iso_of(effective.ended_at) if effective.ended_at is not None else None,
        nominal_start=_time(nominal.nominalStartTime) if nominal else None,
        nominal_end=_time(nominal.nominalEndTime) if nominal else None,
        error=error.message[:MAX_ERROR] if error and error.message else None,
        partial=extraction is not None and not extraction.deleted,
        log_url=log_url(run.run_facets),
        new=new,
        statistics=statistics_of(run),
        presumed=effective.presumed,
        skipped=effective.skipped,
        map_index=map_index_of(run),
        external_query=query.externalQueryId or None if query and not query.deleted else None,
        tests=tests,
        reads=reads_of(run) if tests else (),
        measurements=measurements_of(run),
        dag_run=dag_run_id(run.run_facets),
        code_version=code_version(run),
        attributes=attributes_of(run),
        written=writing.datasets,
        replayed=writing.replayed,
        writes=_writes(run, admits) if effective.state in TERMINAL and not effective.skipped else (),
    )


def _writes(run: Run, admits: Callable[[DatasetId], bool]) -> tuple[DatasetId, ...]:
    """Return the datasets that a run wrote, or set out to write, in the order of their names."""
    if not run.outputs:
        return ()
    written = {DatasetId(one.namespace, one.name): one for one in single_topics(run.outputs.values())}
    return tuple(sorted([id_ for id_, dataset in written.items() if is_lasting(dataset) and admits(id_)]))


def fix_pipeline_starts(
    remembered: Mapping[str, PipelineRunStart], runs: Iterable[tuple[Run, RunOf]], seen_at: int
) -> Mapping[str, PipelineRunStart]:
    """Return the remembered starts of pipeline runs with those of a batch.

    The start is the key of a run's status: the earliest time seen when the run is first published, never changed later.

    :param remembered: starts by :func:`~openmetadata_ol_provider.openlineage.run_state.part_key`, those that earlier
        versions have fixed by :func:`~openmetadata_ol_provider.openlineage.run_state.run_key`
    :param runs: runs of the batch, each with the pipeline's run that it belongs to
    :param seen_at: time of consumption, in microseconds
    """
    earliest: dict[str, int] = {}
    logical: dict[str, int] = {}
    tops: dict[str, RunOf] = {}
    for run, top in runs:
        key = _start_key(top)
        tops[key] = top
        earliest[key] = min(run.first_at, earliest.get(key, run.first_at))
        logical_at = logical_time(run.run_facets, top.job)
        if logical_at is not None:
            logical[key] = logical_at
    starts = dict(remembered)
    for key, at in earliest.items():
        start = starts.get(key) or starts.get(_earlier_key(tops[key])) or PipelineRunStart(at=at)
        starts[key] = replace(start, logical_at=logical.get(key, start.logical_at), last_seen_at=seen_at)
    return starts


def _start_key(top: RunOf) -> str:
    return part_key(top.job.namespace, top.run_id, top.job.name)


def _earlier_key(top: RunOf) -> str:
    return run_key(top.job.namespace, top.run_id)


@lru_cache(4096)
def _time(text: str | None) -> str | None:
    try:
        return iso(parse_time(text)) if text else None
    except (ValueError, OverflowError):
        return None


def suspected_split_runs(changed: Iterable[Run], index: RunIndex) -> Iterator[Problem]:
    """Yield a problem for each job with runs that ended although this lane has seen no START.

    It is a hint, because some producers send no START at all. If the START was in another lane, that lane reports later
    that the run never ended.

    :param changed: runs with events in the batch
    :param index: all runs that are remembered; where several jobs have one run id, nothing is suspected
    """
    ended: dict[tuple[str, str], list[Run]] = {}
    for run in changed:
        if run.terminal and run.started_at is None and len(index.sharing(run)) == 1:
            ended.setdefault((run.namespace, run.name), []).append(run)
    for (namespace, name), runs in sorted(ended.items()):
        yield Problem(
            ProblemKind.RUN_WITHOUT_START,
            f"job {namespace} {name}",
            f"{counted(len(runs), 'run')} ended although this lane has seen no START (the first: {runs[0].run_id}). If "
            "their producer sends one, it is in another lane, and its datasets and facets are missing here: let "
            "message keys name the job or the run, the same for all events of a run (OpenLineage's clients do), or set "
            "lanes to 1",
        )
