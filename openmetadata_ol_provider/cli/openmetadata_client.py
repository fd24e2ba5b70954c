"""Connects commands to OpenMetadata."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import TYPE_CHECKING

from openmetadata_ol_provider.exceptions import ConfigError

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

TOKEN_VARIABLE = "OPENMETADATA_JWT_TOKEN"  # noqa: S105 - the name of a variable, not a token
_FILES = ("ca_file", "client_cert", "client_key")


def openmetadata_client(arguments: Namespace) -> OpenMetadataClient:
    """Return a client for ``--host``, or without it for the connection ``--openmetadata-conn-id``.

    :raises ConfigError: if a file with a certificate or key is missing, or given with a connection
    """
    files = {name: value for name in _FILES if (value := getattr(arguments, name))}
    if arguments.host:
        return _client(arguments.host, files)
    if files:
        raise ConfigError(
            f"{_option(next(iter(files)))} is given without --host; set verify, client_cert and client_key in the "
            f"extra of the connection {arguments.openmetadata_conn_id!r} instead"
        )
    from openmetadata_ol_provider.cli.airflow import prepare_airflow

    prepare_airflow()
    from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook

    return OpenMetadataHook(arguments.openmetadata_conn_id).get_conn()


def refuse_unused_files(arguments: Namespace) -> None:
    """Refuse files for TLS where no catalogue is asked.

    :raises ConfigError: if one is given
    """
    for name in _FILES:
        if getattr(arguments, name):
            raise ConfigError(f"{_option(name)} is given without --host; add --host, or leave it out")


def _client(host: str, files: dict[str, str]) -> OpenMetadataClient:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.client.server import HOST_OPTION
    from openmetadata_ol_provider.openmetadata.client.tls_files import existing_path
    from openmetadata_ol_provider.openmetadata.client.url import base_url

    for name, file in files.items():
        existing_path(file, _option(name))
    cert, key = files.get("client_cert"), files.get("client_key")
    if key and not cert:
        raise ConfigError(f"--client-key is {key!r} and --client-cert is missing; give both")
    try:
        base_url(host)
    except ConfigError as error:
        raise ConfigError(f"--host: {error}") from None
    return OpenMetadataClient(
        host,
        os.environ.get(TOKEN_VARIABLE),
        verify=files.get("ca_file", True),
        cert=(cert, key) if cert and key else cert,
        settings=HOST_OPTION,
    )


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
