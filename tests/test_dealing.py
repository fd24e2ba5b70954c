"""Coverage is measured in some tests only, and then also in the processes that they start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

CODE = """
def in_a_test():
    return 1

def in_its_process():
    return 2

def in_an_unmeasured_test():
    return 3

def in_a_process_of_an_unmeasured_test():
    return 4
"""
TESTS = """
import subprocess, sys
import pytest
import code_under_test

def run(name):
    subprocess.run([sys.executable, "-c", f"import code_under_test as code; code.{name}()"], check=True)

@pytest.mark.unmeasured
def test_unmeasured():
    code_under_test.in_an_unmeasured_test()
    run("in_a_process_of_an_unmeasured_test")

def test_measured():
    code_under_test.in_a_test()
    run("in_its_process")
"""
CONFIG = """
[run]
source = code_under_test
parallel = true
patch = subprocess
"""


def test_neither_an_unmeasured_test_nor_its_processes_are_measured(tmp_path: Path) -> None:
    for name, text in (("code_under_test.py", CODE), ("test_it.py", TESTS), (".coveragerc", CONFIG)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.dealing", "-p", "no:cacheprovider", "-p", "no:xdist",
               "--cov", "--cov-report=json:report.json", "test_it.py"]  # fmt: skip
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE_", "COV_"))}
    path = os.pathsep.join([str(Path(__file__).parents[1]), str(tmp_path)])
    done = subprocess.run(
        command, cwd=tmp_path, env={**kept, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    functions = json.loads((tmp_path / "report.json").read_text())["files"]["code_under_test.py"]["functions"]
    measured = {name for name, function in functions.items() if function["summary"]["covered_lines"] and name}
    assert measured == {"in_a_test", "in_its_process"}
