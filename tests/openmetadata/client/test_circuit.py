"""Circuits: when an endpoint that only decorates lineage is not asked any more, and when it is asked again."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.exceptions import (
    CatalogueAuthError,
    CatalogueError,
    CatalogueRequestError,
    CatalogueUnavailableError,
)
from openmetadata_ol_provider.openmetadata.client.circuit import (
    MOST_FAILURES,
    MOST_PATCHES,
    MOST_REFUSALS,
    MOST_SECONDS,
    Circuits,
    EndpointClosedError,
)
from openmetadata_ol_provider.openmetadata.client.endpoints import Endpoint, endpoint_of
from openmetadata_ol_provider.openmetadata.client.transport import Request

STATUS = Endpoint("PUT", "v1/pipelines/{}/status", optional=True)
EDGE = Endpoint("PUT", "v1/lineage", optional=False)
PATCH = Endpoint("PATCH", "v1/tables/{}", optional=True)
TIMEOUT = 30.0


def unavailable(status: int | None = 500) -> CatalogueError:
    return CatalogueUnavailableError(f"no: {status}", status)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def circuits(clock: Clock) -> Circuits:
    return Circuits(TIMEOUT, clock)


def attempts_until_open(
    circuits: Circuits, clock: Clock, endpoint: Endpoint, error: CatalogueError, seconds: float = 0.0
) -> int | None:
    for attempt in range(1, 100):
        started = clock.now
        clock.now += seconds
        if not circuits.record_failure(endpoint, error, started):
            return attempt
    return None


@pytest.mark.parametrize(
    ("endpoint", "error", "seconds", "attempts"),
    [
        (STATUS, unavailable(500), 0.1, MOST_FAILURES),
        (STATUS, unavailable(504), 0.1, MOST_FAILURES),
        (STATUS, unavailable(None), TIMEOUT, 2),
        (STATUS, CatalogueAuthError("no", 403), 0.1, MOST_REFUSALS),
        (STATUS, CatalogueRequestError("no", 404), 0.1, MOST_REFUSALS),
        (PATCH, unavailable(500), 0.1, MOST_PATCHES),
        # An item that is refused says nothing about the endpoint, and patience helps a server that is overloaded.
        (STATUS, CatalogueRequestError("no", 400), 0.1, None),
        (STATUS, unavailable(503), 0.1, None),
        (STATUS, unavailable(None), 0.1, None),
        # What lineage needs is asked as often as it takes.
        (EDGE, unavailable(500), 0.1, None),
    ],
)
def test_the_attempts_until_an_endpoint_is_not_asked_any_more(  # noqa: PLR0917
    circuits: Circuits,
    clock: Clock,
    endpoint: Endpoint,
    error: CatalogueError,
    seconds: float,
    attempts: int | None,
) -> None:
    assert attempts_until_open(circuits, clock, endpoint, error, seconds) == attempts


def test_a_success_forgets_failures(circuits: Circuits, clock: Clock) -> None:
    for _ in range(3):
        circuits.record_failure(STATUS, unavailable(), clock.now)
        circuits.record_failure(STATUS, unavailable(), clock.now)
        circuits.record_success(STATUS)
    circuits.require_closed(STATUS)
    assert circuits.failing == ()


def test_an_open_circuit_answers_instead_of_the_server_and_counts(circuits: Circuits, clock: Clock) -> None:
    attempts_until_open(circuits, clock, STATUS, unavailable())
    for _ in range(2):
        with pytest.raises(EndpointClosedError, match=r"PUT v1/pipelines/{}/status keeps failing.*no: 500") as caught:
            circuits.require_closed(STATUS)
        assert caught.value.optional
    (failing,) = circuits.failing
    assert failing == (STATUS, "no: 500", 2)
    circuits.require_closed(EDGE)
    circuits.reset()
    circuits.require_closed(STATUS)


def test_a_call_given_up_after_all_patience_opens_the_circuit(circuits: Circuits, clock: Clock) -> None:
    for endpoint in (STATUS, EDGE):
        error = unavailable(503)
        circuits.record_failure(endpoint, error, clock.now)
        assert circuits.give_up(endpoint, error).optional is endpoint.optional
    assert [failing.endpoint for failing in circuits.failing] == [STATUS]


def test_calls_that_fail_in_a_row_are_counted_for_each_endpoint(circuits: Circuits, clock: Clock) -> None:
    numbers = []
    for endpoint in (EDGE, STATUS, EDGE, EDGE):
        error = unavailable()
        circuits.record_failure(endpoint, error, clock.now)
        numbers.append(circuits.give_up(endpoint, error).consecutive)
    assert numbers == [1, 1, 2, 3]


def test_the_time_lost_is_limited_for_the_life_of_a_client(circuits: Circuits, clock: Clock) -> None:
    publications = 0
    lost = clock.now
    while True:
        circuits.reset()
        try:
            circuits.require_closed(STATUS)
        except EndpointClosedError:
            break
        publications += 1
        attempts_until_open(circuits, clock, STATUS, unavailable(None), TIMEOUT)
    assert clock.now - lost <= MOST_SECONDS + TIMEOUT
    assert publications == 2
    # Another endpoint is asked once.
    circuits.require_closed(PATCH)
    assert attempts_until_open(circuits, clock, PATCH, unavailable(), 0.1) == 1


def test_threads_that_wait_together_lose_the_time_once(circuits: Circuits, clock: Clock) -> None:
    for _ in range(4):
        started = clock.now
        clock.now += TIMEOUT / 4
        for _ in range(8):
            circuits.record_failure(STATUS, unavailable(), started)
        circuits.reset()
    circuits.require_closed(STATUS)


@pytest.mark.parametrize(
    ("method", "path", "index", "route", "optional"),
    [
        ("PUT", "v1/pipelines/a.b/status", None, "v1/pipelines/{}/status", True),
        ("PUT", "v1/pipelines/a.b/status/bulk", None, "v1/pipelines/{}/status/bulk", True),
        ("PUT", "v1/pipelines", None, "v1/pipelines", False),
        ("GET", "v1/pipelines/name/a.b", None, "v1/pipelines/name/{}", False),
        ("PATCH", "v1/pipelines/1", None, "v1/pipelines/{}", True),
        ("PATCH", "v1/tables/1", None, "v1/tables/{}", True),
        ("PATCH", "v1/lineage/table/1/table/2", None, "v1/lineage/{}/{}/{}/{}", False),
        ("POST", "v1/usage/pipeline/1", None, "v1/usage/{}/{}", True),
        ("POST", "v1/usage/compute.percentile/pipeline/2026-01-01", None, "v1/usage/compute.percentile/{}/{}", True),
        ("GET", "v1/users/name/ada", None, "v1/users/name/{}", True),
        ("GET", "v1/search/query", "user_search_index", "v1/search/query", True),
        ("GET", "v1/search/query", "container_search_index", "v1/search/query", False),
        ("GET", "v1/services/databaseServices/name/pg", None, "v1/services/databaseServices/name/{}", False),
        ("GET", "v1/lineage/getLineageEdge/1/2", None, "v1/lineage/getLineageEdge/{}/{}", False),
        ("PUT", "v1/tables/1/tableProfile", None, "v1/tables/{}/tableProfile", True),
        ("GET", "v1/tables/a.b/tableProfile/latest", None, "v1/tables/{}/tableProfile/latest", True),
        ("GET", "v1/tables/a.b/systemProfile", None, "v1/tables/{}/systemProfile", True),
        ("POST", "v1/entity/profiles/id/table/1", None, "v1/entity/profiles/{}/{}/{}", True),
        ("POST", "v1/dataQuality/testCases", None, "v1/dataQuality/testCases", True),
        ("DELETE", "v1/tables/1", None, "v1/tables/{}", True),
        ("DELETE", "v1/lineage/table/1/table/2", None, "v1/lineage/{}/{}/{}/{}", True),
        ("DELETE", "v1/pipelines/1", None, "v1/pipelines/{}", False),
        ("GET", "v1/system/version", None, "v1/system/version", False),
    ],
)
def test_the_endpoint_of_a_request(method: str, path: str, index: str | None, route: str, optional: bool) -> None:
    params = {"index": index} if index else None
    assert endpoint_of(Request(method, path, params)) == (method, route, optional)
