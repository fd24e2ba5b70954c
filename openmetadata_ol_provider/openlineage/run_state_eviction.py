"""Keeping the packed state below a size: what is shed when it grows past it, in which order, and what is said of it.

Airflow Variables, and the databases they are in, have limits. What costs least to lose goes first, of one sort what was
longest untouched: runs that have ended; what describes datasets and jobs, since that was published with the batch that
brought it; column pairs and SQL, without which a run still gives its edges, and says so; at last open runs, each of
them reported, together with whatever else was remembered as long ago.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec

from openmetadata_ol_provider.openlineage.facets import ColumnField, ColumnInput, ColumnLineageFacet, Part
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Run, RunState
from openmetadata_ol_provider.openlineage.serialization import Size, packed_size

#: Shedding goes on until so much of the size is left, lest every batch have to shed.
_ROOM = 0.9
_OF_DATASETS = (
    "schema", "documentation", "ownership", "tags", "version", "inputStatistics", "outputStatistics",
    "dataQualityMetrics", "dataQualityAssertions", "greatExpectations_assertions",
)  # fmt: skip
_OF_JOBS = ("documentation", "ownership", "tags", "sourceCodeLocation")
_OF_RUNS = ("tags", "jobDependencies", "processing_engine")


class _Shed(NamedTuple):
    """One thing that was shed.

    :param sort: what sort of thing, in the words of the report
    :param freed: bytes of JSON
    """

    sort: str
    freed: int
    problem: Problem | None = None


def evict_to_size(state: RunState, most: int) -> tuple[Problem, ...]:
    """Make a state fit.

    :param state: changed in place
    :param most: bytes that it may have when it is packed
    :return: what was given up
    """
    size = packed_size(state, enough=most)
    if size.packed <= most:
        return ()
    target = int(most * _ROOM)
    done: list[_Shed] = []
    for step in (_ended_runs, _descriptions, _columns, _oldest):
        size = _shed_by(step(state), state, size, target, done.append)
        if size.packed <= target:
            break
    told = ", ".join(f"{number} {sort}" for sort, number in Counter(item.sort for item in done).items())
    detail = f"they take more than {most} bytes (max_state_bytes): {told}. Raise it, or lower open_run_ttl"
    found = [item.problem for item in done if item.problem is not None]
    return (Problem(ProblemKind.STATE_TRIMMED, "the runs remembered", detail), *found)


def _shed_by(items: Iterable[_Shed], state: RunState, size: Size, target: int, note: Callable[[_Shed], None]) -> Size:
    """Shed one thing after the other until the state is small enough; between two measurements it is estimated."""
    saves = size.packed / size.raw
    freed = 0
    for item in items:
        note(item)
        freed += item.freed
        if freed * saves >= size.packed - target:
            before, size = size, packed_size(state)
            if size.packed <= target:
                return size
            # What goes may be more alike than what stays, and save less.
            saves, freed = max((before.packed - size.packed) / freed, saves / 8), 0
    return packed_size(state) if freed else size


def _ended_runs(state: RunState) -> Iterator[_Shed]:
    for key, run in _untouched_first(state.runs):
        if run.terminal:
            del state.runs[key]
            yield _Shed("ended runs forgotten, late events of which will count as new runs", _size(run) + len(key))


def _descriptions(state: RunState) -> Iterator[_Shed]:
    for _, run in _untouched_first(state.runs):
        freed = _drop(run, "run_facets", run.run_times, _OF_RUNS) + _drop(run, "job_facets", run.job_times, _OF_JOBS)
        freed += sum(_drop(dataset, "facets", dataset.times, _OF_DATASETS) for dataset in _datasets(run))
        if freed:
            yield _Shed("open runs without what described their jobs and datasets (it was published)", freed)


def _columns(state: RunState) -> Iterator[_Shed]:
    # Of a stream that runs, they are in the catalogue and stay there.
    for _, run in sorted(_untouched_first(state.runs), key=lambda item: not item[1].shown):
        freed = _drop(run, "job_facets", run.job_times, ("sql",))
        freed += sum(_drop_columns(dataset) for dataset in _datasets(run))
        if freed:
            run.trimmed = True
            yield _Shed("open runs without columns and SQL", freed)


def _oldest(state: RunState) -> Iterator[_Shed]:
    kept = ("runs", "anchors", "bridges", "aliases", "declared")
    every = [(part.touched, name, key) for name in kept for key, part in getattr(state, name).items()]
    for _, name, key in sorted(every):
        part = getattr(state, name).pop(key)
        freed = _size(part) + len(key)
        if name == "runs" and is_lost(part):
            yield _Shed("open runs given up", freed, given_up(part, "max_state_bytes"))
        else:
            yield _Shed("other things forgotten (starts of pipelines' runs, names and sources of datasets)", freed)


def is_lost(run: Run) -> bool:
    """Tell whether something is lost with a run: not if it has ended, or if it is another lane's as well."""
    return not run.terminal and not run.inherited


def given_up(run: Run, why: str) -> Problem:
    """Return what is said of an open run that is forgotten."""
    return Problem(
        ProblemKind.RUN_GIVEN_UP, f"run {run.run_id} of {run.namespace} {run.name}", f"the run never ended: {why}"
    )


def _untouched_first(runs: dict[str, Run]) -> list[tuple[str, Run]]:
    return sorted(runs.items(), key=lambda item: (item[1].touched, item[1].first_at))


def _datasets(run: Run) -> Iterator[DatasetState]:
    yield from run.inputs.values()
    yield from run.outputs.values()


def _size(part: object) -> int:
    return len(msgspec.json.encode(part))


def _drop(owner: Part, attribute: str, times: dict[str, int], names: Iterable[str]) -> int:
    """Take facets away from an owner, whose other facets may be others' as well, and return their bytes of JSON."""
    facets = getattr(owner, attribute)
    dropped = {name: facet for name in names if (facet := getattr(facets, name, None)) is not None}
    if not dropped:
        return 0
    setattr(owner, attribute, msgspec.structs.replace(facets, **dict.fromkeys(dropped)))
    for name in dropped:
        times.pop(name, None)
    return sum(_size(facet) + len(name) for name, facet in dropped.items())


def _drop_columns(dataset: DatasetState) -> int:
    """Leave of column lineage which datasets it names: without any, all inputs would be taken for sources."""
    facet = dataset.facets.columnLineage if dataset.facets else None
    if dataset.facets is None or facet is None or not facet.fields:
        return 0
    named = (*(facet.dataset or ()), *(ref for field in facet.fields.values() for ref in field.inputFields or ()))
    sources = {(ref.namespace, ref.name): ColumnInput(namespace=ref.namespace, name=ref.name) for ref in named}
    # One field without sources says that there is column lineage, and that nothing is known of it.
    fields = None if sources else {next(iter(facet.fields)): ColumnField()}
    plain = ColumnLineageFacet(deleted=facet.deleted, fields=fields, dataset=list(sources.values()) or None)
    freed = _size(facet) - _size(plain)
    if freed <= 0:
        return 0
    dataset.facets = msgspec.structs.replace(dataset.facets, columnLineage=plain)
    return freed
