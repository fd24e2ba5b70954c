"""Releases that the package index has and this repository does not name yet: found, compared, never required."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator

from tests.contract import releases, routes
from tests.contract.described import Comparison
from tests.contract.models import Models
from tests.contract.releases import COMPARED, PACKAGE, RELEASES, Release
from tests.contract.scenarios import SCENARIOS, start
from tests.contract.seen import AGENT
from tests.contract.test_shapes import FREE, shapes_of

#: Property of a test's report that the summary of the run shows.
REPORTED = "newer release"
#: Seconds; an index that does not answer by then is not asked again.
_TIMEOUT = 40
_PACKAGE_VERSION = re.compile(r"\d+\.\d+\.\d+\.\d+")
#: Lines about one release; more would hide the first.
_MOST_LINES = 20


def listed() -> list[str]:
    """Return the released versions of the package, as the package index lists them.

    Without an answer these are the ones whose models are there from earlier runs.
    """
    command = [sys.executable, "-m", "pip", "index", "versions", "--disable-pip-version-check", "--retries=0",
               "--timeout=10", PACKAGE]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
        text = done.stdout.partition("Available versions:")[2].partition("\n")[0]
    except subprocess.TimeoutExpired:
        text = ""
    return _PACKAGE_VERSION.findall(text) or sorted(path.name for path in releases.CACHE.glob("[0-9]*"))


def newer(packages: Iterable[str], known: Iterable[Release] = (*RELEASES, *COMPARED)) -> tuple[Release, ...]:
    """Return the newest release of each minor version, where it is newer than those that are known.

    :param packages: versions of the package, such as ``2.0.7.0``
    :param known: releases that are tested anyway, or were compared before
    """
    newest = {release.numbers[:2]: _numbers(release.package) for release in sorted(known, key=_of_release)}
    oldest, found = min(newest), {}
    for package in sorted(packages, key=_numbers):
        minor = _numbers(package)[:2]
        if minor >= oldest and _numbers(package) > newest.get(minor, ()):
            found[minor] = Release(package.rpartition(".")[0], package)
    return tuple(found[minor] for minor in sorted(found))


def differences(release: Release) -> list[str]:
    """Return what a release's models have against the stand-in and against our requests, a line each.

    Whatever goes wrong is such a line, too: nobody here can mend a release that has just appeared.
    """
    try:
        with Models(release) as models:
            lines = [*different_shapes(models), *_requests(models)]
    except Exception as error:  # noqa: BLE001
        lines = [f"cannot be tried: {type(error).__name__}: {error}"]
    more = [f"... and {len(lines) - _MOST_LINES} more"] if len(lines) > _MOST_LINES else []
    return [f"{release.package}: {line}" for line in (*lines[:_MOST_LINES], *more)]


def different_shapes(models: Models) -> Iterator[str]:
    """Yield where the models and the stand-in differ in fields, bounds or values."""
    for shape, model in shapes_of(models.release.numbers).values():
        described = models.describe([model])[model]
        comparison = Comparison(described["objects"], models.release.numbers, FREE)
        yield from map(str, comparison.objects(shape, described["root"], shape))


def _requests(models: Models) -> Iterator[str]:
    for publish in SCENARIOS.values():
        with start(models.release.version) as server:
            publish(server)
            bodies = [body for body in server.bodies if body.agent == AGENT]
        yield from routes.complaints(models, bodies)


def _numbers(package: str) -> tuple[int, ...]:
    return tuple(int(part) for part in package.split("."))


def _of_release(release: Release) -> tuple[int, ...]:
    return _numbers(release.package)
