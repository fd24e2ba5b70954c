"""Remembers what is behind views, because some producers list a view's base tables next to it as inputs.

Trino names everything that a query touches: ``INSERT INTO out SELECT * FROM v`` has the inputs ``v`` and ``base``. Data
of ``base`` then reaches ``out`` through ``v``, which the lineage of ``v`` says already.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple

from openmetadata_ol_provider.lineage.identities import Naming, keys_of
from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.lineage.run_datasets import Side
from openmetadata_ol_provider.lineage.run_facts import FACTS
from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.facets import ColumnInput, DatasetFacets, LineageInput
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Run, ViewSources

#: Most views that are remembered, most sources of one, and most views on the way from a view to a table.
MAX_VIEWS: Final = 2_000
MAX_SOURCES: Final = 200
MAX_DEPTH: Final = 10
_CREATE_VIEW: Final = re.compile(
    r"(?:\s|--[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)*create\s+(?:or\s+(?:replace|alter)\s+)?"
    r"(?:(?:temp|temporary|secure|recursive|force|materialized)\s+)*view\b",
    re.IGNORECASE,
)


class Inputs(NamedTuple):
    """The inputs of a run.

    :param sources: inputs that are sources of their own
    :param behind: inputs that are read through a view, with the view
    """

    sources: list[Side]
    behind: tuple[tuple[Side, Side], ...] = ()


class Views:
    """What is behind views.

    :param remembered: sources of views by their key
    :param naming: normaliser of dataset names
    """

    def __init__(self, remembered: Mapping[str, ViewSources], naming: Naming) -> None:
        self._remembered = remembered
        self._naming = naming

    @property
    def remembered(self) -> Mapping[str, ViewSources]:
        """What is to be remembered; the least recently seen views come first."""
        return self._remembered

    def learn(self, runs: Iterable[Run], static: Iterable[Event], seen_at: int, index: RunIndex | None = None) -> None:
        """Learn the sources of views from the runs that created them and from their own events.

        :param runs: runs that changed, and events that stand alone in the form of runs
        :param static: events of datasets and jobs
        :param seen_at: time of consumption, in microseconds
        :param index: all runs that are remembered, for views that only their readers call so; default: none
        """
        runs = tuple(runs)
        learnt: dict[str, list[str]] = {}
        self._learn_created(learnt, runs)
        if index is not None:
            self._learn_read(learnt, runs, index)
        self._learn_stated(learnt, static)
        if learnt:
            self._remember(learnt, seen_at)

    def _learn_created(self, learnt: dict[str, list[str]], runs: Iterable[Run]) -> None:
        """Learn the views that runs have created."""
        for run in runs:
            output = _only_output(run)
            if output is not None and (is_view(output.facets) or _creates_view(run)):
                self._note(learnt, output, run.inputs.values())

    def _learn_read(self, learnt: dict[str, list[str]], runs: Iterable[Run], index: RunIndex) -> None:
        """Learn what is only called a view by its readers, from the remembered runs that write nothing else."""
        read = {
            name
            for run in runs
            for name, dataset in run.inputs.items()
            if is_view(dataset.facets) and self._key(dataset) not in self._remembered
        }
        if not read:
            return
        for key in index.in_order(index.grouped(FACTS).keys_of_any(("writes only", name) for name in read)):
            run = index.runs[key]
            if (output := _only_output(run)) is not None:
                self._note(learnt, output, run.inputs.values())

    def _learn_stated(self, learnt: dict[str, list[str]], static: Iterable[Event]) -> None:
        """Learn the views whose own events state their sources."""
        for event in static:
            dataset = event.dataset
            if dataset is not None and dataset.facets and is_view(dataset.facets):
                named = (item for item in _stated_sources(dataset.facets) if item.name)
                sources = [DatasetState(namespace=item.namespace or "", name=item.name or "") for item in named]
                self._note(learnt, DatasetState(namespace=dataset.namespace, name=dataset.name), sources)

    def _remember(self, learnt: Mapping[str, list[str]], seen_at: int) -> None:
        """Remember views with their sources, and forget those that were seen longest ago if they are too many."""
        views = dict(self._remembered)
        for key, behind in learnt.items():
            views.pop(key, None)
            views[key] = ViewSources(sources=behind[:MAX_SOURCES], last_seen_at=seen_at)
        for key in list(views)[: max(0, len(views) - MAX_VIEWS)]:
            del views[key]
        self._remembered = views

    def without_base_tables(self, inputs: Sequence[Side]) -> Inputs:
        """Return the inputs without those that are behind another input, which is a view."""
        if not self._remembered or len(inputs) < 2:
            return Inputs(list(inputs))
        keys = [{_joined(key) for identity in side.identities for key in keys_of(identity)} for side in inputs]
        behind: dict[int, Side] = {}
        for side, own in zip(inputs, keys, strict=True):
            if self._remembered.keys().isdisjoint(own):
                continue
            sources = self._all_behind(own)
            for position, others in enumerate(keys):
                # Two views that are each behind the other were redefined; neither is left out.
                if others & sources and not others & own and not own & self._all_behind(others):
                    behind.setdefault(position, side)
        pairs = tuple((inputs[position], view) for position, view in sorted(behind.items()))
        return Inputs([side for position, side in enumerate(inputs) if position not in behind], pairs)

    def _note(self, learnt: dict[str, list[str]], view: DatasetState, sources: Iterable[DatasetState]) -> None:
        own = self._key(view)
        behind = sorted({key for source in sources if (key := self._key(source)) != own})
        if behind:
            learnt[own] = behind

    def _key(self, dataset: DatasetState) -> str:
        return _joined(keys_of(self._naming.identities(dataset.namespace, dataset.name)[0])[0])

    def _all_behind(self, views: set[str]) -> set[str]:
        """Return everything behind views, and behind what is behind them."""
        behind: set[str] = set()
        level = views
        for _ in range(MAX_DEPTH):
            known = (self._remembered[key].sources for key in level if key in self._remembered)
            level = set(chain.from_iterable(known)) - behind
            behind |= level
        return behind


def _stated_sources(facets: DatasetFacets) -> Iterator[LineageInput | ColumnInput]:
    """Yield the sources that a view states itself, by its lineage facet or else its column lineage."""
    stated, columns = facets.lineage, facets.columnLineage
    if stated is not None:
        yield from stated.inputs or ()
        yield from chain.from_iterable(field.inputs or () for field in (stated.fields or {}).values())
    elif columns is not None:
        yield from columns.dataset or ()
        yield from chain.from_iterable(field.inputFields or () for field in (columns.fields or {}).values())


def _only_output(run: Run) -> DatasetState | None:
    """Return the output of a complete run; with several of them nothing tells which input is behind which."""
    if run.state != "COMPLETE" or len(run.outputs) != 1 or not run.inputs:
        return None
    return next(iter(run.outputs.values()))


def is_view(facets: DatasetFacets | None) -> bool:
    """Tell whether facets say that a dataset is a view."""
    if facets is None:
        return False
    kind, model = facets.datasetType, facets.dbt_model
    if kind is not None and _is_view_type(kind.datasetType or ""):
        return True
    config = model.config if model is not None else None
    return config is not None and (config.materialized or "").lower() in {"view", "materialized_view"}


@lru_cache(1024)
def _is_view_type(text: str) -> bool:
    return re.sub(r"[\W_]", "", text).upper() in {"VIEW", "MATERIALIZEDVIEW"}


def _creates_view(run: Run) -> bool:
    sql = run.job_facets.sql if run.job_facets else None
    return sql is not None and not sql.deleted and _CREATE_VIEW.match(sql.query or "") is not None


def _joined(key: tuple[str, str, str]) -> str:
    return "\x1f".join(key)


def read_through(job: JobId, base: Side, view: Side) -> Problem:
    """Return the report of a table that a job reads through a view."""
    detail = (
        f"{base.id} is behind the view {view.id}, which the job "
        "reads: it gives no edge of its own. If the job reads it directly as well, let it say so with a lineage facet"
    )
    return Problem(ProblemKind.VIEW_SOURCE, job.label, detail)
