"""Compares names of integrations, which producers write in any case and with the versions of their tools."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

# `Debezium 3.5.0.Final`, `SPARK-3.4.1`, `jdbc-sink-v2`, `kafka-connect:4`, `Airflow (2.10)`; but not the 7 of `team-7`.
_VERSION: Final = re.compile(
    r"[\s:_/@(-]+(?:v(?:er(?:sion)?)?\.?\s*\d|\d+\.\d|(?<=[:@/])\d)[\w.+-]*\)?$", re.IGNORECASE
)
#: Tools whose version is also given as one number (``AIRFLOW 3``); of other names a number may be a part.
_TOOLS: Final = "AIRFLOW|DAGSTER|DBT|DEBEZIUM|FLINK|HIVE|KAFKA[ _-]CONNECT|NIFI|PREFECT|SPARK|TRINO"
_MAJOR: Final = re.compile(rf"((?:APACHE[ _-])?(?:{_TOOLS}))[\s_-]+\d+")
#: Longest name that is looked at, in characters.
_LONGEST: Final = 500


@lru_cache(1024)
def integration_name(text: str | None) -> str:
    """Return the name of an integration in upper case and without a version at its end; empty if there is none."""
    name = (text or "")[:_LONGEST].strip()
    name = (_VERSION.sub("", name) or name).upper()
    major = _MAJOR.fullmatch(name)
    return major[1] if major else name
