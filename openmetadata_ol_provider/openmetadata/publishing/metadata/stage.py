"""Publishes descriptions, owners and tags of datasets and pipelines, and deletes datasets that were dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.lineage.plan import DatasetId
from openmetadata_ol_provider.openmetadata.entities import Entity
from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext, count_written
from openmetadata_ol_provider.openmetadata.publishing.core.report import Stubs
from openmetadata_ol_provider.openmetadata.publishing.metadata.deletions import SoftDeleter, kept_problem, plan_removals
from openmetadata_ol_provider.openmetadata.publishing.metadata.targets import dataset_targets, pipeline_target
from openmetadata_ol_provider.openmetadata.publishing.metadata.task_owners import task_owners_problem
from openmetadata_ol_provider.openmetadata.publishing.metadata.writer import MetadataWriter, PatchResult
from openmetadata_ol_provider.openmetadata.publishing.stubs.completion import extended_at

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.executor import ItemResult
    from openmetadata_ol_provider.openmetadata.publishing.core.report import Written
    from openmetadata_ol_provider.openmetadata.publishing.metadata.targets import MetadataTarget
    from openmetadata_ol_provider.openmetadata.publishing.pipelines.stage import PublishedPipelines
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution

    Resolutions = Mapping[DatasetId, Resolution]


class PublishedMetadata(NamedTuple):
    """The datasets of a plan after their metadata was published.

    :param counts: outcome counts of metadata
    :param stubs: counts of stubs that were completed, and of entities that are no longer stubs
    :param failed: datasets whose metadata was refused
    :param resolutions: resolutions, with the entities as they are stored then
    """

    counts: Written
    stubs: Stubs
    failed: frozenset[DatasetId]
    resolutions: dict[DatasetId, Resolution]


class DeletedDatasets(NamedTuple):
    """The datasets of a plan that were dropped or renamed.

    :param deleted: number of entities deleted
    :param failed: datasets that the catalogue refused to delete
    """

    deleted: int
    failed: frozenset[DatasetId]


def publish_dataset_metadata(context: PublishContext, resolutions: Resolutions) -> PublishedMetadata:
    """Give each dataset the one patch that it needs: columns of stubs, descriptions, owners and tags."""
    datasets = context.selection.datasets.values()
    targets, problems = dataset_targets(datasets, resolutions, context.config.write)
    context.problems += problems
    writer = MetadataWriter(context.client, context.config, dry_run=context.dry_run)
    results = _publish(context, writer, targets)
    failed: set[DatasetId] = set()
    stubs: Counter[str] = Counter()
    latest: dict[str, Entity] = {}
    for target, item in zip(targets, results, strict=True):
        ref, result = f"{target.type}:{target.id}", item.value
        if result is None:
            failed |= _park(context, resolutions, ref, item.detail)
        else:
            stubs["updated"] += result.stub
        body = writer.latest(target)
        if body is not None:
            latest[ref] = Entity(target.type, body)
    _doubt_edges(context, writer, targets, results, resolutions)
    changed = {
        id_: resolution._replace(entity=entity)
        for id_, resolution in resolutions.items()
        if resolution.entity is not None and (entity := latest.get(resolution.entity.ref)) is not None
    }
    context.collect(results)
    facts = (
        item.value.facts if item.value else None
        for target, item in zip(targets, results, strict=True)
        if item.failed or not target.is_empty
    )
    return PublishedMetadata(count_written(facts), Stubs(**stubs), frozenset(failed), {**resolutions, **changed})


def _doubt_edges(
    context: PublishContext,
    writer: MetadataWriter,
    targets: list[MetadataTarget],
    results: list[ItemResult[PatchResult]],
    resolutions: Resolutions,
) -> None:
    """Have edges compared whose columns the server may drop with a patch that follows another one closely."""
    recorder = context.recorder
    for resolution in resolutions.values():
        if resolution.entity is not None and (at := extended_at(resolution.entity.body)) is not None:
            recorder.record_extended(resolution.entity.ref, at)
    for target, item in zip(targets, results, strict=True):
        ref, result = f"{target.type}:{target.id}", item.value
        if result is None:
            # Some of it may have been written.
            doubtful = writer.latest(target) is not None
        else:
            doubtful = result.stub or (result.facts and recorder.is_extended(ref))
        if doubtful:
            recorder.record_extended(ref)


def publish_pipeline_metadata(context: PublishContext, pipelines: PublishedPipelines) -> Written:
    """Publish owners and tags of pipelines."""
    own = {
        ref.fqn: (target, plan)
        for plan in pipelines.compared
        if (ref := pipelines.refs.get(plan.id)) and (target := pipeline_target(plan, ref, ref.stored or None))
    }
    if context.config.write.owners != "never":
        context.problems += [
            problem
            for plan in pipelines.compared
            if (ref := pipelines.refs.get(plan.id)) and (problem := task_owners_problem(plan, ref))
        ]
    writer = MetadataWriter(context.client, context.config, dry_run=context.dry_run)
    results = _publish(context, writer, [target for target, _ in own.values()])
    for (_, plan), result in zip(own.values(), results, strict=True):
        if result.failed:
            context.parking.add_failed_pipeline(plan.id, plan.jobs, result.detail, counted=True)
    return count_written(result.facts if result else None for result in context.collect(results))


def _publish(
    context: PublishContext, writer: MetadataWriter, targets: list[MetadataTarget]
) -> list[ItemResult[PatchResult]]:
    results = context.executor.run(targets, writer.publish, lambda target: target.where)
    context.problems += writer.problems
    return results


def delete_dropped(context: PublishContext, resolutions: Resolutions) -> DeletedDatasets:
    """Delete, softly, the entities of datasets that were dropped or renamed."""
    selection = context.selection
    planned = plan_removals(selection.datasets.values(), selection.edges, resolutions, context.config)
    context.problems += [kept_problem(removal) for removal in planned if removal.is_assumed]
    removals = [removal for removal in planned if not removal.is_assumed]
    deleter = SoftDeleter(context.client, dry_run=context.dry_run)
    deleted = context.collect(context.executor.run(removals, deleter.publish, lambda removal: removal.where))
    context.problems += deleter.problems
    failed: set[DatasetId] = set()
    for removal, value in zip(removals, deleted, strict=True):
        if value is None:
            detail = f"{removal.why}, but it could not be deleted"
            failed |= _park(context, resolutions, removal.entity.ref, detail)
    return DeletedDatasets(sum(map(bool, deleted)), frozenset(failed))


def _park(context: PublishContext, resolutions: Resolutions, ref: str, detail: str) -> set[DatasetId]:
    """Park the datasets of the plan that are one entity, and return them."""
    failed = set()
    for id_, resolution in resolutions.items():
        if resolution.entity is not None and resolution.entity.ref == ref:
            failed.add(id_)
            dataset = context.selection.datasets.get(id_)
            if dataset is not None:
                context.parking.add_failed_dataset(dataset, detail)
    return failed
