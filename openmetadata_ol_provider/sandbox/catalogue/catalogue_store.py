"""The content of the catalogue, in memory: entities by kind, edges, run statuses, usage.

Entities are replaced, never changed in place: readers may use one without a lock for as long as they like; writers hold
:attr:`CatalogueStore.lock` during the whole of a change.
"""

from __future__ import annotations

import bisect
import threading
from collections.abc import Iterator
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue import qualified_names
from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError, not_found
from openmetadata_ol_provider.sandbox.catalogue.behaviours import Behaviours
from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import KINDS, Kind
from openmetadata_ol_provider.sandbox.catalogue.patch_sessions import PatchSessions
from openmetadata_ol_provider.sandbox.catalogue.stored_edges import EdgeIndex
from openmetadata_ol_provider.sandbox.catalogue.versions import Version

Entity = dict[str, Any]


class Collection:
    """All entities of one kind, looked up by id, by FQN, by path, or by the last part of the FQN, and sorted by FQN.

    :param kind: kind of the entities
    """

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.by_id: dict[str, Entity] = {}
        self.by_fqn: dict[str, Entity] = {}
        self._by_last_part: dict[str, set[str]] = {}
        self._by_path: dict[str, set[str]] = {}
        self._sorted_fqns: list[str] | None = None

    def put(self, entity: Entity) -> None:
        """Add an entity, or replace the one of the same FQN."""
        fqn = entity["fullyQualifiedName"]
        replaced = self.by_fqn.get(fqn)
        if replaced is None:
            self._sorted_fqns = None
            self._by_last_part.setdefault(qualified_names.last_part(fqn).lower(), set()).add(fqn)
        else:
            self._forget_path(replaced)
        if "fullPath" in entity:
            self._by_path.setdefault(entity["fullPath"].lower(), set()).add(fqn)
        self.by_fqn[fqn] = entity
        self.by_id[entity["id"]] = entity

    def remove(self, entity: Entity) -> None:
        """Remove an entity."""
        fqn = entity["fullyQualifiedName"]
        del self.by_fqn[fqn], self.by_id[entity["id"]]
        self._by_last_part[qualified_names.last_part(fqn).lower()].discard(fqn)
        self._forget_path(entity)
        self._sorted_fqns = None

    def ending_in(self, last_part: str) -> Iterator[Entity]:
        """Yield the entities whose FQN has this last part, regardless of case.

        :param last_part: last part in lower case
        """
        for fqn in sorted(self._by_last_part.get(last_part, ())):
            yield self.by_fqn[fqn]

    def at_path(self, path: str) -> Iterator[Entity]:
        """Yield the entities with this ``fullPath``, regardless of case.

        :param path: path in lower case
        """
        for fqn in sorted(self._by_path.get(path, ())):
            yield self.by_fqn[fqn]

    def after(self, fqn: str | None) -> Iterator[Entity]:
        """Yield the entities sorted by FQN, beginning after one FQN; all of them if it is ``None``."""
        sorted_fqns = self._sorted_fqns
        if sorted_fqns is None:
            sorted_fqns = self._sorted_fqns = sorted(self.by_fqn)
        for index in range(bisect.bisect_right(sorted_fqns, fqn) if fqn is not None else 0, len(sorted_fqns)):
            entity = self.by_fqn.get(sorted_fqns[index])
            if entity is not None:
                yield entity

    def _forget_path(self, entity: Entity) -> None:
        if "fullPath" in entity:
            self._by_path[entity["fullPath"].lower()].discard(entity["fullyQualifiedName"])


class CatalogueStore:
    """The whole content of a catalogue.

    :param version: version that is played
    :param behaviours: behaviours that are played; default: those of the version
    """

    def __init__(self, version: Version, behaviours: Behaviours | None = None) -> None:
        self.version = version
        self.behaviours = behaviours or Behaviours(version, {})
        self.lock = threading.RLock()
        self.collections = {kind.type: Collection(kind) for kind in KINDS}
        #: FQNs that the search index does not contain yet
        self.unindexed: set[str] = set()
        #: ids of pipelines whose document in the search index has lost what stewards set
        self.blanked: set[str] = set()
        self.sessions = PatchSessions()
        self.edges = EdgeIndex()
        #: pipeline id -> timestamp (epoch ms) -> PipelineStatus
        self.statuses: dict[str, dict[int, Entity]] = {}
        #: table id -> FQN of the pipeline -> PipelineObservability
        self.observability: dict[str, dict[str, Entity]] = {}
        #: (table, column or system, FQN of the table or column) -> rows of its profile
        self.profiles: dict[tuple[str, str], list[Entity]] = {}
        #: FQN -> test case
        self.test_cases: dict[str, Entity] = {}
        #: FQN of the test case -> timestamp (epoch ms) -> result
        self.test_results: dict[str, dict[int, Entity]] = {}
        #: (entity type, entity id) -> date -> count
        self.usage: dict[tuple[str, str], dict[str, int]] = {}
        #: (entity type, entity id) -> date -> statistic -> percentile, as computed last
        self.percentiles: dict[tuple[str, str], dict[str, dict[str, float]]] = {}

    def collection(self, entity_type: str) -> Collection:
        """Return the entities of a kind.

        :raises ApiError: 404 for an unknown kind
        """
        collection = self.collections.get(entity_type)
        if collection is None:
            raise ApiError(404, f"Entity type {entity_type} not found")
        return collection

    def by_name(self, entity_type: str, fqn: str, include: str = "non-deleted") -> Entity:
        """Return an entity by its FQN, which may contain unnecessary quotes.

        :param include: ``non-deleted``, ``deleted`` or ``all``
        :raises ApiError: 404 if it does not exist, 400 if the FQN is malformed
        """
        collection = self.collection(entity_type)
        entity = collection.by_fqn.get(fqn)
        if entity is None and '"' in fqn:
            entity = collection.by_fqn.get(normalised(fqn))
        return _included(entity, entity_type, fqn, include)

    def by_id(self, entity_type: str, entity_id: str, include: str = "non-deleted") -> Entity:
        """Return an entity by its id.

        :param include: ``non-deleted``, ``deleted`` or ``all``
        :raises ApiError: 404 if it does not exist
        """
        return _included(self.collection(entity_type).by_id.get(entity_id), entity_type, entity_id, include)

    def by_reference(self, reference: Entity) -> Entity:
        """Return the entity that a reference (type and id) points to.

        :raises ApiError: 404 if it does not exist
        """
        return self.by_id(reference["type"], reference["id"].lower())


def normalised(fqn: str) -> str:
    """Return the canonical spelling of an FQN.

    :raises ApiError: 400 if it is malformed
    """
    try:
        return qualified_names.normalise(fqn)
    except ValueError as error:
        raise ApiError(400, str(error)) from None


def reference(entity_type: str, entity: Entity) -> Entity:
    """Return an EntityReference to an entity, with only the fields that never change."""
    return {
        "id": entity["id"],
        "type": entity_type,
        "name": entity["name"],
        "fullyQualifiedName": entity["fullyQualifiedName"],
        "deleted": False,
    }


def is_included(entity: Entity, include: str) -> bool:
    """Tell whether a value of ``include=`` covers an entity."""
    return include == "all" or entity["deleted"] == (include == "deleted")


def _included(entity: Entity | None, entity_type: str, identifier: str, include: str) -> Entity:
    if entity is None or not is_included(entity, include):
        raise not_found(entity_type, identifier)
    return entity
