"""Applying a JSON Patch to an entity: only what may be edited, and only to valid values."""

from __future__ import annotations

from typing import Any

from openmetadata_ol_provider.sandbox.catalogue import jsonpatch
from openmetadata_ol_provider.sandbox.catalogue.children import with_names
from openmetadata_ol_provider.sandbox.catalogue.entities import check_tags, resolve_owners
from openmetadata_ol_provider.sandbox.catalogue.errors import ApiError
from openmetadata_ol_provider.sandbox.catalogue.kinds import Kind
from openmetadata_ol_provider.sandbox.catalogue.store import Entity, Store
from openmetadata_ol_provider.sandbox.catalogue.validation import Rules, prune

#: Fields that are references once stored, whatever create requests call them by.
_REFERENCES = frozenset({"parent", "domain", "domains", "dataProducts", "teams", "users", "roles", "parents"})
_FIXED = ("id", "name", "fullyQualifiedName", "service", "database", "databaseSchema", "classification", "deleted")


def patched(store: Store, kind: Kind, entity: Entity, patch: Any) -> Entity:
    """Return an entity with a patch applied.

    :raises ApiError: 400 if the result is not a valid entity or something fixed was changed, 404 for unknown owners
        and tags
    """
    result = prune(jsonpatch.apply(entity, patch))
    if not isinstance(result, dict):
        raise ApiError(400, "The patch leaves no entity")
    for key in _FIXED:
        if result.get(key) != entity.get(key):
            raise ApiError(400, f"Attribute [{key}] cannot be changed")
    rules = Rules(store.version)
    references = _REFERENCES | kind.by_name.keys()
    for key, value in result.items():
        field = kind.shape.fields.get(key)
        if field is None or not field.exists(store.version):
            if value != entity.get(key):
                raise ApiError(400, f'Unrecognized field "{key}" (class {kind.type}), not marked as ignorable')
        elif key not in references and key != kind.parent:
            field.check(value, key, rules)
    rules.finish()
    if result.get("owners") != entity.get("owners"):
        owners = resolve_owners(store, result.pop("owners", []))
        result |= {"owners": owners} if owners else {}
    if result.get("tags") != entity.get("tags"):
        check_tags(store, result.get("tags"))
    return with_names(kind, result, lambda labels: check_tags(store, labels))
