"""Tells whether a stored edge is only ours, so that it may be deleted: written by us, and changed by nobody since."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.openmetadata.publishing.edges.merge import SOURCE, is_ours

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient


def names_its_jobs(details: dict[str, Any]) -> bool:
    """Return whether an edge is one of ours that nobody has described, or drawn again, since."""
    return details.get("source") == SOURCE and is_ours(details)


def changed_by_other(body: Mapping[str, Any], user: str | None) -> str | None:
    """Return who changed something last, ``None`` if it was this provider.

    :param body: JSON with ``updatedBy``
    :param user: name of this provider's user; ``None`` if it is unknown
    """
    changer = body.get("updatedBy")
    if not changer or changer == user:
        return None
    return f"{changer} changed it last" if user else f"{changer} changed it last, and the token's own user is unknown"


class EdgeOwnership:
    """Knows under which name this provider writes edges; safe for many threads.

    :param client: client of the catalogue, which is asked for the name when it is first needed
    """

    def __init__(self, client: OpenMetadataClient) -> None:
        self._client = client
        self._user: str | None = None
        self._lock = threading.Lock()

    def is_untouched(self, details: dict[str, Any]) -> bool:
        """Return whether nobody else has changed an edge of ours last: its SQL or columns, perhaps.

        :raises CatalogueError: if the catalogue does not tell whose the token is
        """
        return changed_by_other(details, self._own_user() or details.get("createdBy")) is None

    def _own_user(self) -> str:
        with self._lock:
            if self._user is None:
                self._user = str((self._client.get("v1/users/loggedInUser") or {}).get("name") or "")
            return self._user
