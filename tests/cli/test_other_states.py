"""A command that is asked for a state that does not exist names those that do."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.version_compat import set_variable
from tests.surface.scenario import write_variables

pytestmark = pytest.mark.usefixtures("airflow_db")
HEAD = '{"version": 1, "checkpoint": {}}'
COMMANDS = ("parked list", "receipts")


@pytest.fixture(autouse=True)
def _no_variables() -> None:
    write_variables({})


def said(command: str, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main([*command.split(), *arguments]) == 0
    return capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_where_nothing_was_stored_the_command_says_so(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_variable("openmetadata_ol_config", "{}")
    set_variable("openmetadata_ol.dead_letters.events", HEAD)
    assert said(command, capsys).endswith("; no task has stored a state in this Airflow yet\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_states_of_other_dags_are_named(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    for key in ("openmetadata_ol.mine.events", "openmetadata_ol.mine.events.ledger", "openmetadata_ol.mine.events.s00"):
        set_variable(key, HEAD)
    set_variable("openmetadata_ol.wide.events.lane-0-of-4", HEAD)
    set_variable("openmetadata_ol.wide.events.lanes", "[]")
    text = said(command, capsys)
    assert (
        "stored openmetadata_ol.mine.events, openmetadata_ol.wide.events (--lanes 4): name one with --state-key" in text
    )
    assert said(command, capsys, "--dag-id", "mine", "--topics", "events").count("\n") == 1
    assert "name one" not in said(command, capsys, "--dag-id", "mine", "--topics", "events")


def test_the_number_of_lanes_is_named_if_only_that_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(2):
        set_variable(f"openmetadata_ol.wide.events.lane-{number}-of-2", HEAD)
    text = said("parked list", capsys, "--state-key", "openmetadata_ol.wide.events")
    assert "have stored openmetadata_ol.wide.events (--lanes 2)" in text
