"""``openmetadata-ol cleanup``: what is read, what is printed, and which exit code is given."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.state.store import StateStore
from tests.kafka import fixtures
from tests.openmetadata.builders import SEED, TOKEN, config
from tests.openmetadata.cleanup.support import (
    ACCOUNTS,
    ORDERS,
    TOTALS,
    as_person,
    plan_of,
    publish,
    publish_wrong_edge,
    whole_run,
)
from tests.openmetadata.histories import KeptHistory
from tests.support import PACKAGED, Json

broker, connect, hook, produce = fixtures.broker, fixtures.connect, fixtures.hook, fixtures.produce
clean_variables = fixtures.clean_variables

Capture = pytest.CaptureFixture[str]
Write = Callable[[list[Any]], str]
WRONG = f"{ACCOUNTS} -> {TOTALS}"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[CatalogueServer]:
    monkeypatch.setenv("OPENMETADATA_JWT_TOKEN", TOKEN)
    with CatalogueServer(SEED, token=TOKEN) as running, OpenMetadataClient(running.url, TOKEN) as client:
        publish(plan_of(whole_run("etl", ORDERS, TOTALS)), client)
        publish_wrong_edge(client, "etl", ACCOUNTS, TOTALS)
        running.reset_requests()
        yield running


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def lines(events: list[Json]) -> str:
        path = tmp_path / "events.ndjson"
        path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
        return str(path)

    return lines


def test_what_is_found_is_listed_and_removed_on_demand(server: CatalogueServer, write: Write, capsys: Capture) -> None:
    path = write(whole_run("etl", ORDERS, TOTALS))
    assert main(["cleanup", path, "--host", server.url]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "TO REMOVE WITH --apply (1)",
        f"  edge     {WRONG}",
        "    not_shown: openlineage.prod:etl: of its 1 run in the events none gives it",
        "COVERED",
        "  the events cover 1 job; not judged, because they are of other jobs: 0 edges and 0 pipelines",
    ]
    assert server.writes() == []
    assert main(["cleanup", path, "--host", server.url, "--apply"]) == 0
    assert capsys.readouterr().out.startswith("REMOVED (1)\n")
    assert server.edges().keys() == {(ORDERS, TOTALS)}
    assert main(["cleanup", path, "--host", server.url, "--apply"]) == 0
    assert capsys.readouterr().out.startswith("NOTHING TO REMOVE\n")


def test_as_json(server: CatalogueServer, write: Write, capsys: Capture) -> None:
    assert main(["cleanup", write(whole_run("etl", ORDERS, TOTALS)), "--host", server.url, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "findings": [
            {
                "kind": "edge",
                "where": WRONG,
                "rule": "not_shown",
                "why": "openlineage.prod:etl: of its 1 run in the events none gives it",
                "outcome": "listed",
                "detail": "",
                "writer": "openlineage.prod:etl",
            }
        ],
        "jobs_covered": 1,
        "not_covered": {"edges": 0, "pipelines": 0},
        "problems": [],
    }


def test_what_is_kept_says_why(server: CatalogueServer, write: Write, capsys: Capture) -> None:
    ids = {item["fullyQualifiedName"]: item["id"] for item in server.entities("table")}
    operation = {"op": "add", "path": "/description", "value": "of finance"}
    url = f"v1/lineage/table/{ids[ACCOUNTS]}/table/{ids[TOTALS]}"
    as_person(server, "PATCH", url, [operation])
    assert main(["cleanup", write(whole_run("etl", ORDERS, TOTALS)), "--host", server.url, "--apply"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "KEPT, REMOVE BY HAND WHAT IS WRONG (1)"
    assert "    it has a description of others" in printed
    assert server.edges().keys() == {(ORDERS, TOTALS), (ACCOUNTS, TOTALS)}


def test_the_exit_code_tells_what_failed(server: CatalogueServer, write: Write, capsys: Capture) -> None:
    path = write(whole_run("etl", ORDERS, TOTALS))
    server.fail("DELETE", "v1/lineage", 409)
    assert main(["cleanup", path, "--host", server.url, "--apply"]) == 1
    server.clear_faults()
    capsys.readouterr()
    server.fail("GET", "v1/lineage/table", 400, times=2)
    assert main(["cleanup", path, "--host", server.url]) == 1
    assert "COULD NOT BE READ (2)" in capsys.readouterr().out
    server.clear_faults()
    assert main(["cleanup", write([*whole_run("etl", ORDERS, TOTALS), {"no": "event"}]), "--host", server.url]) == 1
    assert "not OpenLineage events, and left out: 1 message" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["EVENTS", "--from", "earliest"], ["--from", "yesterday", "--topics", "t"]])
def test_wrong_use(
    options: list[str], server: CatalogueServer, write: Write, capsys: Capture, airflow_db: Path
) -> None:
    path = write(whole_run("etl", ORDERS, TOTALS))
    options = [path if option == "EVENTS" else option for option in options]
    assert main(["cleanup", *options, "--host", server.url]) == 2
    assert capsys.readouterr().err


def test_the_ledger_forgets_what_was_removed(
    server: CatalogueServer, write: Write, capsys: Capture, airflow_db: Path
) -> None:
    events = whole_run("etl", ORDERS, TOTALS)
    store, history = StateStore("cleanup-test"), KeptHistory()
    wrong = whole_run("etl", ACCOUNTS, TOTALS, run_id="earlier")
    with OpenMetadataClient(server.url, TOKEN) as client:
        history.publish(plan_of(events), client, config())
        history.publish(plan_of(wrong), client, config())
    store.write_ledger(history.ledger)
    assert len(history.ledger.edges) == 2
    options = ["--host", server.url, "--state-key", "cleanup-test", "--apply"]
    assert main(["cleanup", write(events), *options]) == 0
    assert [fact.where for fact in store.read_ledger().edges.values()] == [f"{ORDERS} -> {TOTALS}"]


@pytest.mark.usefixtures("clean_variables")
def test_events_are_read_from_kafka_and_no_position_moves(
    server: CatalogueServer, hook: Any, produce: Any, capsys: Capture
) -> None:
    messages = [json.dumps(event).encode() for event in whole_run("etl", ORDERS, TOTALS)]
    produce("events", 0, *messages, b"no event")
    options = ["--topics", "events", "--host", server.url, "--json"]
    assert main(["cleanup", "--from", "earliest", *options]) == 1
    document = json.loads(capsys.readouterr().out)
    assert [(item["where"], item["outcome"]) for item in document["findings"]] == [(WRONG, "listed")]
    with hook.query() as query:
        assert [item.committed for item in query.partition_statuses(["events"])] == [None] * 3
    # Only the message that is no event comes after the end of the run.
    assert main(["cleanup", "--from", '{"events": {"0": 2}}', *options]) == 1
    assert json.loads(capsys.readouterr().out)["jobs_covered"] == 0


@pytest.mark.parametrize("name", sorted(path.name for path in PACKAGED.glob("*.ndjson.gz")))
def test_of_what_today_s_rules_have_written_nothing_is_removed(
    name: str, catalogue: CatalogueServer, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENMETADATA_JWT_TOKEN", "test-token")
    path = str(PACKAGED / name)
    main(["ingest", path, "--host", catalogue.url])
    capsys.readouterr()
    main(["cleanup", path, "--host", catalogue.url, "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["findings"] == []
    assert document["jobs_covered"] > 0
