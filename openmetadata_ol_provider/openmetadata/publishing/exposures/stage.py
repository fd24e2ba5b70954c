"""Publishes an edge from each dbt model to the dashboards that its exposures name, where these are in the catalogue.

Exposures are not runs: such an edge names the exposure as its writer and no pipeline. A dashboard is never created.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueError
from openmetadata_ol_provider.openlineage.integration_names import integration_name
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.fqn import quote
from openmetadata_ol_provider.openmetadata.publishing.core.decoration import DecorationFact, publish_decoration
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import digest
from openmetadata_ol_provider.openmetadata.publishing.core.report import Written
from openmetadata_ol_provider.openmetadata.publishing.core.selection import dataset_of
from openmetadata_ol_provider.openmetadata.publishing.core.values import EdgeColumns, EdgeWrite
from openmetadata_ol_provider.openmetadata.publishing.edges.writer import EdgeWriter
from openmetadata_ol_provider.openmetadata.publishing.exposures.dashboards import dashboard_of
from openmetadata_ol_provider.openmetadata.resolution.search import Finder

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import DatasetId
    from openmetadata_ol_provider.lineage.plan_datasets import Exposure
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution


class Use(NamedTuple):
    """A use of a model outside the pipeline.

    :param model: entity of the model
    """

    dataset: DatasetId
    model: Entity
    exposure: Exposure

    @property
    def name(self) -> str:
        """The exposure's id in its project, or its name."""
        return self.exposure.unique_id or self.exposure.name

    @property
    def where(self) -> str:
        """How problems name the use."""
        return f"exposure {self.name} of {self.model.fqn}"


class PublishedExposures(NamedTuple):
    """The exposures of a plan after they were published.

    :param counts: outcome counts; one without a dashboard counts as unchanged
    :param failed: datasets of which an exposure was refused
    """

    counts: Written
    failed: frozenset[DatasetId] = frozenset()


def publish_exposures(context: PublishContext, resolutions: Mapping[DatasetId, Resolution]) -> PublishedExposures:
    """Publish the exposures of the models that this publication has resolved."""
    if not context.config.write.exposures:
        return PublishedExposures(Written())
    uses = [
        Use(id_, resolution.entity, exposure)
        for id_, resolution in resolutions.items()
        if resolution.entity is not None
        for exposure in dataset_of(id_, context.selection.plan_datasets).exposures
    ]
    writer = _ExposureWriter(context)
    published = publish_decoration(context, map(_fact, uses), writer.write)
    problems = [*writer.problems, *_withdrawn(context, uses, _written_by_dbt(context, resolutions))]
    context.problems += [problem for problem in problems if context.recorder.report_once(problem)]
    for fact, detail in published.missing:
        context.parking.add_failed_dataset(context.selection.plan_datasets[fact.value.dataset], detail)
    return PublishedExposures(published.written, frozenset(fact.value.dataset for fact, _ in published.missing))


def _fact(use: Use) -> DecorationFact[Use]:
    name = ("exposure", use.model.ref, use.name)
    # Exposures may have one dashboard, and two writes to one target at a time make its search document conflict.
    return DecorationFact(name, use.exposure, use.exposure.url or name, use.where, use)


def _written_by_dbt(context: PublishContext, resolutions: Mapping[DatasetId, Resolution]) -> Iterator[Entity]:
    """Yield the models that dbt has built in the plan, whose events name their exposures if they have any."""
    jobs = context.selection.jobs
    for run in context.selection.runs:
        job = jobs.get(run.job)
        if run.state != "COMPLETE" or job is None or integration_name(job.integration) != "DBT":
            continue
        for id_ in run.writes:
            entity = resolutions[id_].entity if id_ in resolutions else None
            if entity is not None:
                yield entity


def _withdrawn(context: PublishContext, uses: Iterable[Use], built: Iterable[Entity]) -> Iterator[Problem]:
    """Yield a problem for each exposure that a model had before and has no longer, or elsewhere.

    Events say nothing of a model's exposures if it has none, which is also so where they do not come from dbt.

    :param built: models that dbt has built
    """
    by_model: dict[Entity, dict[str, int]] = {}
    for model in built:
        if context.recorder.fact(digest("exposures", model.ref)) is not None:
            by_model[model] = {}
    for use in uses:
        by_model.setdefault(use.model, {})[use.name] = digest(use.exposure.url or "")
    for model, urls in by_model.items():
        key, content = digest("exposures", model.ref), digest(sorted(urls.items()))
        before = context.recorder.fact(key)
        earlier: dict[str, int] = json.loads(before.note) if before else {}
        for name in sorted(name for name, url in earlier.items() if urls.get(name) != url):
            change = "names another URL for it" if name in urls else "no longer names it"
            detail = f"dbt {change}: its previous edge to a dashboard stays. Delete the edge in OpenMetadata"
            yield Problem(ProblemKind.STALE_EDGE, f"exposure {name} of {model.fqn}", detail)
        if not context.recorder.is_current(key, content, context.config.ledger):
            context.recorder.record_fact(key, content, json.dumps(urls))


class _ExposureWriter:
    """Writes the edges of exposures.

    :ivar problems: exposures that have no dashboard
    """

    def __init__(self, context: PublishContext) -> None:
        self.problems: list[Problem] = []
        self._finder = Finder(context.client)
        self._edges = EdgeWriter(context.client, dry_run=context.dry_run)

    def write(self, uses: Sequence[Use]) -> list[bool]:
        """Publish the uses of one dashboard and return, for each, whether there was anything to write.

        :raises CatalogueError: if the catalogue refuses
        """
        try:
            return [self._write(use) for use in uses]
        except CatalogueError as error:
            # Lineage does not depend on it: what goes wrong here is the problem of this dashboard.
            error.optional = error.optional or error.status != 401
            raise

    def _write(self, use: Use) -> bool:
        found = dashboard_of(use.exposure, self._finder)
        if found.dashboard is None:
            self.problems.append(Problem(ProblemKind.NO_DASHBOARD, use.where, found.reason))
            return False
        # In quotes, it is not read as the name of a task; a semicolon would separate two writers.
        writers = frozenset({quote(f"dbt exposure {use.name}".replace('"', "'").replace(";", ","))})
        write = EdgeWrite(use.model, found.dashboard, EdgeColumns(), None, writers, None, partial=True)
        return self._edges.publish(write)
