"""Moves explicit lineage that is a facet of the run to the job, where the specification wants it.

The first drafts of the explicit lineage had a facet of the run. Left unread, it would be replaced by a product of
inputs and outputs, which is just what it was sent to prevent.
"""

from __future__ import annotations

from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.event import EventJob, EventRun
from openmetadata_ol_provider.openlineage.facets import JobFacets


def with_lineage_of_run(run: EventRun | None, job: EventJob | None) -> tuple[EventRun | None, EventJob | None]:
    """Return the run and the job of an event, with the explicit lineage of the run moved to the job.

    A lineage facet of the job itself stays.
    """
    if run is None or job is None or run.facets is None or run.facets.lineage is None:
        return run, job
    facets = job.facets or JobFacets()
    if facets.lineage is None:
        job = replace(job, facets=replace(facets, lineage=run.facets.lineage))
    return replace(run, facets=replace(run.facets, lineage=None)), job
