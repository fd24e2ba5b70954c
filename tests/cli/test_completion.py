"""A shell completes commands, options and their values."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def completions(line: str, tmp_path: Path) -> set[str]:
    """Return what a shell is offered at the end of a line."""
    found = tmp_path / "completions"
    asked = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(found),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    command = [sys.executable, "-c", "from openmetadata_ol_provider.cli import main; main()"]
    subprocess.run(command, env={**os.environ, **asked}, cwd=tmp_path, timeout=300, check=True)
    return {text.strip() for text in found.read_text(encoding="utf-8").splitlines()}


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("openmetadata-ol ch", {"check", "checkpoint"}),
        ("openmetadata-ol check --js", {"--json"}),
        ("openmetadata-ol parked re", {"retry"}),
        ("openmetadata-ol dlq ", {"list", "show", "replay"}),
        ("openmetadata-ol translate ev", {"events.ndjson"}),
    ],
)
def test_a_shell_completes(line: str, offered: set[str], tmp_path: Path) -> None:
    (tmp_path / "events.ndjson").touch()
    assert offered <= completions(line, tmp_path)
