"""Refusals of a proxy, a gateway or a firewall are not called OpenMetadata's, and say what to change there."""

from __future__ import annotations

import json
import re
from typing import ClassVar

import pytest

from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueRequestError, CatalogueUnavailableError
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from tests.openmetadata.builders import FAST, TOKEN
from tests.openmetadata.client.support import EDGE, Handler, Web

HEADS = "(nginx: large_client_header_buffers; OpenMetadata itself: maxRequestHeaderSize)"
PAGE = b"<html><head><title> Attention Required! | Firewall </title></head><body>blocked</body></html>"


class Gateway(Handler):
    """Answers whatever is asked of it."""

    seen: ClassVar[list[dict[str, str]]] = []

    def do_PUT(self) -> None:  # noqa: N802
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.do_GET()

    do_PATCH = do_POST = do_PUT  # noqa: N815


def refusal(web: Web, method: str = "PUT", **answer: object) -> CatalogueRequestError | CatalogueAuthError:
    """Return the error of an edge that something in front of OpenMetadata refuses."""
    handler = type("Refusing", (Gateway,), {"content_type": "text/html", "body": PAGE, "seen": [], **answer})
    refused = pytest.raises((CatalogueRequestError, CatalogueAuthError))
    with OpenMetadataClient(web(handler), TOKEN, retries=FAST) as client, refused as caught:
        client.request(method, "v1/lineage", json=EDGE)
    assert len(handler.seen) == 1
    assert caught.value.status == answer["status"]
    return caught.value


@pytest.mark.parametrize(
    ("method", "status", "remedy"),
    [
        ("PUT", 400, "check its log, and whether the client's host is the address of OpenMetadata"),
        ("PUT", 403, "allow PUT on /api there, and bodies that contain SQL"),
        ("PATCH", 405, "allow PATCH on /api there"),
        ("PUT", 407, "user and password into that variable, or the server's host into NO_PROXY"),
        ("PUT", 413, "raise the size of bodies that it accepts above 1 kB (nginx: client_max_body_size)"),
        ("PUT", 414, f"request lines that it accepts {HEADS}"),
        ("PUT", 431, f"request heads that it accepts {HEADS}"),
    ],
)
def test_a_page_says_who_refused_and_what_to_change(web: Web, method: str, status: int, remedy: str) -> None:
    error = refusal(web, method, status=status)
    # The edge is refused, and not the token.
    assert isinstance(error, CatalogueRequestError)
    assert re.search(
        rf"^{method} v1/lineage did not reach OpenMetadata: http://\S+/api answered with {status} "
        r"\(Attention Required! \| Firewall\) and text/html instead of JSON, as a proxy, a gateway or a firewall",
        str(error),
    )
    assert str(error).endswith(remedy)


def test_what_a_gateway_keeps_from_being_read_stops_all(web: Web) -> None:
    error = refusal(web, "GET", status=403)
    # What cannot be read would be taken for missing.
    assert isinstance(error, CatalogueAuthError)
    assert "GET v1/lineage did not reach OpenMetadata" in str(error)


def test_openmetadata_s_own_challenge_is_not_that_of_a_gateway(web: Web) -> None:
    error = refusal(web, status=401, extra=(("WWW-Authenticate", "om-auth"),), content_type="", body=b"")
    assert isinstance(error, CatalogueAuthError)
    assert "did not reach OpenMetadata" not in str(error)


def test_a_body_that_is_too_large_is_refused_before_openmetadata_sees_it_whoever_says_so(web: Web) -> None:
    body = json.dumps({"code": 413, "message": "request body too large"}).encode()
    error = refusal(web, status=413, content_type="application/json", body=body)
    assert "answered with 413 (request body too large), as a proxy" in str(error)


@pytest.mark.parametrize(
    ("challenge", "asked"),
    [
        ((("WWW-Authenticate", 'Basic realm="corporate"'),), "a login of its own (Basic): exempt /api from it"),
        ((("WWW-Authenticate", "Negotiate"),), "a login of its own (Negotiate): exempt /api from it"),
        ((), "a login of its own: exempt /api from it"),
    ],
)
def test_a_login_in_front_of_openmetadata_is_not_taken_for_a_wrong_token(
    web: Web, challenge: tuple[tuple[str, str], ...], asked: str
) -> None:
    error = refusal(web, status=401, extra=challenge)
    # No other request would get through either.
    assert isinstance(error, CatalogueAuthError)
    assert f"it asks for {asked}" in str(error)
    assert "renew" not in str(error)


def test_a_login_page_that_is_declared_to_be_json_is_a_page(web: Web) -> None:
    error = refusal(web, status=200, content_type="application/json", body=b"\n <!DOCTYPE html><html></html>")
    assert "this is not an OpenMetadata API" in str(error)
    assert "status 200 and a web page instead of JSON" in str(error)


def test_a_proxy_that_opens_no_tunnel_is_named_with_its_variables(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    class Proxy(Gateway):
        def do_CONNECT(self) -> None:  # noqa: N802
            self.send_error(407)

    monkeypatch.setenv("HTTPS_PROXY", web(Proxy).replace("http://", "http://user:s3cret@"))
    for name in ("https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    cannot = r"cannot be reached through the proxy \(Tunnel connection failed: 407 .*HTTPS_PROXY \(with user"
    refused = pytest.raises(CatalogueUnavailableError, match=cannot)
    with OpenMetadataClient("https://om.example.com", TOKEN, retries=FAST) as client, refused as caught:
        client.get("v1/tables")
    assert "s3cret" not in str(caught.value)
