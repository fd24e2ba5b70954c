"""The check: every step is made that can be, each permission is asked for, and failures end with what to do."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

import pytest

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.openmetadata.admin.check_step import Step, summary
from openmetadata_ol_provider.openmetadata.admin.connection_check import check_catalogue, expiry_steps
from openmetadata_ol_provider.openmetadata.admin.permissions import is_granted, needed_rights, permission_steps
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.client.permissions import Right
from openmetadata_ol_provider.openmetadata.client.token import TokenFacts
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, SEED, TOKEN, config

Web = Callable[[type[BaseHTTPRequestHandler]], str]
NOW = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.timezone.utc)
NOTHING = {
    "descriptions": "never", "owners": "never", "tags": "never", "status": "never", "usage": "never",
    "create_pipelines": False, "create_services": False,
}  # fmt: skip


def failed(steps: list[Step]) -> list[str]:
    return [step.name for step in steps if not step.passed]


def named(steps: list[Step], name: str) -> Step:
    (step,) = (step for step in steps if step.name == name)
    return step


class Om(BaseHTTPRequestHandler):
    """Answers as an OpenMetadata whose answers the test gives: path below /api/v1/ -> (status, content type, body)."""

    answers: ClassVar[dict[str, tuple[int, Any]]]
    asked: ClassVar[list[str]]

    def do_GET(self) -> None:
        path = self.path.removeprefix("/api/v1/").partition("?")[0]
        self.asked.append(path)
        status, body = self.answers.get(path, (404, {"message": "HTTP 404 Not Found"}))
        kind, payload = ("application/json", json.dumps(body)) if not isinstance(body, str) else ("text/html", body)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(payload.encode())))
        self.end_headers()
        self.wfile.write(payload.encode())

    def log_message(self, *args: object) -> None:
        pass


WELL: dict[str, tuple[int, Any]] = {
    "system/version": (200, {"version": "1.12.0"}),
    "system/health": (200, "<html>not found, but the UI answers</html>"),
    "users/loggedInUser": (200, {"name": "ol-bot", "isBot": True}),
    "services/databaseServices": (200, {"data": []}),
    "services/messagingServices": (200, {"data": []}),
}


def answering(**answers: tuple[int, Any]) -> type[Om]:
    given = {path.replace("__", "/"): answer for path, answer in answers.items()}
    return type("Answering", (Om,), {"answers": {**WELL, **given}, "asked": []})


def check(url: str, document: Config | None = None) -> list[Step]:
    with OpenMetadataClient(url, TOKEN, retries=FAST) as client:
        return check_catalogue(client, document or Config())


# -- the steps -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.8.0", "1.12.0", "2.0.2"])
def test_all_is_well_step_by_step(version: str) -> None:
    with CatalogueServer(SEED, version, token=TOKEN) as server:
        steps = check(server.url)
        assert server.writes() == []
    names = [step.name for step in steps]
    assert failed(steps) == []
    assert names[:5] == ["address", "version", "health", "token", "token expiry"]
    assert names[-1] == "service connections"
    assert names[5:-1] == [str(right) for right in needed_rights(Config())]
    assert not any(step.warns for step in steps)
    assert named(steps, "token").detail == "accepted, bot ingestion-bot"
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
    assert named(steps, "token").warns
    assert "ann is a person" in named(steps, "token").detail


def test_missing_permissions_are_all_told_each_with_its_rule() -> None:
    with CatalogueServer(SEED, token=TOKEN, deny=["EditLineage", "EditStatus", "Create"]) as server:
        steps = check(server.url)
    assert failed(steps) == [
        "EditLineage on table", "Create on pipelineService", "Create on pipeline", "EditStatus on pipeline",
    ]  # fmt: skip
    assert named(steps, "EditStatus on pipeline").detail.endswith(
        "with the rule: resources [pipeline], operations [EditStatus], effect allow"
    )
    passed, text = summary(steps)
    assert not passed
    assert text.startswith("EditLineage on table: not granted; add to a role of the bot")
    assert text.endswith("failed as well: Create on pipelineService, Create on pipeline, EditStatus on pipeline")


def test_connections_that_are_not_shown_are_a_warning_and_the_remedy_is_named(web: Web) -> None:
    hidden = {"data": [{"name": "pg", "connection": None}, {"name": "my", "connection": {"config": None}}]}
    shown = {"data": [{"name": "k", "connection": {"config": {"type": "Kafka", "bootstrapServers": "b:9092"}}}]}
    server = answering(services__databaseServices=(200, hidden), services__messagingServices=(200, shown))
    step = check(web(server))[-1]
    assert step.warns
    assert "not shown of 2 of kind databaseService:" in step.detail
    assert "ViewAll on databaseService" in step.detail


def test_services_that_may_not_be_listed_are_a_warning(web: Web) -> None:
    step = check(web(answering(services__databaseServices=(403, {"message": "no"}))))[-1]
    assert step.warns
    assert "cannot be listed" in step.detail


@pytest.mark.parametrize(
    ("token", "warns", "said"),
    [
        (TokenFacts(readable=True, expires_at=NOW + dt.timedelta(days=8)), False, "2026-12-02 12:00 UTC"),
        (TokenFacts(readable=True, expires_at=NOW + dt.timedelta(days=7)), True, "2026-12-01 12:00 UTC; renew it"),
        (TokenFacts(readable=True), False, "does not expire"),
        (TokenFacts(readable=False), False, "no JWT"),
    ],
)
def test_a_token_that_expires_within_a_week_is_warned_about(token: TokenFacts, warns: bool, said: str) -> None:
    (step,) = expiry_steps(token, NOW)
    assert (step.passed, step.warns) == (True, warns)
    assert said in step.detail


def test_without_a_token_there_is_nothing_to_expire() -> None:
    assert expiry_steps(None, NOW) == []


# -- permissions ---------------------------------------------------------------------------------------------------


def rights(**write: Any) -> set[str]:
    return {str(right) for right in needed_rights(config(write={**NOTHING, **write}))}


LEAST = {
    *(f"ViewBasic on {kind}" for kind in ("table", "topic", "container")),
    *(f"EditLineage on {kind}" for kind in ("table", "topic", "container")),
    *(f"ViewBasic on {kind}Service" for kind in ("database", "messaging", "storage", "pipeline")),
    "ViewBasic on pipeline",
    "EditAll on pipeline",
}  # fmt: skip


def test_what_is_not_written_needs_no_permission() -> None:
    assert rights() == LEAST


@pytest.mark.parametrize(
    ("write", "more"),
    [
        ({"status": "always"}, {"EditStatus on pipeline"}),
        ({"usage": "always"}, {"EditUsage on pipeline"}),
        ({"create_pipelines": True}, {"Create on pipeline"}),
        ({"create_services": True}, {"Create on pipelineService"}),
        ({"descriptions": "always"}, {f"EditDescription on {x}" for x in ("table", "topic", "container", "pipeline")}),
        (
            {"owners": "if_empty"},
            {f"EditOwners on {x}" for x in ("table", "topic", "container", "pipeline")}
            | {"ViewBasic on user", "ViewBasic on team"},
        ),
        (
            {"tags": "if_ours", "create_tags": True},
            {f"EditTags on {x}" for x in ("table", "topic", "container", "pipeline")}
            | {"ViewBasic on tag", "Create on tag", "Create on classification"},
        ),
        (
            {"create_datasets": True},
            {f"Create on {x}" for x in ("table", "topic", "container", "database", "databaseSchema")},
        ),
        ({"lifecycle": "if_ours"}, {f"Delete on {x}" for x in ("table", "topic", "container")}),
        ({"queries": True}, {"Create on query"}),
    ],
)
def test_each_policy_needs_its_permissions(write: dict[str, Any], more: set[str]) -> None:
    assert rights(**write) == LEAST | more


def test_pipelines_as_nodes_need_lineage_on_pipelines() -> None:
    found = needed_rights(config(write=NOTHING, lineage={"pipeline_nodes": True}))
    assert {str(right) for right in found} == LEAST | {"EditLineage on pipeline"}


def listing(resource: str, *permissions: tuple[str, str, dict[str, Any]]) -> tuple[int, Any]:
    found = [{"operation": name, "access": access, **more} for name, access, more in permissions]
    return 200, {"resource": resource, "permissions": found}


DECIDED = {"role": "R", "policy": "P", "rule": {"name": "Rule-1"}}


@pytest.mark.parametrize(
    ("permissions", "passed", "said"),
    [
        ([("EditLineage", "allow", DECIDED)], True, "granted"),
        ([("EditLineage", "conditionalAllow", DECIDED)], True, "on the condition of a rule (role R, policy P"),
        ([("EditLineage", "conditionalDeny", {"rule": None})], True, "warning: denied on the condition of a rule"),
        ([("EditLineage", "deny", DECIDED)], False, "denied by a rule (role R, policy P, rule Rule-1), which wins"),
        ([("EditLineage", "notAllow", {})], False, "operations [EditLineage]"),
        ([("EditLineage", "notAllow", {}), ("EditAll", "allow", {})], False, "not granted"),
        ([("EditAll", "allow", {})], True, "granted with EditAll"),
        ([("EditAll", "deny", {})], False, "denied by a rule"),
        ([("EditAll", "notAllow", {})], True, "warning: the server does not tell for table"),
        ([("Create", "allow", {})], True, "warning: the server does not tell"),
    ],
)  # fmt: skip
def test_what_the_server_says_of_a_permission(
    web: Web, permissions: list[tuple[str, str, dict[str, Any]]], passed: bool, said: str
) -> None:
    url = web(answering(permissions__table=listing("table", *permissions)))
    with OpenMetadataClient(url, TOKEN) as client:
        step = named(permission_steps(client, config(write=NOTHING)), "EditLineage on table")
    assert step.passed == passed
    assert said in step.detail


def test_a_server_that_cannot_be_asked_is_one_step_and_no_failure(web: Web) -> None:
    with OpenMetadataClient(web(answering()), TOKEN) as client:
        (step,) = permission_steps(client, Config())
    assert step.passed
    assert "cannot be asked" in step.detail


def test_a_resource_that_the_server_does_not_know_costs_only_its_steps(web: Web) -> None:
    allowed = [("ViewBasic", "allow", {}), ("EditLineage", "allow", {})]
    server = answering(
        permissions__table=listing("table", *allowed),
        permissions__topic=(400, {"message": "Resource type topic not found"}),
    )
    with OpenMetadataClient(web(server), TOKEN) as client:
        steps = permission_steps(client, config(write=NOTHING))
    assert named(steps, "EditLineage on table").detail == "granted"
    assert named(steps, "EditLineage on topic").warns
    assert failed(steps) == []


def test_each_resource_is_asked_about_once(server: CatalogueServer, client: OpenMetadataClient) -> None:
    permission_steps(client, Config())
    paths = [request.path for request in server.requests]
    assert len(paths) == len(set(paths)) == len({right.resource for right in needed_rights(Config())})


def test_a_server_that_fails_meanwhile_is_a_failed_step(server: CatalogueServer, client: OpenMetadataClient) -> None:
    server.fail("GET", "permissions/topic", 500, times=100)
    steps = permission_steps(client, Config())
    assert failed(steps) == ["permissions"]
    assert steps[0].name == "ViewBasic on table"


@pytest.mark.parametrize(
    ("right", "granted"),
    [(Right("ViewAll", "table"), True), (Right("EditAll", "table"), False), (Right("EditLineage", "topic"), None)],
)
def test_one_permission_can_be_asked_for(right: Right, granted: bool | None) -> None:
    with (
        CatalogueServer(SEED, token=TOKEN, deny=["EditAll"]) as server,
        OpenMetadataClient(server.url, TOKEN) as client,
    ):
        assert is_granted(client, right) is granted


def test_no_step_is_nothing_to_check() -> None:
    assert summary([]) == (True, "nothing to check")
