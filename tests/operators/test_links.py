"""A publishing task has links to the pages of what it published."""

from __future__ import annotations

import importlib
from typing import Any

import airflow
import pytest
from steps_support import DAG_ID, TOPIC, Sender, _dag, ingest, run_event

from openmetadata_ol_provider.get_provider_info import get_provider_info
from openmetadata_ol_provider.openmetadata.publishing.core.report import Links
from openmetadata_ol_provider.operators.ingest import IngestOpenLineageOperator
from openmetadata_ol_provider.operators.links import XCOM_KEY, LineageLink, PipelineLink, push_links
from openmetadata_ol_provider.operators.publish import PublishLineageOperator
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

AIRFLOW_3 = not airflow.__version__.startswith("2.")


class Context(dict[str, Any]):
    """A task's context, as far as the operators use it: XComs are kept here."""

    def __init__(self) -> None:
        self.pushed: dict[str, Any] = {}
        super().__init__(ti=self)

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


@pytest.mark.usefixtures("connections")
def test_a_task_leaves_the_pages_of_what_it_published_last(send: Sender, catalogue: CatalogueServer) -> None:

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
        "openmetadata_ol_provider.operators.links.get_xcom",
        lambda ti_key, key: {"lineage": f"https://om/{ti_key}"} if key == XCOM_KEY else None,
    )
    assert LineageLink().get_link(None, ti_key="x") == "https://om/x"
    assert PipelineLink().get_link(None, ti_key="x") == ""


@pytest.mark.skipif(not AIRFLOW_3, reason="Airflow 2 shows links in the web server, from XComs")
@pytest.mark.usefixtures("connections")
def test_airflow_3_gets_the_links_of_an_executed_task_without_reading_xcoms(
    send: Sender, catalogue: CatalogueServer
) -> None:
    send.events(run_event("r1"))
    with _dag():
        task = IngestOpenLineageOperator(task_id="ingest", topics=[TOPIC])
    # Nobody answers here if an XCom is asked for.
    assert LineageLink().get_link(task, ti_key=None) == ""
    context = Context()
    task.execute(context)
    assert PipelineLink().get_link(task, ti_key=None) == context.pushed[XCOM_KEY]["pipeline"]
    assert LineageLink().get_link(task, ti_key=None) == context.pushed[XCOM_KEY]["lineage"]
    task.execute(context)
    assert LineageLink().get_link(task, ti_key=None) == ""


# -- links of serialised DAGs ------------------------------------------------------------------------------------------

NAMES = {"OpenMetadata pipeline": "PipelineLink", "OpenMetadata lineage": "LineageLink"}
OLD, NEW = "openmetadata_ol_provider.links", "openmetadata_ol_provider.operators.links"


def serialised_links() -> Any:
    """Return the links of an operator as Airflow stores them with a serialised DAG."""
    from airflow.serialization import serialized_objects

    with _dag() as dag:
        IngestOpenLineageOperator(task_id="ingest", topics=[TOPIC])
    kind = getattr(serialized_objects, "DagSerialization", None) or serialized_objects.SerializedDAG
    (task,) = kind.to_dict(dag)["dag"]["tasks"]
    return task["__var"]["_operator_extra_links"]


@pytest.mark.skipif(not AIRFLOW_3, reason="Airflow 2 stores class paths")
def test_airflow_3_stores_the_keys_that_dags_of_version_0_1_0_have() -> None:
    assert serialised_links() == {name: f"_link_{kind}" for name, kind in NAMES.items()}
    for name, kind in NAMES.items():
        assert getattr(importlib.import_module(NEW), kind)().xcom_key == f"_link_{kind}"
        assert getattr(importlib.import_module(NEW), kind).name == name


@pytest.mark.skipif(AIRFLOW_3, reason="Airflow 3 stores XCom keys")
@pytest.mark.parametrize("module", [OLD, NEW])
def test_airflow_2_finds_the_links_of_dags_serialised_before_and_after_the_move(module: str) -> None:
    from airflow.serialization.serialized_objects import SerializedBaseOperator

    assert serialised_links() == [{f"{NEW}.{kind}": {}} for kind in NAMES.values()]
    stored = [{f"{module}.{kind}": {}} for kind in NAMES.values()]
    links = SerializedBaseOperator._deserialize_operator_extra_links(stored)
    assert {name: type(link) for name, link in links.items()} == {
        "OpenMetadata pipeline": PipelineLink,
        "OpenMetadata lineage": LineageLink,
    }


@pytest.mark.parametrize("module", [OLD, NEW])
def test_the_provider_lists_the_links_under_both_paths(module: str) -> None:
    listed = get_provider_info()["extra-links"]
    assert isinstance(listed, list)
    for kind in (PipelineLink, LineageLink):
        assert f"{module}.{kind.__name__}" in listed
        assert getattr(importlib.import_module(module), kind.__name__) is kind


def test_the_old_path_has_all_names_of_the_new_one() -> None:
    old = importlib.import_module(OLD)
    assert (old.XCOM_KEY, old.push_links) == (XCOM_KEY, push_links)
