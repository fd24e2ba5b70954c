"""Java libraries from Maven Central, kept in the checkout's ``.kafka`` folder: fetched once, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CACHE = Path(__file__).parents[2] / ".kafka"
_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_FETCH_TIMEOUT = 500


def libraries(name: str) -> Path:
    """Return the folder with the libraries of ``java/<name>/pom.xml``; without a way to get them, the test is skipped.

    The folder's name has the POM's digest: another version of a library is another folder.
    """
    needed("java")
    pom = HERE / "java" / name / "pom.xml"
    folder = CACHE / f"{name}-{hashlib.sha256(pom.read_bytes()).hexdigest()[:12]}"
    if not folder.is_dir():
        _fetch(pom, folder)
    return folder


def needed(command: str) -> str:
    """Return the path of a command; where it is missing the test is skipped."""
    path = shutil.which(command)
    if path is None:
        unavailable(f"there is no {command!r} on this machine; install a JDK (17 or newer) and Maven")
    return str(path)


def unavailable(reason: str) -> None:
    """Skip the test with a reason that cannot be overlooked; in CI it is a failure, lest nobody notice."""
    text = f"NOT TESTED on a real Kafka: {reason}"
    if os.environ.get("CI", "").lower() in {"true", "1"}:
        pytest.fail(text, pytrace=False)
    pytest.skip(text)


def _fetch(pom: Path, folder: Path) -> None:
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix=".fetching-") as work:
        command = [needed("mvn"), "-q", "-B", "-f", str(pom), _GOAL, "-DincludeScope=runtime"]
        command.append(f"-DoutputDirectory={work}/libraries")
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_FETCH_TIMEOUT, check=False)
        except subprocess.TimeoutExpired:
            unavailable(f"Maven did not fetch {pom.parent.name} within {_FETCH_TIMEOUT} s")
        if done.returncode != 0:
            unavailable(f"Maven cannot fetch {pom.parent.name}: {(done.stdout + done.stderr).strip()[-600:]}")
        try:
            Path(work, "libraries").rename(folder)
        except OSError:
            # Somebody else fetched it meanwhile; anything else is an error.
            if not folder.is_dir():
                raise
