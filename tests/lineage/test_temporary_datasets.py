"""Temporary datasets never appear: lineage goes through them, in one batch or over several."""

from __future__ import annotations

import pytest

from tests.support import PG, Json, arrows, column_arrows, dataset, plan_of, run_event, translated


def temporary(name: str = "tmp", **facets: Json) -> Json:
    return dataset(name, "inmemory://", **facets)


def lineage(field: str, source: Json, source_field: str) -> Json:
    ref = {"namespace": source["namespace"], "name": source["name"], "field": source_field}
    return {"fields": {field: {"inputFields": [ref]}}}


def write(source: Json | str, target: Json | str, run_id: str, seconds: int = 0) -> Json:
    return run_event(run_id=run_id, job=run_id, seconds=seconds, inputs=[source], outputs=[target])


def test_what_went_in_comes_out() -> None:
    events = [write("a", temporary(), "one"), write(temporary(), "x", "two", seconds=1)]
    for order in (events, events[::-1]):
        plan = plan_of(*order)
        assert arrows(plan) == ["a -> x"]
        assert [edge.job.name for edge in plan.edges if edge.job] == ["two"]


def test_what_went_in_in_an_earlier_batch_comes_out() -> None:
    first = translated(write("a", temporary(), "one"))
    second = translated(write(temporary(), "x", "two"), state=first.state)
    assert (arrows(first.plan), arrows(second.plan)) == ([], ["a -> x"])


def test_several_temporary_datasets_in_a_row_are_gone_through() -> None:
    chain = [temporary(f"tmp{number}") for number in range(4)]
    hops = zip(["a", *chain], [*chain, "x"], strict=True)
    assert arrows(plan_of(*(write(*hop, f"r{number}") for number, hop in enumerate(hops)))) == ["a -> x"]


def test_columns_are_joined_through_it() -> None:
    middle = temporary(columnLineage=lineage("m", dataset("a"), "c"))
    target = dataset("x", columnLineage=lineage("p", temporary(), "m"))
    plan = plan_of(write("a", middle, "one"), write(temporary(), target, "two"))
    assert (arrows(plan), column_arrows(plan.edges)) == (["a -> x"], ["a.c -> x.p"])


def test_temporary_datasets_that_feed_each_other_come_to_an_end() -> None:
    one, two = temporary("one"), temporary("two")
    plan = plan_of(write(one, two, "r1"), write(two, one, "r2"), write("a", one, "r3"), write(two, "x", "r4"))
    assert arrows(plan) == ["a -> x"]


def test_a_dataset_is_not_its_own_source_through_a_temporary_one() -> None:
    plan = plan_of(write("a", temporary(), "r1"), write("x", temporary(), "r2"), write(temporary(), "x", "r3"))
    assert arrows(plan) == ["a -> x"]


def test_a_temporary_dataset_that_nobody_was_seen_to_write_is_reported() -> None:
    plan = plan_of(write(temporary(), "x", "two"))
    assert plan.edges == ()
    assert [(problem.kind, problem.where) for problem in plan.problems] == [("temporary_source", "inmemory:// tmp")]


@pytest.mark.parametrize(
    "between",
    [
        temporary(),
        dataset("job-output", PG, datasetType={"datasetType": "JOB_OUTPUT", "subType": "TEMPORARY"}),
        dataset("bucket/.spark-bigquery-application_1/part", "gs://staging"),
        dataset("/wh/t/.hive-staging_1", "hdfs://nn:8020"),
    ],
    ids=lambda item: item["namespace"] + item["name"],
)
def test_what_exists_between_jobs_only_is_temporary(between: Json) -> None:
    assert arrows(plan_of(write("a", between, "one"), write(between, "x", "two"))) == ["a -> x"]


def test_a_table_called_tmp_is_a_table() -> None:
    assert arrows(plan_of(write("a", "tmp", "one"), write("tmp", "x", "two"))) == ["a -> tmp", "tmp -> x"]
