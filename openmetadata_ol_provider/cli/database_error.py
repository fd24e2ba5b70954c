"""Turns an error of Airflow's database into a sentence that says which database it is, and what to do."""

from __future__ import annotations

import os
import sys


def database_error(error: Exception) -> str | None:
    """Return what to tell about an error of Airflow's database, ``None`` for any other error.

    Commands that read Variables need the database of the Airflow whose tasks they ask about, and a shell without its
    settings has another one: an empty file in the home directory.

    :param error: what a command has raised
    """
    library = sys.modules.get("sqlalchemy.exc")
    if library is None or not isinstance(error, library.SQLAlchemyError):
        return None
    from airflow.configuration import conf
    from sqlalchemy.engine import make_url

    # Drivers take passwords from the query, too.
    url = make_url(conf.get("database", "sql_alchemy_conn")).set(query={}).render_as_string(hide_password=True)
    reason = next(iter(str(getattr(error, "orig", None) or error).splitlines()), type(error).__name__)
    home = os.environ.get("AIRFLOW_HOME", "not set")
    return (
        f"Airflow's database {url} cannot be used: {reason}; run the command with the settings of the Airflow that "
        f"runs the tasks (AIRFLOW_HOME, here {home}; AIRFLOW__DATABASE__SQL_ALCHEMY_CONN), or, if it has no tables "
        "yet, create them: airflow db migrate"
    )
