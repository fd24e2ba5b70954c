"""Connects commands to OpenMetadata."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

TOKEN_VARIABLE = "OPENMETADATA_JWT_TOKEN"  # noqa: S105 - the name of a variable, not a token


def openmetadata_client(arguments: Namespace) -> OpenMetadataClient:
    """Return a client for ``--host``, or without it for the connection ``--openmetadata-conn-id``."""
    if arguments.host:
        from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

        return OpenMetadataClient(arguments.host, os.environ.get(TOKEN_VARIABLE))
    from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook

    return OpenMetadataHook(arguments.openmetadata_conn_id).get_conn()
