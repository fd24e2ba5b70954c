"""Writes stubs: creates them where nothing exists, completes them while they are ours, unmarks them when they are not.

Nothing existing is ever replaced: a stub is created only after a lookup, completed by appending to it, and a deleted
one is restored only if it was ours and the data has been created again.
"""

from __future__ import annotations

import copy
import threading
import uuid
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueError
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.plan import Dataset
from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.client.query_cache import QueryCache
from openmetadata_ol_provider.openmetadata.entities import COLLECTIONS, Entity
from openmetadata_ol_provider.openmetadata.fqn import quote
from openmetadata_ol_provider.openmetadata.provenance import CLASSIFICATION, STUB_TAG, TAG, is_outgrown, is_stub
from openmetadata_ol_provider.openmetadata.publishing.stubs.parents import (
    NotCreatedError,
    Parents,
    put_or_find,
    refuse_deleted,
)
from openmetadata_ol_provider.openmetadata.publishing.stubs.planner import Stub
from openmetadata_ol_provider.openmetadata.publishing.stubs.requests import bucket_request, completion_of, stub_request
from openmetadata_ol_provider.openmetadata.resolution.containers import ContainerLookup
from openmetadata_ol_provider.openmetadata.resolution.search import Finder

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

_TAGS, _CLASSIFICATIONS = "v1/tags", "v1/classifications"
_LABEL = {"tagFQN": STUB_TAG, "source": "Classification", "labelType": "Automated", "state": "Confirmed"}
_TEXTS = {
    CLASSIFICATION: "What OpenLineage events say of data.",
    TAG: "Created for lineage of data that OpenMetadata did not know; its own ingestion has not seen it yet.",
}


class StubResult(NamedTuple):
    """The result of ensuring a stub.

    :param entity: entity of the stub; ``None`` if it was refused
    :param change: ``created``, ``refused``, or ``found`` if it existed after all or was created for another dataset
    :param reason: reason of a refusal
    """

    entity: Entity | None
    change: Literal["created", "found", "refused"]
    reason: str = ""


class StubWriter:
    """Creates and completes stubs during one publication; stubs with the same key one after the other.

    :param client: client of the catalogue
    :param config: letter case and write policies
    :param dry_run: read, but do not write
    """

    def __init__(self, client: OpenMetadataClient, config: Config, *, dry_run: bool) -> None:
        self._client = client
        self._dry_run = dry_run
        self._exact = config.datasets.case == "exact"
        self._descriptions = config.write.descriptions != "never"
        self._mark = config.write.tags != "never"
        self._parents = Parents(client, exact_case=self._exact, dry_run=dry_run)
        self._containers = ContainerLookup(Finder(client), exact_case=self._exact)
        self._once = QueryCache()
        self._lock = threading.Lock()
        self._errors: list[CatalogueError] = []
        self._ensured: dict[str, Entity] = {}
        self._latest: dict[Entity, Entity] = {}

    def ensure(self, stub: Stub) -> StubResult:
        """Return the entity of a stub, created if it does not exist.

        :raises CatalogueError: if the catalogue refuses
        """
        try:
            return self._ensure(stub)
        except NotCreatedError as error:
            return StubResult(None, "refused", str(error))
        except CatalogueError as error:
            if isinstance(error, CatalogueAuthError) or self._is_new(error):
                raise
            return StubResult(None, "refused", str(error))

    def _is_new(self, error: CatalogueError) -> bool:
        """Return whether an error is new: a schema that fails must not count again for each of its tables."""
        with self._lock:
            seen = any(error is other for other in self._errors)
            self._errors.append(error)
        return not seen

    def complete(self, entity: Entity, dataset: Dataset) -> bool:
        """Append to a stub of ours the columns of a dataset that it lacks; return whether there were any.

        :raises CatalogueError: if the catalogue refuses
        """
        current = self.latest(entity)
        operations = completion_of(current.type, current.body, dataset, descriptions=self._descriptions)
        return self._patch(current, operations)

    def unmark(self, entity: Entity) -> bool:
        """Remove the tag from an entity that has been ingested since it was a stub; return whether it had the tag.

        :raises CatalogueError: if the catalogue refuses
        """
        current = self.latest(entity)
        if not self._mark or not is_outgrown(current.body):
            return False
        index = next(index for index, tag in enumerate(current.body["tags"]) if tag.get("tagFQN") == STUB_TAG)
        pointer = f"/tags/{index}"
        return self._patch(
            current,
            [{"op": "test", "path": f"{pointer}/tagFQN", "value": STUB_TAG}, {"op": "remove", "path": pointer}],
        )

    def latest(self, entity: Entity) -> Entity:
        """Return an entity with everything that has been written so far."""
        return self._latest.get(entity, entity)

    # -- creating ------------------------------------------------------------------------------------------------

    def _ensure(self, stub: Stub) -> StubResult:
        parent, prefix, fresh = self._parent(stub)
        fqn = f"{prefix}.{quote(stub.entity_name)}"
        key = fqn if self._exact else fqn.casefold()
        entity = self._ensured.get(key)
        change: Literal["created", "found"] = "found"
        if entity is None:
            entity = None if fresh else self._existing(stub, fqn)
            if entity is None:
                entity, change = self._create(stub, parent, fqn), "created"
            self._ensured[key] = entity
        if change == "found":
            self.complete(entity, stub.dataset)
        return StubResult(self.latest(entity), change)

    def _parent(self, stub: Stub) -> tuple[dict[str, Any], str, bool]:
        """Return the fields that name the parent of a stub in requests, its FQN, and whether it was just created."""
        if stub.kind == "table":
            schema = self._parents.schema_of(stub)
            return {"databaseSchema": schema.fqn}, schema.fqn, schema.fresh
        service = {"service": stub.service.fqn}
        if stub.kind == "container" and stub.bucket and stub.name:
            bucket = self._once((stub.service.fqn, stub.bucket), lambda: self._bucket(stub))
            return {**service, "parent": bucket.reference}, bucket.fqn, False
        return service, stub.service.fqn, False

    def _existing(self, stub: Stub, fqn: str) -> Entity | None:
        """Return the existing entity of that name, which the search for the dataset may have missed."""
        collection, fields = COLLECTIONS[stub.kind]
        body = self._client.get(path(collection, "name", fqn), {"fields": fields, "include": "all"})
        if body is None or (is_stub(body) and body.get("deleted") and _is_created(stub.dataset)):
            return None
        refuse_deleted(body, fqn)
        return Entity(stub.kind, body)

    def _create(self, stub: Stub, parent: dict[str, Any], fqn: str) -> Entity:
        labels = self._once("labels", self._labels) if self._mark else []
        request = stub_request(stub, parent, labels, descriptions=self._descriptions)
        return self._put(stub.kind, request, fqn)

    def _put(self, kind: str, request: dict[str, Any], fqn: str) -> Entity:
        if self._dry_run:
            # An id that nothing has, so that looking up what depends on the stub finds nothing.
            return Entity(kind, {**request, "id": str(uuid.uuid5(uuid.NAMESPACE_URL, fqn)), "fullyQualifiedName": fqn})
        return Entity(kind, put_or_find(self._client, COLLECTIONS[kind][0], request, fqn))

    def _bucket(self, stub: Stub) -> Entity:
        """Return the container that is the bucket of a container."""
        buckets, _ = self._containers.find(Identity(stub.root, "", "container"), (stub.service,))
        if len(buckets) > 1:
            names = ", ".join(sorted(entity.fqn for entity in buckets))
            raise NotCreatedError(f"the bucket {stub.root} may be any of {names}")
        if buckets:
            return buckets[0]
        request = bucket_request(stub)
        fqn = f"{stub.service.fqn}.{quote(request['name'])}"
        body = self._client.get(path("v1/containers", "name", fqn), {"include": "all"})
        if body is not None:
            refuse_deleted(body, fqn)
            raise NotCreatedError(f"{fqn} exists already, but at {body.get('fullPath')} and not at {stub.root}")
        return self._put("container", request, fqn)

    def _labels(self) -> list[dict[str, Any]]:
        """Return the labels of a stub, after creating their tag if it is missing."""
        if not self._dry_run and self._client.get(path(_TAGS, "name", STUB_TAG)) is None:
            # An existing classification is left alone: a request without its settings would clear them.
            if self._client.get(path(_CLASSIFICATIONS, "name", CLASSIFICATION)) is None:
                request = {"name": CLASSIFICATION, "description": _TEXTS[CLASSIFICATION]}
                put_or_find(self._client, _CLASSIFICATIONS, request, CLASSIFICATION)
            request = {"name": TAG, "classification": CLASSIFICATION, "description": _TEXTS[TAG]}
            put_or_find(self._client, _TAGS, request, STUB_TAG)
        return [_LABEL]

    # -- changing ------------------------------------------------------------------------------------------------

    def _patch(self, entity: Entity, operations: list[dict[str, Any]]) -> bool:
        if not operations:
            return False
        collection = COLLECTIONS[entity.type][0]
        # A patch rather than a PUT, so that nothing is lost that others have added since.
        answer = None if self._dry_run else self._client.patch(path(collection, entity.id), operations)
        body = applied(entity.body, operations) if answer is None else {**entity.body, **answer}
        self._latest[entity] = Entity(entity.type, body)
        return True


def _is_created(dataset: Dataset) -> bool:
    return (dataset.lifecycle or "").upper() == "CREATE"


def applied(body: dict[str, Any], operations: list[dict[str, Any]]) -> dict[str, Any]:
    """Return an entity's JSON after the additions and removals of a JSON Patch, whose tests count as passed."""
    result = copy.deepcopy(body)
    for operation in operations:
        *above, last = operation["path"].split("/")[1:]
        parent: Any = result
        for key in above:
            parent = parent[int(key)] if isinstance(parent, list) else parent[key]
        if operation["op"] == "remove":
            del parent[int(last)]
        elif operation["op"] == "add" and isinstance(parent, list):
            parent.append(operation["value"])
        elif operation["op"] == "add":
            parent[last] = operation["value"]
    return result
