"""Creates entities: by POST, which never replaces what another writer has created in the meantime."""

from __future__ import annotations

from typing import Any, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueRequestError
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient, path


class Created(NamedTuple):
    """An entity that was created, or that existed already.

    :param body: JSON of the entity
    :param fresh: ``True`` if it was created
    """

    body: dict[str, Any]
    fresh: bool


def create_or_read(
    client: OpenMetadataClient, collection: str, request: dict[str, Any], fqn: str, fields: str = ""
) -> Created:
    """Create an entity, or read the one of that name; it may be a deleted one.

    :param collection: path of the collection
    :param request: create request
    :param fqn: FQN that the entity has then
    :param fields: fields to read of one that exists
    :raises CatalogueError: if the catalogue refuses
    """
    try:
        # A second request finds what the first has created.
        return Created(client.post(collection, request, idempotent=True), fresh=True)
    except CatalogueRequestError as error:
        query = {"include": "all", **({"fields": fields} if fields else {})}
        existing = client.get(path(collection, "name", fqn), query) if error.status == 409 else None
        if existing is None:
            raise
        return Created(existing, fresh=False)


def restore(client: OpenMetadataClient, collection: str, body: dict[str, Any]) -> dict[str, Any]:
    """Restore a deleted entity, with everything that it had, and return it."""
    return client.put(f"{collection}/restore", {"id": str(body["id"])})
