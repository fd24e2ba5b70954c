"""Numbers, times, shares and names as the page writes them."""

from __future__ import annotations

import re

import pytest

from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact, Ledger
from openmetadata_ol_provider.receipts.receipt import EdgeColumns, EdgeCounts
from openmetadata_ol_provider.state.store import StateStore
from openmetadata_ol_provider.web.documents import entity_url
from openmetadata_ol_provider.web.pages import moment, percent
from tests.web.conftest import Client
from tests.web.deliveries import KEY, receipt, record, store, store_state
from tests.web.test_pages import document, page

ARABIC = ("المبلغ", "العميل")


def store_chain(number: int) -> None:
    """Store published edges from each of some tables to the next."""
    job = JobId("airflow-prod", "chain")
    edges = {
        index: EdgeFact(1, 1.0, f"{job.namespace}\x1f{job.name}", f"table:{index}", f"table:{index + 1}",
                        f"pg.t{index:02} -> pg.t{index + 1:02}", "chain")
        for index in range(number)
    }  # fmt: skip
    StateStore(KEY).write_ledger(Ledger(edges=edges))


@pytest.mark.parametrize(
    ("time", "text"),
    [
        ("2026-11-29T12:14:04.087324Z", "2026-11-29 12:14:04 UTC"),
        ("2026-11-29T12:14:04Z", "2026-11-29 12:14:04 UTC"),
        ("2026-11-29T12:14:04+00:00", "2026-11-29 12:14:04 UTC"),
        ("yesterday", "yesterday"),
        (None, "unknown"),
    ],
)
def test_a_time_has_its_zone_and_no_microseconds(time: str | None, text: str) -> None:
    assert moment(time) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(0, 9, "0%"), (1, 1000, "<1%"), (29, 100, "29%"), (1999, 2000, "99%"), (7, 7, "100%")],
)
def test_a_share_is_all_or_nothing_only_if_it_is(part: int, whole: int, text: str) -> None:
    assert percent(part, whole) == text


def test_half_a_character_in_a_name_does_not_hide_the_page() -> None:
    assert entity_url("https://om", "table", "pg.\ud800") == "https://om/table/pg.%3F/lineage"


@pytest.mark.parametrize("view", ["", "runs", "jobs", "batches", "topics", "parked", "namespaces", "dead-letters"])
def test_no_time_is_written_for_machines(client: Client, view: str) -> None:
    store(record(*(receipt(number, dag_run="") for number in range(3))))
    store_state()
    shown = re.sub(r"<[^>]*>", "", page(client, view))
    assert not re.search(r"\d{4}-\d\d-\d\dT\d\d", shown)
    for title in re.findall(r'<time[^>]* title="([^"]*)"', page(client, view)):
        assert title.endswith(" UTC")


def test_large_numbers_have_separators(client: Client) -> None:
    store(record(receipt(1, events=1_234, edges=EdgeCounts(published=4_321))))
    for view in ("", "runs", "jobs"):
        assert "4,321 published" in page(client, view)


def test_the_arrow_between_columns_in_arabic_leads_from_one_to_the_other(client: Client) -> None:
    store(record(receipt(0), columns=(EdgeColumns((1,), (ARABIC,)),)))
    store_state()
    source, target = ARABIC
    shown = page(client, "lineage", kind="table", fqn="pg.shop.public.orders")
    assert f"<bdi>{source}</bdi> → <bdi>{target}</bdi>" in shown


def test_cards_of_the_picture_link_to_the_lineage_in_openmetadata(client: Client) -> None:
    store(record(receipt(0)))
    store_state()
    shown = page(client, "lineage", kind="table", fqn="pg.shop.public.orders")
    assert '"url":"https://openmetadata.example.com/table/pg.shop.public.orders/lineage"' in shown


def test_lineage_that_goes_on_is_said_to(client: Client) -> None:
    store(record(receipt(0)))
    store_chain(12)
    shown = page(client, "lineage", kind="table", fqn="pg.t05")
    assert document(client, "lineage", kind="table", fqn="pg.t05")["further_edges"] == 2
    assert "2 edges that lead further are not shown" in shown
    assert "upstream=6&amp;downstream=6" in shown
    whole = document(client, "lineage", kind="table", fqn="pg.t05", upstream=10, downstream=10)
    assert (len(whole["edges"]), whole["further_edges"]) == (12, 0)
    nothing = page(client, "lineage", kind="table", fqn="pg.t05", upstream=0, downstream=0)
    assert "No edge of it was published" not in nothing
    assert "2 edges that lead further" in nothing
