"""Temporary datasets never appear: lineage goes through them, in one batch or over several."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.support import PG, Json, arrows, column_arrows, dataset, parent, plan_of, run_event, stored, translated


def temporary(name: str = "tmp", **facets: Json) -> Json:
    return dataset(name, "inmemory://", **facets)


def lineage(field: str, source: Json, source_field: str) -> Json:
    ref = {"namespace": source["namespace"], "name": source["name"], "field": source_field}
    return {"fields": {field: {"inputFields": [ref]}}}


def write(source: Json | str, target: Json | str, run_id: str, seconds: float = 0, flow: str = "") -> Json:
    """Return the event of a job, of a flow if one is named."""
    facets = {"parent": parent(flow, f"r-{flow}")} if flow else {}
    return run_event(run_id=run_id, job=run_id, seconds=seconds, inputs=[source], outputs=[target], run_facets=facets)


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
    pairs = [(one, two), (two, one), ("a", one), (two, "x")]
    plan = plan_of(*[write(*pair, f"r{number}", flow="f") for number, pair in enumerate(pairs)])
    assert arrows(plan) == ["a -> x"]


def test_a_dataset_is_not_its_own_source_through_a_temporary_one() -> None:
    pairs = [("a", temporary()), ("x", temporary()), (temporary(), "x")]
    plan = plan_of(*[write(*pair, f"r{number}", flow="f") for number, pair in enumerate(pairs)])
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


FLOWS = [
    *(write("a", temporary("df"), "read a", 1, "one"), write(temporary("df"), "x", "write x", 2, "one")),
    *(write("b", temporary("df"), "read b", 3, "two"), write(temporary("df"), "y", "write y", 4, "two")),
]


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_a_name_that_several_flows_use_is_not_one_dataset(size: int) -> None:
    for order in permutations(FLOWS):
        state, found = None, set()
        for start in range(0, 4, size):
            translation = translated(*order[start : start + size], state=state)
            state = translation.state
            found.update(arrows(translation.plan))
        assert found <= {"a -> x", "b -> y"}
    assert arrows(plan_of(*FLOWS)) == ["a -> x", "b -> y"]


def test_what_jobs_outside_of_any_flow_write_or_read_needs_no_common_flow() -> None:
    reader = write(temporary("df"), "z", "write z", 5)
    assert arrows(plan_of(FLOWS[0], reader)) == ["a -> z"]
    assert arrows(plan_of(write("a", temporary("df"), "read a"), FLOWS[3])) == ["a -> y"]
    plan = plan_of(*FLOWS, reader)
    assert arrows(plan) == ["a -> x", "b -> y"]
    (problem,) = plan.problems
    assert (problem.kind.value, problem.where) == ("temporary_source", "inmemory:// df")
    assert "in ns one, ns two may be another one" in problem.detail


REWRITTEN = [
    *(write("a", temporary("df"), "read a", 1, "one"), write(temporary("df"), "x", "write x", 2, "one")),
    *(write("b", temporary("df"), "read b", 3, "one"), write(temporary("df"), "y", "write y", 4, "one")),
]


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_what_is_written_after_it_was_read_replaces_what_was_there(size: int) -> None:
    for order in permutations(REWRITTEN):
        state, left = None, set[str]()
        for start in range(0, 4, size):
            plan, after = translated(*order[start : start + size], state=state)
            state = stored(after)
            left |= set(arrows(plan))
            left -= {f"{edge.source.name} -> {edge.target.name}" for edge in plan.retracted}
        assert left == {"a -> x", "b -> y"}


def test_what_several_jobs_write_before_it_is_read_is_all_there() -> None:
    both = [REWRITTEN[0], write("b", temporary("df"), "read b", 1.5, "one"), REWRITTEN[1]]
    for order in permutations(both):
        assert arrows(plan_of(*order)) == ["a -> x", "b -> x"]


def test_further_readers_get_the_same() -> None:
    again = write(temporary("df"), "z", "write z", 5, "one")
    assert arrows(plan_of(*REWRITTEN, again)) == ["a -> x", "b -> y", "b -> z"]


@pytest.mark.parametrize("size", [1, 2, 4])
def test_each_run_of_a_job_reads_what_was_there_at_its_time(size: int) -> None:
    run: Json = {"runId": "again", "facets": REWRITTEN[1]["run"]["facets"]}
    events = [*REWRITTEN[:3], {**write(temporary("df"), "x", "write x", 4), "run": run}]
    state, left = None, set[str]()
    for start in range(0, 4, size):
        plan, after = translated(*events[start : start + size], state=state)
        state = stored(after)
        left |= set(arrows(plan))
    assert left == {"a -> x", "b -> x"}


def test_what_is_written_once_more_was_there_before_as_well() -> None:
    """What a run has read is not taken back because its source is written once more after it."""
    events = [
        write("c", temporary("df"), "read c", 0.5, "one"),
        *REWRITTEN[:2],
        write("b", temporary("df"), "read b", 3, "one"),
        write("a", temporary("df"), "read a again", 5, "one"),
    ]
    assert arrows(plan_of(*events)) == ["a -> x", "c -> x"]
    first = translated(*events[:4])
    assert arrows(first.plan) == ["a -> x", "c -> x"]
    assert translated(events[4], state=stored(first.state)).plan.retracted == ()


def test_reads_of_flows_that_never_wrote_it_are_not_remembered() -> None:
    first = translated(*REWRITTEN[:2])
    readers = [write(temporary("df"), "z", f"write z {number}", 9, f"flow {number}") for number in range(5)]
    (dataset_of_flow,) = translated(*readers, state=stored(first.state)).state.temporary_datasets.values()
    assert dataset_of_flow.reads.keys() == {"ns\x1fone"}
