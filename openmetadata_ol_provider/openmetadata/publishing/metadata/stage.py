"""The stage of a publication that writes what events say of datasets and pipelines, and lets go what was dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openmetadata_ol_provider.lineage.plan import DatasetId
from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext, written
from openmetadata_ol_provider.openmetadata.publishing.metadata.deletions import LifecycleWriter, removals
from openmetadata_ol_provider.openmetadata.publishing.metadata.targets import dataset_targets, pipeline_target
from openmetadata_ol_provider.openmetadata.publishing.metadata.writer import FactWriter

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.executor import Outcome
    from openmetadata_ol_provider.openmetadata.publishing.core.parking_builder import ParkingBuilder
    from openmetadata_ol_provider.openmetadata.publishing.core.report import Written
    from openmetadata_ol_provider.openmetadata.publishing.core.selection import Selection
    from openmetadata_ol_provider.openmetadata.publishing.pipelines.stage import PipelineStage
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution


class FactStage:
    """Publishes descriptions, owners and tags of one plan, and its deletions.

    :param desk: tools of the publication
    :param selection: what it has to do
    :param resolutions: of its datasets
    """

    def __init__(self, desk: PublishContext, selection: Selection, resolutions: dict[DatasetId, Resolution]) -> None:
        self._desk = desk
        self._selection = selection
        self._resolutions = resolutions
        #: Datasets whose facts were refused.
        self.failed: set[DatasetId] = set()

    def run(self, stage: PipelineStage, leftovers: ParkingBuilder) -> Written:
        """Publish the facts and return the counts.

        :param stage: the pipelines published
        """
        desk = self._desk
        targets, problems = dataset_targets(self._selection.datasets.values(), self._resolutions)
        desk.problems += problems
        groups = {
            ref.fqn: (target, group)
            for group in stage.looked_at
            if (ref := stage.refs.get(group.id)) and (target := pipeline_target(group, ref, ref.stored or None))
        }
        writer = FactWriter(desk.client, desk.config, dry_run=desk.dry_run)
        outcomes = desk.worker.run(
            [*targets, *(target for target, _ in groups.values())], writer.publish, lambda target: target.where
        )
        desk.problems += writer.problems
        for target, outcome in zip(targets, outcomes, strict=False):
            if outcome.result is None:
                self._park(f"{target.type}:{target.id}", _detail(outcome), leftovers)
        for (_, group), outcome in zip(groups.values(), outcomes[len(targets) :], strict=True):
            if outcome.result is None:
                leftovers.add_failed_pipeline(group.id, group.jobs, _detail(outcome), counted=True)
        results = desk.collect(outcomes)
        return written(results)

    def remove_dropped(self, leftovers: ParkingBuilder) -> int:
        """Delete, softly, what was dropped or renamed, and return how many entities that were."""
        desk = self._desk
        gone = removals(self._selection.datasets.values(), self._selection.edges, self._resolutions, desk.config)
        writer = LifecycleWriter(desk.client, dry_run=desk.dry_run)
        deleted = desk.collect(desk.worker.run(gone, writer.publish, lambda removal: removal.where))
        desk.problems += writer.problems
        for removal, result in zip(gone, deleted, strict=True):
            if result is None:
                self._park(removal.entity.ref, f"{removal.why}, but it could not be deleted", leftovers)
        return sum(map(bool, deleted))

    def _park(self, ref: str, detail: str, leftovers: ParkingBuilder) -> None:
        """Have the datasets that are one entity looked at again."""
        for id_, resolution in self._resolutions.items():
            if resolution.entity is not None and resolution.entity.ref == ref:
                self.failed.add(id_)
                dataset = self._selection.datasets.get(id_)
                if dataset is not None:
                    leftovers.add_failed_dataset(dataset, detail)


def _detail(outcome: Outcome[bool]) -> str:
    return "; ".join(problem.detail for problem in outcome.problems)
