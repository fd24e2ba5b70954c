"""Sending: what is retried and what is not, within attempts and budget."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from openmetadata_ol_provider.exceptions import (
    CatalogueRequestError,
    CatalogueUnavailableError,
)
from openmetadata_ol_provider.openmetadata.client.circuit import MOST_FAILURES, EndpointClosedError
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, TOKEN
from tests.openmetadata.client.support import Web, http, raw


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524])
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


@pytest.mark.parametrize("status", [408, 500, 524])
def test_a_post_whose_effect_is_unknown_is_not_repeated(
    server: CatalogueServer, client: OpenMetadataClient, status: int
) -> None:
    server.fail("POST", "pipelineServices", status, times=5)
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


def test_nobody_listening_is_unavailable_with_the_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with OpenMetadataClient(address, TOKEN, retries=FAST) as client:
        with pytest.raises(CatalogueUnavailableError, match=rf"{address}.*check the client's host and the network"):
            _ = client.version
        assert client.calls == {"GET": FAST.attempts}


def test_a_server_that_does_not_answer_is_given_up_on(server: CatalogueServer) -> None:
    server.fail("GET", "system/version", None, delay=0.5, times=10)
    given_up = pytest.raises(CatalogueUnavailableError, match=r"within 0\.05 s")
    with OpenMetadataClient(server.url, TOKEN, timeout=0.05, retries=FAST._replace(attempts=2)) as client, given_up:
        _ = client.version


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


def test_requests_that_wait_are_not_sent_once_their_endpoint_is_not_asked_any_more(server: CatalogueServer) -> None:
    server.fail("PUT", "status", 500, times=100, delay=0.02)
    with OpenMetadataClient(server.url, TOKEN, max_connections=1, retries=FAST._replace(attempts=1)) as client:

        def put(number: int) -> CatalogueUnavailableError:
            with pytest.raises(CatalogueUnavailableError) as caught:
                client.put(f"v1/pipelines/p{number}/status", {"timestamp": 1, "executionStatus": "Successful"})
            return caught.value

        assert client.version == (1, 12, 0)
        with ThreadPoolExecutor(12) as pool:
            errors = list(pool.map(put, range(12)))
        assert client.calls["PUT"] == MOST_FAILURES
        assert sum(isinstance(error, EndpointClosedError) for error in errors) == 12 - MOST_FAILURES
        # Every turn has ended, and every connection is back.
        assert client.get("v1/tables/name/pg.shop.public.orders")


def test_a_connection_that_breaks_while_requests_wait_costs_one_attempt(server: CatalogueServer) -> None:
    server.fail("GET", "orders", 0, times=1, reset=True, delay=0.05)
    with OpenMetadataClient(server.url, TOKEN, max_connections=1, retries=FAST) as client:
        assert client.version == (1, 12, 0)
        with ThreadPoolExecutor(4) as pool:
            tables = list(pool.map(lambda _: client.get("v1/tables/name/pg.shop.public.orders"), range(4)))
        assert all(tables)
        assert client.calls == {"GET": 6}
