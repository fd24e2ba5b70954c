"""The plugin that adds the page to Airflow's web interface, and tabs to DAG runs and task instances (3.1 and later).

Every Airflow process imports it, workers included, so nothing heavy is imported before the first request.
"""

from __future__ import annotations

from typing import Any

from airflow import __version__ as airflow_version
from airflow.plugins_manager import AirflowPlugin

PREFIX = "/openmetadata-ol"
# Relative, because Airflow itself may be below a path.
_ROOT = PREFIX[1:]
_RUN = f"{_ROOT}/dags/{{DAG_ID}}/runs/{{RUN_ID}}"


class LazyApp:
    """An ASGI application that is built with its first request."""

    def __init__(self) -> None:
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a request."""
        if self._app is None:
            from openmetadata_ol_provider.web.app import create_app

            self._app = create_app()
        await self._app(scope, receive, send)


def _has_external_views() -> bool:
    major, minor = (int(part) for part in airflow_version.split(".")[:2])
    return (major, minor) >= (3, 1)


class LineageDeliveryPlugin(AirflowPlugin):
    """Adds "Lineage delivery" to the menu Browse, and a tab "Lineage" to DAG runs and task instances."""

    name = "openmetadata_ol"

    if _has_external_views():
        fastapi_apps = [{"app": LazyApp(), "url_prefix": PREFIX, "name": "Lineage delivery"}]
        external_views = [
            {
                "name": "Lineage delivery",
                "href": f"{_ROOT}/",
                "destination": "nav",
                "category": "browse",
                "url_route": "lineage_delivery",
            },
            {"name": "Lineage", "href": _RUN, "destination": "dag_run", "url_route": "lineage_of_run"},
            {
                "name": "Lineage",
                "href": f"{_RUN}/tasks/{{TASK_ID}}?map_index={{MAP_INDEX}}",
                "destination": "task_instance",
                "url_route": "lineage_of_task",
            },
        ]
