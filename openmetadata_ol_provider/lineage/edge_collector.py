"""The edges of a plan: each once, the last word last, and the jobs of which only one side is known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

import msgspec

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.edges import derivation, derive, entries_of, explicit_edges
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.plan import DatasetId, Edge, Job, JobId, OneSided
from openmetadata_ol_provider.lineage.run_datasets import sides, single_topics
from openmetadata_ol_provider.lineage.sql import dialect_of, redact_literals
from openmetadata_ol_provider.lineage.symlinks import Aliases
from openmetadata_ol_provider.lineage.temporary_datasets import bridge
from openmetadata_ol_provider.openlineage.facets import JobFacets, LineageDatasetFacet
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_state import Declaration, Run, RunState

#: Most characters of the names in a plan's edges, columns included: a plan goes through XCom.
MAX_PLAN_TEXT = 100_000_000
_NO_JOB = JobId("", "")


class EdgeCollector:
    """Collects the edges of a batch.

    :param config: for what may be shown of SQL
    :param naming: for the identities
    :param aliases: names remembered from other runs
    """

    def __init__(self, config: Config, naming: Naming, aliases: Aliases) -> None:
        self._policy = config.write.sql
        self._naming = naming
        self._aliases = aliases
        self._edges: dict[tuple[object, ...], Edge] = {}
        self._problems: list[Problem] = []
        self._text = 0
        self._left_out = 0
        self._temporary: set[DatasetId] = set()
        self._sides: dict[JobId, tuple[set[DatasetId], set[DatasetId]]] = {}

    def add(self, job: JobId, what: Run | Declaration, *, by_name: bool = False, settled: bool = True) -> None:
        """Add the edges of one run of a job, or of what a job declares.

        :param by_name: pair inputs and outputs by their names: for connectors
        :param settled: no further dataset is expected
        """
        facet = what.job_facets.sql if what.job_facets else None
        sql = self.sql(facet.query if facet and not facet.deleted else None, what.job_facets)
        entries = entries_of(what.job_facets.lineage if what.job_facets else None)
        if entries is not None:
            self._keep(explicit_edges(entries, job, self._naming), sql)
            return
        inputs, outputs = (
            sides(single_topics(side.values()), self._naming, self._aliases) for side in (what.inputs, what.outputs)
        )
        self._temporary.update(side.id for side in (*inputs, *outputs) if side.temporary)
        for known, found in zip(self._sides.setdefault(job, (set(), set())), (inputs, outputs), strict=True):
            known.update(side.id for side in found if not side.temporary)
        derived = derive(job, inputs, outputs, self._naming, by_name=by_name, settled=settled)
        self._problems += derived.problems
        self._keep(derived.edges, sql)

    def add_derivation(self, dataset: DatasetId, facet: LineageDatasetFacet) -> None:
        """Add what a DatasetEvent states of its dataset."""
        self._keep(derivation(dataset, facet, self._naming))

    def sql(self, text: str | None, facets: JobFacets | None) -> str | None:
        """Return SQL as it may be shown: that of runs from before the policy, too."""
        if not text or self._policy == "never":
            return None
        return redact_literals(text, dialect_of(facets)) if self._policy == "redacted" else text

    def edges(
        self, jobs: Mapping[JobId, Job], wanted: Callable[[DatasetId], bool], state: RunState, touched: int
    ) -> list[Edge]:
        """Return the edges, sorted, free of the order of arrival; call it once.

        :param jobs: the plan's; SQL that is the job's is not said again
        :param wanted: tells the datasets that take part
        :param state: remembers temporary datasets; changed in place
        :param touched: time of consumption, microseconds
        """
        found = [self._without_known_sql(edge, jobs) for edge in self._edges.values()]
        shown, unbridged = bridge(found, self._temporary.__contains__, state, touched)
        self._problems += unbridged
        shown = [edge for edge in shown if wanted(edge.source) and wanted(edge.target)]
        return sorted(shown, key=lambda edge: (edge.job or _NO_JOB, edge.source, edge.target))  # stable

    @staticmethod
    def _without_known_sql(edge: Edge, jobs: Mapping[JobId, Job]) -> Edge:
        """Only runs of one job with different SQL (mapped tasks) have their own."""
        if edge.sql is None or edge.job is None or edge.job not in jobs or edge.sql != jobs[edge.job].sql:
            return edge
        return msgspec.structs.replace(edge, sql=None)

    def problems(self) -> Iterator[Problem]:
        """Yield what was left out."""
        yield from self._problems
        if self._left_out:
            detail = f"{self._left_out} edges were left out: a plan holds {MAX_PLAN_TEXT} characters; lower max_events"
            yield Problem(ProblemKind.PLAN_TOO_LARGE, "plan", detail)

    def one_sided(
        self, jobs_with_edges: Collection[JobId | None], wanted: Callable[[DatasetId], bool]
    ) -> Iterator[OneSided]:
        """Yield the jobs that only read or only write, as far as is known."""
        for job, (reads, writes) in sorted(self._sides.items()):
            if job not in jobs_with_edges and bool(reads) != bool(writes):
                yield OneSided(job, *(tuple(sorted(filter(wanted, side))) for side in (reads, writes)))

    def _keep(self, edges: Iterable[Edge], sql: str | None = None) -> None:
        for edge in edges:
            key = (edge.source, edge.target, edge.job, edge.basis, edge.columns)
            if key not in self._edges:
                if self._text > MAX_PLAN_TEXT:
                    self._left_out += 1
                    continue
                self._text += _text_of(edge)
            # Out and in again: the run that ended last comes last.
            self._edges.pop(key, None)
            self._edges[key] = msgspec.structs.replace(edge, sql=sql) if sql else edge


def _text_of(edge: Edge) -> int:
    """Return about how many characters an edge has in JSON."""
    names = [edge.source, edge.target, *((edge.job,) if edge.job else ())]
    columns = sum(100 + len(pair.source.name) + len(pair.target_field) for pair in edge.columns)
    return 100 + sum(len(name.namespace) + len(name.name) for name in names) + columns
