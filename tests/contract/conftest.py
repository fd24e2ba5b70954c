"""The releases, one after the other, each with the process that holds its models."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.models import Models
from tests.contract.releases import RELEASES, FetchError, Release, is_ci


@pytest.fixture(scope="session", params=RELEASES, ids=lambda release: release.version)
def release(request: pytest.FixtureRequest) -> Release:
    found: Release = request.param
    return found


@pytest.fixture(scope="session")
def models(release: Release) -> Iterator[Models]:
    with opened(release) as found:
        yield found


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what looks at all other tests behind them."""
    items.sort(key=lambda item: item.path.name == "test_suite.py")


def opened(release: Release) -> Models:
    """Return the models of a release; without them there is nothing to test, which only a build must not accept."""
    try:
        return Models(release)
    except FetchError as error:
        if is_ci():
            raise
        pytest.skip(f"THE CONTRACT WITH OPENMETADATA {release.version} IS NOT TESTED: {error}")
