"""``openmetadata-ol picture``: of a plan, of events, and of OpenMetadata."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.picture.test_page import data_of

EVENT = {
    "eventType": "COMPLETE",
    "eventTime": "2026-11-01T12:00:00Z",
    "run": {"runId": "01938e3c-0000-7000-8000-000000000000"},
    "job": {"namespace": "prod", "name": "totals"},
    "inputs": [{"namespace": "postgres://db:5432", "name": "db.public.orders"}],
    "outputs": [{"namespace": "s3://lake", "name": "marts/totals.parquet"}],
}
TOKEN = "secret"


def picture(*words: str, folder: Path) -> dict:  # type: ignore[type-arg]
    output = folder / "page.html"
    assert main(["picture", *words, "--output", str(output)]) == 0
    return data_of(output.read_text(encoding="utf-8"))


@pytest.fixture
def events(tmp_path: Path) -> Path:
    file = tmp_path / "events.ndjson"
    file.write_text(json.dumps(EVENT) + "\n", encoding="utf-8")
    return file


def test_events_and_their_plan_give_the_same_picture(
    events: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.json"
    assert main(["translate", str(events), "--output", str(plan)]) == 0
    drawn, again = (picture(str(file), folder=tmp_path) for file in (events, plan))
    assert drawn["arrows"] == again["arrows"]
    assert [(card["name"], card["path"], card["kind"]) for card in drawn["cards"]] == [
        ("orders", "postgres://db:5432 db.public", "table"),
        ("totals.parquet", "s3://lake marts", "container"),
    ]
    assert drawn["arrows"][0]["jobs"] == ["prod:totals"]
    assert "page.html: 2 datasets, 1 edge\n" in capsys.readouterr().err


def test_the_lineage_of_an_entity_is_drawn_with_its_columns_and_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    column = [{"name": "id", "dataType": "INT"}]
    tables = [{"fqn": f"shop.db.public.{name}", "columns": column} for name in ("orders", "totals", "other")]
    monkeypatch.setenv("OPENMETADATA_JWT_TOKEN", TOKEN)
    with CatalogueServer({"tables": tables}, token=TOKEN) as catalogue:
        events = tmp_path / "events.ndjson"
        ends = {"inputs": ["orders"], "outputs": ["totals"]}
        named = {side: [{"namespace": "x", "name": f"db.public.{name}"}] for side, (name,) in ends.items()}
        events.write_text(json.dumps({**EVENT, **named}), encoding="utf-8")
        config = tmp_path / "config.json"
        config.write_text(json.dumps({"namespaces": [{"namespace": "x", "service": "shop"}]}), encoding="utf-8")
        assert main(["ingest", str(events), "--host", catalogue.url, "--config", str(config)]) == 0
        drawn = picture("--host", catalogue.url, "--dataset", "shop.db.public.totals", folder=tmp_path)
        (arrow,) = drawn["arrows"]
        assert (arrow["source"], arrow["target"]) == ("shop.db.public.orders", "shop.db.public.totals")
        assert arrow["jobs"] == ["openlineage.prod:totals"]
        assert {card["url"] for card in drawn["cards"]} == {
            f"{catalogue.url}/table/shop.db.public.{name}" for name in ("orders", "totals")
        }


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((), "what to draw"),
        (("--host", "http://127.0.0.1:1", "events.ndjson"), "what to draw"),
        (("--host", "http://127.0.0.1:1"), "--dataset is missing"),
        (("events.ndjson", "--dataset", "a.b"), "--dataset is given with files"),
        (("events.ndjson", "--ca-file", "ca.pem"), "--ca-file is given without --host"),
    ],
)
def test_what_is_not_clear_is_an_error(words: tuple[str, ...], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["picture", *words]) == 2
    assert text in capsys.readouterr().err


def test_messages_that_are_not_events_are_counted_and_make_exit_code_1(
    events: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events.write_text(f"{json.dumps(EVENT)}\nno event\n", encoding="utf-8")
    assert main(["picture", str(events), "--output", str(tmp_path / "page.html")]) == 1
    said = capsys.readouterr().err
    assert "page.html: 2 datasets, 1 edge\n" in said
    assert "openmetadata-ol: 1 message is not an OpenLineage event; `openmetadata-ol explain` shows why\n" in said


def test_an_entity_that_is_not_there_is_named_with_the_option(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENMETADATA_JWT_TOKEN", TOKEN)
    with CatalogueServer({}, token=TOKEN) as catalogue:
        assert main(["picture", "--host", catalogue.url, "--dataset", "a.b.c.d"]) == 2
    assert "--dataset 'a.b.c.d': OpenMetadata has no table of this name" in capsys.readouterr().err


def test_a_plan_of_another_version_is_an_error_not_events(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "plan.json"
    file.write_text('{"version": 99, "edges": [], "datasets": []}', encoding="utf-8")
    assert main(["picture", str(file)]) == 2
    assert "plan version 99 is not supported" in capsys.readouterr().err
