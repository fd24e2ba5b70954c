"""Counting the task runs of a day by their statuses: all of them, but few at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.held import HeldCount
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.openmetadata.publishing.runs.stored_runs import AT_ONCE, DAY_MS, count_stored_runs
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, SEED, TOKEN, config, job, plan

ETL = "openlineage.prod:etl"
DAY = "2026-01-02"
START = int(dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc).timestamp() * 1000)
#: Runs of the day and of the one before, with two tasks each.
RUNS = 3000


@pytest.fixture(scope="module")
def server() -> Iterator[CatalogueServer]:
    """Run a catalogue with a pipeline that runs every minute, but most often around midnight."""
    with CatalogueServer(SEED, token=TOKEN) as catalogue:
        with OpenMetadataClient(catalogue.url, TOKEN, retries=FAST) as client:
            jobs = (job(), *(job(f"etl.{name}", task=name, pipeline="etl") for name in "ab"))
            publish_plan(plan(jobs=jobs), client, config())
            regular = range(START - DAY_MS, START + DAY_MS, 60_000)
            busy = range(START - 60_000, START + 60_000, 120_000 // (RUNS - len(regular) + 1))
            times = [*dict.fromkeys((*regular, *busy))][:RUNS]
            tasks = [{"name": name, "executionStatus": "Successful"} for name in "ab"]
            statuses = [
                {
                    "timestamp": at,
                    "executionStatus": "Successful",
                    "taskStatus": [{**task, "startTime": at + 5_000} for task in tasks],
                }
                for at in times
            ]
            for first in range(0, RUNS, 1000):
                client.put(f"v1/pipelines/{ETL}/status/bulk", statuses[first : first + 1000])
        yield catalogue


@pytest.fixture
def client(server: CatalogueServer) -> Iterator[OpenMetadataClient]:
    server.reset_requests()
    with OpenMetadataClient(server.url, TOKEN, retries=FAST) as connected:
        yield connected


def held(total: int = 1, **fields: object) -> HeldCount:
    return HeldCount("id", ETL, DAY, total, **fields)  # type: ignore[arg-type]


def sizes(server: CatalogueServer) -> list[int]:
    """Return how many task runs each response had."""
    stored = server.statuses(ETL)
    spans = [parse_qs(urlsplit(path).query) for _, path, _ in server.requests if "/status?" in path]
    return [
        sum(2 for status in stored if int(span["startTs"][0]) <= status["timestamp"] <= int(span["endTs"][0]))
        for span in spans
    ]


def expected_count(server: CatalogueServer) -> int:
    return sum(2 for status in server.statuses(ETL) if START <= status["timestamp"] + 5_000 < START + DAY_MS)


@pytest.mark.parametrize("expected", [3 * RUNS, 2 * RUNS, RUNS // 2])
def test_a_busy_day_is_counted_in_parts(client: OpenMetadataClient, server: CatalogueServer, expected: int) -> None:
    assert count_stored_runs(client, held(), expected) == expected_count(server)
    # That there are more than expected is only seen when they are read: then the next part is shorter.
    assert max(sizes(server)) <= 4 * AT_ONCE < 2 * RUNS


def test_a_day_with_few_runs_is_counted_with_one_call(client: OpenMetadataClient, server: CatalogueServer) -> None:
    assert count_stored_runs(client, held(), AT_ONCE) == expected_count(server)
    assert len(sizes(server)) == 1


@pytest.mark.parametrize("reused", [False, True])
def test_each_run_is_counted_once_however_the_day_is_divided(
    client: OpenMetadataClient, server: CatalogueServer, *, reused: bool
) -> None:
    counted = {count_stored_runs(client, held(reused=reused), expected) for expected in (1, 777, 5000, 100_000)}
    assert counted == {expected_count(server)}


def test_runs_of_a_pipeline_without_tasks_are_counted_themselves(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    own = sum(1 for status in server.statuses(ETL) if START <= status["timestamp"] < START + DAY_MS)
    assert count_stored_runs(client, held(of_tasks=False), 5000) == own


def test_a_pipeline_that_is_gone_has_no_runs(client: OpenMetadataClient) -> None:
    gone = HeldCount("id", "openlineage.gone", DAY, 1)
    assert count_stored_runs(client, gone, 5000) == 0
