"""The demo: the bundled DAG, whole, against the sandbox; the second time there is nothing to do."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from openmetadata_ol_provider.sandbox.feed import CAPTURES, captured

# Ten seconds and more where nothing else runs, ten times as long on a machine that is busy.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(700)]
EXPECTED = json.loads(
    (Path(__file__).parents[1] / "data" / "expected" / "sandbox-edges.json").read_text(encoding="utf-8")
)


def demo(directory: Path) -> str:
    """Run the demo as a user does, without anything of the tests' environment, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "openmetadata_ol_provider", "demo", "--directory", str(directory)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """Run it twice in one directory."""
    directory = tmp_path_factory.mktemp("demo")
    return directory, demo(directory), demo(directory)


def holds(output: str) -> list[int]:
    """Return the numbers of what is in the catalogue: edges, pairs, pipelines, tasks, statuses."""
    return [int(number) for number in re.findall(r"(\d+) (?:edges|column|pipelines|tasks|run st)", output[-400:])]


def test_the_first_run_publishes_all_that_the_events_say(runs: tuple[Path, str, str]) -> None:
    _, first, _ = runs
    events = sum(len(list(captured(name))) for name in CAPTURES.values())
    edges = {edge for name in CAPTURES.values() for edge in EXPECTED[name.removesuffix(".ndjson.gz")]}
    for task in ("wait", "consume", "translate", "publish"):
        assert re.search(rf"^ +{task} +success", first, re.MULTILINE)
    assert f"{events} events" in first
    assert f"edges: {len(edges)} published, 0 unchanged, 0 failed" in first
    assert holds(first)[0] == len(edges)
    assert "0 dead letters" in first


def test_the_second_run_finds_nothing_new_and_writes_nothing(runs: tuple[Path, str, str]) -> None:
    _, first, second = runs
    assert "nothing new" in second
    assert "nothing new" not in first
    assert "write calls of this run: 0\n" in second
    for task in ("wait", "consume", "translate", "publish"):
        assert re.search(rf"^ +{task} +skipped", second, re.MULTILINE)
    assert holds(second) == holds(first)


def test_the_picture_shows_every_edge(runs: tuple[Path, str, str]) -> None:
    directory, first, _ = runs
    page = (directory / "lineage.html").read_text(encoding="utf-8")
    assert page.count("<path ") == holds(first)[0]
    assert "warehouse.shop.public.customers" in page


def test_it_prints_what_the_readme_shows(runs: tuple[Path, str, str]) -> None:
    _, first, _ = runs
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^<!-- demo -->\n```text\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    printed = iter(_without_ports(first).splitlines())
    for line in _without_ports(shown).splitlines():
        assert line in printed, f"not printed, or not in this order: {line!r}"


def _without_ports(text: str) -> str:
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
