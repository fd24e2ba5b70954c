"""The views of the page and the same as JSON: complete, searchable, sorted, safe, quick."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from openmetadata_ol_provider.receipts.receipt import EdgeColumns
from tests.web.conftest import Client
from tests.web.deliveries import HOSTILE, KEY, NOW, lag, receipt, record, store, store_state

VIEWS = ("", "runs", "jobs", "batches", "topics", "parked", "namespaces", "dead-letters", "lineage")


@pytest.fixture
def filled() -> None:
    store(record(*(receipt(number) for number in range(40))))
    store_state()


def document(client: Client, path: str, **query: Any) -> Any:
    response = client(accept="application/json").get(f"api/v1/{path}", params=query)
    assert response.status_code == 200, response.text
    return response.json()


def page(client: Client, path: str, **query: Any) -> str:
    response = client().get(path, params=query)
    assert response.status_code == 200, response.text
    return response.text


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_is_a_page_with_the_headers_that_protect_it(client: Client, filled: None, view: str) -> None:
    response = client().get(view)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert response.headers["cache-control"] == "no-store"
    # Nothing is loaded from elsewhere, and nothing is inline, which the policy would refuse.
    loaded = re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\"([^\"]*)\"", response.text)
    assert loaded == ["/openmetadata-ol/static/page.css", "/openmetadata-ol/static/page.js"]
    assert not re.search(r"<script>|<style|\sstyle=|\son\w+=", response.text)
    assert response.text.count('aria-current="page"') == 1


@pytest.mark.parametrize("view", VIEWS)
def test_without_receipts_each_view_says_so(client: Client, view: str) -> None:
    assert "There are no receipts yet" in page(client, view)
    assert document(client, view or "overview")["state_keys"] == []


def test_the_overview_has_the_state_in_numbers(client: Client, filled: None) -> None:
    found = document(client, "overview")
    assert found["state_key"] == KEY
    assert found["lag"]["messages"] == 12
    assert found["lag"]["age_seconds"] >= 90
    assert found["receipts"] == 40
    assert found["states"] == {"COMPLETE": 34, "FAIL": 6}
    assert found["edges"]["parked"] == 7
    assert found["parked"] == 1
    assert found["datasets"] == {"unresolved": 1, "resolved": 2, "ignored": 1}
    assert found["batches"][0]["links"]["published_by"] == "/dags/reader/runs/scheduled__2026-05-01/tasks/publish"
    assert found["problems"] == []
    text = page(client, "")
    assert "Waiting in Kafka" in text
    assert "2 of 3" in text


def test_a_batch_that_failed_and_a_state_that_is_damaged_are_shown_first(client: Client) -> None:
    from airflow.models.variable import Variable

    from openmetadata_ol_provider.receipts.make import failed_delivery

    store(record(receipt(0)).updated([failed_delivery("OpenMetadata does not answer", at=NOW)], 10))
    Variable.set(KEY, "rubbish")
    problems = document(client, "overview")["problems"]
    assert any("is not a state of this package" in problem for problem in problems)
    assert any("the latest batch failed and is read again: OpenMetadata does not answer" in item for item in problems)
    text = page(client, "")
    assert text.index('role="alert"') < text.index("Waiting in Kafka")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, 40),
        ({"q": "disk FULL"}, 6),
        ({"state": "fail"}, 6),
        ({"outcome": "parked"}, 7),
        ({"job": "dwh_1.*"}, 2),
        ({"run_id": "0196f2c4-7a1b-7000-8000-000000000001"}, 1),
        ({"q": "nothing has this"}, 0),
        ({"state": "no such state"}, 40),
    ],
)
def test_runs_are_searched(client: Client, filled: None, query: dict[str, str], found: int) -> None:
    assert document(client, "runs", **query)["matching"] == found
    assert f"{found} of 40 runs" in page(client, "runs", **query)


def test_runs_are_sorted_and_divided_into_pages(client: Client) -> None:
    store(record(*(receipt(number) for number in range(250))))
    found = document(client, "runs", sort="job", page=2)
    assert (found["page"], found["pages"], len(found["receipts"])) == (2, 3, 100)
    names = [item["job"]["name"] for item in found["receipts"]]
    assert names == sorted(names)
    assert document(client, "runs", page=99)["page"] == 3
    text = page(client, "runs", sort="-events", state_key=KEY)
    assert '<th scope="col" class="number" aria-sort="descending"' in text
    assert 'rel="next"' in text
    assert client().get("runs?page=0").status_code == 422


def test_a_run_has_its_links(client: Client, filled: None) -> None:
    (found,) = document(client, "runs", run_id="0196f2c4-7a1b-7000-8000-000000000001")["receipts"]
    assert found["links"] == {
        "openmetadata": "https://openmetadata.example.com/pipeline/openlineage.dwh_1",
        "log": "https://airflow.example.com/dags/dwh_1/runs/1/tasks/load",
        "published_by": "/dags/reader/runs/scheduled__2026-05-01/tasks/publish",
    }
    assert "no service has this address" in found["why"]


def test_jobs_have_their_last_run(client: Client, filled: None) -> None:
    found = document(client, "jobs", q="dwh_3.", sort="-runs")
    assert found["matching"] == 2
    job = document(client, "jobs", q="dwh_0.load_0")["jobs"][0]
    assert (job["runs"], job["last_run"]["run_id"][-1]) == (1, "0")


def test_topics_have_what_waits_and_their_checkpoint(client: Client, filled: None) -> None:
    (topic,) = document(client, "topics")["topics"]
    assert (topic["topic"], topic["messages"], topic["seconds"]) == ("openlineage.events", 12, 75.0)
    assert [(row["partition"], row["offset"]) for row in topic["partitions"]] == [(0, 41), (1, 7)]


def test_what_is_parked_is_grouped_by_what_is_missing(client: Client, filled: None) -> None:
    (group,) = document(client, "parked", q="MART.orders")["groups"]
    assert (group["what"], group["items"], group["reason"]) == ("postgres://dwh:5432 mart.orders", 1, "unresolved")
    assert group["age_seconds"] >= 7200
    assert group["jobs"] == [{"namespace": "airflow-prod", "name": "dwh_1.load_1"}]
    assert "2 hours ago" in page(client, "parked")
    assert document(client, "parked", q="other")["groups"] == []


def test_parking_that_is_damaged_is_a_problem_and_no_error(client: Client, filled: None) -> None:
    from airflow.models.variable import Variable

    Variable.set(f"{KEY}.parked", "rubbish")
    assert "does not contain parked lineage" in document(client, "parked")["problems"][0]


def test_namespaces_have_their_share_and_the_rule_to_paste(client: Client, filled: None) -> None:
    found = document(client, "namespaces")["namespaces"]
    assert [(item["namespace"], item["resolved"], item["total"], item["ignored"]) for item in found] == [
        ("postgres://dwh:5432", 1, 2, 0),
        ("file", 0, 0, 1),
        ("s3://landing", 1, 1, 0),
    ]
    assert found[0]["rules"] == ['namespaces: [{namespace: "postgres://dwh:5432", service: NAME}]']
    assert found[0]["missing"] == [{"name": "mart.orders", "outcome": "unresolved"}]


def test_dead_letters_have_their_reason(client: Client, filled: None) -> None:
    (letter,) = document(client, "dead-letters", q="json")["dead_letters"]
    assert letter["message"] == "openlineage.events[0]@17"


def test_lineage_is_what_was_published_around_an_entity(client: Client, filled: None) -> None:
    found = document(client, "lineage", q="ORDERS")
    assert [node["fqn"] for node in found["found"]] == ["pg.shop.mart.orders", "pg.shop.public.orders"]
    around = document(client, "lineage", kind="table", fqn="pg.shop.public.orders", downstream=1)
    assert [(edge["source"]["fqn"], edge["target"]["fqn"]) for edge in around["edges"]] == [
        ("pg.shop.public.orders", "pg.shop.mart.orders")
    ]
    whole = document(client, "lineage", kind="table", fqn="pg.shop.public.orders")
    assert {node["kind"] for node in whole["nodes"]} == {"table", "topic"}
    assert whole["edges"][0]["jobs"] == [{"namespace": "airflow-prod", "name": "dwh_1.load_1"}]
    assert document(client, "lineage", kind="table", fqn="no.such")["edges"] == []
    assert "dwh_1.load_1" in page(client, "lineage", kind="table", fqn="pg.shop.public.orders")


def test_edges_have_the_columns_that_were_written_last(client: Client) -> None:
    pairs = (("id", "order_id"), (HOSTILE[0], "note"))
    store(record(receipt(0), columns=(EdgeColumns((1, 9), pairs),)))
    store_state()
    into_mart, into_report = document(client, "lineage", kind="table", fqn="pg.shop.public.orders")["edges"]
    assert (into_mart["columns"], into_report["columns"]) == ([list(pair) for pair in pairs], [])
    shown = page(client, "lineage", kind="table", fqn="pg.shop.public.orders")
    assert "<summary>2</summary>" in shown
    assert "<bdi>id</bdi> → <bdi>order_id</bdi>" in shown
    assert HOSTILE[0] not in shown


def test_states_are_chosen_and_lanes_are_shown_together(client: Client) -> None:
    for lane in (0, 1):
        store(record(receipt(lane)), f"{KEY}.lane-{lane}-of-2", owner=KEY, lanes=2, waiting=lag(5))
    store(record(receipt(7)), "other", waiting=lag(1, NOW - 5000))
    found = document(client, "overview")
    assert (found["state_keys"], found["receipts"], found["lag"]["messages"]) == ([KEY, "other"], 2, 10)
    assert document(client, "runs", state_key="other")["total"] == 1
    assert '<option value="other" selected>' in page(client, "runs", state_key="other")
    assert client().get("runs?state_key=none").status_code == 404


def test_the_sensor_measures_all_lanes_at_once(client: Client) -> None:
    from openmetadata_ol_provider.state.receipts import ReceiptStore

    store(record(receipt(1)), f"{KEY}.lane-0-of-2", owner=KEY, lanes=2, waiting=lag(5, NOW - 500))
    ReceiptStore(KEY, lanes=2).write(lag=lag(77, NOW - 10))
    assert document(client, "overview")["lag"]["messages"] == 77
    store(record(receipt(1)), f"{KEY}.lane-0-of-2", owner=KEY, lanes=2, waiting=lag(3, NOW))
    assert document(client, "overview")["lag"]["messages"] == 3


def test_lanes_of_an_earlier_number_are_not_counted(client: Client) -> None:
    store(record(receipt(1)), KEY, waiting=lag(100, NOW - 5000))
    for lane in (0, 1):
        store(record(receipt(lane)), f"{KEY}.lane-{lane}-of-2", owner=KEY, lanes=2, waiting=lag(1, NOW))
    assert document(client, "overview")["lag"]["messages"] == 2


def test_receipts_under_a_key_that_is_too_long_are_seen(client: Client) -> None:
    store(record(receipt(1)), "k" * 250)
    assert document(client, "overview")["state_keys"] == ["k" * 250]


def test_somebody_elses_variable_is_left_alone(client: Client) -> None:
    from airflow.models.variable import Variable

    Variable.set("shop.receipts", "42")
    Variable.set("other.receipts", '{"version": 9}')
    assert document(client, "overview")["state_keys"] == []


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_events_are_text_and_nothing_else(client: Client, name: str) -> None:
    everywhere = dict.fromkeys(("run_id", "name", "namespace", "dag_run", "error", "log_url"), name)
    hostile = receipt(1, **everywhere, reasons=(name,))
    store(record(hostile, datasets={(name, name): "unresolved"}))
    for view in ("", "runs", "jobs", "namespaces"):
        text = page(client, view)
        assert "<script>alert" not in text
        assert "<img" not in text
        assert 'href="javascript' not in text
        assert "\u202e" not in text
        assert "49" not in re.findall(r">(49)<", text)
    (found,) = document(client, "runs")["receipts"]
    # JSON has the name as it is.
    assert found["job"]["name"] == name
    assert found["links"]["log"] is None
    asked = client().get("runs", params={"q": name, "job": name, "state_key": KEY}).text
    assert "<script>alert" not in asked
    assert "<img" not in asked


def test_two_thousand_receipts_cost_little_more_than_one_page_of_them(client: Client) -> None:
    browser = client()
    quickest = {}
    for number in (100, 2_000):
        store(record(*(receipt(index) for index in range(number))))
        spent = []
        for _ in range(6):
            begin = time.process_time()
            assert browser.get("runs?sort=-edges&q=dwh").status_code == 200
            spent.append(time.process_time() - begin)
        quickest[number] = min(spent)
    # Both show one hundred rows.
    assert quickest[2_000] < 6 * quickest[100]


def test_the_files_of_the_page_are_served_and_no_others(client: Client) -> None:
    style = client().get("static/page.css")
    assert style.headers["content-type"].startswith("text/css")
    assert client().get("static/page.js").headers["content-type"].startswith("text/javascript")
    for name in ("page.html", "..%2Fapp.py", "%2e%2e/app.py", "../app.py"):
        assert client().get(f"static/{name}").status_code == 404
