"""A row is merged with the one that is stored, and never replaces a newer one."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef
from openmetadata_ol_provider.openmetadata.publishing.observability.rows import Average, EndedRun, Row, merged_row
from openmetadata_ol_provider.openmetadata.publishing.observability.tables import TableRef

REF = PipelineRef("p1", "airflow.etl", "unchanged", stored={"serviceType": "Airflow"})
OURS = {
    "pipeline": {"id": "p1", "type": "pipeline", "name": "etl", "fullyQualifiedName": "airflow.etl"},
    "serviceType": "Airflow",
    "lastRunTime": 1000,
    "lastRunStatus": "Successful",
    "startTime": 1000,
    "endTime": 3000,
}


def row(
    status: str = "Successful", start: int | None = 1000, end: int | None = 3000, average: Average | None = None
) -> Row:
    return Row(
        TableRef("t1", "pg.shop.public.t"), EndedRun(REF, "r1", 1000, status, start, end, final=True), None, average
    )


def merged(ours: Row, stored: dict[str, Any] | None, *, averages: bool = True) -> dict[str, Any] | None:
    return merged_row(ours, stored, averages=averages)


def test_the_first_row_is_what_the_run_says() -> None:
    assert merged(row(), None) == OURS


@pytest.mark.parametrize("newer", [{"lastRunTime": 3001}, {"endTime": 4000}, {"startTime": 3001, "lastRunTime": 500}])
def test_a_newer_row_stays(newer: dict[str, Any]) -> None:
    assert merged(row(), {**OURS, **newer}) is None


def test_a_row_of_the_same_run_with_another_status_is_corrected() -> None:
    assert merged(row("Failed"), OURS) == {**OURS, "lastRunStatus": "Failed"}


def test_a_row_of_the_same_run_is_completed_and_keeps_what_only_another_knows() -> None:
    stored = {**OURS, "scheduleInterval": "0 3 * * *", "averageRunTime": 1500.0}
    del stored["endTime"]
    assert merged(row(start=None), stored) == {**stored, "endTime": 3000}


def test_a_new_run_keeps_what_is_of_the_pipeline_and_not_of_the_run_before() -> None:
    stored = {
        "pipeline": OURS["pipeline"], "scheduleInterval": "@daily", "averageRunTime": 900.0,
        "lastRunTime": 10, "startTime": 10, "endTime": 20, "lastRunStatus": "Failed",
    }  # fmt: skip
    assert merged(row(start=None, end=None), stored) == {
        "pipeline": OURS["pipeline"],
        "serviceType": "Airflow",
        "scheduleInterval": "@daily",
        "averageRunTime": 900.0,
        "lastRunTime": 1000,
        "lastRunStatus": "Successful",
    }


@pytest.mark.parametrize(
    ("average", "stored", "expected"),
    [
        (Average(2000.0, 1), None, 2000.0),
        (Average(2000.0, 1), 900.0, 900.0),
        (Average(2000.0, 2), 900.0, 2000.0),
        (None, 900.0, 900.0),
        (None, None, None),
    ],
)
def test_one_run_is_no_better_an_average_than_the_one_that_is_there(
    average: Average | None, stored: float | None, expected: float | None
) -> None:
    before = {**OURS, "lastRunTime": 10, "startTime": 10, "endTime": 20, "averageRunTime": stored}
    written = merged(row(average=average), before)
    assert written is not None
    assert written.get("averageRunTime") == expected


def test_an_average_alone_is_not_written() -> None:
    assert merged(row(average=Average(2000.0, 5)), {**OURS, "averageRunTime": 1.0}) is None
