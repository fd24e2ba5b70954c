"""Ten runs on a catalogue that others work in, too: everything of theirs survives, in all versions alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import Dataset, Field, LineagePlan, Owner, Tag
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import (
    PG,
    SEED,
    TOKEN,
    columns,
    config,
    dataset,
    edge,
    job,
    orders,
    pair,
    run,
    totals,
)
from tests.openmetadata.histories import KeptHistory

SHARED = ("pg.shop.public.orders", "pg.shop.public.totals")
BY_HAND = ("pg.shop.crm.accounts", "pg.shop.public.totals")
PIPELINE = "openlineage.prod:etl"
TABLE = "pg.shop.public.totals"
STEWARD = {"description": "The steward's words.", "owner": "ada", "tag": "PII.None"}
#: What is in the catalogue before the first run, besides the small catalogue of the other tests.
DOCUMENT: dict[str, Any] = {
    **SEED,
    "users": [{"name": "ada", "email": "ada@example.com"}, {"name": "bob", "email": "bob@example.com"}],
    "classifications": [{"name": "PII", "description": "Personal data"}],
    "tags": [{"name": "None", "classification": "PII", "description": "none"}],
    "tables": [
        *(table for table in SEED["tables"] if table["fqn"] != TABLE),
        {
            "fqn": TABLE,
            "columns": [
                {"name": "id", "dataType": "STRING", "description": "The steward's column."},
                *columns("total"),
            ],
            "description": STEWARD["description"],
            "owners": ["user:ada"],
            "tags": [
                {"tagFQN": STEWARD["tag"], "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
            ],
        },
    ],
    "pipelineServices": [{"name": "openlineage", "serviceType": "OpenLineage"}],
    "pipelines": [
        {
            "name": "prod:etl",
            "service": "openlineage",
            "description": "The pipeline's steward's words.",
            "tasks": [{"name": "theirs", "description": "Another tool's task.", "downstreamTasks": []}],
        }
    ],
    "edges": [
        {
            "from": BY_HAND[0],
            "to": BY_HAND[1],
            "lineageDetails": {
                "source": "Manual",
                "description": "drawn by hand",
                "columnsLineage": [
                    {"fromColumns": [f"{BY_HAND[0]}.id"], "toColumn": f"{BY_HAND[1]}.total", "function": "by hand"}
                ],
            },
        }
    ],
}


def said(which: Dataset) -> Dataset:
    """Return a dataset of which the events say all that they can."""
    return Dataset(
        which.namespace,
        which.name,
        which.identities,
        fields=(Field("id", "int", "The event's column."), Field("total", "int", "What is left.")),
        description="The event's words.",
        owners=(Owner("user:bob"),),
        tags=(Tag("tier", "gold"),),
    )


def plan_of_etl(number: int) -> LineagePlan:
    """Return run number so and so of a pipeline that writes the shared edge, and one that was drawn by hand."""
    accounts = dataset(PG, "shop.crm.accounts")
    return LineagePlan(
        events=2,
        edges=(
            edge(orders(), totals(), pair(orders(), "id", "id"), job="etl.load"),
            edge(accounts, totals(), pair(accounts, "id", "id"), job="etl.load"),
        ),
        jobs=(
            job(description="The event's words."),
            job("etl.load", task="load", pipeline="etl", sql="insert into totals select 1"),
        ),
        runs=(
            run("COMPLETE", pipeline_run_id=f"r{number}", pipeline_started_at=f"2026-01-01T00:0{number}:00Z"),
            run(
                "COMPLETE",
                task="load",
                pipeline_run_id=f"r{number}",
                pipeline_started_at=f"2026-01-01T00:0{number}:00Z",
            ),
        ),
        datasets=(orders(), said(totals()), accounts),
    )


def plan_of_other(number: int) -> LineagePlan:
    """Return the plan of another pipeline that writes the shared edge with other columns."""
    del number
    return LineagePlan(
        events=1,
        edges=(edge(orders(), totals(), pair(orders(), "amount", "total"), job="other"),),
        jobs=(job("other", sql="insert into totals select 2"),),
        datasets=(orders(), totals()),
    )


@pytest.fixture(params=["1.8.0", "1.9.0", "1.10.0", "1.11.0", "1.12.0", "1.13.0", "2.0.2"])
def version(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def served(version: str) -> Iterator[tuple[CatalogueServer, OpenMetadataClient]]:
    with (
        CatalogueServer(DOCUMENT, version=version, token=TOKEN) as server,
        OpenMetadataClient(server.url, TOKEN) as client,
    ):
        yield server, client


def ten_runs(client: OpenMetadataClient, history: KeptHistory | None, **rules: Any) -> list[Any]:
    return [
        (history or KeptHistory()).publish(make(number), client, config(**rules))
        for number in range(10)
        for make in (plan_of_etl, plan_of_other)
    ]


def table(server: CatalogueServer) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in server.entities("table") if one["fullyQualifiedName"] == TABLE)
    return found


def pairs(details: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (start.rpartition(".")[2], entry["toColumn"].rpartition(".")[2])
        for entry in details["columnsLineage"]
        for start in entry["fromColumns"]
    }


@pytest.mark.parametrize("remembers", [True, False], ids=["with history", "without"])
def test_two_pipelines_a_manual_edge_a_stewards_words_and_a_foreign_task_survive(
    remembers: bool, served: tuple[CatalogueServer, OpenMetadataClient]
) -> None:
    server, client = served
    reports = ten_runs(client, KeptHistory() if remembers else None)
    assert [report.failed for report in reports] == [0] * 20

    shared = server.edges()[SHARED]
    assert pairs(shared) == {("id", "id"), ("amount", "total")}
    assert shared["description"] == f"Written by OpenLineage jobs: {PIPELINE}.load; openlineage.prod:other"

    by_hand = server.edges()[BY_HAND]
    assert (by_hand["source"], by_hand["description"]) == ("Manual", "drawn by hand")
    assert pairs(by_hand) == {("id", "total"), ("id", "id")}
    assert [entry["function"] for entry in by_hand["columnsLineage"] if "function" in entry] == ["by hand"]

    found = table(server)
    assert found["description"] == STEWARD["description"]
    assert [column.get("description") for column in found["columns"]] == ["The steward's column.", "What is left."]
    assert [owner["name"] for owner in found["owners"]] == [STEWARD["owner"]]
    assert [label["tagFQN"] for label in found["tags"]] == [STEWARD["tag"]]

    pipeline = next(one for one in server.entities("pipeline") if one["fullyQualifiedName"] == PIPELINE)
    assert pipeline["description"] == "The pipeline's steward's words."
    assert {task["name"]: task.get("description") for task in pipeline["tasks"]} == {
        "theirs": "Another tool's task.",
        "load": None,
    }
    assert len(server.statuses(PIPELINE)) == 10


@pytest.mark.parametrize("remembers", [True, False], ids=["with history", "without"])
def test_after_the_first_two_runs_only_new_runs_are_written(
    remembers: bool, served: tuple[CatalogueServer, OpenMetadataClient]
) -> None:
    server, client = served
    history = KeptHistory() if remembers else None
    ten_runs(client, history)
    server.reset_requests()
    ten_runs(client, history)
    assert server.writes() == []


def test_every_version_ends_up_with_the_same_lineage(served: tuple[CatalogueServer, OpenMetadataClient]) -> None:
    server, client = served
    ten_runs(client, None)
    lineage = {ends: (details["source"], frozenset(pairs(details))) for ends, details in server.edges().items()}
    assert lineage == {
        SHARED: ("OpenLineage", frozenset({("id", "id"), ("amount", "total")})),
        BY_HAND: ("Manual", frozenset({("id", "total"), ("id", "id")})),
    }
