"""The events of one run add up, and a run is remembered for a bounded time."""

from __future__ import annotations

import datetime as dt

import pytest

from openmetadata_ol_provider.openlineage.run_assembler import Assembled, Limits, assemble
from openmetadata_ol_provider.openlineage.run_state import Run, RunState
from tests.support import BASE, PG, Json, dataset, dataset_event, decode, job_event, run_event


def assembled(
    *events: Json, state: RunState | None = None, minutes: float = 0, limits: Limits | None = None
) -> Assembled:
    """Merge events, consumed some minutes after :data:`BASE`."""
    now = BASE + dt.timedelta(minutes=minutes)
    return assemble(decode(*events), state or RunState(), now, limits or Limits())


def run_of(*events: Json) -> Run:
    [run] = assembled(*events).changed.values()
    return run


def states(*found: str) -> list[Json]:
    return [run_event(state, seconds=number) for number, state in enumerate(found)]


@pytest.mark.parametrize(
    ("events", "state"),
    [
        (["START"], "START"),
        (["START", "RUNNING"], "RUNNING"),
        (["START", "COMPLETE"], "COMPLETE"),
        (["START", "FAIL", "COMPLETE"], "FAIL"),
        (["START", "COMPLETE", "FAIL"], "COMPLETE"),
        (["START", "ABORT", "COMPLETE"], "ABORT"),
        (["COMPLETE", "START"], "COMPLETE"),
        (["FAIL", "START", "RUNNING"], "FAIL"),
        (["COMPLETE", "RUNNING", "OTHER"], "COMPLETE"),
        (["RUNNING", "START"], "RUNNING"),
        (["OTHER"], "OTHER"),
        (["OTHER", "START"], "START"),
        (["START", "OTHER"], "START"),
        (["START", "OTHER", "COMPLETE", "OTHER"], "COMPLETE"),
        (["COMPLETE"], "COMPLETE"),
        (["START", "START", "COMPLETE", "COMPLETE"], "COMPLETE"),
        (["start", "complete"], "COMPLETE"),
        (["START", "something new"], "START"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else value,
)
def test_the_first_terminal_state_stays(events: list[str], state: str) -> None:
    assert run_of(*states(*events)).state == state


def test_of_two_terminal_states_at_the_same_time_the_worse_one_stays() -> None:
    for pair in (("COMPLETE", "FAIL"), ("FAIL", "COMPLETE")):
        assert run_of(*(run_event(state) for state in pair)).state == "FAIL"


def test_a_failure_that_arrives_after_a_later_completion_is_still_a_failure() -> None:
    run = run_of(run_event("COMPLETE", seconds=2), run_event("FAIL", seconds=1))
    assert run.state == "FAIL"
    assert run.ended_at == run_of(run_event("FAIL", seconds=1)).ended_at


def test_an_event_without_type_says_nothing_about_the_state() -> None:
    assert run_of(run_event("START"), run_event(None, seconds=1)).state == "START"


def test_a_late_start_gives_the_true_start_and_undoes_nothing() -> None:
    run = run_of(run_event("COMPLETE", seconds=60), run_event("START", seconds=0))
    assert (run.state, run.ended_at - run.started_at) == ("COMPLETE", 60_000_000)


def test_of_several_starts_the_earliest_counts() -> None:
    run = run_of(run_event("START", seconds=30), run_event("START", seconds=10), run_event("START", seconds=20))
    assert run.started_at == run.first_at == run_of(run_event("START", seconds=10)).started_at


def test_datasets_add_up_over_the_events_of_a_run() -> None:
    run = run_of(
        run_event("START", inputs=["a"], outputs=[]),
        run_event("RUNNING", seconds=1, inputs=[], outputs=["x"]),
        run_event("COMPLETE", seconds=2, inputs=["b"]),
    )
    assert sorted(item.name for item in run.inputs.values()) == ["a", "b"]
    assert [item.name for item in run.outputs.values()] == ["x"]


def test_a_facet_replaces_the_same_facet_whole_and_leaves_others() -> None:
    early = dataset("x", schema={"fields": [{"name": "old"}, {"name": "older"}]}, documentation={"description": "d"})
    late = dataset("x", schema={"fields": [{"name": "new"}]})
    for order in ((0, 1), (1, 0)):
        events = [run_event("START", outputs=[early]), run_event("COMPLETE", seconds=1, outputs=[late])]
        [output] = run_of(*(events[index] for index in order)).outputs.values()
        assert [field.name for field in output.facets.schema.fields] == ["new"]
        assert output.facets.documentation.description == "d"


def spark(state: str, job: str, seconds: float = 0) -> Json:
    """Return an event of Spark's integration."""
    producer = "https://github.com/OpenLineage/OpenLineage/tree/1.53.0/integration/spark"
    return run_event(state, job=job, seconds=seconds) | {"producer": producer}


def test_spark_s_name_unknown_gives_way_to_a_real_one_in_any_order() -> None:
    events = [spark("START", "unknown"), spark("COMPLETE", "app.collect", seconds=1)]
    assert run_of(*events).name == run_of(*reversed(events)).name == "app.collect"
    late = [spark("START", "app.collect"), spark("COMPLETE", "unknown", seconds=1)]
    assert run_of(*late).name == run_of(*reversed(late)).name == "app.collect"


@pytest.mark.parametrize("integration", ["SPARK", "Spark 3.5", "spark-3.4.1"])
def test_spark_is_known_by_its_integration_in_any_version(integration: str) -> None:
    facets = {"jobType": {"processingType": "BATCH", "integration": integration, "jobType": "SQL_JOB"}}
    assert run_of(run_event(job="app.collect", job_facets=facets)).spark


def test_of_other_producers_unknown_is_the_name_of_a_job() -> None:
    events = [run_event("START", job="unknown"), run_event("COMPLETE", seconds=1, job="app.collect")]
    for ordered in (events, events[::-1]):
        found = assembled(*ordered).changed.values()
        assert sorted((run.name, run.state) for run in found) == [("app.collect", "COMPLETE"), ("unknown", "START")]


def test_two_names_of_one_run_id_are_two_runs() -> None:
    events = [run_event("START", job="before"), run_event("COMPLETE", seconds=1, job="after")]
    for ordered in (events, events[::-1]):
        found = assembled(*ordered).changed.values()
        assert [(run.name, run.state) for run in found] == [("before", "START"), ("after", "COMPLETE")]


@pytest.mark.parametrize("year", ["0001", "1970"])
def test_events_from_a_clock_that_was_never_set_are_merged_like_others(year: str) -> None:
    first = run_event("START", job="zero") | {"eventTime": f"{year}-01-01T00:00:00Z"}
    second = run_event("COMPLETE", job="zero") | {"eventTime": f"{year}-01-01T00:00:01Z"}
    run, other = run_of(first, second), run_of(second, first)
    assert run == other
    assert (run.name, run.first_at, run.state) == ("zero", run.started_at, "COMPLETE")


def test_the_same_run_id_in_two_namespaces_is_two_runs() -> None:
    found = assembled(run_event(namespace="one"), run_event(namespace="two")).changed.values()
    assert [(run.namespace, run.run_id) for run in found] == [("one", "run-1"), ("two", "run-1")]


def test_events_without_run_are_handed_on_as_they_are() -> None:
    found = assembled(job_event(), run_event(), dataset_event(dataset("t", PG)))
    assert [event.kind for event in found.static] == ["job", "dataset"]
    assert len(found.changed) == 1


def test_a_run_goes_on_in_the_next_batch() -> None:
    first = assembled(run_event("START", inputs=["a"]))
    second = assembled(run_event("COMPLETE", seconds=60, outputs=["x"]), state=first.state, minutes=10)
    [run] = second.changed.values()
    assert [item.name for item in (*run.inputs.values(), *run.outputs.values())] == ["a", "x"]


def test_only_the_runs_of_a_batch_are_changed_by_it() -> None:
    first = assembled(run_event("START", run_id="r1"))
    second = assembled(run_event("START", run_id="r2"), state=first.state)
    assert [run.run_id for run in second.changed.values()] == ["r2"]
    assert len(second.state.runs) == 2


LIMITS = Limits(open_seconds=600, closed_seconds=60, max_runs=3)


@pytest.mark.promise("A77")
def test_an_open_run_that_is_silent_for_too_long_is_given_up_and_reported() -> None:
    state = assembled(run_event("START", job="etl.load")).state
    kept = assembled(state=state, minutes=9, limits=LIMITS)
    assert (len(kept.state.runs), kept.problems) == (1, ())
    found = assembled(state=kept.state, minutes=11, limits=LIMITS)
    assert found.state.runs == {}
    [problem] = found.problems
    assert (problem.kind, problem.where) == ("run_given_up", "run run-1 of ns etl.load")


def test_a_heartbeat_keeps_an_open_run() -> None:
    state = assembled(run_event("START")).state
    state = assembled(run_event("RUNNING", seconds=500), state=state, minutes=9, limits=LIMITS).state
    assert len(assembled(state=state, minutes=18, limits=LIMITS).state.runs) == 1


def test_an_ended_run_is_forgotten_after_a_while_and_silently() -> None:
    state = assembled(run_event("COMPLETE")).state
    assert len(assembled(state=state, minutes=0.9, limits=LIMITS).state.runs) == 1
    found = assembled(state=state, minutes=1.1, limits=LIMITS)
    assert (found.state.runs, found.problems) == ({}, ())


def test_a_late_start_within_that_while_changes_nothing() -> None:
    state = assembled(run_event("COMPLETE", seconds=5, inputs=["a"], outputs=["x"])).state
    [run] = assembled(run_event("START", seconds=6), state=state, minutes=0.5, limits=LIMITS).changed.values()
    assert run.state == "COMPLETE"


@pytest.mark.promise("A77")
def test_with_too_many_runs_ended_ones_go_first_then_the_longest_untouched() -> None:
    state = assembled(run_event("START", run_id="old")).state
    state = assembled(run_event("COMPLETE", run_id="ended"), state=state, minutes=0.1).state
    state = assembled(run_event("START", run_id="young"), state=state, minutes=0.2).state
    found = assembled(run_event("START", run_id="new"), state=state, minutes=0.3, limits=LIMITS)
    assert sorted(run.run_id for run in found.state.runs.values()) == ["new", "old", "young"]
    assert found.problems == ()
    found = assembled(run_event("START", run_id="newer"), state=found.state, minutes=0.4, limits=LIMITS)
    assert sorted(run.run_id for run in found.state.runs.values()) == ["new", "newer", "young"]
    [problem] = found.problems
    assert (problem.kind, "run old of ns job" in problem.where) == ("run_given_up", True)


def test_only_so_many_of_the_runs_have_ended() -> None:
    limits = Limits(max_runs=100, max_ended=2)
    events = [run_event("COMPLETE", run_id=f"ended-{number}", seconds=number) for number in range(5)]
    found = assembled(*events, *(run_event("START", run_id=f"open-{number}") for number in range(5)), limits=limits)
    assert len(found.changed) == 10
    left = sorted(run.run_id for run in found.state.runs.values())
    assert left == ["ended-3", "ended-4", *(f"open-{number}" for number in range(5))]
    assert found.problems == ()


def test_a_batch_larger_than_the_limit_is_still_published_whole() -> None:
    found = assembled(*(run_event("COMPLETE", run_id=f"r{number}") for number in range(9)), limits=LIMITS)
    assert len(found.changed) == 9
    assert len(found.state.runs) == 3
