"""The check: every possible step is made, and failures end with the remedy."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.openmetadata.admin.check_step import Step, summary
from openmetadata_ol_provider.openmetadata.admin.connection_check import check_catalogue, expiry_steps
from openmetadata_ol_provider.openmetadata.admin.permission_check import (
    required_permissions,
)
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.client.token import TokenClaims
from openmetadata_ol_provider.openmetadata.client.version import Version
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.admin.support import Web, answering, failed, named
from tests.openmetadata.builders import FAST, SEED, TOKEN

NOW = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.timezone.utc)


def check(url: str, document: Config | None = None) -> list[Step]:
    with OpenMetadataClient(url, TOKEN, retries=FAST) as client:
        return check_catalogue(client, document or Config())


@pytest.mark.parametrize(
    ("services", "passed", "said"),
    [
        (["pg", "pg"], [True], "1 service exists"),
        (
            ["pgg"],
            [False],
            "there is no service 'pgg', did you mean 'pg'? correct `service` in `namespaces`, or create",
        ),
        (["pg", "x-y-z"], [False], "there is no service 'x-y-z'; correct `service` in `namespaces`, or create it in"),
        ([], [], ""),
    ],
)
def test_services_that_rules_name_are_looked_up(services: list[str], passed: list[bool], said: str) -> None:
    rules = [{"namespace": f"postgres://{number}", "service": name} for number, name in enumerate(services)]
    with CatalogueServer(SEED, token=TOKEN) as server:
        steps = check(server.url, Config.model_validate({"namespaces": rules}))
    found = [step for step in steps if step.name == "services of rules"]
    assert [step.passed for step in found] == passed
    assert all(step.detail.startswith(said) for step in found)


@pytest.mark.parametrize("version", ["1.8.0", "1.12.0", "2.0.2"])
def test_all_is_well_step_by_step(version: str) -> None:
    with CatalogueServer(SEED, version, token=TOKEN) as server:
        steps = check(server.url)
        assert server.writes() == []
    names = [step.name for step in steps]
    assert failed(steps) == []
    assert names[:5] == ["address", "version", "health", "token", "token expiry"]
    assert names[-2:] == ["optional endpoints", "service connections"]
    assert names[5:-2] == [
        str(permission) for permission in required_permissions(Config(), Version(map(int, version.split("."))))
    ]
    assert not any(step.is_warning for step in steps)
    assert named(steps, "token").detail == "accepted, bot openlineage-bot"
    passed, text = summary(steps)
    assert passed
    assert text == f"OpenMetadata {version} answers at {server.url}/api, {len(steps)} steps passed"


@pytest.mark.parametrize(
    ("answers", "last"),
    [
        ({"system__version": (200, "<html></html>")}, "address"),
        ({"system__version": (200, {"hello": 1})}, "address"),
        ({"system__version": (500, {"message": "no database"})}, "address"),
        ({"system__version": (200, {"version": "1.7.5"})}, "version"),
        ({"users__loggedInUser": (401, {"message": "Expired token!"})}, "token"),
    ],
)
def test_what_nothing_can_follow_ends_the_check(web: Web, answers: dict[str, Any], last: str) -> None:
    steps = check(web(answering(**answers)))
    assert failed(steps) == [last]
    assert steps[-1].name == last


def test_a_person_who_waits_waits_for_no_retries(web: Web) -> None:
    server = answering(system__version=(503, {"message": "busy"}))
    check(web(server))
    assert server.asked == ["system/version"]


def test_a_server_that_is_not_well_fails_a_step_and_the_check_goes_on(web: Web) -> None:
    steps = check(web(answering(system__health=(503, {"message": "search is down"}))))
    assert failed(steps) == ["health"]
    assert "503: search is down" in named(steps, "health").detail
    assert steps[-1].name == "service connections"


def test_a_person_s_token_is_warned_about(web: Web) -> None:
    steps = check(web(answering(users__loggedInUser=(200, {"name": "ann", "isBot": False}))))
    assert named(steps, "token").is_warning
    assert "ann is a person" in named(steps, "token").detail


def test_the_token_of_the_ingestion_s_own_bot_is_warned_about(web: Web) -> None:
    steps = check(web(answering(users__loggedInUser=(200, {"name": "ingestion-bot", "isBot": True}))))
    assert named(steps, "token").is_warning
    assert "create a bot for this provider" in named(steps, "token").detail


@pytest.mark.promise("A57")
def test_missing_permissions_are_all_reported_each_with_its_rule() -> None:
    with CatalogueServer(SEED, token=TOKEN, deny=["EditLineage", "EditStatus", "Create"]) as server:
        steps = check(server.url)
    assert failed(steps) == [
        "EditLineage on table", "Create on pipelineService", "Create on pipeline", "EditStatus on pipeline",
        "EditLineage on dashboard",
    ]  # fmt: skip
    assert named(steps, "EditStatus on pipeline").detail.endswith(
        "with the rule: resources [pipeline], operations [EditStatus], effect allow"
    )
    passed, text = summary(steps)
    assert not passed
    assert text.startswith("EditLineage on table: not granted; add to a role of the bot")
    assert text.endswith("Create on pipeline, EditStatus on pipeline, EditLineage on dashboard")


def test_connections_that_are_not_shown_are_a_warning_and_the_remedy_is_named(web: Web) -> None:
    hidden = {"data": [{"name": "pg", "connection": None}, {"name": "my", "connection": {"config": None}}]}
    shown = {"data": [{"name": "k", "connection": {"config": {"type": "Kafka", "bootstrapServers": "b:9092"}}}]}
    server = answering(services__databaseServices=(200, hidden), services__messagingServices=(200, shown))
    step = check(web(server))[-1]
    assert step.is_warning
    assert "hidden for 2 of kind databaseService:" in step.detail
    assert "ViewAll on databaseService" in step.detail


def test_services_that_may_not_be_listed_are_a_warning(web: Web) -> None:
    step = check(web(answering(services__databaseServices=(403, {"message": "no"}))))[-1]
    assert step.is_warning
    assert "cannot be listed" in step.detail


@pytest.mark.parametrize(
    ("token", "warns", "said"),
    [
        (TokenClaims(readable=True, expires_at=NOW + dt.timedelta(days=8)), False, "2026-12-02 12:00 UTC"),
        (
            TokenClaims(readable=True, expires_at=NOW + dt.timedelta(days=7)),
            True,
            "12:00 UTC; renew it before then, and put the new one into the password",
        ),
        (TokenClaims(readable=True), False, "does not expire"),
        (TokenClaims(readable=False), False, "not a JWT"),
    ],
)
def test_a_token_that_expires_within_a_week_is_warned_about(token: TokenClaims, warns: bool, said: str) -> None:
    (step,) = expiry_steps(token, NOW, "the password of connection 'om'")
    assert (step.passed, step.is_warning) == (True, warns)
    assert said in step.detail


def test_without_a_token_there_is_nothing_to_expire() -> None:
    assert expiry_steps(None, NOW, "the token") == []
