"""Server versions: which one answers, and the oldest one that is supported."""

from __future__ import annotations

import re
from typing import Any

from openmetadata_ol_provider.exceptions import CatalogueRequestError
from openmetadata_ol_provider.openmetadata.client.server import Server

#: Oldest supported version of the server.
MINIMUM_VERSION = (1, 8)
#: First version that stores which pipelines write a table, and when they last ran.
OBSERVABILITY_SINCE = (1, 11)


class Version(tuple[int, ...]):
    """A server version such as ``(1, 12, 0)``."""

    __slots__ = ()

    def at_least(self, *parts: int) -> bool:
        """Return whether the server has this version or a later one."""
        return tuple(self) >= parts

    def __str__(self) -> str:
        return ".".join(str(part) for part in self)


def parse_version(body: dict[str, Any] | None, server: Server) -> Version:
    """Read the version from the response to ``v1/system/version``.

    :param body: JSON object of the response, ``None`` after a 404
    :param server: server that was asked, for the error message
    :raises CatalogueRequestError: if there is no OpenMetadata behind the address
    """
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", str((body or {}).get("version", "")))
    if match is None:
        raise CatalogueRequestError(
            f"this is not an OpenMetadata API: {server.base_url} has no v1/system/version; check "
            f"{server.settings.address}"
        )
    return Version(int(number or 0) for number in match.groups())
