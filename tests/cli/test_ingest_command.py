"""``openmetadata-ol ingest``: files published as the operators do, once, with a report."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.support import PACKAGED, captured, run_event

TOKEN = "test-token"
EVENTS = str(PACKAGED / "dbt-postgres.ndjson.gz")
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENMETADATA_JWT_TOKEN", TOKEN)


def report_of(capsys: Capture) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_lineage_is_published_and_reported(catalogue: CatalogueServer, capsys: Capture) -> None:
    assert main(["ingest", EVENTS, "--host", catalogue.url]) == 0
    report = report_of(capsys)
    edges = catalogue.edges()
    assert len(edges) == report["edges"]["published"] > 0
    assert (report["events"], report["edges"]["failed"]) == (len(captured("dbt-postgres")), 0)
    assert report.keys() >= {"events", "runs", "edges", "datasets", "requests", "parked", "dead_letters", "problems"}
    assert report["edges"].keys() == {"published", "unchanged", "failed"}
    assert report["datasets"].keys() == {"resolved", "unresolved", "ambiguous", "ignored"}
    assert any(details.get("columnsLineage") for details in edges.values())


def test_the_requests_reported_are_those_that_were_made(catalogue: CatalogueServer, capsys: Capture) -> None:
    main(["ingest", EVENTS, "--host", catalogue.url])
    assert report_of(capsys)["requests"] == catalogue.calls()


@pytest.mark.parametrize("name", ["dbt-postgres", "airflow-scheduler", "spark-1.53.0"])
def test_the_second_time_nothing_is_written(catalogue: CatalogueServer, capsys: Capture, name: str) -> None:
    path = str(PACKAGED / f"{name}.ndjson.gz")
    assert main(["ingest", path, "--host", catalogue.url]) == 0
    first, edges = report_of(capsys), catalogue.edges()
    catalogue.reset_requests()
    assert main(["ingest", path, "--host", catalogue.url]) == 0
    second = report_of(capsys)
    assert catalogue.writes() == []
    assert catalogue.edges() == edges
    assert second["edges"] == {"published": 0, "unchanged": first["edges"]["published"], "failed": 0}


def test_a_dry_run_writes_nothing_and_tells_what_it_would(catalogue: CatalogueServer, capsys: Capture) -> None:
    assert main(["ingest", EVENTS, "--host", catalogue.url, "--dry-run"]) == 0
    assert catalogue.writes() == []
    report = report_of(capsys)
    assert report["datasets"]["resolved"] > 0
    assert report["edges"]["published"] > 0


def test_the_report_goes_to_a_file_and_words_for_people_to_stderr(
    catalogue: CatalogueServer, tmp_path: Path, capsys: Capture
) -> None:
    assert main(["ingest", EVENTS, "--host", catalogue.url, "--output", str(tmp_path / "report.json")]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "edges" in printed.err
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["events"] > 0


def test_lines_that_are_no_events_make_exit_code_1_and_stop_nothing(
    catalogue: CatalogueServer, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "mixed.ndjson"
    path.write_bytes(b"\n".join([b"{}", *captured("dbt-postgres")]))
    assert main(["ingest", str(path), "--host", catalogue.url]) == 1
    report = report_of(capsys)
    assert report["edges"]["published"] > 0
    assert [problem["where"] for problem in report["problems"] if problem["kind"] == "malformed"] == [f"{path}:1"]


def test_what_the_catalogue_does_not_have_is_unresolved_and_not_made_up(
    catalogue: CatalogueServer, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "events.json"
    path.write_text(json.dumps(run_event(inputs=["no.such.table"], outputs=["nor.this.one"])), encoding="utf-8")
    tables = len(catalogue.entities("table"))
    assert main(["ingest", str(path), "--host", catalogue.url]) == 0
    report = report_of(capsys)
    assert (report["datasets"]["unresolved"], report["edges"]["published"]) == (2, 0)
    assert len(catalogue.entities("table")) == tables
    assert [name in json.dumps(report["problems"]) for name in ("no.such.table", "nor.this.one")] == [True, True]


@pytest.mark.parametrize("value", ["wrong-token", "", None])
def test_a_wrong_token_is_exit_code_1_and_never_shown(
    catalogue: CatalogueServer, monkeypatch: pytest.MonkeyPatch, capsys: Capture, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv("OPENMETADATA_JWT_TOKEN")
    else:
        monkeypatch.setenv("OPENMETADATA_JWT_TOKEN", value)
    assert main(["ingest", EVENTS, "--host", catalogue.url]) == 1
    printed = capsys.readouterr()
    assert "401" in printed.err
    assert "wrong-token" not in printed.err + printed.out
    assert catalogue.edges() == {}


@pytest.mark.parametrize("content", [b"", b"{}\n"], ids=["empty", "no event"])
def test_a_wrong_token_is_noticed_although_there_is_nothing_to_publish(
    catalogue: CatalogueServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture, content: bytes
) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(content)
    assert main(["ingest", str(path), "--host", catalogue.url]) == (1 if content else 0)
    assert report_of(capsys)["requests"]["GET"] > 0
    monkeypatch.setenv("OPENMETADATA_JWT_TOKEN", "wrong-token")
    assert main(["ingest", str(path), "--host", catalogue.url]) == 1
    printed = capsys.readouterr()
    assert "refused the token (401" in printed.err
    assert [problem["kind"] for problem in json.loads(printed.out)["problems"]] == (["malformed"] if content else [])


def test_an_address_where_nobody_listens_is_exit_code_1(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)  # between the tries
    with socket.socket() as taken:  # bound but not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert main(["ingest", EVENTS, "--host", url]) == 1
    printed = capsys.readouterr()
    assert printed.err.splitlines()[-1].startswith("openmetadata-ol: ")
    assert url in printed.err
    assert "Traceback" not in printed.err


@pytest.mark.parametrize("path", ["/status", "v1/usage"])
def test_an_endpoint_that_only_decorates_lineage_is_exit_code_1_and_all_edges(
    catalogue: CatalogueServer, capsys: Capture, path: str
) -> None:
    catalogue.fail("*", path, 500, times=10_000)
    assert main(["ingest", EVENTS, "--host", catalogue.url]) == 1
    output = capsys.readouterr()
    report = json.loads(output.out)
    assert len(catalogue.edges()) == report["edges"]["published"] > 0
    assert "endpoint_failing" in {problem["kind"] for problem in report["problems"]}
    assert "endpoint_failing: " in output.err


def test_the_report_is_printed_although_the_publication_ended_early(
    catalogue: CatalogueServer, capsys: Capture
) -> None:
    catalogue.fail("*", "/status", 401, times=10_000)
    assert main(["ingest", EVENTS, "--host", catalogue.url]) == 1
    output = capsys.readouterr()
    report = json.loads(output.out)
    assert len(catalogue.edges()) == report["edges"]["published"] > 0
    assert [problem["kind"] for problem in report["problems"]].count("stopped") == 1
    assert output.err.count("refused the token") == 1
