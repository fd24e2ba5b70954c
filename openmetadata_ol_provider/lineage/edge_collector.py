"""Collects the edges of a plan, each once, and the jobs of which only one side is known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from openmetadata_ol_provider.lineage.chains import NO_JOB, chain_of, top_of
from openmetadata_ol_provider.lineage.dbt_jobs import runs_models
from openmetadata_ol_provider.lineage.derivations import Derivations
from openmetadata_ol_provider.lineage.edges import Edges, derivation_of_columns, derive_once, text_of
from openmetadata_ol_provider.lineage.job_hierarchy import Family
from openmetadata_ol_provider.lineage.latest_runs import end_of
from openmetadata_ol_provider.lineage.materializations import Materializations
from openmetadata_ol_provider.lineage.model_sources import difference_problems, inputs_by_sql
from openmetadata_ol_provider.lineage.pairing_rules import Pairing
from openmetadata_ol_provider.lineage.plan import DatasetId, Edge, Job, JobId, OneSided
from openmetadata_ol_provider.lineage.query_results import results_problem, without_results
from openmetadata_ol_provider.lineage.renamed_tables import in_schema_of_old
from openmetadata_ol_provider.lineage.run_datasets import Side, Sides, is_between_jobs, is_pseudo, pseudo_problems
from openmetadata_ol_provider.lineage.runs_below import Flows, PairedRun, sum_problem
from openmetadata_ol_provider.lineage.sql import query_of
from openmetadata_ol_provider.lineage.sql_statements import is_one_statement, leaves_nothing, statements_of
from openmetadata_ol_provider.lineage.stated_edges import derivation, entries_of, explicit_edges
from openmetadata_ol_provider.lineage.symlinks import Aliases
from openmetadata_ol_provider.lineage.temporary_datasets import TimedEdge, bridge
from openmetadata_ol_provider.lineage.temporary_names import is_named_temporary
from openmetadata_ol_provider.lineage.temporary_sources import Chain
from openmetadata_ol_provider.lineage.unassigned_inputs import share_columns
from openmetadata_ol_provider.lineage.unnamed_sources import unnamed_entries
from openmetadata_ol_provider.lineage.views import Views, read_through
from openmetadata_ol_provider.openlineage.facets import LineageEntry
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Declaration, Run, TemporaryDataset, name_key
from openmetadata_ol_provider.openlineage.temporary_uses import Use, flow_number

#: Most characters of the names in a plan's edges, columns included: a plan goes through XCom.
MAX_PLAN_TEXT = 100_000_000


class CollectedEdges(NamedTuple):
    """The edges of a batch.

    :param one_sided: jobs of which only inputs or only outputs are known
    :param temporary_datasets: temporary datasets to remember, by key
    :param problems: what was left out
    """

    edges: tuple[Edge, ...]
    one_sided: tuple[OneSided, ...]
    temporary_datasets: Mapping[str, TemporaryDataset]
    problems: tuple[Problem, ...]


class EdgeCollector:
    """Collects the edges of a batch.

    :param derivations: what was derived before, under the same configuration
    :param aliases: names remembered from other runs
    :param views: what is behind views
    :param remembered: temporary datasets of earlier batches, by key
    """

    def __init__(
        self, derivations: Derivations, aliases: Aliases, views: Views, remembered: Mapping[str, TemporaryDataset]
    ) -> None:
        self._naming = derivations.naming
        self._views = views
        self._remembered = remembered
        self._sides = Sides(derivations.naming, aliases, derivations.sides)
        self._derived = derivations.edges
        self._edges: dict[int, Edge] = {}
        # Numbers of edges by what tells them apart, and by their identity, which is cheaper; those edges are kept.
        self._numbers: dict[tuple[object, ...], int] = {}
        self._numbered: dict[int, tuple[int, Edge]] = {}
        self._problems: list[Problem] = []
        self._text = 0
        self._left_out = 0
        self._temporary: set[DatasetId] = set()
        self._materializations = Materializations()
        # The runs that show edges from or to these, by number and chain; no chain: that of the job.
        self._uses: dict[int, dict[Chain | None, set[Use]]] = {}
        #: Jobs with such edges, of which each run counts.
        self.jobs_with_times: set[JobId | None] = set()
        self._reads_and_writes: dict[JobId, tuple[set[DatasetId], set[DatasetId]]] = {}

    def add(
        self,
        names: Family,
        source: Run | Declaration,
        pairing: Pairing | None = None,
        below: Iterable[PairedRun] = (),
    ) -> None:
        """Add the edges of one run of a job, or of a job's declaration.

        :param names: the run with its root and parent; the job alone if it is declared
        :param pairing: how inputs and outputs are paired by their names, ``None`` if they are not
        :param below: runs below the run, whose inputs and outputs it may sum up
        """
        job, facets = names.own.job, source.job_facets
        sql = query_of(facets)
        at = end_of(source) if isinstance(source, Run) else source.at
        run = names if isinstance(source, Run) else None
        entries = entries_of(facets.lineage if facets else None)
        if entries is not None:
            self._problems += unnamed_entries(job.label, entries)
            datasets = (*source.inputs.values(), *source.outputs.values())
            named = ((DatasetId(one.namespace, one.name), is_between_jobs(one)) for one in datasets)
            self._temporary.update(id_ for id_, temporary in named if temporary or self._was_temporary(id_))
            self._store(explicit_edges(entries, job, self._naming), sql, at, run)
            return
        inputs, outputs = self._sides_of(source)
        inputs, *differences = inputs_by_sql(source, sql, inputs, outputs, self._naming)
        self._problems += difference_problems(job, *differences)
        known = self._reads_and_writes.setdefault(job, (set(), set()))
        for side, ids in zip((inputs, outputs), known, strict=True):
            for dataset in side:
                self._materializations.note(dataset, at)
                is_temporary = dataset.temporary or (not dataset.stored and self._was_temporary(dataset.id))
                (self._temporary if is_temporary else ids).add(dataset.id)
        self._problems += pseudo_problems(job, (*source.inputs.values(), *source.outputs.values()))
        sources, behind = self._views.without_base_tables(inputs)
        self._problems += [read_through(job, base, view) for base, view in behind]
        derived = self._derive(source, job, sources, outputs, pairing)
        self._problems += derived.problems
        hidden = {base.id for base, _ in behind}
        edges = [edge for edge in derived.edges if edge.source not in hidden] if hidden else derived.edges
        self._store(self._without_sums(job, edges, below) if below else edges, sql, at, run)

    def _sides_of(self, source: Run | Declaration) -> tuple[list[Side], list[Side]]:
        inputs, outputs = self._sides.of(source.inputs.values()), self._sides.of(source.outputs.values())
        return in_schema_of_old(inputs, outputs, query_of(source.job_facets), self._naming)

    def _was_temporary(self, dataset: DatasetId) -> bool:
        """Return whether an earlier batch has shown that a dataset is temporary: only its writer may say so."""
        return bool(self._remembered) and name_key(dataset.namespace, dataset.name) in self._remembered

    def _without_sums(self, job: JobId, edges: Sequence[Edge], below: Iterable[PairedRun]) -> Sequence[Edge]:
        """Return the edges of a run without the products that the lineage of the runs below it contradicts."""
        flows = Flows((edge for run in below for edge in self._edges_of(run)), self._naming)
        own: list[Edge] = []
        summed: list[Edge] = []
        for edge in edges:
            (summed if edge.basis == "product" and flows.contradict(edge) else own).append(edge)
        if summed:
            self._problems.append(sum_problem(job, summed))
        return own

    def _edges_of(self, one: PairedRun) -> Iterable[Edge]:
        job, facets = JobId(one.run.namespace, one.run.name), one.run.job_facets
        if (entries := entries_of(facets.lineage if facets else None)) is not None:
            return explicit_edges(entries, job, self._naming)
        inputs, outputs = self._sides_of(one.run)
        read = inputs_by_sql(one.run, query_of(facets), inputs, outputs, self._naming).inputs
        sources, _ = self._views.without_base_tables(read)
        return self._derive(one.run, job, sources, outputs, one.pairing).edges

    def _derive(
        self,
        source: Run | Declaration,
        job: JobId,
        inputs: Sequence[Side],
        outputs: Sequence[Side],
        pairing: Pairing | None,
    ) -> Edges:
        sql = query_of(source.job_facets) if outputs else None
        if sql and len(outputs) == 1 and len(inputs) <= 1 and not leaves_nothing(sql):
            sql = None
        outputs, results = without_results(outputs, sql)
        is_sum = len(inputs) > 1 and len(outputs) > 1 and runs_models(source)
        statements = statements_of(sql) if sql else None
        if statements is None and share_columns(source, outputs) and not (sql and is_one_statement(sql)):
            outputs, is_sum = [msgspec.structs.replace(one, column_lineage=None) for one in outputs], True
        derived = derive_once(
            job,
            inputs,
            outputs,
            self._naming,
            pairing=pairing,
            statements=statements,
            is_sum=is_sum,
            derived=self._derived,
        )
        problems = (*derived.problems, results_problem(job, results)) if results else derived.problems
        return derived._replace(problems=problems)

    def add_derivation(self, dataset: DatasetState) -> None:
        """Add the edges that a DatasetEvent states for its dataset, by its lineage facet or else its column lineage."""
        facet = dataset.facets.lineage if dataset.facets else None
        if facet is not None:
            stated = LineageEntry(name=dataset.name, inputs=facet.inputs, fields=facet.fields)
            self._problems += unnamed_entries(f"dataset {dataset.namespace} {dataset.name}", [stated])
            self._store(derivation(DatasetId(dataset.namespace, dataset.name), facet, self._naming))
            return
        for side in self._sides.of([dataset]):
            derived = derivation_of_columns(side, self._naming)
            self._problems += derived.problems
            self._store(derived.edges)

    def collect(
        self,
        jobs: Mapping[JobId, Job],
        wanted: Callable[[DatasetId], bool],
        seen_at: int,
    ) -> CollectedEdges:
        """Return the edges of the batch, independent of the order of arrival.

        :param jobs: jobs of the plan, whose SQL is not repeated in their edges
        :param wanted: test for datasets that are not excluded
        :param seen_at: time of consumption, in microseconds
        """
        self._temporary -= self._materializations.stored()
        remembered = self._materializations.without_stored(self._remembered)
        bridged = bridge(self._timed(jobs), self._temporary.__contains__, remembered, seen_at)
        edges = [edge for edge in bridged.edges if wanted(edge.source) and wanted(edge.target)]
        return CollectedEdges(
            tuple(sorted(edges, key=lambda edge: (edge.job or NO_JOB, edge.source, edge.target))),  # stable
            tuple(self._one_sided({edge.job for edge in edges}, wanted)),
            bridged.remembered,
            (*self._problems, *bridged.problems, *self._left_out_problems()),
        )

    def _timed(self, jobs: Mapping[JobId, Job]) -> Iterator[TimedEdge]:
        """Yield the edges, those of temporary datasets for each chain of their job."""
        temporary = self._temporary
        for number, edge in self._edges.items():
            own = self._without_known_sql(edge, jobs)
            if edge.source not in temporary and edge.target not in temporary:
                yield TimedEdge(own)
                continue
            for chain, uses in (self._uses.get(number) or {None: set[Use]()}).items():
                yield TimedEdge(own, chain or chain_of(jobs, edge.job), uses)

    @staticmethod
    def _without_known_sql(edge: Edge, jobs: Mapping[JobId, Job]) -> Edge:
        """Return an edge without the SQL of its job: only runs of one job with different SQL (mapped tasks) have it."""
        if edge.sql is None or edge.job is None or edge.job not in jobs or edge.sql != jobs[edge.job].sql:
            return edge
        return msgspec.structs.replace(edge, sql=None)

    def _left_out_problems(self) -> Iterator[Problem]:
        if self._left_out:
            detail = (
                f"{counted(self._left_out, 'edge')} left out: a plan holds {MAX_PLAN_TEXT} characters; lower max_events"
            )
            yield Problem(ProblemKind.PLAN_TOO_LARGE, "plan", detail)

    def _one_sided(
        self, jobs_with_edges: Collection[JobId | None], wanted: Callable[[DatasetId], bool]
    ) -> Iterator[OneSided]:
        """Yield the jobs that are known only to read, or only to write."""
        for job, (reads, writes) in sorted(self._reads_and_writes.items()):
            if job not in jobs_with_edges and bool(reads) != bool(writes):
                yield OneSided(job, *(tuple(sorted(filter(wanted, side))) for side in (reads, writes)))

    def _store(self, edges: Iterable[Edge], sql: str | None = None, at: int = 0, run: Family | None = None) -> None:
        for edge in edges:
            source, target = edge.source, edge.target
            if is_pseudo(source.namespace, source.name) or is_pseudo(target.namespace, target.name):
                continue
            number = self._number(edge)
            # Removed and inserted again, because the edges of the run that ended last come last.
            if self._edges.pop(number, None) is None:
                if self._text > MAX_PLAN_TEXT:
                    self._left_out += 1
                    continue
                self._text += text_of(edge)
                self._temporary.update(end for end in (source, target) if is_named_temporary(end.namespace, end.name))
            self._edges[number] = msgspec.structs.replace(edge, sql=sql) if sql else edge
            if self._temporary and (source in self._temporary or target in self._temporary):
                self._note_use(number, edge, at, run)

    def _note_use(self, number: int, edge: Edge, at: int, run: Family | None) -> None:
        """Note that a run shows an edge of a temporary dataset.

        :param at: end of the run, in microseconds; 0 if it is not known
        :param run: the run with its root and parent; ``None`` if the edge is declared
        """
        chain, flow = None, 0
        if run is not None:
            top = top_of(run, edge)
            chain = Chain(name_key(top.job.namespace, top.job.name), is_own=top.job == edge.job)
            flow = flow_number(top.run_id)
        uses = self._uses.setdefault(number, {}).setdefault(chain, set())
        if at:
            uses.add(Use(at, flow))
            self.jobs_with_times.add(edge.job)

    def _number(self, edge: Edge) -> int:
        """Return the number of an edge; SQL does not tell edges apart."""
        numbered = self._numbered.get(id(edge))
        if numbered is None:
            key = (edge.source, edge.target, edge.job, edge.basis, edge.columns)
            number = self._numbers.setdefault(key, len(self._numbers))
            self._numbered[id(edge)] = numbered = number, edge
        return numbered[0]
