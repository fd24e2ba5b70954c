"""Creates stubs where nothing exists.

Nothing existing is ever replaced: a stub is created only after a lookup, and a deleted one is restored only if it was
ours and the data has been created again. What a stub lacks that exists already is part of the patch of its metadata.
"""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueError, CatalogueRequestError
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.plan import Dataset
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.client.creation import restore
from openmetadata_ol_provider.openmetadata.client.document import confirm, updated
from openmetadata_ol_provider.openmetadata.client.query_cache import QueryCache
from openmetadata_ol_provider.openmetadata.entities import COLLECTIONS, Entity
from openmetadata_ol_provider.openmetadata.fqn import quote
from openmetadata_ol_provider.openmetadata.provenance import CLASSIFICATION, STUB_TAG, TAG, is_stub
from openmetadata_ol_provider.openmetadata.publishing.stubs.parents import (
    NotCreatedError,
    Parents,
    create_or_find,
    refuse_deleted,
)
from openmetadata_ol_provider.openmetadata.publishing.stubs.planner import Stub
from openmetadata_ol_provider.openmetadata.publishing.stubs.requests import bucket_request, stub_request
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
    """Creates stubs during one publication; stubs with the same key one after the other.

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
        #: why stubs have no tag, if the catalogue does not accept it
        self.problems: list[Problem] = []

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

    # -- creating ------------------------------------------------------------------------------------------------

    def _ensure(self, stub: Stub) -> StubResult:
        parent, prefix, fresh = self._parent(stub)
        fqn = f"{prefix}.{quote(stub.entity_name)}"
        key = fqn if self._exact else fqn.casefold()
        entity = self._ensured.get(key)
        if entity is not None:
            return StubResult(entity, "found")
        existing = None if fresh else self._existing(stub, fqn)
        result = existing or StubResult(self._create(stub, parent, fqn), "created")
        assert result.entity is not None
        self._ensured[key] = result.entity
        return result

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

    def _existing(self, stub: Stub, fqn: str) -> StubResult | None:
        """Return the existing entity of that name, which the search for the dataset may have missed."""
        collection, fields = COLLECTIONS[stub.kind]
        body = self._client.get(path(collection, "name", fqn), {"fields": fields, "include": "all"})
        if body is None:
            return None
        if not (is_stub(body) and body.get("deleted") and _is_created(stub.dataset)):
            refuse_deleted(body, fqn)
            return StubResult(Entity(stub.kind, body), "found")
        if not self._dry_run:
            body = updated(body, restore(self._client, collection, body))
        return StubResult(Entity(stub.kind, body), "created")

    def _create(self, stub: Stub, parent: dict[str, Any], fqn: str) -> Entity:
        labels = self._once("labels", self._labels) if self._mark else []
        request = stub_request(stub, parent, labels, descriptions=self._descriptions)
        return self._put(stub.kind, request, fqn)

    def _put(self, kind: str, request: dict[str, Any], fqn: str) -> Entity:
        if self._dry_run:
            # An id that nothing has, so that looking up what depends on the stub finds nothing.
            return Entity(kind, {**request, "id": str(uuid.uuid5(uuid.NAMESPACE_URL, fqn)), "fullyQualifiedName": fqn})
        collection, fields = COLLECTIONS[kind]
        return Entity(kind, create_or_find(self._client, collection, request, fqn, fields))

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
        """Return the labels of a stub; none, and a problem, if the catalogue does not give or accept their tag."""
        try:
            return self._tag()
        except CatalogueError as error:
            # An edge needs the stub; the tag only shows what it is, its source hash tells it too.
            if not error.optional or error.status == 401:
                raise
            detail = f"stubs are created without it, and stay so: {error}"
            self.problems.append(Problem(ProblemKind.FAILED, f"tag {STUB_TAG}", detail))
            return []

    def _tag(self) -> list[dict[str, Any]]:
        """Create the tag of stubs if it is missing."""
        if not self._dry_run and self._client.get(path(_TAGS, "name", STUB_TAG)) is None:
            # An existing classification is left alone: a request without its settings would clear them.
            if self._client.get(path(_CLASSIFICATIONS, "name", CLASSIFICATION)) is None:
                request = {"name": CLASSIFICATION, "description": _TEXTS[CLASSIFICATION]}
                self._put_label(_CLASSIFICATIONS, request)
            request = {"name": TAG, "classification": CLASSIFICATION, "description": _TEXTS[TAG]}
            self._put_label(_TAGS, request)
        return [_LABEL]

    def _put_label(self, collection: str, request: dict[str, Any]) -> None:
        try:
            confirm(self._client.put(collection, request), "id")
        except CatalogueRequestError as error:
            # Another writer was faster.
            if error.status != 409:
                raise


def _is_created(dataset: Dataset) -> bool:
    return (dataset.lifecycle or "").upper() == "CREATE"
