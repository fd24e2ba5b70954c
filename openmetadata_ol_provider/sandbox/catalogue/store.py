"""What the catalogue holds, in memory: entities by kind, edges, run status, usage.

Entities are replaced, never changed: readers take one without a lock and may keep it; writers hold :attr:`Store.lock`
for the whole of a change.
"""

from __future__ import annotations

import bisect
import threading
from collections.abc import Iterator
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue import fqn as names
from openmetadata_ol_provider.sandbox.catalogue.edges import Edges
from openmetadata_ol_provider.sandbox.catalogue.errors import ApiError, not_found
from openmetadata_ol_provider.sandbox.catalogue.kinds import BY_TYPE, KINDS, Kind
from openmetadata_ol_provider.sandbox.catalogue.validation import Version

Entity = dict[str, Any]
INCLUDES = ("non-deleted", "deleted", "all")


class Collection:
    """All entities of one kind, found by id, by name, in order; and in any case by path and by the name's last part.

    :param kind: which kind
    """

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.by_id: dict[str, Entity] = {}
        self.by_fqn: dict[str, Entity] = {}
        self._by_last_part: dict[str, set[str]] = {}
        self._by_path: dict[str, set[str]] = {}
        self._order: list[str] | None = None

    def put(self, entity: Entity) -> None:
        """Add an entity, or replace the one with its id."""
        fqn = entity["fullyQualifiedName"]
        old = self.by_fqn.get(fqn)
        if old is None:
            self._order = None
            self._by_last_part.setdefault(names.last_part(fqn).lower(), set()).add(fqn)
        else:
            self._forget_path(old)
        if "fullPath" in entity:
            self._by_path.setdefault(entity["fullPath"].lower(), set()).add(fqn)
        self.by_fqn[fqn] = entity
        self.by_id[entity["id"]] = entity

    def remove(self, entity: Entity) -> None:
        """Forget an entity."""
        fqn = entity["fullyQualifiedName"]
        del self.by_fqn[fqn], self.by_id[entity["id"]]
        self._by_last_part[names.last_part(fqn).lower()].discard(fqn)
        self._forget_path(entity)
        self._order = None

    def ending_in(self, last_part: str) -> Iterator[Entity]:
        """Yield the entities whose name's last part is this one, given in lower case."""
        for fqn in sorted(self._by_last_part.get(last_part, ())):
            yield self.by_fqn[fqn]

    def at_path(self, path: str) -> Iterator[Entity]:
        """Yield the entities with this ``fullPath``, given in lower case."""
        for fqn in sorted(self._by_path.get(path, ())):
            yield self.by_fqn[fqn]

    def after(self, fqn: str | None) -> Iterator[Entity]:
        """Yield the entities in order of their names, from behind a name on."""
        order = self._order
        if order is None:
            order = self._order = sorted(self.by_fqn)
        for index in range(bisect.bisect_right(order, fqn) if fqn is not None else 0, len(order)):
            entity = self.by_fqn.get(order[index])
            if entity is not None:
                yield entity

    def _forget_path(self, entity: Entity) -> None:
        if "fullPath" in entity:
            self._by_path[entity["fullPath"].lower()].discard(entity["fullyQualifiedName"])


class Store:
    """The whole content.

    :param version: version of the catalogue that is played
    """

    def __init__(self, version: Version) -> None:
        self.version = version
        self.lock = threading.RLock()
        self.collections = {kind.type: Collection(kind) for kind in KINDS}
        #: FQNs that the search index does not have yet
        self.unindexed: set[str] = set()
        self.edges = Edges()
        #: pipeline id -> timestamp (epoch ms) -> PipelineStatus
        self.statuses: dict[str, dict[int, Entity]] = {}
        #: (entity type, entity id) -> date -> count
        self.usage: dict[tuple[str, str], dict[str, int]] = {}
        #: (entity type, entity id) -> date -> which statistic -> percentile, as computed last
        self.percentiles: dict[tuple[str, str], dict[str, dict[str, float]]] = {}

    def collection(self, entity_type: str) -> Collection:
        """Return the entities of a kind.

        :raises ApiError: 404 for an unknown kind
        """
        found = self.collections.get(entity_type)
        if found is None:
            raise ApiError(404, f"Entity type {entity_type} not found")
        return found

    def by_name(self, entity_type: str, fqn: str, include: str = "non-deleted") -> Entity:
        """Return an entity by its exact name, whatever quotes it is spelled with.

        :raises ApiError: 404 if it is not there, 400 if the name is misspelled
        """
        collection = self.collection(entity_type)
        entity = collection.by_fqn.get(fqn)
        if entity is None and '"' in fqn:
            entity = collection.by_fqn.get(normalised(fqn))
        return _visible(entity, entity_type, fqn, include)

    def by_id(self, entity_type: str, entity_id: str, include: str = "non-deleted") -> Entity:
        """Return an entity by its id.

        :raises ApiError: 404 if it is not there
        """
        return _visible(self.collection(entity_type).by_id.get(entity_id), entity_type, entity_id, include)

    def by_reference(self, reference: Entity) -> Entity:
        """Return the entity that a reference (type and id) points to.

        :raises ApiError: 404 if it is not there
        """
        return self.by_id(reference["type"], reference["id"].lower())


def normalised(fqn: str) -> str:
    """Return the one spelling of a name.

    :raises ApiError: 400 if it is misspelled
    """
    try:
        return names.normalise(fqn)
    except ValueError as error:
        raise ApiError(400, str(error)) from None


def reference(entity_type: str, entity: Entity) -> Entity:
    """Return an EntityReference to an entity, made of what never changes about it."""
    return {
        "id": entity["id"],
        "type": entity_type,
        "name": entity["name"],
        "fullyQualifiedName": entity["fullyQualifiedName"],
        "deleted": False,
    }


def is_included(entity: Entity, include: str) -> bool:
    """Tell whether ``include=`` lets an entity through."""
    return include == "all" or entity["deleted"] == (include == "deleted")


def kind_of(entity_type: str) -> Kind:
    """Return a kind by its name."""
    return BY_TYPE[entity_type]


def _visible(entity: Entity | None, entity_type: str, what: str, include: str) -> Entity:
    if entity is None or not is_included(entity, include):
        raise not_found(entity_type, what)
    return entity
