"""The models of one release, asked over a pipe: they live in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from typing_extensions import Self

from tests.contract.releases import Release, fetch

_WORKER = Path(__file__).with_name("worker.py")


class Models:
    """The generated models of a release; a context manager.

    :param release: whose models
    :raises FetchError: if they cannot be had
    """

    def __init__(self, release: Release) -> None:
        folder = fetch(release)
        self.release = release
        # A pipe nobody reads would fill up.
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(_WORKER), str(folder)],
            # None of our code runs there, so its coverage is not measured.
            env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        self._process.communicate()
        self._stderr.close()

    def complaints(self, pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
        """Return what is wrong with JSON texts.

        :param pairs: (model, JSON text)
        :return: for each pair the complaints, none for a valid text
        """
        found: list[list[str]] = self._ask({"validate": list(pairs)})
        return found

    def patch_complaints(self, pairs: Iterable[tuple[str, Any]]) -> list[list[str]]:
        """Return what is wrong with JSON Patches.

        :param pairs: (model of what is patched, operations)
        """
        found: list[list[str]] = self._ask({"patch": list(pairs)})
        return found

    def describe(self, names: Iterable[str]) -> dict[str, Any]:
        """Return what models consist of, by model: ``root``, the name of its object, and ``objects``, by name."""
        found: dict[str, Any] = self._ask({"describe": list(names)})
        return found

    def _ask(self, request: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            self._stderr.seek(0)
            raise RuntimeError(self._stderr.read().decode(errors="replace")[-4000:])
        return json.loads(line)
