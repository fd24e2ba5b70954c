"""Tells which jobs share a temporary dataset: those of a flow, or of one task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from openmetadata_ol_provider.lineage.job_hierarchy import Family, RunOf
from openmetadata_ol_provider.lineage.plan import Edge, Job, JobId
from openmetadata_ol_provider.lineage.temporary_names import is_of_session
from openmetadata_ol_provider.lineage.temporary_sources import Chain
from openmetadata_ol_provider.openlineage.run_state import name_key

#: Stands for the job of an edge that has none.
NO_JOB: Final = JobId("", "")


def top_of(run: Family, edge: Edge) -> RunOf:
    """Return the run whose jobs share the temporary dataset at an end of an edge.

    That is the flow, but a table of a session is shared by the queries of one task only.
    """
    if run.parent is not None and any(is_of_session(end.namespace, end.name) for end in (edge.source, edge.target)):
        return run.parent
    return run.root or run.parent or run.own


def chain_of(jobs: Mapping[JobId, Job], job_id: JobId | None) -> Chain:
    """Return the chain of a job as the plan has it.

    :param jobs: jobs of the plan
    """
    job = jobs.get(job_id) if job_id is not None else None
    top = (job.root or job.parent or job.id) if job is not None else job_id or NO_JOB
    return Chain(name_key(top.namespace, top.name), is_own=job is None or top == job.id)
