"""The demo: the bundled DAG, whole, against the sandbox; the second time there is nothing to do."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from openmetadata_ol_provider.sandbox.feed import CAPTURES, captured
from tests.picture.test_page import data_of

# Ten seconds and more where nothing else runs, ten times as long on a machine that is busy.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(2000)]
EXPECTED = json.loads(
    (Path(__file__).parents[1] / "data" / "expected" / "sandbox-edges.json").read_text(encoding="utf-8")
)

#: Test case of the only test in the captured events that fails.
FAILED_TEST = "jaffle.postgres.public.customers.first_name.accepted_values_customers_first_name__Jane"


def demo(directory: Path, *words: str) -> str:
    """Run the demo as a user does, without anything of the tests' environment, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "openmetadata_ol_provider", "demo", "--directory", str(directory), *words],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "Asset not found" not in done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """Run it twice in one directory."""
    directory = tmp_path_factory.mktemp("demo")
    return directory, demo(directory, "--verbose"), demo(directory)


def holds(output: str) -> list[int]:
    """Return the numbers of what is in the catalogue: edges, pairs, pipelines, tasks, statuses, tables filled."""
    _, _, end = output.rpartition("in the catalogue: ")
    numbers = re.findall(r"(\d+) (?:edges|column|pipelines|tasks|run st|tables? with the newest)", end)
    return [int(number) for number in numbers]


def test_the_first_run_publishes_all_that_the_events_say(runs: tuple[Path, str, str]) -> None:
    _, first, _ = runs
    events = sum(len(list(captured(name))) for name in CAPTURES.values())
    edges = {edge for name in CAPTURES.values() for edge in EXPECTED[name.removesuffix(".ndjson.gz")]}
    for task in ("wait", "consume", "translate", "publish"):
        assert re.search(rf"^ +{task} +success", first, re.MULTILINE)
    assert f"{events} events" in first
    assert f"edges: {len(edges)} published, 0 unchanged, 0 failed" in first
    assert holds(first)[0] == len(edges)
    assert holds(first)[5] > 10
    assert "0 dead letters" in first
    assert re.search(r"^parked: +\d+ items until the catalogue has their datasets \(", first, re.MULTILINE)
    # No values as Python writes them; rules to paste have braces, too.
    assert "{'" not in first


def test_a_dag_starts_because_a_spark_job_has_written_its_dataset(runs: tuple[Path, str, str]) -> None:
    _, first, second = runs
    if version("apache-airflow").startswith("2."):
        assert f"needs Airflow 3, this is {version('apache-airflow')}" in first
        return
    assert "scheduled on s3://acme-curated/marts/country_orders" in first
    started = re.findall(r"^  success: started because (\S+) completed$", first, re.MULTILINE)
    assert started == ["s3_lake.adaptive_spark_plan.marts_country_orders"]
    assert "started because" not in second


def test_rows_written_and_results_of_tests_are_shown(runs: tuple[Path, str, str]) -> None:
    for output in runs[1:]:
        assert "13 profiles of written rows; 6 tables with their number of rows\n" in output
        assert "22 test results: 1 Failed, 21 Success\n" in output
        assert f"Failed: {FAILED_TEST} (expected: 0; actual: 78; severity: error)\n" in output


def test_the_second_run_finds_nothing_new_and_writes_nothing(runs: tuple[Path, str, str]) -> None:
    _, first, second = runs
    assert "nothing new" in second
    assert "nothing new" not in first
    assert "write calls of this run: 0\n" in second
    assert "  check success, wait skipped, consume skipped, translate skipped, publish skipped\n" in second
    assert "└──" not in second
    assert holds(second) == holds(first)


def test_the_picture_shows_every_edge(runs: tuple[Path, str, str]) -> None:
    directory, first, _ = runs
    page = (directory / "lineage.html").read_text(encoding="utf-8")
    drawn = data_of(page)
    assert len(drawn["arrows"]) == holds(first)[0]
    assert "warehouse.shop.public.customers" in {card["id"] for card in drawn["cards"]}


def test_it_prints_what_the_readme_shows(runs: tuple[Path, str, str]) -> None:
    _, first, _ = runs
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^<!-- demo -->\n```text\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    printed = iter(_without_ports(first).splitlines())
    for line in _without_ports(shown).splitlines():
        assert line in printed, f"not printed, or not in this order: {line!r}"


def _without_ports(text: str) -> str:
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
