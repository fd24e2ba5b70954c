"""Publishes descriptions, owners and tags of datasets and pipelines, and deletes datasets that were dropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.lineage.plan import DatasetId
from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext, count_written
from openmetadata_ol_provider.openmetadata.publishing.metadata.deletions import SoftDeleter, plan_removals
from openmetadata_ol_provider.openmetadata.publishing.metadata.targets import dataset_targets, pipeline_target
from openmetadata_ol_provider.openmetadata.publishing.metadata.writer import MetadataWriter

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.report import Written
    from openmetadata_ol_provider.openmetadata.publishing.pipelines.stage import PublishedPipelines
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution

    Resolutions = Mapping[DatasetId, Resolution]


class PublishedMetadata(NamedTuple):
    """The metadata of a plan after it was published.

    :param counts: outcome counts
    :param failed: datasets whose metadata was refused
    """

    counts: Written
    failed: frozenset[DatasetId]


class DeletedDatasets(NamedTuple):
    """The datasets of a plan that were dropped or renamed.

    :param deleted: number of entities deleted
    :param failed: datasets that the catalogue refused to delete
    """

    deleted: int
    failed: frozenset[DatasetId]


def publish_metadata(
    context: PublishContext, pipelines: PublishedPipelines, resolutions: Resolutions
) -> PublishedMetadata:
    """Publish descriptions, owners and tags of datasets, and owners and tags of pipelines."""
    datasets, problems = dataset_targets(context.selection.datasets.values(), resolutions)
    context.problems += problems
    own = {
        ref.fqn: (target, plan)
        for plan in pipelines.compared
        if (ref := pipelines.refs.get(plan.id)) and (target := pipeline_target(plan, ref, ref.stored or None))
    }
    targets = [*datasets, *(target for target, _ in own.values())]
    writer = MetadataWriter(context.client, context.config, dry_run=context.dry_run)
    results = context.executor.run(targets, writer.publish, lambda target: target.where)
    context.problems += writer.problems
    failed: set[DatasetId] = set()
    for target, result in zip(datasets, results, strict=False):
        if result.failed:
            failed |= _park(context, resolutions, f"{target.type}:{target.id}", result.detail)
    for (_, plan), result in zip(own.values(), results[len(datasets) :], strict=True):
        if result.failed:
            context.parking.add_failed_pipeline(plan.id, plan.jobs, result.detail, counted=True)
    published = context.collect(results)
    return PublishedMetadata(count_written(published), frozenset(failed))


def delete_dropped(context: PublishContext, resolutions: Resolutions) -> DeletedDatasets:
    """Delete, softly, the entities of datasets that were dropped or renamed."""
    selection = context.selection
    removals = plan_removals(selection.datasets.values(), selection.edges, resolutions, context.config)
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
