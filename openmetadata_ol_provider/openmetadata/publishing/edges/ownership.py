"""Tells whether a stored edge is only ours, so that it may be deleted: written by us, and changed by nobody since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.openmetadata.publishing.edges.merge import SOURCE, changers_of, is_ours

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient


def names_its_jobs(details: Mapping[str, Any]) -> bool:
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


def touched_by_other(details: Mapping[str, Any], user: str | None) -> str | None:
    """Return who else has changed an edge of ours, ``None`` if nobody has; parameters: see :func:`changed_by_other`."""
    changers = sorted(changers_of(details))
    return f"{', '.join(changers)} changed it, too" if changers else changed_by_other(details, user)


def is_untouched(client: OpenMetadataClient, details: Mapping[str, Any]) -> bool:
    """Return whether nobody else has changed an edge of ours: its SQL or columns, perhaps.

    :param client: client of the catalogue, with the token with which this provider writes
    :raises CatalogueError: if the catalogue does not tell whose the token is
    """
    return touched_by_other(details, client.user or details.get("createdBy")) is None
