"""The fields of assets that only people set, by PATCH: certification and entity status."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore, Entity
from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import Kind
from openmetadata_ol_provider.sandbox.catalogue.entity_writes import check_tags
from openmetadata_ol_provider.sandbox.catalogue.schema_checks import unrecognized_field

_STATUS_SINCE = (1, 10)
_UNPROCESSED_SINCE = (1, 11)
_STATUSES = ("Draft", "In Review", "Approved", "Archived", "Deprecated", "Rejected", "Unprocessed")


def with_entity_status(store: CatalogueStore, kind: Kind, entity: Entity) -> Entity:
    """Return an entity with the default entity status of the version played, if it has none of its own."""
    if not kind.is_asset or store.version < _STATUS_SINCE or "entityStatus" in entity:
        return entity
    return {**entity, "entityStatus": "Unprocessed" if store.version >= _UNPROCESSED_SINCE else "Approved"}


def _check_status(store: CatalogueStore, value: Any) -> None:
    if store.version < _STATUS_SINCE:
        raise unrecognized_field("entityStatus", "entity")
    if value not in _STATUSES:
        raise ApiError(400, f"Cannot deserialize value of type `entityStatus` from {value!r}")


def _check_certification(store: CatalogueStore, value: Any) -> None:
    if not isinstance(value, dict) or not isinstance(value.get("tagLabel"), dict):
        raise ApiError(400, "[certification.tagLabel must not be null]")
    check_tags(store, [value["tagLabel"]])


#: Checks of the fields; each raises ApiError for an invalid value.
STEWARDS_FIELDS: dict[str, Callable[[CatalogueStore, Any], None]] = {
    "certification": _check_certification,
    "entityStatus": _check_status,
}
