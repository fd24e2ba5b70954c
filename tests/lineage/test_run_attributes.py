"""A run's record has its engine, source code, tags and query, without what looks like a secret."""

from __future__ import annotations

from tests.support import plan_of, run_event

FACETS = {
    "processing_engine": {"name": "spark", "version": "3.5.9"},
    "externalQuery": {"externalQueryId": "01ab-cd", "source": "snowflake://acme"},
    "tags": {"tags": [{"key": "team", "value": "sales"}, {"key": "nightly"}, {"key": "password", "value": "hunter22"}]},
}
CODE = {"sourceCodeLocation": {"url": "https://git.example/r/blob/main/etl.py", "version": "4f2a9c1", "branch": "main"}}


def test_the_attributes_of_a_run() -> None:
    (record,) = plan_of(run_event(run_facets=FACETS, job_facets=CODE)).runs
    assert record.code_version == "4f2a9c1"
    assert dict(record.attributes) == {
        "branch": "main",
        "engine": "spark 3.5.9",
        "query": "01ab-cd",
        "query_source": "snowflake://acme",
        "tag.nightly": "true",
        "tag.password": "***",
        "tag.team": "sales",
    }


def test_a_run_without_these_facets_has_none() -> None:
    (record,) = plan_of(run_event()).runs
    assert (record.code_version, record.attributes) == (None, ())


def test_too_many_are_counted_in_the_last_one() -> None:
    tags = [{"key": f"k{number:02}"} for number in range(40)]
    (record,) = plan_of(run_event(run_facets={"tags": {"tags": tags}})).runs
    assert len(record.attributes) == 30
    assert record.attributes[-2:] == (("tag.k28", "true"), ("left_out", "11 more"))
