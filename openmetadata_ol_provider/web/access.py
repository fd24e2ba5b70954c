"""Who may see what, by Airflow's own permissions. Where these are not as expected, nobody sees anything."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

from fastapi import Depends, HTTPException

log = logging.getLogger(__name__)


class Access(NamedTuple):
    """Dependencies of routes, each of which refuses a request that is not allowed.

    :param signed_in: any user
    :param overview: users who may see plugins and read Variables, in which all of it is kept
    :param dag_run: users who may read runs of the DAG in the path
    :param task_instance: users who may read task instances of the DAG in the path
    """

    signed_in: Sequence[Any]
    overview: Sequence[Any]
    dag_run: Sequence[Any]
    task_instance: Sequence[Any]


def airflow_access() -> Access:
    """Return the dependencies made of Airflow's permissions."""
    try:
        from airflow.api_fastapi.auth.managers.models.resource_details import AccessView, DagAccessEntity
        from airflow.api_fastapi.core_api.security import (
            get_user,
            requires_access_dag,
            requires_access_variable,
            requires_access_view,
        )

        return Access(
            signed_in=[Depends(get_user)],
            overview=[
                Depends(requires_access_view(AccessView.PLUGINS)),
                Depends(requires_access_variable("GET")),
            ],
            dag_run=[Depends(requires_access_dag("GET", DagAccessEntity.RUN))],
            task_instance=[Depends(requires_access_dag("GET", DagAccessEntity.TASK_INSTANCE))],
        )
    except Exception as error:  # noqa: BLE001 - the module is not declared public: anything may have changed
        log.error("the page Lineage delivery is closed: this Airflow has other permissions than expected (%s)", error)  # noqa: TRY400
        closed = [Depends(_refuse)]
        return Access(closed, closed, closed, closed)


def _refuse() -> None:
    raise HTTPException(503, "This page is closed: this version of Airflow has other permissions than it expects.")
