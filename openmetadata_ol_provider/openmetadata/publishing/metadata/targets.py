"""Collects the metadata that a plan has for entities and their parts: datasets and columns, pipelines and tasks.

Several datasets of the plan may be one entity; their metadata is merged, and of two descriptions the first counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.lineage.plan import DatasetId
from openmetadata_ol_provider.openlineage.listing import listed
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.entities import Entity
from openmetadata_ol_provider.openmetadata.fqn import join, task_name
from openmetadata_ol_provider.openmetadata.provenance import is_outgrown, is_stub
from openmetadata_ol_provider.openmetadata.publishing.stubs.completion import applied, completion_operations
from openmetadata_ol_provider.openmetadata.resolution.locations import location

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import WriteOptions
    from openmetadata_ol_provider.lineage.plan import Dataset, Field, Owner, Tag
    from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef
    from openmetadata_ol_provider.openmetadata.publishing.pipelines.request import PipelinePlan
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution

#: Most columns that a problem lists.
_SHOWN = 20


class EventMetadata(NamedTuple):
    """Metadata that events carry for one entity or part of it; an empty field means no information."""

    description: str | None = None
    owners: tuple[Owner, ...] = ()
    tags: tuple[Tag, ...] = ()

    def merged(self, other: EventMetadata) -> EventMetadata:
        """Return the metadata of both."""
        return EventMetadata(
            self.description or other.description,
            tuple(dict.fromkeys((*self.owners, *other.owners))),
            tuple(dict.fromkeys((*self.tags, *other.tags))),
        )


class MetadataTarget(NamedTuple):
    """An entity of the catalogue, and the metadata that events carry of it and its parts.

    :param type: entity type
    :param id: entity id; empty for an entity that a dry run would have created
    :param own: metadata of the entity itself
    :param parts: metadata of columns by FQN, of tasks by name
    :param body: JSON with owners, tags and parts; ``None`` if it has to be read
    :param datasets: datasets whose columns the entity gets if it is a stub of ours
    """

    type: str
    id: str
    fqn: str
    own: EventMetadata
    parts: Mapping[str, EventMetadata]
    body: dict[str, Any] | None = None
    datasets: tuple[Dataset, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Type and id."""
        return self.type, self.id

    @property
    def where(self) -> str:
        """The name in problems."""
        return f"{self.type} {self.fqn}"

    def metadata_of(self, part: str) -> EventMetadata:
        """Return the metadata of a part, or of the entity itself if ``part`` is empty."""
        return self.parts.get(part, EventMetadata()) if part else self.own

    def has_all_tags_of(self, part: str) -> bool:
        """Return whether events list all tags of a part, so that it has no others.

        A dataset's tags come with those of its columns; a pipeline and its tasks are jobs with tags of their own.
        """
        if self.type == "pipeline":
            return bool(self.metadata_of(part).tags)
        return any(metadata.tags for metadata in (self.own, *self.parts.values()))

    @property
    def is_empty(self) -> bool:
        """Whether there is no metadata at all."""
        return not any(any(metadata) for metadata in (self.own, *self.parts.values()))


def dataset_targets(
    datasets: Iterable[Dataset], resolutions: Mapping[DatasetId, Resolution], write: WriteOptions | None = None
) -> tuple[list[MetadataTarget], list[Problem]]:
    """Return the entities of datasets with their metadata, and a problem for columns that they do not have.

    :param resolutions: resolutions by dataset; datasets that did not resolve are left out
    :param write: write policies, which decide whether stubs get columns; default: they get none
    """
    groups: dict[Entity, list[tuple[Dataset, Resolution]]] = {}
    for dataset in datasets:
        resolution = resolutions.get(dataset.id)
        if resolution is not None and resolution.entity is not None:
            groups.setdefault(resolution.entity, []).append((dataset, resolution))
    targets: list[MetadataTarget] = []
    problems: list[Problem] = []
    for entity, group in groups.items():
        completing = write is not None and write.create_datasets and is_stub(entity.body)
        whole = tuple(dataset for dataset, resolution in group if completing and _is_itself(resolution))
        own, parts, unknown = _metadata((dataset for dataset, _ in group), _completed(entity, whole))
        if unknown:
            problems.append(_unknown(entity, unknown))
        target = MetadataTarget(entity.type, entity.id, entity.fqn, own, parts, entity.body, whole)
        if not target.is_empty or whole or is_outgrown(entity.body):
            targets.append(target)
    return targets, problems


def _completed(entity: Entity, datasets: Iterable[Dataset]) -> Entity:
    """Return a stub with the columns that it is going to get."""
    operations = completion_operations(entity.type, entity.body, datasets, descriptions=False)
    return Entity(entity.type, applied(entity.body, operations)) if operations else entity


def _is_itself(resolution: Resolution) -> bool:
    """Return whether the entity is the dataset, and not just a directory that contains it."""
    entity, identity = resolution.entity, resolution.identity
    if entity is None or entity.type != "container":
        return True
    return identity is not None and location(identity.namespace, identity.name) == location(str(entity.full_path))


def _metadata(datasets: Iterable[Dataset], entity: Entity) -> tuple[EventMetadata, dict[str, EventMetadata], list[str]]:
    """Return the metadata of an entity, that of its columns by FQN, and the names of columns that it does not have."""
    own = EventMetadata()
    parts: dict[str, EventMetadata] = {}
    unknown: dict[str, None] = {}
    for dataset in datasets:
        tags = tuple(tag for tag in dataset.tags if not tag.field)
        own = own.merged(EventMetadata(dataset.description, dataset.owners, tags))
        for field, metadata in _column_metadata(dataset):
            column = entity.column(field)
            if column is None:
                unknown[field] = None
            else:
                parts[column] = parts.get(column, EventMetadata()).merged(metadata)
    return own, parts, list(unknown)


def pipeline_target(
    pipeline: PipelinePlan, ref: PipelineRef, body: dict[str, Any] | None = None
) -> MetadataTarget | None:
    """Return the metadata of a pipeline and its tasks; ``None`` if there is none.

    Descriptions are not included: they are part of the request that creates or completes the pipeline. Nor are owners
    of tasks: OpenMetadata neither stores nor returns them, so each publication would send them again.

    :param body: JSON of the pipeline with owners, tags and tasks; ``None`` if it has to be read
    """
    own = EventMetadata()
    parts: dict[str, EventMetadata] = {}
    for job in pipeline.jobs:
        if job.task is None:
            own = own.merged(EventMetadata(owners=job.owners, tags=job.tags))
        elif not job.part:
            name = task_name(job.task)
            parts[name] = parts.get(name, EventMetadata()).merged(EventMetadata(tags=job.tags))
    # A pipeline that does not exist yet cannot be read.
    target = MetadataTarget("pipeline", ref.id, ref.fqn, own, parts, body if ref.id else {})
    return None if target.is_empty else target


def _column_metadata(dataset: Dataset) -> Iterator[tuple[str, EventMetadata]]:
    yield from _described(dataset.fields, ())
    for tag in dataset.tags:
        if tag.field:
            yield tag.field, EventMetadata(tags=(tag,))


def _described(fields: Iterable[Field], above: tuple[str, ...]) -> Iterator[tuple[str, EventMetadata]]:
    for field in fields:
        names = (*above, field.name)
        if field.description:
            yield join(*names), EventMetadata(field.description)
        yield from _described(field.fields, names)


def _unknown(entity: Entity, names: list[str]) -> Problem:
    # Quoted, so that the report groups the columns of different entities as one cause.
    shown = listed([f"'{name}'" for name in names], _SHOWN)
    return Problem(
        ProblemKind.UNKNOWN_COLUMN,
        f"{entity.type} {entity.fqn}",
        f"it has no column {shown}; their metadata is left out (is this entity up to date in OpenMetadata?)",
    )
