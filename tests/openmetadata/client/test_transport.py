"""Responses are bounded in time and size, and a page of something else is not an API."""

from __future__ import annotations

import gzip
import time
from pathlib import Path
from typing import ClassVar

import pytest

from openmetadata_ol_provider.exceptions import (
    CatalogueRequestError,
    CatalogueUnavailableError,
)
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from tests.openmetadata.builders import FAST, TOKEN
from tests.openmetadata.client.support import Handler, Web, answering, http


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
