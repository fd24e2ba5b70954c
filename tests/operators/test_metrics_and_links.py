"""A publishing task sends the report's numbers as Airflow metrics, and links to what it published."""

from __future__ import annotations

from typing import Any

import pytest
from steps_support import Sender, ingest, run_event

from openmetadata_ol_provider.ingestion.metrics import counters, send_metrics
from openmetadata_ol_provider.links import XCOM_KEY, LineageLink, PipelineLink, push_links
from openmetadata_ol_provider.openmetadata.publishing.core.report import Links, PublishReport, Written
from openmetadata_ol_provider.operators.ingest import IngestOpenLineageOperator
from openmetadata_ol_provider.operators.publish import PublishLineageOperator
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.version_compat import stats

REPORT = PublishReport(events=3, edges=Written(published=2, failed=1), requests={"GET": 4}, parked=7)


def test_every_number_that_is_not_nought_is_a_counter() -> None:
    assert dict(counters(REPORT)) == {
        "openmetadata_ol.events": 3,
        "openmetadata_ol.edges.published": 2,
        "openmetadata_ol.edges.failed": 1,
        "openmetadata_ol.requests.get": 4,
    }


def test_airflow_s_client_takes_them() -> None:
    client = stats()
    assert callable(client.incr)
    assert callable(client.gauge)
    send_metrics(REPORT, dag_id="d", task_id="t")


def test_a_metrics_back_end_that_fails_fails_no_task(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise OSError("no metrics today")

    monkeypatch.setattr(stats(), "incr", broken)
    send_metrics(REPORT, dag_id="d", task_id="t")
    assert "no metrics today" in caplog.text


class Context(dict[str, Any]):
    """A task's context, as far as the operators use it: XComs are kept here."""

    def __init__(self) -> None:
        self.pushed: dict[str, Any] = {}
        super().__init__(ti=self)

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


@pytest.mark.usefixtures("connections")
def test_a_task_leaves_the_pages_of_what_it_published_last(send: Sender, catalogue: CatalogueServer) -> None:
    from steps_support import DAG_ID, TOPIC, _dag

    send.events(run_event("r1"))
    context = Context()
    with _dag():
        task = IngestOpenLineageOperator(task_id="ingest", topics=[TOPIC])
    task.execute(context)
    assert task.dag_id == DAG_ID
    assert context.pushed[XCOM_KEY] == {
        "pipeline": f"{catalogue.url}/pipeline/openlineage.%22scheduler%3Anightly.load%22",
        "lineage": f"{catalogue.url}/table/warehouse.shop.analytics_stg.stg_customers/lineage",
    }


@pytest.mark.usefixtures("connections")
def test_the_report_links_to_pipelines_and_edges(send: Sender, catalogue: CatalogueServer) -> None:
    send.events(run_event("r1"))
    links = ingest()["links"]
    assert all(url.startswith(f"{catalogue.url}/pipeline/") for url in links["pipelines"])
    assert links["edges"] == [f"{catalogue.url}/table/warehouse.shop.analytics_stg.stg_customers/lineage"]


def test_nothing_published_leaves_no_link() -> None:
    context = Context()
    push_links(context, Links())
    assert context.pushed == {}


@pytest.mark.parametrize("operator", [IngestOpenLineageOperator, PublishLineageOperator])
def test_the_publishing_operators_show_both_links(operator: Any) -> None:
    assert {type(link) for link in operator.operator_extra_links} == {PipelineLink, LineageLink}
    assert {link.name for link in operator.operator_extra_links} == {"OpenMetadata pipeline", "OpenMetadata lineage"}


def test_a_link_is_what_the_task_pushed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "openmetadata_ol_provider.links.get_xcom",
        lambda ti_key, key: {"lineage": f"https://om/{ti_key}"} if key == XCOM_KEY else None,
    )
    assert LineageLink().get_link(None, ti_key="x") == "https://om/x"
    assert PipelineLink().get_link(None, ti_key="x") == ""
