"""Asks the catalogue the least that shows that publishing could work: its version, and whether it accepts the token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.exceptions import CatalogueRequestError
from openmetadata_ol_provider.openmetadata.client.version import MINIMUM_VERSION

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient


def require_catalogue(client: OpenMetadataClient) -> dict[str, Any]:
    """Return ``version`` of the server and ``user`` of the token.

    :raises CatalogueError: if the server cannot be reached, is too old, or refuses the token
    """
    version = client.version
    if not version.at_least(*MINIMUM_VERSION):
        oldest = ".".join(map(str, MINIMUM_VERSION))
        raise CatalogueRequestError(
            f"OpenMetadata {version} at {client.base_url} is too old; upgrade it to {oldest} or later, or set "
            f"{client.server.settings.address} to another server"
        )
    user = client.get("v1/users/loggedInUser") or {}
    return {"version": str(version), "user": user.get("name")}
