"""Names of integrations mean the same in any case, with and without the version of their tool."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.openlineage.integration_names import integration_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("SPARK 3.5", "SPARK"),
        ("spark-3.4.1", "SPARK"),
        ("SPARK_3.4_2.12", "SPARK"),
        ("Apache Spark (3.5.1)", "APACHE SPARK"),
        ("dbt 1.8.0rc1", "DBT"),
        ("dbt v2", "DBT"),
        ("AIRFLOW-2.10", "AIRFLOW"),
        ("Airflow version 3", "AIRFLOW"),
        ("airflow 3", "AIRFLOW"),
        ("FLINK-2", "FLINK"),
        ("Debezium 3.5.0.Final", "DEBEZIUM"),
        ("kafka-connect:4", "KAFKA-CONNECT"),
        ("spark/4", "SPARK"),
        ("jdbc-sink-v2", "JDBC-SINK"),
    ],
)
def test_a_version_is_no_part_of_a_name(text: str, name: str) -> None:
    assert integration_name(text) == name


@pytest.mark.parametrize("text", ["team-7", "db2", "s3-2", "ETL 2", "etl-2026-01-02", "v2", "3.5", "over 2", "S3", ""])
def test_other_numbers_are_part_of_a_name(text: str) -> None:
    assert integration_name(text) == text.upper()


def test_no_integration_has_no_name() -> None:
    assert integration_name(None) == ""
