"""Recognises streams whose events do not say that they are streams, by the checkpoints that their engine takes.

Flink names the type of a job in its START only, and older versions of its integration not at all, or as ``FLINK``. A
stream whose START was never read (it is older than the topic's retention) would be taken for a batch that goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.facets import JobFacets, JobTypeFacet, RunFacets
from openmetadata_ol_provider.openlineage.job_types import STREAMING

#: Type of the jobs whose runs take checkpoints: only Flink sends the facet.
_CHECKPOINTED: Final = JobTypeFacet(processingType="STREAMING", integration="FLINK", jobType="JOB")
#: What a facet may say of the way in which a job processes its data.
_PROCESSING: Final = STREAMING | {"BATCH"}


def with_stream_type(
    run_facets: RunFacets | None, job_facets: JobFacets | None, times: Mapping[str, int]
) -> tuple[JobFacets | None, Mapping[str, int]]:
    """Return the job's facets and their times, with the type of a stream if only the run's checkpoints show it.

    :param run_facets: facets of the run
    :param job_facets: facets of its job
    :param times: times of the job's facets, in microseconds; a type that is added is older than any event
    """
    if run_facets is None or run_facets.checkpoints is None:
        return job_facets, times
    stated = job_facets.jobType if job_facets is not None else None
    if stated is not None and (stated.processingType or "").upper() in _PROCESSING:
        return job_facets, times
    facets = replace(job_facets or JobFacets(), jobType=_CHECKPOINTED)
    return facets, {"jobType": 0, **times}
