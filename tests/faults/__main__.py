"""Runs all scenarios and writes docs/faults.md: ``python -m tests.faults``; arguments are those of pytest."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


class Recorder:
    """Collects what came of the scenarios, by their ids; ``None`` stands for one that failed."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str | None] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the outcome of a test that has run."""
        if report.when == "call":
            said = dict(report.user_properties)
            self.outcomes[str(said["scenario"])] = str(said["outcome"]) if report.passed else None


def main(arguments: list[str]) -> int:
    """Run the scenarios; the page is written if all have run."""
    recorder = Recorder()
    code = pytest.main([str(Path(__file__).with_name("test_faults.py")), *arguments], plugins=[recorder])
    # Not before: what these import sets up an Airflow of its own, which the tests do first.
    from tests.faults.page import PAGE, page
    from tests.faults.scenarios import SCENARIOS

    missing = [scenario.id for scenario in SCENARIOS if scenario.id not in recorder.outcomes]
    if missing:
        sys.stderr.write(f"{PAGE.name} stays as it is: {len(missing)} of {len(SCENARIOS)} scenarios have not run\n")
    else:
        PAGE.write_text(page(recorder.outcomes), encoding="utf-8")
    return int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
