"""Applies a JSON Patch to an entity, which may change only editable fields, and only to valid values."""

from __future__ import annotations

from typing import Any

from openmetadata_ol_provider.sandbox.catalogue import column_lineage, json_patch
from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError
from openmetadata_ol_provider.sandbox.catalogue.behaviours import Behaviour
from openmetadata_ol_provider.sandbox.catalogue.caller import Caller
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore, Entity
from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import Kind
from openmetadata_ol_provider.sandbox.catalogue.entity_writes import check_tags, now_ms, replace, resolve_owners
from openmetadata_ol_provider.sandbox.catalogue.inherited_references import with_inherited, without_inherited
from openmetadata_ol_provider.sandbox.catalogue.named_parts import with_names
from openmetadata_ol_provider.sandbox.catalogue.request_bodies import property_checks, without_nulls
from openmetadata_ol_provider.sandbox.catalogue.schema_checks import unrecognized_field
from openmetadata_ol_provider.sandbox.catalogue.stewardship import STEWARDS_FIELDS, with_entity_status
from openmetadata_ol_provider.sandbox.catalogue.update_rules import drop_task_owners

#: Fields that are references in a stored entity, in whatever form create requests give them.
_REFERENCES = frozenset({"parent", "domain", "domains", "dataProducts", "teams", "users", "roles", "parents"})
_FIXED = ("id", "name", "fullyQualifiedName", "service", "database", "databaseSchema", "classification", "deleted")


def applied(store: CatalogueStore, document: Any, patch: Any) -> Any:
    """Return a document with a patch applied.

    :raises ApiError: 400 if the patch is malformed; 400 or, in earlier versions, 500 if it does not fit the document
    """
    try:
        return json_patch.apply(document, patch)
    except json_patch.UnmetPatchError as error:
        if Behaviour.FAILED_PATCH_IS_500 not in store.behaviours:
            raise
        message = f"An exception with message [{error.message}] was thrown while processing request."
        raise ApiError(500, message) from None


def patch_entity(
    store: CatalogueStore, kind: Kind, entity: Entity, patch: Any, caller: Caller, *, is_conditional: bool
) -> tuple[Entity, str]:
    """Patch an entity, alone or as the continuation of the caller's last PATCH of it.

    :param is_conditional: ``True`` for a request with ``If-Match``
    :returns: the entity as stored, and the kind of change
    :raises ApiError: see :func:`patched`
    """
    behaviours = store.behaviours
    changed = patched(store, kind, entity, patch)
    if is_conditional and Behaviour.IF_MATCH_LOSES_COLUMNS in behaviours and "columns" in entity:
        changed["columns"] = entity["columns"]
    is_alone = is_conditional and Behaviour.IF_MATCH_PREVENTS_CONSOLIDATION in behaviours
    consolidates = Behaviour.CONSOLIDATES_PATCHES in behaviours and not is_alone
    session = store.sessions.of(entity, caller.name, now_ms()) if consolidates else None
    base = entity["version"]
    added = column_lineage.column_names(kind, changed) - column_lineage.column_names(kind, entity)
    if Behaviour.REMOVED_COLUMNS_LOSE_LINEAGE in behaviours:
        column_lineage.forget_removed(store, kind, entity, changed)
    if session is not None:
        # The earlier PATCHes are undone and done again, and their columns lose their lineage when they are undone.
        column_lineage.forget(store, entity, session.added)
        base, added = session.base, added | session.added
    stored, change = replace(store, kind, entity, changed, caller, base)
    if session is not None or (consolidates and stored is not entity):
        store.sessions.keep(stored, base, added)
    return stored, change


def patched(store: CatalogueStore, kind: Kind, entity: Entity, patch: Any) -> Entity:
    """Return an entity with a patch applied.

    :raises ApiError: 400 if the result is not a valid entity or a fixed field was changed, 404 for unknown owners and
        tags; see :func:`applied`
    """
    shown = with_entity_status(store, kind, with_inherited(store, kind, entity))
    result = without_nulls(applied(store, shown, patch))
    if not isinstance(result, dict):
        raise ApiError(400, "The patch leaves no entity")
    for key in _FIXED:
        if result.get(key) != entity.get(key):
            raise ApiError(400, f"Attribute [{key}] cannot be changed")
    if "entityStatus" not in entity and result.get("entityStatus") == shown.get("entityStatus"):
        result.pop("entityStatus", None)
    result = without_inherited(result)
    _check_fields(store, kind, entity, result)
    if result.get("owners") != entity.get("owners"):
        owners = resolve_owners(store, result.pop("owners", []))
        result |= {"owners": owners} if owners else {}
    if result.get("tags") != entity.get("tags"):
        check_tags(store, result.get("tags"))
    if Behaviour.DROPS_TASK_OWNERS in store.behaviours:
        drop_task_owners(kind, result)
    return with_names(kind, result, lambda labels: check_tags(store, labels))


def _check_fields(store: CatalogueStore, kind: Kind, entity: Entity, result: Entity) -> None:
    """Check the values that a patch leaves.

    :raises ApiError: 400 for an invalid value, or a changed field that nobody knows
    """
    checks = property_checks(kind.schema, store.version)
    references = _REFERENCES | kind.by_name.keys()
    violations: list[str] = []
    for key, value in result.items():
        if kind.is_asset and key in STEWARDS_FIELDS:
            STEWARDS_FIELDS[key](store, value)
        elif key not in checks:
            if value != entity.get(key):
                raise unrecognized_field(key, kind.type)
        elif key not in references and key != kind.parent:
            checks[key](value, key, violations)
    if violations:
        raise ApiError(400, f"[{', '.join(violations)}]")
