"""OpenMetadata's own models, fetched once: the wheels that carry them, of which only the generated models are kept."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

PACKAGE = "openmetadata-ingestion"
CACHE = Path(__file__).parents[2] / ".contract"
#: What is kept of a wheel: the models, and the module with their base class, which needs pydantic only. Not the
#: package's own ``__init__``: it would import all the rest.
KEPT = ("metadata/generated/schema/", "metadata/ingestion/models/custom_pydantic.py",
        "metadata/ingestion/models/custom_basemodel_validation.py")  # fmt: skip
#: Seconds; a test that has to wait longer is ended by its own time limit.
_TIMEOUT = 100
#: What went wrong so far. An index that did not answer once is not waited for again.
_failures: list[str] = []


class Release(NamedTuple):
    """A version of OpenMetadata, and the release of the package that carries its models."""

    version: str
    package: str

    @property
    def numbers(self) -> tuple[int, ...]:
        """The version as numbers."""
        return tuple(int(part) for part in self.version.split("."))


#: The first of each minor version, which takes least; and the last ones where the models changed on the way.
RELEASES = tuple(
    Release(package.rpartition(".")[0], package)
    for package in (
        "1.8.0.0", "1.9.0.0", "1.10.0.0", "1.11.0.0", "1.11.14.0", "1.12.0.0", "1.12.14.2", "1.13.0.0", "2.0.0.0",
        "2.0.7.0",
    )
)  # fmt: skip
#: Later ones that were compared once and differ in nothing that the tables of the stand-in do not say.
COMPARED = tuple(
    Release(package.rpartition(".")[0], package) for package in ("1.8.12.0", "1.9.17.6", "1.10.14.7", "1.13.6.3")
)


class FetchError(Exception):
    """Raised when a wheel cannot be had; says what pip said."""


def release_for(version: tuple[int, ...]) -> Release:
    """Return the release whose models a server of a version has: the newest that is no newer than it."""
    known = [release for release in RELEASES if release.numbers <= version]
    return max(known, key=lambda release: release.numbers) if known else RELEASES[0]


def fetch(release: Release) -> Path:
    """Return the folder with the models of a release, downloaded if it is not there yet.

    Several processes may ask at once: one downloads, the others wait for it, and a folder is there whole or not at all.

    :raises FetchError: if it cannot be downloaded
    """
    target = CACHE / release.package
    if target.is_dir():
        return target
    CACHE.mkdir(exist_ok=True)
    with _locked(CACHE / f".{release.package}.lock"):
        if not target.is_dir():
            with tempfile.TemporaryDirectory(dir=CACHE, prefix=f".{release.package}-") as scratch:
                _unpack(_download(release, Path(scratch)), Path(scratch) / "models")
                (Path(scratch) / "models").rename(target)
    return target


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _download(release: Release, folder: Path) -> Path:
    """Download a wheel; its dependencies are not wanted, and nothing is built or installed."""
    patience = ["--retries=0", "--timeout=5"] if _failures else ["--retries=1", "--timeout=15"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
               "--only-binary=:all:", *patience, f"--dest={folder}", f"{PACKAGE}=={release.package}"]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise _failed(release, f"no answer within {_TIMEOUT} s") from None
    if done.returncode:
        raise _failed(release, (done.stderr.strip().splitlines() or ["pip said nothing"])[-1])
    return next(folder.glob("*.whl"))


def _failed(release: Release, why: str) -> FetchError:
    _failures.append(why)
    return FetchError(f"{PACKAGE} {release.package}: {why} (does the package index answer?)")


def _unpack(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith(KEPT) and name.endswith(".py"):
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(name) as source, path.open("wb") as copy:
                    shutil.copyfileobj(source, copy)


def is_ci() -> bool:
    """Tell whether this is a build, where a wheel that cannot be had is a failure and no reason to skip."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}
