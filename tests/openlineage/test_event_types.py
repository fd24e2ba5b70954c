"""Checks that event types outside OpenLineage's enumeration mean what they say, and that each leaves a line."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.openlineage.event_types import MAX_SPELLINGS, event_type_problems, read_event_type
from tests.support import arrows, decode, plan_of, run_event


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("START", "START"),
        ("complete", "COMPLETE"),
        ("Other", "OTHER"),
        # Prefect
        ("FAILED", "FAIL"),
        ("CRASHED", "FAIL"),
        ("COMPLETED", "COMPLETE"),
        # Dagster
        ("SUCCESS", "COMPLETE"),
        ("FAILURE", "FAIL"),
        ("CANCELED", "ABORT"),
        # Argo
        ("Succeeded", "COMPLETE"),
        ("Error", "FAIL"),
        # Airflow
        ("upstream_failed", "FAIL"),
        # Databricks, dbt, Dagster
        ("PASS", "COMPLETE"),
        ("Passed", "COMPLETE"),
        ("INTERNAL_ERROR", "FAIL"),
        ("INTERNALERROR", "FAIL"),
        ("runtime error", "FAIL"),
        ("UPSTREAM_CANCELED", "ABORT"),
        ("RUN_FAILURE", "FAIL"),
        ("RUN_SUCCESS", "COMPLETE"),
        ("STEP_START", "START"),
        ("PIPELINE_CANCELED", "ABORT"),
        ("JobRunSucceeded", "COMPLETE"),
        ("task.running", "RUNNING"),
        ("up_for_retry", "OTHER"),
        ("CANCELLING", "OTHER"),
        # the text of an enumeration's member
        ("EventType.COMPLETE", "COMPLETE"),
        ("RunEventType.FAIL", "FAIL"),
        ("TEST_PASSED", "COMPLETE"),
        # Azure
        ("SucceededWithIssues", "COMPLETE"),
        # home-made
        ("in progress", "RUNNING"),
        (" finished ", "COMPLETE"),
        ("Aborted", "ABORT"),
        ("timed-out", "FAIL"),
        ("queued", "OTHER"),
        # unknown
        ("END", "OTHER"),
        ("FROBNICATED", "OTHER"),
        ("", "OTHER"),
        (None, "OTHER"),
    ],
)
@pytest.mark.promise("A243")
def test_an_event_type_means_what_it_says(text: str | None, state: str) -> None:
    assert read_event_type(text).state == state


@pytest.mark.parametrize("text", ["RUN_FROBNICATED", "RUN", "ASSET_MATERIALIZATION", "END", "RUNTIME"])
def test_what_says_nothing_is_not_known(text: str) -> None:
    assert not read_event_type(text).known


@pytest.mark.parametrize("text", ["TASK_SKIPPED", "EXCLUDED", "skip"])
def test_a_skipped_run_is_one_under_any_of_its_names(text: str) -> None:
    assert read_event_type(text).skipped


@pytest.mark.promise("A243")
def test_only_types_that_openlineage_does_not_have_are_reported() -> None:
    types = ["START", "complete", None, "SUCCESS", "SUCCESS", "FROBNICATED", "skipped", "queued"]
    problems = list(event_type_problems(decode(*(run_event(text, seconds=n) for n, text in enumerate(types)))))
    assert [(problem.kind, problem.where, problem.count) for problem in problems] == [
        ("event_type", "event type FROBNICATED in namespace ns", 1),
        ("event_type", "event type SUCCESS in namespace ns", 2),
        ("event_type", "event type queued in namespace ns", 1),
        ("event_type", "event type skipped in namespace ns", 1),
    ]
    assert [problem.detail.partition("; ")[2].partition(".")[0] for problem in problems] == [
        "it is not known: the runs are kept, and their state stays as it is",
        "it is read as COMPLETE",
        "it says nothing about the state of a run",
        "it is read as the end of a run that was skipped",
    ]


def test_a_producer_that_sends_garbage_cannot_fill_the_report() -> None:
    events = decode(*(run_event(f"garbage {chr(97 + n % 26)}{chr(97 + n // 26)}", seconds=n) for n in range(150)))
    problems = list(event_type_problems(events))
    assert len(problems) == MAX_SPELLINGS + 1
    assert (problems[-1].kind, problems[-1].where, problems[-1].count) == ("more_problems", "event_type", 50)


@pytest.mark.parametrize("value", [3, True, ["COMPLETE"], {"status": "FAILED"}, 2.5])
def test_a_type_that_is_no_text_is_unknown_and_not_missing(value: object) -> None:
    event = run_event(inputs=["a"], outputs=["x"]) | {"eventType": value}
    plan = plan_of(event)
    assert (arrows(plan), [run.state for run in plan.runs]) == ([], ["OTHER"])
    assert "event_type" in {str(problem.kind) for problem in plan.problems}
