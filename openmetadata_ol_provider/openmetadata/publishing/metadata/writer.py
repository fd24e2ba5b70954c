"""Writes the metadata and the columns of stubs: one PATCH for each entity that lacks something.

The patch is made from what was read when the entity was looked up, so it is guarded: if somebody has changed the entity
since, it is read again and everything is decided again. Where the guard is a test, it needs more permissions (EditAll)
than the change itself may; without them the patch goes unguarded. If a patch is refused although nobody has changed
anything, each field is sent alone, so that one that the catalogue does not accept (a second tag of a classification
that allows one) costs that field only.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueError, CatalogueRequestError
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.circuit import EndpointClosedError
from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.client.document import updated
from openmetadata_ol_provider.openmetadata.client.guarded_patch import (
    ATTEMPTS,
    GuardedPatch,
    PatchRefusedError,
    guarded,
    is_same_state,
    send_patch,
)
from openmetadata_ol_provider.openmetadata.entities import COLLECTIONS
from openmetadata_ol_provider.openmetadata.pipeline_paths import PIPELINES
from openmetadata_ol_provider.openmetadata.provenance import is_untouched_stub
from openmetadata_ol_provider.openmetadata.publishing.core.texts import is_encoded
from openmetadata_ol_provider.openmetadata.publishing.metadata.owners import OwnerLookup
from openmetadata_ol_provider.openmetadata.publishing.metadata.patches import (
    EntityPart,
    FieldPatch,
    description_patch,
    entity_parts,
    may_write,
    owners_patch,
    tags_patch,
)
from openmetadata_ol_provider.openmetadata.publishing.metadata.tags import TagLookup, is_ours
from openmetadata_ol_provider.openmetadata.publishing.stubs.completion import (
    applied,
    completion_operations,
    unmarking_operations,
)

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.publishing.metadata.targets import MetadataTarget

_PIPELINES = (PIPELINES, "tasks,owners,tags,sourceHash")
_NEEDED = frozenset({"owners", "tags"})
#: Why fields could not be looked up, by their name.
Missing = dict[str, CatalogueError]
#: Names of the changes of stubs.
MARK, COLUMNS = "mark of a stub", "columns of a stub"


class PatchResult(NamedTuple):
    """What was written of an entity, or would be in a dry run.

    :param facts: ``True`` if descriptions, owners or tags were written
    :param stub: ``True`` if columns of a stub were written, or its mark was removed
    """

    facts: bool = False
    stub: bool = False

    @classmethod
    def of(cls, changes: Iterable[FieldPatch]) -> PatchResult:
        """Return the result of changes that were made."""
        stub = [change.what in (MARK, COLUMNS) for change in changes]
        return cls(not all(stub), any(stub))


class MetadataWriter:
    """Publishes descriptions, owners and tags.

    :param client: client of the catalogue
    :param config: write policies
    :param dry_run: read, but do not write
    """

    def __init__(self, client: OpenMetadataClient, config: Config, *, dry_run: bool) -> None:
        self._client = client
        self._policies = config.write
        self._dry_run = dry_run
        self._owners = OwnerLookup(client)
        # Other classifications only if asked for: they belong to stewards and have meanings of their own.
        others = config.write.tags in {"if_empty", "always"}
        self._tags = TagLookup(client, create=config.write.create_tags, others=others, dry_run=dry_run)
        #: Whether the token may test fields that it does not change, and ETags match; learnt from the first refusal.
        self._may_test = True
        self._with_etag = True
        self._latest: dict[tuple[str, str], dict[str, Any]] = {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """One problem for each owner and tag left out so far because the catalogue does not have it."""
        return (*self._owners.problems, *self._tags.problems)

    def latest(self, target: MetadataTarget) -> dict[str, Any] | None:
        """Return the JSON of an entity as it was written last; ``None`` if nothing was written."""
        return self._latest.get(target.key)

    def publish(self, target: MetadataTarget) -> PatchResult:
        """Write what an entity lacks and return what was written.

        :raises CatalogueRequestError: if a field is refused, or its owners or tags cannot be looked up, all others are
            written; or if others were faster each time
        :raises CatalogueError: if the catalogue does not answer, or does not accept the token
        """
        if not self._is_wanted(target):
            return PatchResult()
        missing: Missing = {}
        result = self._publish(target, missing)
        if missing:
            raise _lookup_error(missing)
        return result

    # -- writing -------------------------------------------------------------------------------------------------

    def _publish(self, target: MetadataTarget, missing: Missing) -> PatchResult:
        body = target.body if _is_complete(target) else self._read(target)
        for attempt in range(1, ATTEMPTS + 1):
            changes = self._changes(target, body, missing) if body is not None else []
            if body is None or not changes:
                return PatchResult()
            operations = [operation for change in changes for operation in change.operations]
            if self._dry_run:
                self._latest[target.key] = applied(body, operations)
                return PatchResult.of(changes)
            try:
                self._send(target, body, operations)
                return PatchResult.of(changes)
            except PatchRefusedError as error:
                before, body = body, self._read(target)
                if body is not None and is_same_state(before, body):
                    if error.status == 412:
                        # Something on the way alters ETags.
                        self._with_etag = False
                    elif len(changes) > 1:
                        return self._publish_field_by_field(target, body, missing)
                if attempt == ATTEMPTS or error.status == 403:
                    raise PatchRefusedError(
                        f"{changes[0].what}: {error} (tried {counted(attempt, 'time')})", error.status, error.reason
                    ) from None
        raise AssertionError("unreachable")

    def _publish_field_by_field(self, target: MetadataTarget, body: dict[str, Any], missing: Missing) -> PatchResult:
        written: list[FieldPatch] = []
        refused: dict[str, PatchRefusedError] = {}
        while True:
            change = next(iter(self._changes(target, body, missing, without=refused)), None)
            if change is None:
                break
            try:
                body = self._send(target, body, change.operations)
                written.append(change)
            except PatchRefusedError as error:
                refused[change.what] = error
                body = self._read(target) or body
        if refused:
            details = "; ".join(f"{what}: {error}" for what, error in refused.items())
            raise PatchRefusedError(details, next(iter(refused.values())).status)
        return PatchResult.of(written)

    def _send(
        self, target: MetadataTarget, body: dict[str, Any], operations: Sequence[dict[str, Any]]
    ) -> dict[str, Any]:
        """Send operations and return the entity as it is stored then."""
        url = path(_collection(target.type)[0], target.id)
        patch = guarded(body, operations, with_etag=self._with_etag)
        if patch.if_match is None and not self._may_test:
            patch = GuardedPatch(list(operations))
        try:
            answer = send_patch(self._client, url, patch)
        except CatalogueAuthError as error:
            if error.status != 403:
                raise
            if patch.if_match is not None or not self._may_test:
                # A right to one field is missing; the token as such is accepted.
                raise PatchRefusedError(str(error), error.status, error.reason) from None
            self._may_test = False
            return self._send(target, body, operations)
        body = self._latest[target.key] = updated(body, answer)
        return body

    def _read(self, target: MetadataTarget) -> dict[str, Any] | None:
        collection, fields = _collection(target.type)
        return self._client.get(path(collection, target.id), {"fields": fields})

    def _is_wanted(self, target: MetadataTarget) -> bool:
        """Return whether the policies allow any of it to be written."""
        policies = (self._policies.descriptions, self._policies.owners, self._policies.tags)
        return bool(self._shape(target, target.body or {})) or any(
            field and policy != "never"
            for metadata in (target.own, *target.parts.values())
            for field, policy in zip(metadata, policies, strict=True)
        )

    # -- planning ------------------------------------------------------------------------------------------------

    def _changes(
        self, target: MetadataTarget, body: dict[str, Any], missing: Missing, without: Container[str] = frozenset()
    ) -> list[FieldPatch]:
        """Return the changes of an entity, in the order in which they have to be made.

        :param missing: fields that could not be looked up, to be added to
        :param without: names of changes that were refused
        """
        ours = is_untouched_stub(body)
        shape = [change for change in self._shape(target, body) if change.what not in without]
        if shape:
            body = applied(body, (operation for change in shape for operation in change.operations))
        fields = [
            FieldPatch(f"{what} of {key}" if key else what, operations)
            for key, part in entity_parts(target.type, target.fqn, body).items()
            for what, operations in self._patch_part(target, key, part, missing, ours=ours)
            if operations
        ]
        return [*shape, *(change for change in fields if change.what not in without)]

    def _shape(self, target: MetadataTarget, body: dict[str, Any]) -> list[FieldPatch]:
        """Return the changes of an entity that is a stub, or was one: its columns, and the tag that marks it."""
        if target.type == "pipeline":
            return []
        unmarking = unmarking_operations(body) if self._policies.tags != "never" else []
        descriptions = self._policies.descriptions != "never"
        columns = completion_operations(target.type, body, target.datasets, descriptions=descriptions)
        changes = ((MARK, unmarking), (COLUMNS, columns))
        return [FieldPatch(what, tuple(operations)) for what, operations in changes if operations]

    def _patch_part(
        self, target: MetadataTarget, key: str, part: EntityPart, missing: Missing, *, ours: bool
    ) -> Iterator[tuple[str, tuple[dict[str, Any], ...]]]:
        """Yield the changes of one part; owners and tags that must not be written are not looked up either."""
        metadata = target.metadata_of(key)
        policies = self._policies
        described = part.body.get("description")
        encoded = policies.descriptions != "never" and is_encoded(described, metadata.description or "")
        if metadata.description and (encoded or may_write(policies.descriptions, described, ours=ours)):
            yield "description", description_patch(part, metadata.description)
        if metadata.owners and may_write(policies.owners, part.body.get("owners"), ours=ours):
            with _looked_up("owners", missing):
                owners = self._owners.references(metadata.owners)
                if owners:
                    yield "owners", owners_patch(part, owners)
        stored = [str(label.get("tagFQN")) for label in part.body.get("tags") or ()]
        if policies.tags == "never" or (policies.tags == "if_empty" and stored):
            return
        if metadata.tags or (target.has_all_tags_of(key) and any(map(is_ours, stored))):
            with _looked_up("tags", missing):
                tags = [fqn for tag in metadata.tags if (fqn := self._tags.fqn(tag)) is not None]
                yield "tags", tags_patch(part, tags, policies.tags)


@contextmanager
def _looked_up(what: str, missing: Missing) -> Iterator[None]:
    """Leave a field out if what it names cannot be looked up: the others do not need it."""
    try:
        yield
    except CatalogueError as error:
        if not error.optional or error.status == 401:
            raise
        missing[what] = error


def _lookup_error(missing: Missing) -> CatalogueError:
    if all(isinstance(error, EndpointClosedError) for error in missing.values()):
        return next(iter(missing.values()))
    details = "; ".join(f"{what}: {error}" for what, error in missing.items())
    return CatalogueRequestError(details, next(iter(missing.values())).status)


def _collection(type_: str) -> tuple[str, str]:
    """Return the collection of an entity type, and the fields to read for its metadata."""
    collection, fields = _PIPELINES if type_ == "pipeline" else COLLECTIONS[type_]
    names = [field for field in fields.split(",") if field]
    return collection, ",".join((*names, *sorted(_NEEDED.difference(names))))


def _is_complete(target: MetadataTarget) -> bool:
    """Return whether everything to compare was read: a field that was not requested looks as if it were empty."""
    if target.body is None:
        return False
    return target.type not in COLLECTIONS or _NEEDED.issubset(COLLECTIONS[target.type][1].split(","))
