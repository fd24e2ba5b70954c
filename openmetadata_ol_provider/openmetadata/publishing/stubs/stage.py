"""Resolves the datasets of a plan, and creates stubs for those that the catalogue lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.publishing.core.executor import Executor
from openmetadata_ol_provider.openmetadata.publishing.core.report import Stubs
from openmetadata_ol_provider.openmetadata.publishing.stubs.planner import Stub, plan_stub
from openmetadata_ol_provider.openmetadata.publishing.stubs.writer import StubWriter
from openmetadata_ol_provider.openmetadata.resolution.neighbour_hints import neighbour_hints
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution, Resolver
from openmetadata_ol_provider.openmetadata.resolution.spot import Spot

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext


class ResolvedDatasets(NamedTuple):
    """The datasets of a plan in the catalogue.

    :param resolutions: outcome and entity of each dataset
    :param stubs: counts of the stubs among them
    """

    resolutions: dict[DatasetId, Resolution]
    stubs: Stubs


def resolve_datasets(context: PublishContext) -> ResolvedDatasets:
    """Resolve the datasets that a plan needs; only those at the end of an edge are problems when they are missing."""
    selection = context.selection
    if not selection.datasets:
        return ResolvedDatasets({}, Stubs())
    resolver = Resolver(context.client, context.config)
    resolutions = resolver.resolve_all(selection.datasets.values())
    ends = dict.fromkeys(end for edge in selection.edges for end in (edge.source, edge.target))
    stubs = publish_stubs(
        [selection.datasets[end] for end in ends],
        resolutions,
        resolver.spots,
        context.client,
        context.config,
        dry_run=context.dry_run,
    )
    context.problems += stubs.problems
    resolutions = {**resolutions, **stubs.resolutions}
    pairs = ((edge.source, edge.target) for edge in selection.edges)
    resolutions |= neighbour_hints(resolver, selection.datasets.values(), resolutions, pairs, selection.outcomes)
    for end in ends:
        resolution = resolutions[end]
        if resolution.reason is not None:
            kind, where = ProblemKind(resolution.reason), str(end)
            cause, rule = (resolution.hint.cause, resolution.hint.rule) if resolution.hint else ("", None)
            context.problems.append(Problem(kind, where, resolution.detail, 1, end.namespace, cause, rule))
    return ResolvedDatasets(resolutions, Stubs(created=stubs.created, failed=stubs.failed))


class StubResults(NamedTuple):
    """The stubs of a publication.

    :param resolutions: resolutions that have changed
    :param problems: what could not be created or written, and why
    :param created: number of stubs created (in a dry run: that would be)
    :param failed: number of stubs that the catalogue refused
    """

    resolutions: dict[DatasetId, Resolution]
    problems: list[Problem]
    created: int = 0
    failed: int = 0


def publish_stubs(
    datasets: Iterable[Dataset],
    resolutions: Mapping[DatasetId, Resolution],
    spots: Callable[[Dataset], Iterable[Spot]],
    client: OpenMetadataClient,
    config: Config,
    *,
    dry_run: bool,
) -> StubResults:
    """Create what the catalogue lacks, if that is allowed.

    :param datasets: datasets that something in the plan depends on
    :param resolutions: resolutions of all of them
    :param spots: function that returns where the resolver looks for a dataset
    :raises CatalogueAuthError: if the token may not do it
    :raises CatalogueUnavailableError: if the catalogue does not answer in spite of retries
    """
    publisher = _StubPublisher(client, config, dry_run=dry_run)
    by_id = {dataset.id: dataset for dataset in datasets}
    if config.write.create_datasets:
        publisher.create([dataset for id_, dataset in by_id.items() if resolutions[id_].outcome == "unresolved"], spots)
    return publisher.results()


class _StubPublisher:
    def __init__(self, client: OpenMetadataClient, config: Config, *, dry_run: bool) -> None:
        self._writer = StubWriter(client, config, dry_run=dry_run)
        self._executor = Executor(client.max_connections)
        self._entities: dict[DatasetId, tuple[Stub, Entity]] = {}
        self._problems: list[Problem] = []
        self._counts: Counter[str] = Counter()

    def create(self, datasets: Iterable[Dataset], spots: Callable[[Dataset], Iterable[Spot]]) -> None:
        """Create stubs for datasets, as far as it is certain where they belong."""
        stubs: list[Stub] = []
        for dataset in datasets:
            planned = plan_stub(dataset, spots(dataset))
            if isinstance(planned, Stub):
                stubs.append(planned)
            else:
                self._refuse(str(dataset.id), planned)
        # Two names of one table must not become two tables.
        results = self._executor.run_grouped(stubs, self._writer.ensure, lambda stub: stub.where, lambda stub: stub.key)
        self._problems += self._writer.problems
        for stub, result in zip(stubs, results, strict=True):
            self._problems += result.problems
            ensured = result.value
            self._counts["failed" if ensured is None else ensured.change] += 1
            if ensured is not None and ensured.entity is not None:
                self._entities[DatasetId(stub.dataset.namespace, stub.dataset.name)] = (stub, ensured.entity)
            elif ensured is not None:
                self._refuse(stub.where, ensured.reason)

    def _refuse(self, where: str, reason: str) -> None:
        self._problems.append(Problem(ProblemKind.NO_STUB, where, f"not created: {reason}"))

    def results(self) -> StubResults:
        """Return everything that has changed."""
        changed = {
            id_: Resolution("resolved", entity, f"stub {entity.fqn}", stub.identity)
            for id_, (stub, entity) in self._entities.items()
        }
        return StubResults(changed, self._problems, self._counts["created"], self._counts["failed"])
