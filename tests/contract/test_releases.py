"""The models are fetched once and by one process; without them the tests skip loudly, and fail in a build."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.contract import releases
from tests.contract.conftest import opened
from tests.contract.releases import RELEASES, FetchError, Release, release_for

NOWHERE = Release("1.8.0", "1.8.0.0")


@pytest.mark.usefixtures("offline")
def test_without_an_index_the_contract_is_skipped_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"CONTRACT WITH OPENMETADATA 1\.8\.0 IS NOT TESTED"):
        opened(NOWHERE)
    assert not [path for path in releases.CACHE.iterdir() if path.is_dir()]


@pytest.mark.usefixtures("offline")
def test_in_a_build_it_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(FetchError, match=r"openmetadata-ingestion 1\.8\.0\.0: "):
        opened(NOWHERE)


def test_every_minor_version_has_models_and_every_server_finds_its_own() -> None:
    minors = {release.numbers[:2] for release in RELEASES}
    assert minors == {*((1, minor) for minor in range(8, 14)), (2, 0)}
    for version, package in (
        ((1, 8, 0), "1.8.0.0"),
        ((1, 9, 17), "1.9.0.0"),
        ((1, 11, 13), "1.11.0.0"),
        ((1, 12, 20), "1.12.14.2"),
        ((2, 1, 0), "2.0.7.0"),
    ):
        assert release_for(version).package == package


def test_nothing_of_the_package_is_installed_beside_ours() -> None:
    command = [
        sys.executable,
        "-c",
        "import importlib.util as u; raise SystemExit(u.find_spec('metadata') is not None)",
    ]
    assert subprocess.run(command, check=False).returncode == 0
