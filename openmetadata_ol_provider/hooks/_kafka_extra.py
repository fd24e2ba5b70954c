"""Checks the part of a Kafka connection's extra that librdkafka and Airflow's Kafka provider do not name."""

from __future__ import annotations

import difflib
from typing import Any

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.hooks._extra import read_extra
from openmetadata_ol_provider.openlineage.sanitize import without_credentials

_KEY = "bootstrap.servers"
_EXAMPLE = f'{{"{_KEY}": "broker1:9092,broker2:9092"}}'
#: What librdkafka accepts before a broker's name.
_PROTOCOLS = frozenset({"plaintext", "ssl", "sasl_plaintext", "sasl_ssl"})


def check_kafka_extra(connection: Any) -> None:
    """Check that the extra of a connection is a JSON object with a usable ``bootstrap.servers``.

    :param connection: Airflow connection
    :raises ConfigError: if it is not; the message does not name the connection
    """
    extra = read_extra(connection)
    servers = extra.get(_KEY)
    if servers is None or (isinstance(servers, str) and not servers.strip()):
        raise ConfigError(_missing(extra, connection))
    if not isinstance(servers, str):
        raise ConfigError(f"{_KEY} is {servers!r}; set a text in the extra, such as {_EXAMPLE}")
    for server in servers.split(","):
        protocol, separator, _ = server.strip().partition("://")
        if separator and protocol.lower() not in _PROTOCOLS:
            raise ConfigError(
                f"{_KEY} is {without_credentials(servers)!r}; set host:port without {protocol}:// in the extra, such "
                f"as {_EXAMPLE}"
            )


def _missing(extra: dict[str, Any], connection: Any) -> str:
    near = difflib.get_close_matches(_KEY, [key for key in extra if key != _KEY], n=1, cutoff=0.7)
    if near:
        return f"extra has the key {near[0]!r} instead of {_KEY!r}; rename it"
    unused = " (the field host is not read)" if connection.host else ""
    return f"bootstrap.servers is missing{unused}; set it in the extra, such as {_EXAMPLE}"
