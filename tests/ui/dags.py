"""DAGs of the deployment that the browser looks at: one whose lineage is delivered, and the one that reads."""

from __future__ import annotations

import datetime as dt

from airflow.providers.common.compat.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import PythonOperator

START = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)

with DAG("dwh", schedule=None, start_date=START, catchup=False) as dwh:
    EmptyOperator(task_id="extract") >> PythonOperator.partial(task_id="load", python_callable=print).expand(
        op_args=[["a"], ["b"]]
    )

with DAG("reader", schedule=None, start_date=START, catchup=False) as reader:
    EmptyOperator(task_id="publish")
