"""New releases of OpenMetadata are noticed by themselves, and reported without making a build fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract import releases
from tests.contract.conftest import opened
from tests.contract.newer import REPORTED, differences, different_shapes, listed, newer
from tests.contract.releases import RELEASES, Release

KNOWN = tuple(Release(package.rpartition(".")[0], package) for package in ("1.13.0.0", "2.0.0.0", "2.0.7.0"))


@pytest.mark.timeout(900)
def test_releases_that_nobody_has_looked_at_are_tried_and_reported(
    record_property: Callable[[str, object], None],
) -> None:
    found = newer(listed())
    lines = [line for release in found for line in differences(release)]
    for release in found:
        own = [line for line in lines if line.startswith(f"{release.package}: ")]
        for line in own or [f"{release.package}: fits; nothing differs from what is known"]:
            record_property(REPORTED, line)
    if lines:
        pytest.xfail(f"{len(lines)} differences in releases newer than those in releases.py; see the summary")
    assert {release.package for release in found}.isdisjoint(release.package for release in RELEASES)


def test_the_newest_patch_of_each_minor_version_is_taken_if_it_is_newer() -> None:
    packages = ["2.0.7.0", "2.0.8.0", "2.0.8.1", "2.1.0.0", "1.13.0.0", "1.12.99.0", "2.0.10.0", "2.0.9.3"]
    assert newer(packages, KNOWN) == (Release("2.0.10", "2.0.10.0"), Release("2.1.0", "2.1.0.0"))
    assert newer(["2.0.7.0", "1.13.0.0", "1.7.3.0"], KNOWN) == ()
    assert newer(["1.13.0.1"], KNOWN) == (Release("1.13.0", "1.13.0.1"),)


@pytest.mark.usefixtures("offline")
def test_without_an_index_those_are_taken_whose_models_are_there() -> None:
    assert listed() == []
    for name in ("2.1.0.0", ".2.2.0.0.lock", "bodies"):
        Path(releases.CACHE, name).mkdir(parents=True)
    assert listed() == ["2.1.0.0"]


def test_what_a_release_changes_is_found() -> None:
    newest = RELEASES[-1]
    # Its models, compared with what the stand-in knows of the first version.
    with opened(Release(RELEASES[0].version, newest.package)) as models:
        assert any("domains" in line for line in different_shapes(models))
    with opened(newest) as models:
        assert list(different_shapes(models)) == []


@pytest.mark.usefixtures("offline")
def test_a_release_that_cannot_be_had_is_a_line_of_the_report() -> None:
    (line,) = differences(Release("9.9.9", "9.9.9.0"))
    assert line.startswith("9.9.9.0: cannot be tried: FetchError: openmetadata-ingestion 9.9.9.0: ")
