"""From a plan to the catalogue: resolve, then pipelines, then edges, then statuses, and a report of all of it.

What did not change is not written: every write is preceded by a read and a comparison, so publishing the same plan
twice writes nothing the second time. One refused item is a problem in the report; a refused token or a catalogue that
does not answer stops the publication, which may be repeated from the start.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING

from openmetadata_ol_provider.lineage.filters import Filter
from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId, Edge, Identity, JobId, LineagePlan
from openmetadata_ol_provider.openlineage.problem import Problem
from openmetadata_ol_provider.openmetadata.edges import EdgePlanner, EdgeWriter
from openmetadata_ol_provider.openmetadata.pipelines import PipelineRef, PipelineWriter, group_jobs
from openmetadata_ol_provider.openmetadata.report import Datasets, Pipelines, PublishReport, Written
from openmetadata_ol_provider.openmetadata.resolver import Resolution, Resolver
from openmetadata_ol_provider.openmetadata.statuses import StatusWriter, pipeline_runs
from openmetadata_ol_provider.openmetadata.work import Outcome, Worker

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client import OpenMetadataClient

log = logging.getLogger(__name__)


def publish_plan(
    plan: LineagePlan, client: OpenMetadataClient, config: Config, *, dry_run: bool = False
) -> PublishReport:
    """Make true in the catalogue what the plan says.

    :param plan: of the translate step
    :param client: the catalogue
    :param config: rules, filters and write policies
    :param dry_run: read everything and count what would be written, but write nothing
    :return: the report; whether its ``failure_ratio`` is too high is the caller's decision
    :raises CatalogueAuthError: if the token, or what it may do, is refused
    :raises CatalogueUnavailableError: if the catalogue does not answer in spite of retries
    """
    return Publication(plan, client, config, dry_run=dry_run).run()


class Publication:
    """One publication of one plan.

    :param plan: of the translate step
    :param client: the catalogue
    :param config: rules, filters and write policies
    :param dry_run: read, but do not write
    """

    def __init__(self, plan: LineagePlan, client: OpenMetadataClient, config: Config, *, dry_run: bool) -> None:
        self._plan = plan
        self._client = client
        self._config = config
        self._dry_run = dry_run
        self._worker = Worker(client.max_connections)
        self._problems: list[Problem] = list(plan.problems)
        # A plan may be older than the configuration, so what the translation filtered is filtered again.
        self._filter = Filter(config.pipelines.include, config.pipelines.exclude)
        self._jobs = {JobId(job.namespace, job.name): job for job in plan.jobs}

    def run(self) -> PublishReport:
        """Publish everything and return the report."""
        before = Counter(self._client.calls)
        # Known before threads need it, and the first to say that there is no OpenMetadata at that address.
        log.debug("publishing to OpenMetadata %s at %s", self._client.version, self._client.base_url)
        if self._config.write.create_datasets:
            self._problems.append(
                Problem("not_supported", "write.create_datasets", "missing datasets are not created by this version")
            )
        self._pipeline_writer = PipelineWriter(self._client, self._config, dry_run=self._dry_run)
        edges = [edge for edge in self._plan.edges if self._is_wanted(self._pipeline_of(edge))]
        resolutions = self._resolve(edges)
        pipelines, pipeline_counts = self._publish_pipelines()
        edge_counts = self._publish_edges(edges, resolutions, pipelines)
        status_counts = self._publish_statuses(pipelines)
        outcomes = Counter(resolution.outcome for resolution in resolutions.values())
        return PublishReport(
            events=self._plan.events,
            runs=len(self._plan.runs),
            edges=edge_counts,
            datasets=Datasets(**{str(outcome): number for outcome, number in outcomes.items()}),
            pipelines=pipeline_counts,
            statuses=status_counts,
            requests=dict(Counter(self._client.calls) - before),
            dry_run=self._dry_run,
            problems=tuple(dict.fromkeys(self._problems)),
        )

    def _is_wanted(self, pipeline: JobId | None) -> bool:
        """Return whether the filters let a pipeline, and what is its, through."""
        return pipeline is None or self._filter.admits(pipeline.namespace, pipeline.name)

    def _pipeline_of(self, edge: Edge) -> JobId | None:
        job = self._jobs.get(edge.job) if edge.job else None
        return job.pipeline if job else edge.job

    # -- datasets ------------------------------------------------------------------------------------------------

    def _resolve(self, edges: list[Edge]) -> dict[DatasetId, Resolution]:
        """Resolve all datasets of the plan; what an edge lacks is a problem, what nothing depends on is not."""
        datasets = {DatasetId(dataset.namespace, dataset.name): dataset for dataset in self._plan.datasets}
        ends = dict.fromkeys(end for edge in edges for end in (edge.source, edge.target))
        for end in ends:
            datasets.setdefault(end, Dataset(end.namespace, end.name, (Identity(end.namespace, end.name, "table"),)))
        if not datasets:
            return {}
        resolutions = Resolver(self._client, self._config).resolve_all(datasets.values())
        for end in ends:
            resolution = resolutions[end]
            if resolution.outcome in {"unresolved", "ambiguous"}:
                self._problems.append(Problem(resolution.outcome, f"{end.namespace} {end.name}", resolution.detail))
        return resolutions

    # -- pipelines -----------------------------------------------------------------------------------------------

    def _publish_pipelines(self) -> tuple[dict[JobId, PipelineRef], Pipelines]:
        plans = [group for group in group_jobs(self._plan.jobs) if self._is_wanted(group.id)]
        outcomes = self._worker.run(plans, self._pipeline_writer.publish, lambda group: f"pipeline {group.where}")
        refs: dict[JobId, PipelineRef] = {}
        counts: Counter[str] = Counter()
        for group, ref in zip(plans, self._collect(outcomes), strict=True):
            counts[ref.change if ref else "failed"] += 1
            if ref is not None:
                self._problems += ref.problems
                if ref.change != "missing":
                    refs[group.id] = ref
        counts.pop("missing", None)
        return refs, Pipelines(**counts)

    # -- edges and statuses --------------------------------------------------------------------------------------

    def _publish_edges(
        self, edges: list[Edge], resolutions: dict[DatasetId, Resolution], pipelines: dict[JobId, PipelineRef]
    ) -> Written:
        writes, problems = EdgePlanner(self._config, resolutions, pipelines, self._jobs).unite(edges)
        self._problems += problems
        writer = EdgeWriter(self._client, dry_run=self._dry_run)
        # Two writes to one target at a time make its search document conflict.
        return self._written(
            self._worker.run_grouped(writes, writer.publish, lambda write: write.where, lambda write: write.target)
        )

    def _publish_statuses(self, pipelines: dict[JobId, PipelineRef]) -> Written:
        if self._config.write.status == "never":
            return Written()
        runs, problems = pipeline_runs(self._plan.runs, pipelines)
        self._problems += problems
        groups = {ref.fqn: group for group in group_jobs(self._plan.jobs) if (ref := pipelines.get(group.id))}
        writer = StatusWriter(
            self._client, lambda run: self._pipeline_writer.publish(groups[run.ref.fqn]), dry_run=self._dry_run
        )
        outcomes, clashes = writer.publish_all(runs, self._worker)
        self._problems += clashes
        return self._written(outcomes)

    def _collect(self, outcomes: list[Outcome]) -> list:  # type: ignore[type-arg]
        self._problems += [problem for outcome in outcomes for problem in outcome.problems]
        return [outcome.result for outcome in outcomes]

    def _written(self, outcomes: list[Outcome[bool]]) -> Written:
        results = Counter(self._collect(outcomes))
        return Written(published=results[True], unchanged=results[False], failed=results[None])
