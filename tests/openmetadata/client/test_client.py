"""The client: paths, listings, many threads, and no secret anywhere."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from openmetadata_ol_provider.exceptions import (
    CatalogueAuthError,
    CatalogueError,
    CatalogueRequestError,
)
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient, path
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, TOKEN


def test_a_missing_entity_is_none(client: OpenMetadataClient) -> None:
    assert client.get(path("v1/tables", "name", "pg.shop.public.nothing")) is None


def test_dots_quotes_and_slashes_of_an_fqn_survive_the_path(client: OpenMetadataClient) -> None:
    found = client.get(path("v1/tables", "name", 'pg.shop."my.schema".t'))
    assert found is not None
    assert found["fullyQualifiedName"] == 'pg.shop."my.schema".t'
    assert path("v1/pipelines", "name", 'a."b/c d"') == "v1/pipelines/name/a.%22b%2Fc%20d%22"


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


def test_no_error_repr_or_log_shows_the_token(
    server: CatalogueServer, client: OpenMetadataClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.fail("GET", "v1/tables", 500, times=100)
    with pytest.raises(CatalogueError) as caught:
        client.get("v1/tables")
    assert TOKEN not in f"{caught.value!r} {caught.value} {client!r} {caplog.text}"
    assert TOKEN not in repr(caught.getrepr(showlocals=False))


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
