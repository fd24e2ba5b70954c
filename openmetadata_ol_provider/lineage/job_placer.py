"""Places the jobs of runs and declarations: each in the pipeline that the configuration makes of its chain."""

from __future__ import annotations

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.filters import PipelineFilter
from openmetadata_ol_provider.lineage.job_hierarchy import Family, RunOf, assumed_pipeline, resolve_root
from openmetadata_ol_provider.lineage.jobs import JobPlacement, place_of
from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.openlineage.facets import JobFacets
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_identity import is_unnamed
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import Run


def without_run(job: JobId) -> Family:
    """Return the chain of a job that declares its lineage: it has no run by that."""
    return Family(RunOf(job, ""), None, None)


class JobPlacer:
    """Places jobs, except those that the configuration excludes.

    :param config: configuration with its ``pipelines``
    :param index: all runs that are remembered
    """

    def __init__(self, config: Config, index: RunIndex) -> None:
        self._index = index
        self._level = config.pipelines.level
        self._pipelines = PipelineFilter(config)
        #: One for each run that was put below the root that it declares itself.
        self.problems: list[Problem] = []

    def admits(self, pipeline: JobId) -> bool:
        """Return whether the configuration includes a pipeline."""
        return self._pipelines.admits(pipeline)

    def place(self, run: Run) -> JobPlacement | None:
        """Return the placement of a run's job; ``None`` if the configuration excludes it, or if it has no name yet."""
        if is_unnamed(run):
            return None
        names = resolve_root(run, self._index)
        if names.assumed is not None:
            self.problems.append(assumed_pipeline(names))
        placement = place_of(names, run.job_facets, self._level)
        return placement if self._pipelines.admits(placement.pipeline.job, run) else None

    def place_declared(self, job: JobId, facets: JobFacets | None) -> JobPlacement | None:
        """Return the placement of a job that declares its lineage; ``None`` if the configuration excludes it."""
        return place_of(without_run(job), facets, self._level) if self.admits(job) else None
