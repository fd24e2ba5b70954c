"""The client: addresses, errors with remedies, retries with a budget, and no secret anywhere."""

from __future__ import annotations

import gzip
import logging
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar

import pytest

from openmetadata_ol_provider.exceptions import (
    CatalogueAuthError,
    CatalogueError,
    CatalogueRequestError,
    CatalogueUnavailableError,
    ConfigError,
)
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient, Version, path
from openmetadata_ol_provider.openmetadata.client.retry import Retries, retry_after
from openmetadata_ol_provider.openmetadata.client.url import base_url
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, TOKEN

Web = Callable[[type[BaseHTTPRequestHandler]], str]


class Handler(BaseHTTPRequestHandler):
    """Answers every request with its class's answer."""

    status = 200
    content_type = "application/json"
    body = b"{}"
    extra: tuple[tuple[str, str], ...] = ()
    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[dict[str, str]]]

    def do_GET(self) -> None:
        self.seen.append(dict(self.headers.items()))
        self.send_response(self.status)
        self.send_header("Content-Type", self.content_type)
        self.send_header("Content-Length", str(len(self.body)))
        for name, value in self.extra:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *args: object) -> None:
        pass


def answering(**answer: object) -> type[Handler]:
    return type("Answering", (Handler,), {"seen": [], **answer})


@pytest.mark.parametrize(
    ("host", "schema", "port", "expected"),
    [
        ("http://om:8585", None, None, "http://om:8585/api"),
        ("http://om:8585/api", None, None, "http://om:8585/api"),
        ("http://om:8585/api/", None, None, "http://om:8585/api"),
        ("http://om:8585/api/v1", None, None, "http://om:8585/api"),
        ("https://om", None, 8585, "https://om:8585/api"),
        ("om", None, None, "http://om/api"),
        ("om", "https", 443, "https://om:443/api"),
        ("om:8585", "https", None, "https://om:8585/api"),
        ("om:8585", None, 9999, "http://om:8585/api"),
        ("https://proxy/openmetadata", None, None, "https://proxy/openmetadata/api"),
        ("https://proxy/openmetadata/api", None, None, "https://proxy/openmetadata/api"),
        ("https://[::1]:8585", None, None, "https://[::1]:8585/api"),
    ],
)
def test_the_base_url_ends_in_api_exactly_once(host: str, schema: str | None, port: int | None, expected: str) -> None:
    assert base_url(host, schema, port) == expected


@pytest.mark.parametrize("host", ["", None, "ftp://om", "http://", "http://om:port"])
def test_a_host_that_is_no_address_is_refused_with_an_example(host: str | None) -> None:
    with pytest.raises(ConfigError, match=r"https://openmetadata\.example\.com:8585"):
        base_url(host)


def test_a_password_in_the_host_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError, match="password field") as caught:
        base_url("https://admin:s3cret@om:8585")
    assert "s3cret" not in str(caught.value)


def test_a_missing_entity_is_none(client: OpenMetadataClient) -> None:
    assert client.get(path("v1/tables", "name", "pg.shop.public.nothing")) is None


def test_dots_quotes_and_slashes_of_an_fqn_survive_the_path(client: OpenMetadataClient) -> None:
    found = client.get(path("v1/tables", "name", 'pg.shop."my.schema".t'))
    assert found is not None
    assert found["fullyQualifiedName"] == 'pg.shop."my.schema".t'
    assert path("v1/pipelines", "name", 'a."b/c d"') == "v1/pipelines/name/a.%22b%2Fc%20d%22"


def test_the_version_is_asked_for_once(client: OpenMetadataClient) -> None:
    version = client.version
    assert version.at_least(1, 12, 0)
    assert not client.version.at_least(2, 0)
    assert client.calls == {"GET": 1}


def test_versions_compare_by_number() -> None:
    assert Version((1, 10, 0)).at_least(1, 9)
    assert not Version((1, 9, 17)).at_least(1, 10)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_failure_is_tried_again(server: CatalogueServer, client: OpenMetadataClient, status: int) -> None:
    server.fail("GET", "system/version", status, times=2)
    assert client.version == (1, 12, 0)
    assert client.calls == {"GET": 3}


def test_a_closed_connection_is_tried_again(server: CatalogueServer, client: OpenMetadataClient) -> None:
    server.fail("GET", "system/version", 0, times=2)
    assert client.version == (1, 12, 0)


def test_a_failure_that_stays_is_unavailable_after_the_last_attempt(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    server.fail("GET", "system/version", 503, times=100, message="too busy")
    with pytest.raises(CatalogueUnavailableError, match=r"503: too busy.*try again later") as caught:
        _ = client.version
    assert caught.value.status == 503
    assert caught.value.retriable
    assert client.calls == {"GET": FAST.attempts}


def test_a_version_conflict_is_written_again(server: CatalogueServer, client: OpenMetadataClient) -> None:
    server.fail("PUT", "pipelineServices", 500, message="version_conflict_engine_exception")
    assert client.put("v1/services/pipelineServices", {"name": "x", "serviceType": "OpenLineage"})["name"] == "x"


def test_a_put_that_raced_is_repeated_once(server: CatalogueServer, client: OpenMetadataClient) -> None:
    body = {"name": "x", "serviceType": "OpenLineage"}
    server.fail("PUT", "pipelineServices", 409, message="Entity already exists")
    assert client.put("v1/services/pipelineServices", body)["name"] == "x"
    server.fail("PUT", "pipelineServices", 409, times=5, message="Entity already exists")
    with pytest.raises(CatalogueRequestError, match="Entity already exists"):
        client.put("v1/services/pipelineServices", body)
    assert client.calls == {"PUT": 4}


def test_a_post_whose_effect_is_unknown_is_not_repeated(server: CatalogueServer, client: OpenMetadataClient) -> None:
    server.fail("POST", "pipelineServices", 500, times=5)
    with pytest.raises(CatalogueUnavailableError):
        client.post("v1/services/pipelineServices", {"name": "x", "serviceType": "OpenLineage"})
    assert client.calls == {"POST": 1}


def test_a_refused_request_is_not_repeated_and_says_what_the_server_said(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    with pytest.raises(CatalogueRequestError, match="400") as caught:
        client.put("v1/services/pipelineServices", {"name": "x", "serviceType": "NoSuchType"})
    assert caught.value.status == 400
    assert client.calls == {"PUT": 1}


def test_retry_after_is_obeyed_and_beyond_the_budget_not_waited_for(server: CatalogueServer) -> None:
    client = OpenMetadataClient(server.url, TOKEN, retries=FAST._replace(budget=5.0))
    server.fail("GET", "system/version", 429, headers={"Retry-After": "3600"})
    with pytest.raises(CatalogueUnavailableError):
        _ = client.version
    assert client.calls == {"GET": 1}
    assert FAST.pause(0, retry_after=2.0) == 2.0
    client.close()


@pytest.mark.parametrize(
    ("header", "expected"),
    [(None, None), ("7", 7.0), ("-1", 0.0), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, expected: float | None) -> None:
    assert retry_after(header) == expected


def test_pauses_grow_up_to_the_cap() -> None:
    policy = Retries(base=1.0, cap=4.0)
    assert all(0 <= policy.pause(attempt) <= min(4.0, 2.0**attempt) for attempt in range(10) for _ in range(50))


def test_a_missing_token_and_a_wrong_one_say_what_to_do(server: CatalogueServer) -> None:
    with OpenMetadataClient(server.url) as anonymous, pytest.raises(CatalogueAuthError, match="put the JWT token"):
        anonymous.get("v1/tables")
    with (
        OpenMetadataClient(server.url, "wrong") as wrong,
        pytest.raises(CatalogueAuthError, match="renew the JWT") as caught,
    ):
        wrong.get("v1/tables")
    assert caught.value.status == 401


def test_a_missing_permission_is_named() -> None:
    with CatalogueServer(token=TOKEN, deny=["Create"]) as server, OpenMetadataClient(server.url, TOKEN) as client:
        missing = r"403.*lacks Create on pipelineService.*resources \[pipelineService\], operations \[Create\]"
        with pytest.raises(CatalogueAuthError, match=missing) as caught:
            client.put("v1/services/pipelineServices", {"name": "x", "serviceType": "OpenLineage"})
        assert caught.value.status == 403
        assert client.calls == {"PUT": 1}


def test_a_web_page_is_not_an_api(web: Web) -> None:
    url = web(answering(content_type="text/html", body=b"<html></html>"))
    no_api = pytest.raises(CatalogueRequestError, match=r"not an OpenMetadata API.*text/html")
    with OpenMetadataClient(url, TOKEN) as client, no_api:
        _ = client.version


def test_a_404_page_of_another_server_is_not_a_missing_entity(web: Web) -> None:
    url = web(answering(status=404, content_type="text/html", body=b"<html>no</html>"))
    with OpenMetadataClient(url) as client, pytest.raises(CatalogueRequestError, match="not an OpenMetadata API"):
        client.get("v1/tables/name/x")


def test_json_that_is_no_version_is_not_an_api(web: Web) -> None:
    url = web(answering(body=b'{"hello": 1}'))
    with OpenMetadataClient(url) as client, pytest.raises(CatalogueRequestError, match="not an OpenMetadata API"):
        _ = client.version


def test_the_token_does_not_follow_a_redirect(web: Web) -> None:
    elsewhere = answering(body=b'{"version": "1.12.0"}')
    target = web(elsewhere)
    url = web(answering(status=302, extra=(("Location", f"{target}/login?state=s3cret"),)))
    refused = pytest.raises(CatalogueRequestError, match=r"redirects to http://127")
    with OpenMetadataClient(url, TOKEN) as client, refused as caught:
        _ = client.version
    assert elsewhere.seen == []
    assert "s3cret" not in str(caught.value)


def test_netrc_does_not_replace_the_token(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    handler = answering(body=b'{"version": "1.12.0"}')
    with OpenMetadataClient(web(handler), TOKEN) as client:
        _ = client.version
    assert handler.seen[0]["Authorization"] == f"Bearer {TOKEN}"


def test_nobody_listening_is_unavailable_with_the_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with OpenMetadataClient(address, TOKEN, retries=FAST) as client:
        with pytest.raises(CatalogueUnavailableError, match=rf"{address}.*check host, port and network"):
            _ = client.version
        assert client.calls == {"GET": FAST.attempts}


def test_a_server_that_does_not_answer_is_given_up_on(server: CatalogueServer) -> None:
    server.fail("GET", "system/version", None, delay=0.5, times=10)
    given_up = pytest.raises(CatalogueUnavailableError, match=r"within 0\.05 s")
    with OpenMetadataClient(server.url, TOKEN, timeout=0.05, retries=FAST._replace(attempts=2)) as client, given_up:
        _ = client.version


def test_no_error_repr_or_log_shows_the_token(
    server: CatalogueServer, client: OpenMetadataClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.fail("GET", "v1/tables", 500, times=100)
    with pytest.raises(CatalogueError) as caught:
        client.get("v1/tables")
    assert TOKEN not in f"{caught.value!r} {caught.value} {client!r} {caplog.text}"
    assert TOKEN not in repr(caught.getrepr(showlocals=False))


class Raw(BaseHTTPRequestHandler):
    """Sends the bytes of its class, one item a request, the last one for all that follow, and closes."""

    answers: ClassVar[list[bytes]]
    calls: ClassVar[list[str]]

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.calls.append(self.path)
        self.wfile.write(self.answers[min(len(self.calls), len(self.answers)) - 1])
        self.close_connection = True

    do_POST = do_PUT = do_GET  # noqa: N815

    def log_message(self, *args: object) -> None:
        pass


def raw(*answers: bytes) -> type[Raw]:
    return type("Sends", (Raw,), {"answers": list(answers), "calls": []})


def http(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    return b"\r\n".join([b"HTTP/1.1 " + status, b"Content-Type: application/json", *headers, b"", body])


WHOLE = http(b'{"name": "x"}', b"Content-Length: 13")
HALF_ANSWERS = {
    "fewer bytes than announced": http(b'{"name"', b"Content-Length: 13"),
    "a chunk that ends early": http(b'd\r\n{"name"', b"Transfer-Encoding: chunked"),
    "half of the JSON": http(b'{"name"', b"Content-Length: 7"),
    "half of the gzip": http(b"\x1f\x8b\x08\x00", b"Content-Length: 4", b"Content-Encoding: gzip"),
    "nothing at all": b"",
}


@pytest.mark.parametrize("half", HALF_ANSWERS.values(), ids=HALF_ANSWERS)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_half_answer_is_asked_for_again(web: Web, method: str, half: bytes) -> None:
    handler = raw(half, half, WHOLE)
    with OpenMetadataClient(web(handler), TOKEN, retries=FAST) as client:
        assert client.request(method, "v1/tables/name/x") == {"name": "x"}
    assert len(handler.calls) == 3


@pytest.mark.parametrize("half", [HALF_ANSWERS["fewer bytes than announced"], HALF_ANSWERS["half of the JSON"]])
def test_a_half_answer_that_stays_is_unavailable(web: Web, half: bytes) -> None:
    with OpenMetadataClient(web(raw(half)), TOKEN, retries=FAST) as client:
        with pytest.raises(CatalogueUnavailableError, match=r"GET v1/tables was cut off.*proxy") as caught:
            client.get("v1/tables")
        assert client.calls == {"GET": FAST.attempts}
    assert caught.value.retriable


@pytest.mark.parametrize("half", HALF_ANSWERS.values(), ids=HALF_ANSWERS)
def test_a_half_answer_to_a_post_is_not_posted_again(web: Web, half: bytes) -> None:
    handler = raw(half, WHOLE)
    with OpenMetadataClient(web(handler), TOKEN, retries=FAST) as client, pytest.raises(CatalogueUnavailableError):
        client.post("v1/tables", {"name": "x"})
    assert len(handler.calls) == 1


@pytest.mark.parametrize("pause", [0.5, 0.03], ids=["stops", "drips"])
def test_an_answer_that_begins_and_does_not_end_is_given_up_on(web: Web, pause: float) -> None:
    class Stalling(Handler):
        seen: ClassVar[list[dict[str, str]]] = []

        def do_GET(self) -> None:
            self.wfile.write(http(b"{", b"Content-Length: 999999"))
            try:
                for _ in range(29):
                    time.sleep(pause)
                    self.wfile.write(b" " * 16_384)
            except OSError:
                self.close_connection = True

    given_up = pytest.raises(CatalogueUnavailableError, match=r"GET v1/tables within 0\.05 s.*`timeout`")
    with OpenMetadataClient(web(Stalling), TOKEN, timeout=0.05, retries=FAST._replace(attempts=1)) as client, given_up:
        client.get("v1/tables")


def test_an_answer_that_is_too_large_is_not_read_and_names_the_setting(web: Web) -> None:
    url = web(answering(body=b'{"data": "' + b"x" * 3_000_000 + b'"}'))
    too_large = pytest.raises(CatalogueRequestError, match=r"GET v1/tables is larger than 2 MB; raise `max_answer_mb`")
    with OpenMetadataClient(url, TOKEN, max_answer_bytes=2 * 2**20) as client, too_large:
        client.get("v1/tables")


def test_a_large_answer_that_was_compressed_is_measured_as_it_is(web: Web) -> None:
    body = gzip.compress(b'{"data": "' + b"x" * 3_000_000 + b'"}')
    url = web(answering(body=body, extra=(("Content-Encoding", "gzip"),)))
    assert len(body) < 10_000
    too_large = pytest.raises(CatalogueRequestError, match="larger than 1 MB")
    with OpenMetadataClient(url, TOKEN, max_answer_bytes=2**20) as client, too_large:
        client.get("v1/tables")
    with OpenMetadataClient(url, TOKEN) as client:
        assert len(str(client.get("v1/tables"))) > 3_000_000


def test_an_error_page_of_any_size_is_an_error_of_its_status(web: Web) -> None:
    url = web(answering(status=400, body=b'{"message": "' + b"x" * 1_000_000))
    refused = pytest.raises(CatalogueRequestError, match="400")
    with OpenMetadataClient(url, TOKEN, max_answer_bytes=10) as client, refused as caught:
        client.get("v1/tables")
    assert len(str(caught.value)) < 1000


def test_a_page_that_is_too_large_is_read_in_smaller_ones(server: CatalogueServer) -> None:
    with OpenMetadataClient(server.url, TOKEN, max_answer_bytes=4000, retries=FAST) as client:
        found = [item["fullyQualifiedName"] for item in client.pages("v1/tables")]
        assert len(found) == len(set(found)) == 14
        assert client.calls["GET"] > 5
    too_large = pytest.raises(CatalogueRequestError, match="max_answer_mb")
    with OpenMetadataClient(server.url, TOKEN, max_answer_bytes=100) as client, too_large:
        list(client.pages("v1/tables"))


def test_many_threads_share_one_client(client: OpenMetadataClient) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: client.get(path("v1/tables", "name", "pg.shop.public.orders")), range(200)))
    assert all(entity and entity["name"] == "orders" for entity in found)
    assert client.calls == {"GET": 200}


def test_a_listing_is_read_page_by_page(client: OpenMetadataClient) -> None:
    names = [item["fullyQualifiedName"] for item in client.pages("v1/tables", {"limit": 3})]
    assert len(names) == len(set(names)) == 14
    assert client.calls == {"GET": 5}


def test_unverified_tls_is_warned_about_once(caplog: pytest.LogCaptureFixture) -> None:
    with OpenMetadataClient("https://127.0.0.1:1", TOKEN, verify=False):
        pass
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "NOT verified" in caplog.text
