"""Stubs in a publication: what is missing is made, what is ours completed, what has been ingested since unmarked."""

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
from openmetadata_ol_provider.openmetadata.resolution.locations import location
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution, Resolver, Spot

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
    from openmetadata_ol_provider.openmetadata.publishing.core.selection import Selection


class StubOutcome(NamedTuple):
    """What became of the datasets.

    :param resolutions: of those for which something has changed
    :param problems: what could not be created or written, and why
    :param created: stubs created (or, in a dry run, that would be)
    :param updated: stubs completed, and entities whose mark was taken off
    :param failed: those that the catalogue refused
    """

    resolutions: dict[DatasetId, Resolution]
    problems: list[Problem]
    created: int = 0
    updated: int = 0
    failed: int = 0


def publish_stubs(
    datasets: Iterable[Dataset],
    resolutions: Mapping[DatasetId, Resolution],
    spots: Callable[[Dataset], Iterable[Spot]],
    client: OpenMetadataClient,
    config: Config,
    *,
    dry_run: bool,
) -> StubOutcome:
    """Create what the catalogue lacks, if that is allowed, and keep up with what was created before.

    :param datasets: those that something in the plan depends on
    :param resolutions: of all of them
    :param spots: where the resolver looks for a dataset
    :raises CatalogueAuthError: if the token may not do it
    :raises CatalogueUnavailableError: if the catalogue does not answer in spite of retries
    """
    publication = _Publication(client, config, dry_run=dry_run)
    found = {DatasetId(dataset.namespace, dataset.name): dataset for dataset in datasets}
    missing = [dataset for key, dataset in found.items() if resolutions[key].outcome == "unresolved"]
    if config.write.create_datasets:
        publication.create(missing, spots)
    publication.keep_up(
        [(dataset, resolutions[key]) for key, dataset in found.items() if resolutions[key].entity is not None],
        complete=config.write.create_datasets,
    )
    return publication.outcome(resolutions)


class _Publication:
    def __init__(self, client: OpenMetadataClient, config: Config, *, dry_run: bool) -> None:
        self._writer = StubWriter(client, config, dry_run=dry_run)
        self._worker = Executor(client.max_connections)
        self._entities: dict[DatasetId, tuple[Stub, Entity]] = {}
        self._problems: list[Problem] = []
        self._counts: Counter[str] = Counter()

    def create(self, datasets: Iterable[Dataset], spots: Callable[[Dataset], Iterable[Spot]]) -> None:
        todo: list[Stub] = []
        for dataset in datasets:
            planned = plan_stub(dataset, spots(dataset))
            if isinstance(planned, Stub):
                todo.append(planned)
            else:
                self._refuse(f"{dataset.namespace} {dataset.name}", planned)
        # Two names of one table must not become two tables.
        outcomes = self._worker.run_grouped(todo, self._writer.ensure, _where, lambda stub: stub.key)
        for stub, outcome in zip(todo, outcomes, strict=True):
            self._problems += outcome.problems
            made = outcome.result
            self._counts["failed" if made is None else made.change] += 1
            if made is not None and made.entity is not None:
                self._entities[DatasetId(stub.dataset.namespace, stub.dataset.name)] = (stub, made.entity)
            elif made is not None:
                self._refuse(stub.where, made.reason)

    def _refuse(self, where: str, reason: str) -> None:
        self._problems.append(Problem(ProblemKind.NO_STUB, where, f"not created: {reason}"))

    def keep_up(self, pairs: list[tuple[Dataset, Resolution]], *, complete: bool) -> None:
        def one(pair: tuple[Dataset, Resolution]) -> bool:
            dataset, resolution = pair
            entity = resolution.entity
            assert entity is not None
            changed = self._writer.unmark(entity)
            return (complete and _is_itself(resolution) and self._writer.complete(entity, dataset)) or changed

        def entity_of(pair: tuple[Dataset, Resolution]) -> Entity | None:
            return pair[1].entity

        outcomes = self._worker.run_grouped(pairs, one, lambda pair: f"{pair[0].namespace} {pair[0].name}", entity_of)
        for outcome in outcomes:
            self._problems += outcome.problems
            self._counts["failed"] += outcome.result is None
            self._counts["updated"] += bool(outcome.result)

    def outcome(self, resolutions: Mapping[DatasetId, Resolution]) -> StubOutcome:
        changed = {
            key: Resolution("resolved", self._writer.latest(entity), f"stub {entity.fqn}", stub.identity)
            for key, (stub, entity) in self._entities.items()
        }
        for key, resolution in resolutions.items():
            entity = resolution.entity
            if entity is not None and (latest := self._writer.latest(entity)) is not entity:
                changed[key] = resolution._replace(entity=latest)
        return StubOutcome(
            changed, self._problems, self._counts["created"], self._counts["updated"], self._counts["failed"]
        )


def _is_itself(resolution: Resolution) -> bool:
    """Return whether the entity is the dataset, and not just a directory that the dataset is in."""
    entity, identity = resolution.entity, resolution.identity
    if entity is None or entity.type != "container":
        return True
    return identity is not None and location(identity.namespace, identity.name) == location(str(entity.full_path))


def _where(stub: Stub) -> str:
    return stub.where


def resolve_datasets(desk: PublishContext, selection: Selection) -> tuple[dict[DatasetId, Resolution], Stubs]:
    """Resolve what is needed; what an edge lacks is a problem, what nothing depends on is not.

    :param desk: tools of the publication
    :param selection: what it has to do
    """
    if not selection.datasets:
        return {}, Stubs()
    resolver = Resolver(desk.client, desk.config)
    resolutions = resolver.resolve_all(selection.datasets.values())
    ends = dict.fromkeys(end for edge in selection.edges for end in (edge.source, edge.target))
    stubs = _make_stubs(desk, selection, resolver, resolutions, ends)
    for end in ends:
        resolution = resolutions[end]
        if resolution.outcome in {"unresolved", "ambiguous"}:
            desk.problems.append(
                Problem(ProblemKind(resolution.outcome), f"{end.namespace} {end.name}", resolution.detail)
            )
    return resolutions, stubs


def _make_stubs(
    desk: PublishContext,
    selection: Selection,
    resolver: Resolver,
    resolutions: dict[DatasetId, Resolution],
    ends: Iterable[DatasetId],
) -> Stubs:
    """Create what lineage needs and the catalogue lacks, if that is wanted, and say so in the resolutions."""
    made = publish_stubs(
        [selection.datasets[end] for end in ends],
        resolutions,
        resolver.spots,
        desk.client,
        desk.config,
        dry_run=desk.dry_run,
    )
    desk.problems += made.problems
    resolutions.update(made.resolutions)
    return Stubs(made.created, made.updated, made.failed)
