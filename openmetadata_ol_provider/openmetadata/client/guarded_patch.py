"""Changes entities that exist: by patches of exactly what changes, which fail if somebody else was faster.

A patch is guarded by ``If-Match`` where the server gave an ETag, else by tests of the version and the time of the last
change; the time alone tells apart what one bot changed twice within ten minutes, which the server counts as one
version. Servers that compare ETags may lose changes of columns, so patches of columns always carry tests.

A guard that does not hold is answered with 500 by older servers and with 400 or 412 by newer ones, so on a guarded
patch they all mean: read again, decide again. It says nothing about the health of the server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueRequestError, CatalogueUnavailableError
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openmetadata.client.document import etag_of, updated

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

Json = dict[str, Any]
#: How often a change is decided and sent before it is given up.
ATTEMPTS = 3
#: Answers to a guarded patch that may mean that the entity is no longer what it was.
_REFUSED = frozenset({400, 409, 412, 500})
#: Fields in which the columns of an entity are.
_COLUMNS = frozenset({"columns", "messageSchema", "dataModel", "fields", "mlFeatures"})
#: Fields that together tell one state of an entity from another.
_STATE = ("version", "updatedAt")


class PatchRefusedError(CatalogueRequestError):
    """Raised when a patch was refused: somebody else was faster, or the server does not accept the content."""


class GuardedPatch(NamedTuple):
    """A JSON Patch with its guard.

    :param operations: operations, tests first
    :param if_match: ETag that the entity must still have; ``None`` if tests guard it
    """

    operations: list[Json]
    if_match: str | None = None


def guarded(body: Json, operations: Sequence[Json], *, with_etag: bool = True) -> GuardedPatch:
    """Return the patch that changes an entity only as long as it is what was read.

    :param body: JSON of the entity as it was read
    :param operations: operations that change it
    :param with_etag: ``False`` if the server's ETags have proved useless
    """
    etag = etag_of(body) if with_etag else None
    if etag is not None and not changes_columns(operations):
        return GuardedPatch(list(operations), etag)
    # A test of an absent field fails.
    tests = [{"op": "test", "path": f"/{key}", "value": body[key]} for key in _STATE if body.get(key) is not None]
    return GuardedPatch([*tests, *operations])


def changes_columns(operations: Sequence[Json]) -> bool:
    """Return whether operations change columns, or something in them."""
    return any(operation["path"].split("/")[1] in _COLUMNS for operation in operations)


def is_same_state(body: Json, other: Json) -> bool:
    """Return whether nobody has changed an entity between two reads."""
    return all(body.get(key) == other.get(key) for key in _STATE)


def send_patch(client: OpenMetadataClient, url: str, patch: GuardedPatch) -> Json:
    """Send a patch, and return the answer.

    :raises PatchRefusedError: if its guard does not hold, or its content is not accepted
    :raises CatalogueError: if the catalogue does not answer, or the token may not write
    """
    try:
        return client.patch(url, patch.operations, if_match=patch.if_match)
    except (CatalogueRequestError, CatalogueUnavailableError) as error:
        if error.status not in _REFUSED:
            raise
        raise PatchRefusedError(str(error), error.status, error.reason) from None


def patch_stored(
    client: OpenMetadataClient,
    url: str,
    body: Json,
    decide: Callable[[Json], Sequence[Json]],
    read: Callable[[], Json | None],
) -> Json | None:
    """Change an entity, deciding again as long as others change it in between.

    :param url: path of the entity
    :param body: JSON of the entity as it was read
    :param decide: function that returns the operations for what is stored; none if nothing is to be changed
    :param read: function that reads the entity again
    :return: the entity as it is stored then; ``None`` if there was nothing to change
    :raises PatchRefusedError: if it was refused each time, or the entity is gone
    """
    with_etag = True
    for attempt in range(1, ATTEMPTS + 1):
        operations = decide(body)
        if not operations:
            return None
        try:
            return updated(body, send_patch(client, url, guarded(body, operations, with_etag=with_etag)))
        except PatchRefusedError as error:
            again = read() if attempt < ATTEMPTS else None
            if again is None:
                raise PatchRefusedError(
                    f"{error} (tried {counted(attempt, 'time')})", error.status, error.reason
                ) from None
            # Refused although nothing has changed: perhaps something on the way altered the ETag.
            with_etag = with_etag and not is_same_state(body, again)
            body = again
    raise AssertionError("unreachable")
