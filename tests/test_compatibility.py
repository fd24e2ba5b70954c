"""The files for OpenLineage's compatibility tests are right: the mapping is the code's, and their scenarios pass."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.compatibility import CONSUMER, MAPPING, text
from tests.support import load_file

SCENARIOS = Path(__file__).parent / "data" / "compatibility"


@pytest.fixture(scope="module")
def validator() -> Any:
    return load_file(CONSUMER / "validator" / "validator.py")


def test_the_mapping_is_made_from_the_facets() -> None:
    assert MAPPING.read_text(encoding="utf-8") == text(), "run: python -m tests.compatibility"


def test_what_is_missing_and_what_is_not_expected_are_differences(validator: Any) -> None:
    assert validator.differences([{"a": 1}], [{"a": 1}]) == []
    assert validator.differences([{"a": 1}], [{"a": 2}]) == ['missing: {"a": 1}', 'not expected: {"a": 2}']


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_scenario_whose_events_are_here_passes(tmp_path: Path) -> None:
    names = ["--consumer_dir", str(CONSUMER), "--scenario_dir", str(SCENARIOS), "--release", "1.19.0"]
    command = [sys.executable, str(CONSUMER / "validator" / "validator.py"), *names]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=1500, check=False)
    assert done.returncode == 0, done.stderr
    (report,) = json.loads((tmp_path / "openmetadata_ol_provider-report.json").read_text(encoding="utf-8"))
    assert {scenario["name"]: scenario["status"] for scenario in report["scenarios"]} == {
        folder.name: "SUCCESS" for folder in SCENARIOS.iterdir()
    }
    assert all(test["status"] == "SUCCESS" for scenario in report["scenarios"] for test in scenario["tests"])
