"""Writes descriptions, owners and tags: one PATCH for each entity that lacks something, none for the rest.

The patch is made from what was read when the entity was looked up, so it tests that the entity has not changed since.
If it is refused, the entity is read again and the patch sent without these tests, which need more permissions than the
change itself (EditAll); if that is refused too, each field is sent alone, so that one that the catalogue does not
accept (a second tag of a classification that allows one) costs that field only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueRequestError
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.entities import COLLECTIONS
from openmetadata_ol_provider.openmetadata.provenance import is_untouched_stub
from openmetadata_ol_provider.openmetadata.publishing.metadata.owners import OwnerLookup
from openmetadata_ol_provider.openmetadata.publishing.metadata.patches import (
    EntityPart,
    FieldPatch,
    description_patch,
    entity_parts,
    lock,
    may_write,
    owners_patch,
    tags_patch,
)
from openmetadata_ol_provider.openmetadata.publishing.metadata.tags import TagLookup, is_ours

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.publishing.metadata.targets import EventMetadata, MetadataTarget

_PIPELINES = ("v1/pipelines", "tasks,owners,tags,sourceHash")
_NEEDED = frozenset({"owners", "tags"})


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
        #: Whether the token may test fields that it does not change; learnt from the first refusal.
        self._guarded = True

    @property
    def problems(self) -> tuple[Problem, ...]:
        """One problem for each owner and tag left out so far because the catalogue does not have it."""
        return (*self._owners.problems, *self._tags.problems)

    def publish(self, target: MetadataTarget) -> bool:
        """Write what an entity lacks and return whether there was anything to write.

        :raises CatalogueRequestError: if a field is refused; all others are written
        :raises CatalogueError: if the catalogue does not answer, or the token may not write
        """
        if not any(self._may_write(metadata) for metadata in (target.own, *target.parts.values())):
            return False
        body = target.body if _is_complete(target) else self._read(target)
        changes = self._changes(target, body) if body is not None else []
        if body is None or not changes:
            return False
        if self._dry_run:
            return True
        if self._guarded:
            try:
                self._patch(target, changes, lock(body))
            except CatalogueAuthError as error:
                if error.status != 403:
                    raise
                self._guarded = False
            except CatalogueRequestError:
                # Changed meanwhile, or a field is not accepted: the answers do not tell which.
                pass
            else:
                return True
        return self._publish_again(target)

    # -- writing -------------------------------------------------------------------------------------------------

    def _publish_again(self, target: MetadataTarget) -> bool:
        body = self._read(target)
        changes = self._changes(target, body) if body is not None else []
        if not changes:
            return False
        try:
            self._patch(target, changes)
        except CatalogueRequestError:
            if len(changes) == 1:
                raise
            self._patch_one_by_one(target, changes)
        return True

    def _patch_one_by_one(self, target: MetadataTarget, changes: list[FieldPatch]) -> None:
        refused = [(change, error) for change in changes if (error := self._refusal(target, change)) is not None]
        if refused:
            details = "; ".join(f"{change.what}: {error}" for change, error in refused)
            raise CatalogueRequestError(details, refused[0][1].status)

    def _refusal(self, target: MetadataTarget, change: FieldPatch) -> CatalogueRequestError | None:
        try:
            self._patch(target, [change])
        except CatalogueRequestError as error:
            return error
        return None

    def _patch(
        self, target: MetadataTarget, changes: list[FieldPatch], guards: Iterable[dict[str, Any]] | None = None
    ) -> None:
        """Send changes; if guards are given, with these and each change's own."""
        tests = [] if guards is None else [*guards, *(guard for change in changes for guard in change.guards)]
        unique = {test["path"]: test for test in tests}
        operations = [operation for change in changes for operation in change.operations]
        self._client.patch(path(_collection(target.type)[0], target.id), [*unique.values(), *operations])

    def _read(self, target: MetadataTarget) -> dict[str, Any] | None:
        collection, fields = _collection(target.type)
        return self._client.get(path(collection, target.id), {"fields": fields})

    def _may_write(self, metadata: EventMetadata) -> bool:
        """Return whether the policies allow any of it to be written."""
        fields = zip(metadata, (self._policies.descriptions, self._policies.owners, self._policies.tags), strict=True)
        return any(field and policy != "never" for field, policy in fields)

    # -- planning ------------------------------------------------------------------------------------------------

    def _changes(self, target: MetadataTarget, body: dict[str, Any]) -> list[FieldPatch]:
        ours = is_untouched_stub(body)
        return [
            FieldPatch(f"{what} of {key}" if key else what, part.guards, operations)
            for key, part in entity_parts(target.type, target.fqn, body).items()
            for what, operations in self._patch_part(target, key, part, ours=ours)
            if operations
        ]

    def _patch_part(
        self, target: MetadataTarget, key: str, part: EntityPart, *, ours: bool
    ) -> Iterator[tuple[str, tuple[dict[str, Any], ...]]]:
        """Yield the changes of one part; owners and tags that must not be written are not looked up either."""
        metadata = target.metadata_of(key)
        policies = self._policies
        if metadata.description and may_write(policies.descriptions, part.body.get("description"), ours=ours):
            yield "description", description_patch(part, metadata.description)
        if metadata.owners and may_write(policies.owners, part.body.get("owners"), ours=ours):
            owners = self._owners.references(metadata.owners)
            if owners:
                yield "owners", owners_patch(part, owners)
        stored = [str(label.get("tagFQN")) for label in part.body.get("tags") or ()]
        if policies.tags == "never" or (policies.tags == "if_empty" and stored):
            return
        if metadata.tags or (target.has_all_tags_of(key) and any(map(is_ours, stored))):
            tags = [fqn for tag in metadata.tags if (fqn := self._tags.fqn(tag)) is not None]
            yield "tags", tags_patch(part, tags, policies.tags)


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
