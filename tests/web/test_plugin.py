"""What the plugin tells Airflow, and what it costs a process that shows no page."""

from __future__ import annotations

import subprocess
import sys

from tests.web.clients import client_for
from tests.web.conftest import Client
from tests.web.deliveries import receipt, record, store


def test_airflow_is_told_of_the_page_and_of_the_tabs() -> None:
    from openmetadata_ol_provider.web.plugin import LineageDeliveryPlugin

    views = {view["destination"]: view for view in LineageDeliveryPlugin.external_views}
    assert views["nav"]["category"] == "browse"
    assert {name: view["href"] for name, view in views.items()} == {
        "nav": "openmetadata-ol/",
        "dag_run": "openmetadata-ol/dags/{DAG_ID}/runs/{RUN_ID}",
        "task_instance": "openmetadata-ol/dags/{DAG_ID}/runs/{RUN_ID}/tasks/{TASK_ID}?map_index={MAP_INDEX}",
    }
    (app,) = LineageDeliveryPlugin.fastapi_apps
    assert app["url_prefix"] == "/openmetadata-ol"


def test_a_process_that_shows_no_page_does_not_load_it() -> None:
    # Schedulers and workers import every plugin.
    code = (
        "import sys, openmetadata_ol_provider.web.plugin as plugin; assert plugin.LineageDeliveryPlugin.fastapi_apps; "
        "assert not [name for name in sys.modules if name.startswith('openmetadata_ol_provider.web.app')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_links_are_right_where_airflow_is_below_a_path(client: Client) -> None:
    from fastapi import FastAPI

    from openmetadata_ol_provider.web.plugin import PREFIX, LazyApp

    airflow = FastAPI(root_path="/team/airflow")
    airflow.mount(PREFIX, LazyApp())
    store(record(receipt(1)))
    token = client("admin").headers["Authorization"]
    text = (
        client_for(airflow, headers={"Authorization": token, "accept": "text/html"})
        .get(f"/team/airflow{PREFIX}/runs")
        .text
    )
    assert 'href="/team/airflow/openmetadata-ol/static/page.css"' in text
    assert 'href="/team/airflow/openmetadata-ol/jobs?' in text
    assert 'href="/team/airflow/dags/reader/runs/' in text
