"""Airflow's Variables, between tests: none may see what another one has stored."""

from __future__ import annotations


def delete_variables() -> None:
    from airflow.models.variable import Variable
    from airflow.utils.session import create_session

    with create_session() as session:
        session.query(Variable).delete()
