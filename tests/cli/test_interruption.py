"""Ctrl-C ends a command quietly, even while Python is still importing it."""

from __future__ import annotations

import subprocess
import sys

import pytest

#: Sends the signal of Ctrl-C when a module begins to be imported, and then runs the program.
_PROGRAM = """
import os, signal, sys
sys.argv = ["openmetadata-ol", "sandbox"]
def interrupt(name, arguments):
    if name == "import" and arguments[0] == {module!r}:
        os.kill(os.getpid(), signal.SIGINT)
sys.addaudithook(interrupt)
from openmetadata_ol_provider.cli import main
sys.exit(main())
"""


@pytest.mark.parametrize(
    "module",
    [
        "argparse",
        "openmetadata_ol_provider.cli.commands",
        "openmetadata_ol_provider.exceptions",
        "openmetadata_ol_provider.sandbox.broker",
    ],
)
def test_ctrl_c_during_the_imports_ends_without_a_traceback(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(module=module)], capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
