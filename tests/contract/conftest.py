"""The releases, one after the other, each with the process that holds its models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract import releases
from tests.contract.models import Models
from tests.contract.newer import REPORTED
from tests.contract.releases import RELEASES, FetchError, Release, is_ci


@pytest.fixture(scope="session", params=RELEASES, ids=lambda release: release.version)
def release(request: pytest.FixtureRequest) -> Release:
    found: Release = request.param
    return found


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leave pip no index that answers, and no models that are there already."""
    monkeypatch.setattr(releases, "CACHE", tmp_path / "models")
    monkeypatch.setattr(releases, "_failures", [])
    for name, value in (("INDEX_URL", "http://127.0.0.1:9/simple"), ("NO_CACHE_DIR", "1")):
        monkeypatch.setenv(f"PIP_{name}", value)
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def models(release: Release) -> Iterator[Models]:
    with opened(release) as found:
        yield found


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what looks at all other tests behind them."""
    items.sort(key=lambda item: item.path.name == "test_suite.py")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what was found out about releases that are newer than the known ones."""
    reports = [report for kind in ("passed", "xfailed") for report in terminalreporter.stats.get(kind, ())]
    lines = [str(text) for report in reports for name, text in report.user_properties if name == REPORTED]
    if lines:
        terminalreporter.section("releases of OpenMetadata newer than the known ones")
        for line in lines:
            terminalreporter.line(line)


def opened(release: Release) -> Models:
    """Return the models of a release; without them there is nothing to test, which only a build must not accept."""
    try:
        return Models(release)
    except FetchError as error:
        if is_ci():
            raise
        pytest.skip(f"THE CONTRACT WITH OPENMETADATA {release.version} IS NOT TESTED: {error}")
