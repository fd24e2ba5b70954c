"""Mapped instances with run ids of their own, of which some are tried again."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan
from tests.support import Json, parent, run_event, translated

TASK = {"jobType": {"integration": "AIRFLOW", "jobType": "TASK", "processingType": "BATCH"}}


def one(state: str, seconds: float, index: int, number: int = 1, dag_run: str = "dag-run") -> Json:
    facets: Json = {
        "parent": parent("dag", dag_run),
        "airflow": {"task": {"mapped": True}, "taskInstance": {"map_index": index, "try_number": number}},
    }
    run_id = f"{dag_run}-{index}-{number}"
    return run_event(state, run_id=run_id, job="dag.load", seconds=seconds, run_facets=facets, job_facets=TASK)


def records(plan: LineagePlan) -> set[tuple[int | None, str, bool]]:
    return {(run.map_index, run.state, run.replaces) for run in plan.runs}


FIRST = [one("START", 0, 0), one("START", 0, 1), one("FAIL", 5, 0), one("COMPLETE", 6, 1)]
AGAIN = [one("START", 10, 0, 2), one("COMPLETE", 15, 0, 2)]


def test_records_of_mapped_instances_tell_which_they_are() -> None:
    assert records(translated(*FIRST, *AGAIN).plan) == {
        (0, "FAIL", False), (1, "COMPLETE", False), (0, "COMPLETE", False),
    }  # fmt: skip


def test_another_try_in_a_later_batch_has_the_status_built_again() -> None:
    plan = translated(*AGAIN, state=translated(*FIRST).state).plan
    assert records(plan) == {(0, "FAIL", True), (1, "COMPLETE", True), (0, "COMPLETE", True)}


@pytest.mark.parametrize(
    "later",
    [
        [one("START", 10, 2), one("COMPLETE", 15, 2)],
        [one("START", 10, 1, 2), one("COMPLETE", 15, 1, 2)],
        [one("START", 10, 0, 2), one("FAIL", 15, 0, 2)],
        [one("START", 10, 0, 1, "other-run"), one("COMPLETE", 15, 0, 1, "other-run")],
    ],
    ids=["another instance", "one that had not failed", "it failed again", "another run of the DAG"],
)
def test_what_makes_up_for_no_failure_is_added_to_what_is_stored(later: list[Json]) -> None:
    plan = translated(*later, state=translated(*FIRST).state).plan
    assert not any(run.replaces for run in plan.runs)


def test_a_failure_that_is_read_after_the_try_that_made_up_for_it_has_the_status_built_again() -> None:
    plan = translated(FIRST[2], state=translated(FIRST[0], FIRST[1], FIRST[3], *AGAIN).state).plan
    assert records(plan) == {(0, "FAIL", True), (1, "COMPLETE", True), (0, "COMPLETE", True)}
