"""A temporary Airflow home for a part of the benchmark, with a database where one is needed."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def airflow_home(*, variables: bool = False, database: bool = False) -> Iterator[Path]:
    """Create a home for Airflow; enter it before anything of Airflow is imported.

    :param variables: ``True`` to create the table of Variables
    :param database: ``True`` to create all tables, which takes some seconds
    """
    with tempfile.TemporaryDirectory(prefix="bench-airflow-") as home:
        os.environ |= {
            "AIRFLOW_HOME": home,
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": f"{home}/dags",
            "AIRFLOW__CORE__FERNET_KEY": "YmVuY2htYXJrLWJlbmNobWFyay1iZW5jaG1hcmstYmU=",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        }
        Path(home, "dags").mkdir()
        # Airflow's own imports and migrations emit warnings that do not concern this package.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if database:
                from airflow.utils.db import initdb

                initdb()
            elif variables:
                _create_variables()
        yield Path(home)


def _create_variables() -> None:
    from airflow.models.variable import Variable
    from airflow.utils.session import create_session

    with create_session() as session:
        table = Variable.metadata.tables[Variable.__tablename__]
        named = [key.column.table for key in table.foreign_keys]
        Variable.metadata.create_all(session.get_bind(), tables=[*named, table])
