"""Temporary datasets never appear: lineage goes through them, in one batch or over several."""

from __future__ import annotations

from collections.abc import Sequence
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


def left_of(events: Sequence[Json], size: int) -> set[str]:
    """Return the edges that are left after events were read in batches."""
    state, left = None, set[str]()
    for start in range(0, len(events), size):
        plan, after = translated(*events[start : start + size], state=state)
        state = stored(after)
        left |= set(arrows(plan))
        left -= {f"{edge.source.name} -> {edge.target.name}" for edge in plan.retracted}
    return left


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


CHAIN = [write("a", temporary("1"), "one", 1, "f"), write(temporary("1"), temporary("2"), "two", 2, "f"),
         write(temporary("2"), "x", "three", 3, "f")]  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 3])
def test_several_in_a_row_are_gone_through_in_any_batches(size: int) -> None:
    for order in permutations(CHAIN):
        assert left_of(order, size) == {"a -> x"}


@pytest.mark.parametrize("size", [1, 2])
def test_its_writer_alone_may_say_that_it_is_temporary(size: int) -> None:
    kind = {"datasetType": {"datasetType": "JOB_OUTPUT", "subType": "TEMPORARY"}}
    events = [write("a", dataset("tmp", **kind), "one", 1, "f"), write("tmp", "x", "two", 2, "f")]
    for order in permutations(events):
        assert left_of(order, size) == {"a -> x"}


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
        dataset("shop._script1f2e3d4c5b6a79881f2e3d4c.tmp", "bigquery"),
        dataset("shop._2cf7cfaa9c05dd2381014b72df999b53fd45fe85.anon5fb7e0264db7f54e", "bigquery"),
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
        assert left_of(order, size) == {"a -> x", "b -> y"}


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
    assert left_of(events, size) == {"a -> x", "b -> x"}


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


def of_run(source: Json | str, target: Json | str, job: str, seconds: float, flow_run: str) -> Json:
    """Return the event of a job in one run of a flow, ``A1`` of ``A``."""
    return run_event(run_id=f"{job} of {flow_run}", job=job, seconds=seconds, inputs=[source], outputs=[target],
                     run_facets={"parent": parent(flow_run[0], flow_run)})  # fmt: skip


DF = temporary("df")
SHARED = {
    "a reader in two flows": [
        *(of_run("a", DF, "read a", 1, "A1"), of_run(DF, "x", "load", 2, "A1")),
        *(of_run("b", DF, "read b", 3, "B1"), of_run(DF, "y", "load", 4, "B1")),
    ],
    "a writer in two flows": [
        *(of_run("a", DF, "extract", 1, "A1"), of_run(DF, "x", "load a", 2, "A1")),
        *(of_run("b", DF, "extract", 3, "B1"), of_run(DF, "y", "load b", 4, "B1")),
    ],
    "two runs of a flow at once": [
        *(of_run("a", DF, "extract", 1, "A1"), of_run("b", DF, "extract", 1.5, "A2")),
        *(of_run(DF, "x", "load", 2, "A1"), of_run(DF, "y", "load", 3, "A2")),
    ],
}


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("case", SHARED)
def test_each_run_of_a_flow_has_temporary_datasets_of_its_own(case: str, size: int) -> None:
    for order in permutations(SHARED[case]):
        assert left_of(order, size) == {"a -> x", "b -> y"}


def test_a_reader_whose_flow_runs_again_reads_what_an_earlier_run_has_written() -> None:
    """A task that is cleared runs below another run of its DAG, and what was written for it is still there."""
    events = [of_run("a", DF, "extract", 1, "A1"), of_run(DF, "x", "load", 2, "A2")]
    assert arrows(plan_of(*events)) == ["a -> x"]


def test_what_a_job_shows_in_two_flows_is_one_edge() -> None:
    events = [
        of_run(*sides, job, seconds, f"{flow}1")
        for flow in "AB"
        for sides, job, seconds in ((("a", DF), "extract", 1), ((DF, "x"), "load", 2))
    ]
    assert [edge.job.name for edge in plan_of(*events).edges if edge.job] == ["load"]


def test_reads_of_flows_that_never_wrote_it_are_not_remembered() -> None:
    first = translated(*REWRITTEN[:2])
    readers = [write(temporary("df"), "z", f"write z {number}", 9, f"flow {number}") for number in range(5)]
    (dataset_of_flow,) = translated(*readers, state=stored(first.state)).state.temporary_datasets.values()
    assert dataset_of_flow.reads.keys() == {"ns\x1fone"}


@pytest.mark.parametrize("size", [100, 1_000])
def test_all_runs_of_a_backlog_read_what_they_have_written_themselves(size: int) -> None:
    runs = range(240)
    sides = [(("a" if number % 2 else "b", DF), (DF, f"x{number}"), f"A{number}") for number in runs]
    events = [
        of_run(*pair, job, 2 * number + second, flow_run)
        for number, (entering, leaving, flow_run) in enumerate(sides)
        for second, (pair, job) in enumerate(((entering, "extract"), (leaving, "load")))
    ]
    assert left_of(events, size) == {f"{'a' if number % 2 else 'b'} -> x{number}" for number in runs}


# -- stated lineage ----------------------------------------------------------------------------------------------------


def stating(target: Json, source: Json) -> Json:
    """Return the facets of a job that states one edge."""
    ends = [{"type": "DATASET", "namespace": item["namespace"], "name": item["name"]} for item in (target, source)]
    return {"lineage": {"entries": [{**ends[0], "inputs": [ends[1]]}]}}


@pytest.mark.parametrize("is_named", [True, False], ids=["in memory", "by its type"])
def test_stated_lineage_goes_through_temporary_datasets_too(*, is_named: bool) -> None:
    kind = {"datasetType": {"datasetType": "JOB_OUTPUT", "subType": "TEMPORARY"}}
    between = temporary() if is_named else dataset("between", PG, **kind)
    one = run_event(run_id="1", job="one", outputs=[between], job_facets=stating(between, dataset("a")))
    two = run_event(run_id="2", job="two", seconds=1, inputs=[between], job_facets=stating(dataset("x"), between))
    for first, second in ((one, two), (two, one)):
        assert arrows(plan_of(first, second)) == ["a -> x"]
    before = translated(one)
    assert arrows(before.plan) == []
    assert arrows(translated(two, state=stored(before.state)).plan) == ["a -> x"]


def test_a_temporary_dataset_that_only_column_lineage_names_does_not_appear() -> None:
    target = dataset("x", columnLineage=lineage("p", temporary(), "m"))
    plan = plan_of(write("a", temporary(), "one"), write("b", target, "two", seconds=1))
    assert arrows(plan) == ["a -> x", "b -> x"]
