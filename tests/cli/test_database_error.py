"""Commands that read Airflow's Variables name the database that they cannot use, and the settings that choose it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from openmetadata_ol_provider.cli.database_error import database_error


def test_a_database_without_tables_is_named_with_the_settings_that_choose_it(tmp_path: Path) -> None:
    run = [sys.executable, "-m", "openmetadata_ol_provider", "parked", "list"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    environment["AIRFLOW_HOME"] = str(tmp_path)
    printed = subprocess.run(run, env=environment, capture_output=True, text=True, check=False)
    assert printed.returncode == 2
    assert printed.stdout == ""
    assert "Traceback" not in printed.stderr
    (line,) = (line for line in printed.stderr.splitlines() if line.startswith("openmetadata-ol: "))
    assert f"Airflow's database sqlite:///{tmp_path}/airflow.db cannot be used: no such table: variable" in line
    assert f"AIRFLOW_HOME, here {tmp_path}" in line
    assert line.endswith("create them: airflow db migrate")


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    url = "sqlite:////no/such/folder/airflow.db?password=secret"
    environment = {**os.environ, "AIRFLOW_HOME": str(tmp_path), "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url}
    run = [sys.executable, "-m", "openmetadata_ol_provider", "parked"]
    printed = subprocess.run(run, env=environment, capture_output=True, text=True, check=False)
    assert printed.returncode == 2
    assert "Airflow's database sqlite:////no/such/folder/airflow.db cannot be used: unable to open" in printed.stderr
    assert "secret" not in printed.stderr


def test_an_error_without_a_text_is_named() -> None:
    assert "cannot be used: SQLAlchemyError; run" in (database_error(SQLAlchemyError("")) or "")
    assert database_error(ValueError("")) is None
