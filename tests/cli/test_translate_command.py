"""``openmetadata-ol translate``: plans on stdout, words on stderr, no network."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from openmetadata_ol_provider import __version__
from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.lineage.plan import LineagePlan
from tests.support import PACKAGED, arrows, captured, plan_of, run_event

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def events(tmp_path: Path) -> str:
    path = tmp_path / "events.ndjson"
    lines = [run_event("START", inputs=["a"]), run_event("COMPLETE", seconds=1, outputs=["x"])]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return str(path)


@pytest.fixture
def in_tmp_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=300, check=False, **options
    )


def test_the_plan_is_on_stdout_and_nothing_else(events: str, capsys: Capture) -> None:
    assert main(["translate", events]) == 0
    printed = capsys.readouterr()
    assert arrows(LineagePlan.from_dict(json.loads(printed.out))) == ["a -> x"]
    assert printed.err == "2 events: 1 run, 1 job, 1 edge, 2 datasets, 0 problems\n"


def test_the_plan_goes_to_a_file_when_asked(events: str, tmp_path: Path, capsys: Capture) -> None:
    assert main(["translate", events, "--output", str(tmp_path / "plan.json")]) == 0
    assert capsys.readouterr().out == ""
    assert json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))["version"] == 1


def test_packaged_events_are_read_as_they_are(capsys: Capture) -> None:
    assert main(["translate", str(PACKAGED / "dbt-postgres.ndjson.gz")]) == 0
    expected = plan_of(*map(json.loads, captured("dbt-postgres"))).to_dict()
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(expected))


def test_the_config_is_used(events: str, tmp_path: Path, capsys: Capture) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("lineage:\n  on: [FAIL]\n", encoding="utf-8")
    assert main(["translate", events, "--config", str(config)]) == 0
    assert json.loads(capsys.readouterr().out)["edges"] == []


def test_a_line_that_is_no_event_is_in_the_plan_and_the_exit_code_is_1(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "mixed.ndjson"
    path.write_text(json.dumps(run_event(inputs=["a"], outputs=["x"])) + "\n{}\n", encoding="utf-8")
    assert main(["translate", str(path)]) == 1
    plan = json.loads(capsys.readouterr().out)
    assert (len(plan["edges"]), plan["events"]) == (1, 1)
    assert [(problem["kind"], problem["where"]) for problem in plan["problems"]] == [("malformed", f"{path}:2")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["EVENTS", "--config", "missing.yaml"], "config file 'missing.yaml' cannot be read"),
        (["EVENTS", "--config", "variable:x"], "Variables can be read in Airflow only"),
        (["missing.json"], "events 'missing.json' cannot be read"),
        (["EVENTS", "--output", "no/such/folder/plan"], "--output 'no/such/folder/plan' cannot be written"),
    ],
)
@pytest.mark.usefixtures("in_tmp_path")
def test_wrong_use_is_exit_code_2_with_one_line_that_says_what(
    events: str, arguments: list[str], message: str, capsys: Capture
) -> None:
    assert main(["translate", *(events if word == "EVENTS" else word for word in arguments)]) == 2
    printed = capsys.readouterr()
    last = printed.err.splitlines()[-1]
    assert last.startswith("openmetadata-ol: ")
    assert message in last
    assert "Traceback" not in printed.err


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["translate"], ["translate", "--nonsense", "x"], ["ingest", "x"]]
)
def test_unknown_or_missing_arguments_are_exit_code_2(arguments: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: openmetadata-ol" in capsys.readouterr().err


def test_the_version_is_shown(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, f"openmetadata-ol {__version__}\n")


def test_the_package_runs_as_a_module() -> None:
    result = run("-m", "openmetadata_ol_provider", "--help")
    assert result.returncode == 0
    assert [command in result.stdout for command in ("translate", "ingest", "explain", "check", "demo")] == [True] * 5


GUARDED = """
import sys
def watch(event, arguments):
    if event.startswith("socket."):
        raise RuntimeError(f"{event} {arguments}")
sys.addaudithook(watch)
from openmetadata_ol_provider.cli import main
code = main(sys.argv[1:])
heavy = {"airflow", "confluent_kafka", "requests", "openlineage"} & {name.partition(".")[0] for name in sys.modules}
sys.exit(f"imported {sorted(heavy)}" if heavy else code)
"""


def test_translate_opens_no_socket_and_imports_neither_airflow_nor_clients(events: str) -> None:
    result = run("-c", GUARDED, "translate", events)
    assert (result.returncode, result.stderr.splitlines()[-1:]) == (
        0,
        ["2 events: 1 run, 1 job, 1 edge, 2 datasets, 0 problems"],
    )
    assert json.loads(result.stdout)["version"] == 1


def test_the_guard_of_the_test_above_would_notice_a_socket() -> None:
    result = run("-c", GUARDED.replace("code = main", "import socket; socket.socket(); code = main"), "--help")
    assert "RuntimeError: socket.__new__" in result.stderr


def test_events_are_read_from_stdin() -> None:
    event = json.dumps(run_event(inputs=["a"], outputs=["x"]), indent=2)
    result = run("-m", "openmetadata_ol_provider", "translate", "-", input=event)
    assert result.returncode == 0
    assert arrows(LineagePlan.from_dict(json.loads(result.stdout))) == ["a -> x"]
