"""401 and 403: which token is wrong and why, which permission is missing for whom, and the rule that grants it."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

import pytest

from openmetadata_ol_provider.exceptions import CatalogueAuthError
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.client.permissions import rights_of
from openmetadata_ol_provider.openmetadata.client.token import TokenFacts, token_facts
from openmetadata_ol_provider.openmetadata.client.transport import Request
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import SEED, TOKEN

Web = Callable[[type[BaseHTTPRequestHandler]], str]


def jwt(**claims: Any) -> str:
    """Return a token that nobody signed."""
    parts = ({"alg": "RS256", "kid": "k"}, claims)
    return ".".join([*(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts), "c2ln"])


class Refusing(BaseHTTPRequestHandler):
    """Refuses everything with its class's status and body."""

    status: ClassVar[int]
    answer: ClassVar[dict[str, Any]]

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.dumps(self.answer).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_PUT = do_PATCH = do_POST = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *args: object) -> None:
        pass


def refused(web: Web, status: int, said: dict[str, Any], token: str | None, *call: Any, **body: Any) -> str:
    """Return the message of the error that a call ends with."""
    url = web(type("Refusing", (Refusing,), {"status": status, "answer": said}))
    with OpenMetadataClient(url, token) as client:
        with pytest.raises(CatalogueAuthError) as caught:
            client.request(*(call or ("GET", "v1/tables")), **body)
        assert sum(client.calls.values()) == 1
    assert caught.value.status == status
    assert token is None or token not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("said", "token", "told"),
    [
        ("Not Authorized! Token not present", None, "none was sent: put the JWT token of a bot into the connection's"),
        ("Not Authorized! Token not present", jwt(sub="b"), "does a proxy between here and the server drop"),
        ("Expired token!", jwt(sub="b", exp=1_700_000_000), "it has expired on 2023-11-14 22:13 UTC: renew"),
        ("Expired token!", "not.a.jwt", "it has expired: renew the JWT token"),
        (
            "Not Authorized! The given token does not match the current bot's token!",
            jwt(sub="b", isBot=True),
            "a newer token of the bot has replaced it",
        ),
        ("Not Authorized! Invalid Token", jwt(sub="b"), "of another server, was revoked, or has been replaced"),
        ("Not Authorized! Invalid token.", "secret", "it is no JWT at all"),
    ],
)
def test_a_refused_token_says_what_is_wrong_with_it(web: Web, said: str, token: str | None, told: str) -> None:
    # The server names its message so only for 401.
    message = refused(web, 401, {"responseMessage": said}, token)
    assert f"OpenMetadata refused the token (401: {said})" in message
    assert told in message


EDGE = {"edge": {"fromEntity": {"id": "1", "type": "topic"}, "toEntity": {"id": "2", "type": "table"}}}


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("PUT", "v1/lineage", EDGE, ["EditLineage on topic", "EditLineage on table"]),
        ("PUT", "v1/lineage", None, ["EditLineage on table", "EditLineage on topic", "EditLineage on container"]),
        ("DELETE", "v1/lineage/table/1-2/container/3-4", None, ["EditLineage on table", "EditLineage on container"]),
        ("PATCH", "v1/lineage/table/name/s.d.x/table/name/s.d.y", [], ["EditLineage on table"]),
        ("PUT", "v1/pipelines", {}, ["Create on pipeline", "EditAll on pipeline"]),
        ("PUT", "v1/pipelines/bulk", [], ["Create on pipeline", "EditAll on pipeline"]),
        ("PUT", "v1/pipelines/ol.dag/status", {}, ["EditStatus on pipeline"]),
        ("PUT", "v1/pipelines/ol.dag/status/bulk", [], ["EditStatus on pipeline"]),
        ("PUT", "v1/services/pipelineServices", {}, ["Create on pipelineService", "EditAll on pipelineService"]),
        ("POST", "v1/tags", {}, ["Create on tag"]),
        ("PUT", "v1/tags/1/assets/add", {}, ["EditAll on tag"]),
        ("POST", "v1/queries", {}, ["Create on query"]),
        ("POST", "v1/usage/pipeline/1", {}, ["EditUsage on pipeline"]),
        ("DELETE", "v1/tables/1", None, ["Delete on table"]),
        ("GET", "v1/searchIndexes/name/x", None, ["ViewBasic on searchIndex"]),
        ("GET", "v1/services/databaseServices", None, ["ViewBasic on databaseService"]),
        ("GET", "v1/search/query", None, []),
        (
            "PATCH",
            "v1/tables/1",
            [
                {"op": "test", "path": "/version", "value": 1},
                {"op": "add", "path": "/description", "value": "d"},
                {"op": "add", "path": "/tags/-", "value": {}},
                {"op": "add", "path": "/owners", "value": []},
                {"op": "add", "path": "/columns/0/description", "value": ""},
            ],
            ["EditDescription on table", "EditTags on table", "EditOwners on table", "EditAll on table"],
        ),
    ],
)
def test_the_right_that_a_call_needs_follows_from_it(method: str, path: str, body: Any, expected: list[str]) -> None:
    assert [str(right) for right in rights_of(Request(method, path, json=body))] == expected


def not_allowed(*operations: str) -> dict[str, Any]:
    text = f"Principal: CatalogPrincipal{{name='ol-bot'}} operations [{', '.join(operations)}] not allowed"
    return {"code": 403, "message": text}


def test_a_missing_right_names_bot_operation_resources_and_rule(web: Web) -> None:
    message = refused(web, 403, not_allowed("EditLineage"), jwt(isBot=True), "PUT", "v1/lineage", json=EDGE)
    assert "OpenMetadata forbids PUT v1/lineage to the bot 'ol-bot'" in message
    assert "it lacks EditLineage on topic, table" in message
    assert "resources [topic, table], operations [EditLineage], effect allow" in message


def test_the_operation_that_the_server_names_counts(web: Web) -> None:
    message = refused(web, 403, not_allowed("EditAll"), TOKEN, "PUT", "v1/pipelines", json={})
    assert "it lacks EditAll on pipeline;" in message
    assert "Create" not in message


def test_without_the_server_s_words_the_call_tells_what_is_missing(web: Web) -> None:
    token = jwt(sub="ol-bot")
    message = refused(web, 403, {"message": "Forbidden"}, token, "PUT", "v1/pipelines/a.b/status", json={})
    assert "to the bot 'ol-bot' (403: Forbidden): it lacks EditStatus on pipeline;" in message


def test_a_person_is_called_a_user(web: Web) -> None:
    assert "to the user 'ol-bot'" in refused(web, 403, not_allowed("ViewBasic"), jwt(isBot=False))


def test_a_rule_that_denies_is_the_one_to_change(web: Web) -> None:
    text = "Principal: CatalogPrincipal{name='b'} operation EditLineage denied by role R, policy P, rule No-Edits"
    message = refused(web, 403, {"message": text}, TOKEN, "PUT", "v1/lineage", json=EDGE)
    assert "wins over all that allow it: change role R, policy P, rule No-Edits" in message


def test_a_domain_that_is_missing_is_to_be_given(web: Web) -> None:
    text = "Principal: CatalogPrincipal{name='b'} does not belong to domain Sales. to perform the [EditAll] "
    assert "give the bot 'b' that domain" in refused(web, 403, {"message": text}, TOKEN, "PUT", "v1/tables", json={})


def test_the_stand_in_s_refusal_is_understood() -> None:
    status = {"timestamp": 1, "executionStatus": "Successful", "taskStatus": []}
    missing = pytest.raises(CatalogueAuthError, match=r"'ingestion-bot'.*lacks EditStatus on pipeline;")
    with (
        CatalogueServer(SEED, token=TOKEN, deny=["EditStatus"]) as server,
        OpenMetadataClient(server.url, TOKEN) as client,
    ):
        client.put("v1/services/pipelineServices", {"name": "ol", "serviceType": "OpenLineage"})
        client.put("v1/pipelines", {"name": "p", "service": "ol"})
        with missing:
            client.put("v1/pipelines/ol.p/status", status)


# -- what a token says of itself -----------------------------------------------------------------------------------


def test_a_token_is_read_without_being_verified() -> None:
    expires = dt.datetime(2027, 1, 1, tzinfo=dt.timezone.utc)
    found = token_facts(jwt(sub="ol-bot", isBot=True, exp=int(expires.timestamp())))
    assert found == TokenFacts(readable=True, name="ol-bot", is_bot=True, expires_at=expires)
    assert token_facts(jwt(sub="b", exp=None)).expires_at is None


@pytest.mark.parametrize("token", ["", "abc", "a.b", "a.b.c", "a.W10.c", "é.é.é", "a.eyJ.c", "a.b.c.d"])
def test_what_is_no_token_is_not_readable(token: str) -> None:
    assert token_facts(token) == TokenFacts(readable=False)


@pytest.mark.parametrize("claims", [{"exp": "soon"}, {"exp": 1e30}, {"exp": True}, {"sub": 7, "isBot": "yes"}])
def test_claims_of_another_kind_are_left_out(claims: dict[str, Any]) -> None:
    assert token_facts(jwt(**claims)) == TokenFacts(readable=True)
