"""Keeps the stored state below a size, and reports what is dropped when it has grown past it.

Airflow Variables, and the databases that store them, have limits. What costs least to lose is dropped first, and of one
sort what was least recently seen:

1. runs that have ended,
2. descriptions of datasets and jobs, which were published with the batch that brought them,
3. column pairs and SQL, without which a run still gives its edges, and says so,
4. open runs, each of them reported, together with whatever else was last seen as long ago.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.facets import ColumnField, ColumnInput, ColumnLineageFacet, Part
from openmetadata_ol_provider.openlineage.lost_runs import given_up, is_lost
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Run, RunState
from openmetadata_ol_provider.openlineage.segments.state_text import whole_text
from openmetadata_ol_provider.openlineage.serialization import encode_json

#: Share of the size that is left when something had to be dropped, so that the next batch need not drop more.
_FILL_LEVEL = 0.9
_DATASET_DESCRIPTIONS = (
    "schema", "documentation", "ownership", "tags", "version", "inputStatistics", "outputStatistics",
    "dataQualityMetrics", "dataQualityAssertions", "greatExpectations_assertions", "catalog", "storage",
    "dbt_exposures",
)  # fmt: skip
_JOB_DESCRIPTIONS = ("documentation", "ownership", "tags", "sourceCodeLocation")
_RUN_DESCRIPTIONS = (
    "tags", "jobDependencies", "processing_engine", "externalQuery", "test", "testRun", "environment_properties",
)  # fmt: skip
#: What is forgotten last comes last, where things were last seen at the same time.
_REMEMBERED = ("aliases", "views", "pipeline_starts", "temporary_datasets", "declarations", "runs")
_F = TypeVar("_F", bound=Part)


class Size(NamedTuple):
    """Size of a state.

    :param raw: bytes of its JSON
    :param stored: characters of its text
    """

    raw: int
    stored: int


class Evicted(NamedTuple):
    """A state that fits, and what was given up for that."""

    state: RunState
    problems: tuple[Problem, ...] = ()


class Eviction(NamedTuple):
    """One thing that was dropped.

    :param sort: sort of thing, in the words of the report
    :param freed: bytes of JSON
    """

    sort: str
    freed: int
    problem: Problem | None = None


def evict_to_size(state: RunState, max_bytes: int) -> Evicted:
    """Return the state with so much dropped that it fits.

    :param state: state of any size, which is not changed
    :param max_bytes: most characters of the stored state
    """
    size = size_of(state)
    if size.stored <= max_bytes:
        return Evicted(state)
    target = int(max_bytes * _FILL_LEVEL)
    draft = StateDraft(state)
    evictions: list[Eviction] = []
    for step in (draft.evict_ended_runs, draft.evict_descriptions, draft.evict_columns, draft.evict_oldest):
        size = _evict(step(), draft, size, target, evictions.append)
        if size.stored <= target:
            break
    counts = Counter(eviction.sort for eviction in evictions)
    summary = ", ".join(f"{count} {sort}" for sort, count in counts.items())
    detail = f"they take more than {max_bytes} bytes (max_state_bytes): {summary}. Raise it, or lower open_run_ttl"
    problems = [eviction.problem for eviction in evictions if eviction.problem is not None]
    return Evicted(draft.finish(), (Problem(ProblemKind.STATE_TRIMMED, "the runs remembered", detail), *problems))


def _evict(
    evictions: Iterable[Eviction], draft: StateDraft, size: Size, target: int, note: Callable[[Eviction], None]
) -> Size:
    """Drop one thing after the other until the state is small enough; between two measurements it is estimated."""
    stored_per_byte = size.stored / size.raw
    freed = 0
    for eviction in evictions:
        note(eviction)
        freed += eviction.freed
        if freed * stored_per_byte >= size.stored - target:
            before, size = size, size_of(draft.finish())
            if size.stored <= target:
                return size
            # What was dropped may be more alike than what is left, and compress better.
            stored_per_byte, freed = max((before.stored - size.stored) / freed, stored_per_byte / 8), 0
    return size_of(draft.finish()) if freed else size


def size_of(state: RunState) -> Size:
    """Return the size of a state."""
    return Size(len(encode_json(state)), len(whole_text(state)))


class StateDraft:
    """A state while things are dropped from it; each step drops one thing whenever the next eviction is asked for.

    :param state: state so far, which is not changed
    """

    def __init__(self, state: RunState) -> None:
        self._latest_at, self._reported_once = state.latest_at, state.reported_once
        self._evicted_at = state.evicted_at
        self._index = RunIndex(state.runs)
        self._remembered: dict[str, dict[str, Any]] = {name: dict(getattr(state, name)) for name in _REMEMBERED}
        self._runs: dict[str, Run] = self._remembered["runs"]

    def finish(self) -> RunState:
        """Return the state that is left."""
        return RunState(
            latest_at=self._latest_at,
            evicted_at=self._evicted_at,
            reported_once=self._reported_once,
            **{name: dict(items) for name, items in self._remembered.items()},
        )

    def evict_ended_runs(self) -> Iterator[Eviction]:
        """Forget runs that have ended."""
        for key, run in _by_age(self._index.runs):
            if run.terminal:
                freed = self._forget(key)
                yield Eviction("ended runs forgotten, whose late events will count as new runs", freed)

    def evict_descriptions(self) -> Iterator[Eviction]:
        """Drop descriptions of jobs and datasets."""
        for key, run in _by_age(self._runs):
            run_facets, run_times, of_run = _without(run.run_facets, run.run_times, _RUN_DESCRIPTIONS)
            job_facets, job_times, of_job = _without(run.job_facets, run.job_times, _JOB_DESCRIPTIONS)
            inputs, of_inputs = _each(run.inputs, _without_descriptions)
            outputs, of_outputs = _each(run.outputs, _without_descriptions)
            freed = of_run + of_job + of_inputs + of_outputs
            if freed:
                self._runs[key] = replace(
                    run,
                    run_facets=run_facets,
                    run_times=run_times,
                    job_facets=job_facets,
                    job_times=job_times,
                    inputs=inputs,
                    outputs=outputs,
                )
                yield Eviction("open runs without the details of their jobs and datasets (already published)", freed)

    def evict_columns(self) -> Iterator[Eviction]:
        """Drop columns and SQL, first of running streams: theirs are in the catalogue and stay there."""
        for key, run in sorted(_by_age(self._runs), key=lambda item: not item[1].lineage_emitted):
            job_facets, job_times, of_job = _without(run.job_facets, run.job_times, ("sql",))
            inputs, of_inputs = _each(run.inputs, _without_columns)
            outputs, of_outputs = _each(run.outputs, _without_columns)
            freed = of_job + of_inputs + of_outputs
            if freed:
                self._runs[key] = replace(
                    run,
                    columns_evicted=True,
                    job_facets=job_facets,
                    job_times=job_times,
                    inputs=inputs,
                    outputs=outputs,
                )
                yield Eviction("open runs without columns and SQL", freed)

    def evict_oldest(self) -> Iterator[Eviction]:
        """Forget open runs, and whatever else was last seen as long ago."""
        by_age = [
            (item.last_seen_at, rank, key)
            for rank, name in enumerate(_REMEMBERED)
            for key, item in (self._index.runs if name == "runs" else self._remembered[name]).items()
        ]
        for _, rank, key in sorted(by_age):
            name = _REMEMBERED[rank]
            if name == "runs" and is_lost(self._index.runs[key]):
                problem = given_up(self._index.runs[key], "max_state_bytes")
                yield Eviction("open runs dropped", self._forget(key), problem)
                continue
            freed = self._forget(key) if name == "runs" else _size(self._remembered[name].pop(key), key)
            yield Eviction("other things forgotten (starts of pipelines' runs, names and sources of datasets)", freed)

    def _forget(self, key: str) -> int:
        """Forget a run with all of its parts, and return the bytes of JSON that are freed."""
        parts = self._index.members(key)
        self._evicted_at = max(self._evicted_at, self._index.runs[key].last_seen_at)
        self._index.forget(key)
        return sum(_size(self._runs.pop(part), part) for part in parts)


def _by_age(runs: Mapping[str, Run]) -> list[tuple[str, Run]]:
    return sorted(runs.items(), key=lambda item: (item[1].last_seen_at, item[1].first_at))


def _size(item: object, key: str = "") -> int:
    return len(encode_json(item)) + len(key)


def _without(
    facets: _F | None, times: Mapping[str, int], names: Iterable[str]
) -> tuple[_F | None, Mapping[str, int], int]:
    """Return facets without some of them, the times of the others, and the bytes of JSON that are freed."""
    dropped = {name: facet for name in names if (facet := getattr(facets, name, None)) is not None}
    if facets is None or not dropped:
        return facets, times, 0
    left = {name: at for name, at in times.items() if name not in dropped}
    return replace(facets, **dict.fromkeys(dropped)), left, sum(_size(facet, name) for name, facet in dropped.items())


def _each(
    side: Mapping[str, DatasetState], without: Callable[[DatasetState], tuple[DatasetState, int]]
) -> tuple[Mapping[str, DatasetState], int]:
    """Return the inputs or outputs of a run with something dropped from each, and the bytes of JSON that are freed."""
    smaller = {key: without(dataset) for key, dataset in side.items()}
    freed = sum(bytes_freed for _, bytes_freed in smaller.values())
    return ({key: dataset for key, (dataset, _) in smaller.items()}, freed) if freed else (side, 0)


def _without_descriptions(dataset: DatasetState) -> tuple[DatasetState, int]:
    facets, times, freed = _without(dataset.facets, dataset.times, _DATASET_DESCRIPTIONS)
    return (replace(dataset, facets=facets, times=times), freed) if freed else (dataset, 0)


def _without_columns(dataset: DatasetState) -> tuple[DatasetState, int]:
    """Reduce column lineage to the datasets it names: without any, all inputs would be taken for sources."""
    facet = dataset.facets.columnLineage if dataset.facets else None
    if dataset.facets is None or facet is None or not facet.fields:
        return dataset, 0
    named = (*(facet.dataset or ()), *(ref for field in facet.fields.values() for ref in field.inputFields or ()))
    sources = {(ref.namespace, ref.name): ColumnInput(namespace=ref.namespace, name=ref.name) for ref in named}
    # One field without sources says that there is column lineage, and that nothing is known about it.
    fields = None if sources else {next(iter(facet.fields)): ColumnField()}
    reduced = ColumnLineageFacet(deleted=facet.deleted, fields=fields, dataset=list(sources.values()) or None)
    freed = _size(facet) - _size(reduced)
    if freed <= 0:
        return dataset, 0
    return replace(dataset, facets=replace(dataset.facets, columnLineage=reduced)), freed
