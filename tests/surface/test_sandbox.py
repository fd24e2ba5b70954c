"""What other projects' tests use of the sandbox: the broker, the catalogue, and the catalogue as a command."""

from __future__ import annotations

import argparse
import inspect
import subprocess
import sys
from typing import Any

import pytest

from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer, __main__
from tests.surface.pins import assert_pinned

REQUIRED: Any = ...
#: Class -> parameters with their defaults.
PARAMETERS: dict[type, dict[str, Any]] = {
    KafkaBroker: {"brokers": 1, "topics": None},
    CatalogueServer: {
        "behaviours": None,
        "deny": (),
        "latency": 0.0,
        "port": 0,
        "seed": None,
        "state_file": None,
        "token": None,
        "version": "1.12.0",
    },
}
#: Class -> public attributes; of methods their parameters.
ATTRIBUTES: dict[type, dict[str, Any]] = {
    KafkaBroker: {
        "bootstrap": None,
        "close": [],
        "create_topic": ["name", "partitions"],
        "push_errors": ["api_key", "codes"],
        "set_down": ["broker_id", "down"],
    },
    CatalogueServer: {
        "bodies": None,
        "calls": [],
        "clear_faults": [],
        "close": [],
        "edges": [],
        "end_patch_sessions": [],
        "entities": ["entity_type"],
        "fail": [
            *("method", "path_regex", "status", "times", "message", "after_effect", "headers", "delay"),
            *("reset", "half", "pinned"),
        ],
        "profiles": ["kind", "fqn"],
        "requests": None,
        "reset_requests": [],
        "start": [],
        "latest_test_results": [],
        "observability": ["table_fqn"],
        "statuses": ["pipeline_fqn"],
        "store": None,
        "test_results": [],
        "url": None,
        "writes": [],
    },
}
OPTIONS = {
    "--latency": 0.0,
    "--port": 0,
    "--seed": None,
    "--state-file": None,
    "--token": None,
    "--version": "1.12.0",
}


@pytest.mark.parametrize("kind", PARAMETERS)
def test_a_constructor_has_its_parameters(kind: type) -> None:
    found = {
        name: REQUIRED if known.default is known.empty else known.default
        for name, known in inspect.signature(kind).parameters.items()
    }
    assert_pinned(f"parameters of {kind.__name__}", found, PARAMETERS[kind])


@pytest.mark.parametrize("kind", ATTRIBUTES)
def test_a_running_one_has_its_attributes(kind: type) -> None:
    with kind() as running:
        found = {
            name: list(inspect.signature(value).parameters) if inspect.ismethod(value) else None
            for name, value in inspect.getmembers(running)
            if not name.startswith("_")
        }
    assert_pinned(f"attributes of {kind.__name__}", found, ATTRIBUTES[kind])


def test_the_command_has_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENMETADATA_JWT_TOKEN", raising=False)
    seen: list[argparse.ArgumentParser] = []

    def give_up(parser: argparse.ArgumentParser, *_: Any, **__: Any) -> Any:
        seen.append(parser)
        raise SystemExit(0)

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", give_up)
    with pytest.raises(SystemExit):
        __main__.main([])
    (parser,) = seen
    found = {
        ", ".join(action.option_strings): action.default
        for action in parser._actions
        if not isinstance(action, argparse._HelpAction)
    }
    assert_pinned("options of the catalogue", found, OPTIONS)


def test_the_command_says_where_it_listens_until_it_is_ended() -> None:
    import requests

    command = [sys.executable, "-m", "openmetadata_ol_provider.sandbox.catalogue", "--version", "1.8.0", "--token", "t"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            url = running.stdout.readline().strip()
            answer = requests.get(f"{url}/api/v1/system/version", timeout=300)
            assert answer.json()["version"].startswith("1.8.0")
        finally:
            running.terminate()
        assert running.wait(60) == 0
