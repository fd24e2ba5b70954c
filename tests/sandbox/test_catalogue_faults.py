"""Faults on demand: which requests they affect, how often, and what a client sees of them."""

from __future__ import annotations

import pytest
from catalogue_http import Http, columns

ORDERS = "tables/name/pg.shop.public.orders"


def test_a_fault_affects_the_requested_number_of_requests_and_prevents_their_effect(http: Http) -> None:
    http.server.fail("PUT", "^/api/v1/tables$", 503, times=2, message="full", headers={"Retry-After": "7"})
    body = {"name": "t", "databaseSchema": "pg.shop.public", "columns": columns("a")}
    assert http.get(ORDERS).status_code == 200
    answers = [http.put("tables", body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 201]
    assert answers[0].json() == {"code": 503, "message": "full"}
    assert answers[0].headers["Retry-After"] == "7"


def test_a_fault_may_come_after_the_effect(http: Http) -> None:
    http.server.fail("PUT", "tables", 500, message="version_conflict_engine_exception", after_effect=True)
    body = {"name": "t", "databaseSchema": "pg.shop.public", "columns": columns("a")}
    assert http.put("tables", body).status_code == 500
    assert http.put("tables", body).headers["X-OpenMetadata-Change"] == "entityNoChange"


def test_a_fault_may_close_the_connection_without_a_response(http: Http) -> None:
    import requests

    http.server.fail("*", r"name/pg\.shop", 0)
    with pytest.raises(requests.exceptions.ConnectionError):
        http.get(ORDERS)
    assert http.get(ORDERS).status_code == 200
    assert [request.status for request in http.server.requests] == [0, 200]


def test_a_fault_without_status_only_delays(http: Http) -> None:
    import requests

    http.server.fail("GET", "orders", None, delay=1.0)
    with pytest.raises(requests.exceptions.ReadTimeout):
        http.session.get(f"{http.server.url}/api/v1/{ORDERS}", timeout=0.05)
    assert http.get(ORDERS).status_code == 200


def test_a_pinned_fault_affects_only_repetitions_of_one_request(http: Http) -> None:
    http.server.fail("GET", "tables/name", 500, times=100, pinned=True)
    other = ORDERS.replace("orders", "facts")
    answers = [http.get(path).status_code for path in (ORDERS, other, ORDERS, other)]
    assert answers == [500, 200, 500, 200]


def test_a_delay_may_come_after_the_effect(http: Http) -> None:
    import requests

    http.server.fail("PUT", "tables", None, delay=1.0, after_effect=True)
    body = {"name": "t", "databaseSchema": "pg.shop.public", "columns": columns("a")}
    with pytest.raises(requests.exceptions.ReadTimeout):
        http.session.put(f"{http.server.url}/api/v1/tables", json=body, timeout=0.05)
    assert http.by_name("tables", "pg.shop.public.t").status_code == 200


@pytest.mark.parametrize("after_effect", [False, True])
def test_a_fault_may_reset_the_connection(after_effect: bool, http: Http) -> None:
    import requests

    http.server.fail("PUT", "tables", 0, reset=True, after_effect=after_effect)
    body = {"name": "t", "databaseSchema": "pg.shop.public", "columns": columns("a")}
    with pytest.raises(requests.exceptions.ConnectionError, match="reset by peer"):
        http.put("tables", body)
    assert http.by_name("tables", "pg.shop.public.t").status_code == (200 if after_effect else 404)


def test_a_fault_may_send_half_of_a_response(http: Http) -> None:
    import requests

    http.server.fail("PUT", "tables", None, half=True)
    body = {"name": "t", "databaseSchema": "pg.shop.public", "columns": columns("a")}
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        http.put("tables", body)
    assert http.by_name("tables", "pg.shop.public.t").status_code == 200


def test_planned_faults_can_be_dropped(http: Http) -> None:
    http.server.fail("*", ".", 500, times=100)
    http.server.clear_faults()
    assert http.get(ORDERS).status_code == 200
