"""Reads a connection's extra, and says what is wrong with a connection that Airflow cannot read."""

from __future__ import annotations

import json
import os
from typing import Any

from openmetadata_ol_provider.exceptions import ConfigError


def read_extra(connection: Any) -> dict[str, Any]:
    """Return the extra of a connection.

    Airflow logs an extra that is not JSON and then treats it as empty, so its settings would be ignored.

    :param connection: Airflow connection
    :raises ConfigError: if the extra is not a JSON object
    """
    text = connection.extra
    if not text or not text.strip():
        return {}
    try:
        extra = json.loads(text)
    except ValueError as error:
        # The error's position is shown, its text is not: it could contain a secret.
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise ConfigError(f'extra is not JSON{where}; set a JSON object such as {{"key": "value"}}') from None
    if not isinstance(extra, dict):
        raise ConfigError(f'extra is a JSON {_JSON_TYPES[type(extra)]}; set a JSON object such as {{"key": "value"}}')
    return extra


def unreadable_variable(connection_id: str) -> str:
    """Return what is wrong with the environment variable of a connection that Airflow does not find.

    Airflow says of a connection whose variable it cannot parse that it does not exist.

    :param connection_id: id of the connection
    :return: a sentence, empty if there is no such variable
    """
    variable = f"AIRFLOW_CONN_{connection_id.upper()}"
    if not os.environ.get(variable):
        return ""
    return (
        f"the environment variable {variable} is set, but Airflow cannot read it: correct its value, a JSON object or "
        "a URI (port is a number, extra is an object)"
    )


_JSON_TYPES: dict[type, str] = {
    list: "list", str: "string", int: "number", float: "number", bool: "boolean", type(None): "null",
}  # fmt: skip
