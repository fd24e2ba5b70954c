"""What descriptions, owners and tags of the plan are about: datasets and columns, pipelines and tasks. Pure.

Several datasets of the plan may be one entity; what they say is united, and of two descriptions the first counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.lineage.plan import DatasetId
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.fqn import join, task_name

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import Dataset, Field, Owner, Tag
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef
    from openmetadata_ol_provider.openmetadata.publishing.pipelines.writer import PipelinePlan
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution

#: Columns that a problem lists.
_SHOWN = 20


class Said(NamedTuple):
    """What events say of one thing; empty is no information."""

    description: str | None = None
    owners: tuple[Owner, ...] = ()
    tags: tuple[Tag, ...] = ()

    def united(self, other: Said) -> Said:
        """Return what both say."""
        return Said(
            self.description or other.description,
            tuple(dict.fromkeys((*self.owners, *other.owners))),
            tuple(dict.fromkeys((*self.tags, *other.tags))),
        )


class Target(NamedTuple):
    """An entity of the catalogue, and what events say of it and its parts.

    :param type: entity type
    :param id: empty for one that a dry run would have created
    :param parts: of columns by FQN, of tasks by name
    :param body: its JSON with owners, tags and parts; ``None`` to have it read
    """

    type: str
    id: str
    fqn: str
    own: Said
    parts: Mapping[str, Said]
    body: dict[str, Any] | None = None

    @property
    def where(self) -> str:
        """How problems name it."""
        return f"{self.type} {self.fqn}"

    def said_of(self, part: str) -> Said:
        """Return what is said of a part, or of the entity itself if ``part`` is empty."""
        return self.parts.get(part, Said()) if part else self.own

    def tells_tags_of(self, part: str) -> bool:
        """Whether events say which tags a part has, and that it has no others.

        A dataset's tags come with those of its columns; a pipeline and its tasks are jobs that speak for themselves.
        """
        if self.type == "pipeline":
            return bool(self.said_of(part).tags)
        return any(said.tags for said in (self.own, *self.parts.values()))

    @property
    def is_empty(self) -> bool:
        """Whether events say nothing of it."""
        return not any(any(said) for said in (self.own, *self.parts.values()))


def dataset_targets(
    datasets: Iterable[Dataset], resolutions: Mapping[DatasetId, Resolution]
) -> tuple[list[Target], list[Problem]]:
    """Return the entities that datasets of the plan are about, and the columns that they do not have.

    :param resolutions: by (namespace, name); datasets that did not resolve are left out
    """
    groups: dict[Entity, list[Dataset]] = {}
    for dataset in datasets:
        resolution = resolutions.get(DatasetId(dataset.namespace, dataset.name))
        if resolution is not None and resolution.entity is not None:
            groups.setdefault(resolution.entity, []).append(dataset)
    targets: list[Target] = []
    problems: list[Problem] = []
    for entity, group in groups.items():
        own = Said()
        parts: dict[str, Said] = {}
        unknown: dict[str, None] = {}
        for dataset in group:
            tags = tuple(tag for tag in dataset.tags if not tag.field)
            own = own.united(Said(dataset.description, dataset.owners, tags))
            for field, said in _of_columns(dataset):
                column = entity.column(field)
                if column is None:
                    unknown[field] = None
                else:
                    parts[column] = parts.get(column, Said()).united(said)
        if unknown:
            problems.append(_unknown(entity, list(unknown)))
        target = Target(entity.type, entity.id, entity.fqn, own, parts, entity.body)
        if not target.is_empty:
            targets.append(target)
    return targets, problems


def pipeline_target(pipeline: PipelinePlan, ref: PipelineRef, body: dict[str, Any] | None = None) -> Target | None:
    """Return what events say of a pipeline and its tasks; ``None`` if it is nothing.

    Descriptions are not among it: they are part of the request that creates or completes the pipeline.

    :param body: the pipeline's JSON with owners, tags and tasks; ``None`` to have it read
    """
    own = Said()
    parts: dict[str, Said] = {}
    for job in pipeline.jobs:
        said = Said(owners=job.owners, tags=job.tags)
        if job.task is None:
            own = own.united(said)
        elif not job.part:
            name = task_name(job.task)
            parts[name] = parts.get(name, Said()).united(said)
    # What is not there yet has nothing that could be read.
    target = Target("pipeline", ref.id, ref.fqn, own, parts, body if ref.id else {})
    return None if target.is_empty else target


def _of_columns(dataset: Dataset) -> Iterator[tuple[str, Said]]:
    yield from _described(dataset.fields, ())
    for tag in dataset.tags:
        if tag.field:
            yield tag.field, Said(tags=(tag,))


def _described(fields: Iterable[Field], above: tuple[str, ...]) -> Iterator[tuple[str, Said]]:
    for field in fields:
        names = (*above, field.name)
        if field.description:
            yield join(*names), Said(field.description)
        yield from _described(field.fields, names)


def _unknown(entity: Entity, names: list[str]) -> Problem:
    shown = ", ".join(names[:_SHOWN]) + ("" if len(names) <= _SHOWN else f" and {len(names) - _SHOWN} more")
    return Problem(
        ProblemKind.UNKNOWN_COLUMN,
        f"{entity.type} {entity.fqn}",
        f"it has no column {shown}; what events say of them is left out (is its metadata in OpenMetadata up to date?)",
    )
