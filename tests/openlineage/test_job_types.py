"""The facet jobType is read in any letter case; a job without one has no type, no integration, and is no stream."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.openlineage.facets import JobFacets, JobTypeFacet
from openmetadata_ol_provider.openlineage.job_types import integration_of, is_streaming_job, job_type_of


def facets(**words: str) -> JobFacets:
    return JobFacets(jobType=JobTypeFacet(**words))


@pytest.mark.parametrize("nothing", [None, JobFacets(), facets()], ids=["no facets", "no facet", "an empty one"])
def test_a_job_that_says_nothing(nothing: JobFacets | None) -> None:
    assert (integration_of(nothing), job_type_of(nothing), is_streaming_job(nothing)) == ("", "", False)


def test_the_letter_case_does_not_matter() -> None:
    job = facets(processingType="streaming", integration="Spark 3.5", jobType="Application")
    assert (integration_of(job), job_type_of(job), is_streaming_job(job)) == ("SPARK", "APPLICATION", True)


@pytest.mark.parametrize(("processing", "is_stream"), [("SERVICE", True), ("STREAMING", True), ("BATCH", False)])
def test_jobs_that_may_never_end_are_streams(processing: str, is_stream: bool) -> None:
    assert is_streaming_job(facets(processingType=processing)) is is_stream
