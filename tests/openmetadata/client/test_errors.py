"""401 and 403: which token is wrong and why, which permission is missing for whom, and the rule that grants it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

import pytest

from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueRequestError, CatalogueUnavailableError
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.client.retry import RetryPolicy
from openmetadata_ol_provider.openmetadata.client.server import HOST_OPTION, SettingNames, connection_settings
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import SEED, TOKEN
from tests.openmetadata.client.support import EDGE, answering, jwt

Web = Callable[[type[BaseHTTPRequestHandler]], str]


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
        (
            "Not Authorized! Token not present",
            None,
            "none was sent: put the JWT token of a bot into the client's token",
        ),
        ("Not Authorized! Token not present", jwt(sub="b"), "does a proxy between here and the server drop"),
        ("Expired token!", jwt(sub="b", exp=1_700_000_000), "it has expired on 2023-11-14 22:13 UTC: renew"),
        ("Expired token!", "not.a.jwt", "it has expired: renew the JWT token"),
        (
            "Not Authorized! The given token does not match the current bot's token!",
            jwt(sub="b", isBot=True),
            "a newer token of the bot has replaced it",
        ),
        ("Not Authorized! Invalid Token", jwt(sub="b"), "it belongs to another server, was revoked, or was replaced"),
        ("Not Authorized! Invalid token.", "secret", "it is not a JWT"),
    ],
)
def test_a_refused_token_says_what_is_wrong_with_it(web: Web, said: str, token: str | None, told: str) -> None:
    # The server names its message so only for 401.
    message = refused(web, 401, {"responseMessage": said}, token)
    assert re.search(rf"OpenMetadata at http://\S+ refused the token \(401: {re.escape(said)}\)", message)
    assert told in message


@pytest.mark.parametrize(
    ("expiry", "told"),
    [
        (
            1_700_000_000,
            "the token has expired on 2023-11-14 22:13 UTC, which may be why: renew the JWT token of the bot",
        ),
        (4_000_000_000, "try again later and check the server's log"),
    ],
)
def test_a_server_that_fails_over_an_expired_token_says_so(web: Web, expiry: int, told: str) -> None:
    url = web(type("Failing", (Refusing,), {"status": 500, "answer": {"message": "Expired token!"}}))
    failing = pytest.raises(CatalogueUnavailableError, match=rf"with 500: Expired token!; {told}")
    with OpenMetadataClient(url, jwt(sub="b", exp=expiry), retries=RetryPolicy(attempts=1)) as client, failing:
        client.get("v1/tables")


@pytest.mark.parametrize(
    ("settings", "address", "token"),
    [
        (connection_settings("om_prod"), "connection 'om_prod'", "the password of connection 'om_prod'"),
        (HOST_OPTION, "--host", "OPENMETADATA_JWT_TOKEN"),
    ],
)
def test_errors_name_the_settings_that_the_client_has_its_parameters_from(
    web: Web, settings: SettingNames, address: str, token: str
) -> None:
    answer = {"responseMessage": "Not Authorized! Invalid Token"}
    url = web(type("Refusing", (Refusing,), {"status": 401, "answer": answer}))
    refused = pytest.raises(CatalogueAuthError, match=rf"renew the JWT token in {token}")
    with OpenMetadataClient(url, jwt(sub="b"), settings=settings) as client, refused:
        client.get("v1/tables")
    url = web(type("Forbidding", (Refusing,), {"status": 403, "answer": answer}))
    forbidden = pytest.raises(CatalogueAuthError, match=rf"the bot 'b', whose token is {token} .403")
    with OpenMetadataClient(url, jwt(sub="b"), settings=settings) as client, forbidden:
        client.get("v1/tables")
    once = RetryPolicy(attempts=1)
    url = web(type("Failing", (Refusing,), {"status": 500, "answer": answer}))
    failing = pytest.raises(CatalogueUnavailableError, match=rf"its address is .*{address}")
    with OpenMetadataClient(url, jwt(sub="b"), retries=once, settings=settings) as client, failing:
        client.get("v1/tables")
    unreachable = pytest.raises(CatalogueUnavailableError, match=rf"check .*{address} and the network")
    with OpenMetadataClient("http://127.0.0.1:1", retries=once, settings=settings) as client, unreachable:
        client.get("v1/tables")


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
    assert "to the bot 'ol-bot', whose token is the client's token (403: Forbidden): it lacks EditStatus" in message


def test_a_person_is_called_a_user(web: Web) -> None:
    assert "to the user 'ol-bot'" in refused(web, 403, not_allowed("ViewBasic"), jwt(isBot=False))


def test_a_rule_that_denies_is_the_one_to_change(web: Web) -> None:
    text = "Principal: CatalogPrincipal{name='b'} operation EditLineage denied by role R, policy P, rule No-Edits"
    message = refused(web, 403, {"message": text}, TOKEN, "PUT", "v1/lineage", json=EDGE)
    assert "overrides all rules that allow it: change role R, policy P, rule No-Edits" in message


def test_a_domain_that_is_missing_is_to_be_given(web: Web) -> None:
    text = "Principal: CatalogPrincipal{name='b'} does not belong to domain Sales. to perform the [EditAll] "
    assert "add the bot 'b' to that domain" in refused(web, 403, {"message": text}, TOKEN, "PUT", "v1/tables", json={})


def test_https_to_a_server_that_speaks_http_names_the_setting_and_is_not_retried(web: Web) -> None:
    url = web(answering()).replace("http://", "https://")
    client = OpenMetadataClient(url, TOKEN)
    with pytest.raises(CatalogueRequestError, match=r"does not speak https.*write http://.*8585 speaks http"):
        client.version  # noqa: B018 - a property that sends a request
    assert client.calls == {"GET": 1}


def test_the_stand_in_s_refusal_is_understood() -> None:
    status = {"timestamp": 1, "executionStatus": "Successful", "taskStatus": []}
    missing = pytest.raises(CatalogueAuthError, match=r"'openlineage-bot'.*lacks EditStatus on pipeline;")
    with (
        CatalogueServer(SEED, token=TOKEN, deny=["EditStatus"]) as server,
        OpenMetadataClient(server.url, TOKEN) as client,
    ):
        client.put("v1/services/pipelineServices", {"name": "ol", "serviceType": "OpenLineage"})
        client.put("v1/pipelines", {"name": "p", "service": "ol"})
        with missing:
            client.put("v1/pipelines/ol.p/status", status)
