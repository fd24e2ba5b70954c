"""Responses are bounded in time and size, and a page of something else is not an API."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from openmetadata_ol_provider.exceptions import (
    CatalogueRequestError,
    CatalogueUnavailableError,
)
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from tests.openmetadata.builders import FAST, TOKEN
from tests.openmetadata.client.support import EDGE, Handler, Web, answering, http, raw


def test_a_web_page_is_not_an_api(web: Web) -> None:
    url = web(answering(content_type="text/html", body=b"<html></html>"))
    no_api = pytest.raises(CatalogueRequestError, match=r"not an OpenMetadata API.*text/html")
    with OpenMetadataClient(url, TOKEN) as client, no_api:
        _ = client.version


def test_a_404_page_of_another_server_is_not_a_missing_entity(web: Web) -> None:
    url = web(answering(status=404, content_type="text/html", body=b"<html>no</html>"))
    with OpenMetadataClient(url) as client, pytest.raises(CatalogueRequestError, match="not an OpenMetadata API"):
        client.get("v1/tables/name/x")


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


@pytest.mark.parametrize("pause", [0.5, 0.03], ids=["stops", "drips"])
def test_an_answer_that_begins_and_does_not_end_is_given_up_on(web: Web, pause: float) -> None:
    class Stalling(Handler):
        seen: ClassVar[list[dict[str, str]]] = []

        def do_GET(self) -> None:  # noqa: N802
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


def _pieces(total: int) -> Iterator[bytes]:
    """Yield single bytes, one every hundredth of a second: more often than any timeout."""
    for _ in range(total):
        time.sleep(0.01)
        yield b"a"


@pytest.mark.parametrize("number", [1, 2], ids=["new connection", "open connection"])
@pytest.mark.parametrize(
    "begins",
    [
        b"HTTP/1.1 200 OK\r\nX-Slow:",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5;",
    ],
    ids=["head", "body", "chunk"],
)
def test_an_answer_that_comes_byte_by_byte_is_given_up_on(web: Web, begins: bytes, number: int) -> None:
    class Dripping(Handler):
        seen: ClassVar[list[dict[str, str]]] = []

        def do_GET(self) -> None:  # noqa: N802
            if len(self.seen) < number - 1:
                super().do_GET()
                return
            try:
                self.wfile.write(begins)
                for piece in _pieces(3000):
                    self.wfile.write(piece)
            except OSError:
                self.close_connection = True

    given_up = pytest.raises(
        CatalogueUnavailableError, match=r"within 0\.1 s, or not completely within 1 s; .*`timeout`"
    )
    with OpenMetadataClient(web(Dripping), TOKEN, timeout=0.1, retries=FAST._replace(attempts=1)) as client:
        for _ in range(number - 1):
            client.get("v1/tables")
        started = time.monotonic()
        with given_up:
            client.get("v1/tables")
        assert time.monotonic() - started < 20


def test_half_a_head_of_a_success_is_no_success(web: Web) -> None:
    # An edge may be accepted without content.
    handler = raw(b"HTTP/1.1 200 OK\r\nDate: today\r\n")
    cut_off = pytest.raises(CatalogueUnavailableError, match="closed the connection in the head of its response")
    with OpenMetadataClient(web(handler), TOKEN, retries=FAST) as client, cut_off:
        client.put("v1/lineage", EDGE)
    assert len(handler.calls) == FAST.attempts


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
