"""The kit for a real OpenMetadata works: tried on stand-ins, it finds every law kept and leaves nothing behind."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.real_openmetadata.__main__ import main
from tests.real_openmetadata.laws import LAWS

TOKEN = "a.jwt.of-a-bot"
KINDS = ("table", "topic", "container", "pipeline", "database", "databaseService", "pipelineService", "storageService")
KINDS += ("domain", "dataProduct", "team", "classification", "tag")
SEED = {"databaseServices": [{"name": "others", "serviceType": "Postgres"}]}


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENMETADATA_JWT_TOKEN", TOKEN)


@pytest.mark.parametrize("version", ["1.8.0", "1.13.0", "2.0.2", "2.1.0"])
def test_every_law_holds_on_the_stand_in_and_nothing_is_left(version: str, capsys: pytest.CaptureFixture[str]) -> None:
    with CatalogueServer(SEED, version=version, token=TOKEN) as server:
        assert main(["--host", server.url, "--name", "oltest_kit"]) == 0
        left = [entity["fullyQualifiedName"] for kind in KINDS for entity in server.entities(kind)]
    assert left == ["others"]
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split(" | ")[1] for row in rows] == ["holds"] * len(LAWS)


def test_a_law_that_does_not_hold_is_named_and_what_was_created_is_deleted(capsys: pytest.CaptureFixture[str]) -> None:
    with CatalogueServer(SEED, token=TOKEN) as server:
        server.fail("PUT", "v1/lineage$", 400, times=1, message="no good")
        assert main(["--host", server.url, "--name", "oltest_kit"]) == 1
        assert [service["name"] for service in server.entities("databaseService")] == ["others"]
    assert "| DOES NOT HOLD | AssertionError: " in capsys.readouterr().out


@pytest.mark.parametrize("name", ["production", "oltest_x; drop", "others"])
def test_a_name_without_the_prefix_is_refused_before_anything_is_created(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with CatalogueServer(SEED, token=TOKEN) as server:
        assert main(["--host", server.url, "--name", name]) == 2
        assert server.writes() == []
    assert f"the name is {name!r}; give one of letters, digits and _" in capsys.readouterr().err


def test_services_that_exist_are_not_touched(capsys: pytest.CaptureFixture[str]) -> None:
    seed = {"databaseServices": [{"name": "oltest_mine_db", "serviceType": "Postgres"}]}
    with CatalogueServer(seed, token=TOKEN) as server:
        assert main(["--host", server.url, "--name", "oltest_mine"]) == 2
        assert server.writes() == []
    assert "exists already; give another name" in capsys.readouterr().err
