"""The command line and make: commands, their options and defaults, exit codes."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openmetadata_ol_provider.cli import main
from tests.operators.steps_support import run_event
from tests.surface.pins import assert_pinned

ROOT = Path(__file__).parents[2]
OUTPUT = {"--config": None, "--output": None}
KAFKA = {"--kafka-config-id": "kafka_default"}
OPENMETADATA = {"--openmetadata-conn-id": "openmetadata_default"}
TLS = {"--ca-file": None, "--client-cert": None, "--client-key": None}
CATALOGUE = {**TLS, "--host": None, "--openmetadata-conn-id": None}
TASKS = {"--dag-id": "openlineage_to_openmetadata", "--state-key": None, "--topics": None}
LETTERS = {**KAFKA, "--dead-letter-topic": None, "--topics": None}
CHECKPOINT = {**KAFKA, **TASKS, "--lanes": None}

#: Command -> option, or argument without a name, -> default.
COMMANDS: dict[str, dict[str, Any]] = {
    "": {"--version": argparse.SUPPRESS, "COMMAND": None},
    "check": {**KAFKA, **OPENMETADATA, "--config": None, "--json": False},
    "checkpoint": {"COMMAND": None},
    "checkpoint reset": {**CHECKPOINT, "--dry-run": False},
    "checkpoint set": {**CHECKPOINT, "--dry-run": False, "--offset": None, "--to": None},
    "checkpoint show": {**CHECKPOINT, "--json": False},
    "cleanup": {
        **CHECKPOINT,
        **OPENMETADATA,
        **TLS,
        "--apply": False,
        "--config": None,
        "--from": None,
        "--host": None,
        "--json": False,
        "EVENTS *": None,
    },
    "demo": {"--directory": None, "--verbose": False},
    "dlq": {"COMMAND": None},
    "dlq list": {**LETTERS, "--json": False, "--limit": 100, "--since": None},
    "dlq replay": {
        **LETTERS,
        "--again": False,
        "--dry-run": False,
        "--max-replays": 3,
        "--new-timestamps": False,
        "--state-key": None,
        "--topic": None,
        "LETTER *": None,
    },
    "dlq show": {**LETTERS, "--json": False, "--output": None, "LETTER": None},
    "explain": {
        **OUTPUT,
        **CATALOGUE,
        "--dataset": None,
        "--job": None,
        "--json": False,
        "--namespace": None,
        "--unresolved": False,
        "EVENTS +": None,
    },
    "ingest": {**OUTPUT, **CATALOGUE, "--dry-run": False, "EVENTS +": None},
    "parked": {
        **OPENMETADATA,
        **TASKS,
        "--all": False,
        "--config": None,
        "--json": False,
        "--lanes": None,
        "KEY *": None,
        "{list,retry,drop} ?": "list",
    },
    "picture": {
        **CATALOGUE,
        "--config": None,
        "--dataset": None,
        "--depth": 3,
        "--output": "lineage.html",
        "--type": "table",
        "FILE *": None,
    },
    "receipts": {
        **TASKS,
        "--job": None,
        "--json": False,
        "--lanes": None,
        "--limit": 100,
        "--outcome": None,
        "--run-id": None,
        "--state": None,
        "TEXT ?": None,
    },
    "register-service": {
        **KAFKA,
        **OPENMETADATA,
        **TLS,
        "--description": None,
        "--dry-run": False,
        "--host": None,
        "--name": "openlineage",
        "--topic": None,
        "--update": False,
    },
    "sandbox": {"--feed": False, "--page-port": 0, "--port": 0, "--rate": None},
    "translate": {**OUTPUT, "EVENTS +": None},
}
#: Options of which one has to be given.
REQUIRED = {"checkpoint set": {"--offset", "--to"}, "ingest": {"--host", "--openmetadata-conn-id"}}
MAKE = {
    *("bench", "clean", "coverage", "demo", "docs", "fuzz", "help", "lint", "release"),
    *(
        "test",
        "test-airflow2",
        "test-fast",
        "test-faults",
        "test-kafka",
        "test-live",
        "test-openlineage",
        "test-matrix",
        "test-openmetadata",
        "test-ui",
        "test-writers",
    ),
}


class _ParserSeen(Exception):  # noqa: N818 - no error
    """Brings a parser out of the command."""


def _parser() -> argparse.ArgumentParser:
    def give_up(parser: argparse.ArgumentParser, *_: Any, **__: Any) -> Any:
        raise _ParserSeen(parser)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", give_up)
        with pytest.raises(_ParserSeen) as seen:
            main([])
    parser: argparse.ArgumentParser = seen.value.args[0]
    return parser


def _commands(parser: argparse.ArgumentParser, path: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    yield path, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield from _commands(inner, f"{path} {name}".strip())


def _name(action: argparse.Action) -> str:
    if action.option_strings:
        return ", ".join(action.option_strings)
    if isinstance(action, argparse._SubParsersAction):
        return "COMMAND"
    name = f"{{{','.join(action.choices)}}}" if action.choices else str(action.metavar)
    return f"{name} {action.nargs}" if action.nargs else name


PARSERS = dict(_commands(_parser()))
FOUND = {
    path: [action for action in parser._actions if not isinstance(action, argparse._HelpAction)]
    for path, parser in PARSERS.items()
}


def test_the_commands() -> None:
    assert_pinned("commands", set(FOUND), set(COMMANDS))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_its_options(command: str) -> None:
    found = {_name(action): action.default for action in FOUND[command]}
    assert_pinned(f"options of {command or 'openmetadata-ol'}", found, COMMANDS[command])
    assert not [action for action in FOUND[command] if action.option_strings and action.required]
    groups = PARSERS[command]._mutually_exclusive_groups
    required = {_name(action) for group in groups if group.required for action in group._group_actions}
    assert required == REQUIRED.get(command, set())


@pytest.fixture
def events(tmp_path: Path) -> Path:
    path = tmp_path / "events.ndjson"
    path.write_bytes(run_event("r1") + b"\n")
    return path


def test_exit_codes(events: Path, capsys: Any) -> None:
    assert main(["translate", str(events)]) == 0
    events.write_bytes(b'{"no": "event"}\n')
    assert main(["translate", str(events)]) == 1
    assert main(["translate", str(events.with_name("missing"))]) == 2
    with pytest.raises(SystemExit) as wrong:
        main(["translate"])
    assert wrong.value.code == 2
    with pytest.raises(SystemExit) as version:
        main(["--version"])
    assert version.value.code == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("openmetadata-ol ")


def test_the_result_goes_to_stdout_or_to_a_file(events: Path, capsys: Any) -> None:
    assert main(["translate", str(events)]) == 0
    printed = capsys.readouterr().out
    assert main(["translate", str(events), "--output", str(events.with_name("plan.json"))]) == 0
    assert capsys.readouterr().out == ""
    assert json.loads(events.with_name("plan.json").read_text(encoding="utf-8")) == json.loads(printed)


def test_the_token_comes_from_the_environment(events: Path, here: Any, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setenv("OPENMETADATA_JWT_TOKEN", "test-token")
    assert main(["ingest", str(events), "--host", here.catalogue.url]) == 0
    assert json.loads(capsys.readouterr().out)["edges"]["published"] == 1
    monkeypatch.setenv("OPENMETADATA_JWT_TOKEN", "another")
    assert main(["ingest", str(events), "--host", here.catalogue.url]) == 1


def test_the_package_is_the_command() -> None:
    command = [sys.executable, "-m", "openmetadata_ol_provider", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout.startswith("openmetadata-ol ")


def test_the_targets_of_make() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9-]+):(?!=)", text, re.MULTILINE))
    assert_pinned("targets of make", targets, MAKE)
    (phony,) = re.findall(r"^\.PHONY: (.+)$", text, re.MULTILINE)
    assert set(phony.split()) == targets
