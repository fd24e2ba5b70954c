"""A browser, and an Airflow that is put into several situations."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from openmetadata_ol_provider.picture.graph import LineageGraph
from openmetadata_ol_provider.picture.page import as_page
from tests.ui.browser import View
from tests.ui.deployment import Deployment

#: Names of Debian's browser, and of Chrome's.
_NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """Return the path of a browser, ``None`` if there is none."""
    given = os.environ.get("CHROMIUM")
    return given or next((path for name in _NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    path = chromium()
    if path is None:
        reason = f"no browser: install chromium, or set CHROMIUM to its path (looked for: {', '.join(_NAMES)})"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        # Its own sandbox needs rights that containers do not give.
        running = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def drawn(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Return a function that opens the picture of a graph as a page of its own.

    Its options are the size of the window, the part of the address behind the file, and options of the window.
    """
    pages = []

    def show(graph: LineageGraph, width: int = 1000, height: int = 600, name: str = "", **options: Any) -> Any:
        file = tmp_path / "lineage.html"
        file.write_text(as_page(graph, "Lineage"), encoding="utf-8")
        pages.append(browser.new_page(viewport={"width": width, "height": height}, **options))
        pages[-1].goto(f"{file.as_uri()}{name}")
        return pages[-1]

    yield show
    for page in pages:
        page.close()


_DEPLOYMENTS: list[Deployment] = []


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with Deployment(tmp_path_factory.mktemp("airflow")) as running:
        _DEPLOYMENTS.append(running)
        yield running
        _DEPLOYMENTS.remove(running)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Show the end of the server's log with a failure."""
    report: pytest.TestReport = yield
    if report.failed:
        report.sections += [("log of Airflow's API server", deployment.log()) for deployment in _DEPLOYMENTS]
    return report


@pytest.fixture
def deployment(browser: Any, running: Deployment) -> Callable[[str], Deployment]:
    """Return a function that gives the deployment in a situation."""
    return running.show


@pytest.fixture
def view(browser: Any, deployment: Callable[[str], Deployment]) -> Iterator[Callable[..., View]]:
    """Return a function that opens the browser as a user, in a theme."""
    with ExitStack() as stack:

        def opened(situation: str = "usual", role: str | None = "admin", theme: str = "light") -> View:
            return stack.enter_context(View(browser, deployment(situation), role, theme))

        yield opened


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """Return the folder that pictures of the documentation are written to, ``None`` if none are wanted."""
    folder = os.environ.get("PICTURES")
    return Path(folder) if folder else None
