"""Writes descriptions, owners and tags: one PATCH for each entity that lacks something, none for the rest.

The patch is made from what was read when the entity was looked up, so it tests that the entity has not changed since.
If it is refused, the entity is read again and the patch sent without these tests, which ask for more rights than the
change itself (EditAll); if that is refused too, each fact goes by itself, so that one that the catalogue does not take
(a second tag of a classification that allows one) costs that fact only.
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
    Change,
    Holder,
    description_change,
    holders,
    lock,
    may_write,
    owners_change,
    tags_change,
)
from openmetadata_ol_provider.openmetadata.publishing.metadata.tags import TagLookup, is_ours

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.publishing.metadata.targets import Said, Target

_PIPELINES = ("v1/pipelines", "tasks,owners,tags,sourceHash")
_NEEDED = frozenset({"owners", "tags"})


class FactWriter:
    """Publishes descriptions, owners and tags.

    :param client: the catalogue
    :param config: policies
    :param dry_run: read, but do not write
    """

    def __init__(self, client: OpenMetadataClient, config: Config, *, dry_run: bool) -> None:
        self._client = client
        self._policies = config.write
        self._dry_run = dry_run
        self._owners = OwnerLookup(client)
        # Of other classifications only what is asked for: they are a steward's, with meanings of their own.
        others = config.write.tags in {"if_empty", "always"}
        self._tags = TagLookup(client, create=config.write.create_tags, others=others, dry_run=dry_run)
        #: Whether the token may test what it does not change; found out by the first refusal.
        self._guarded = True

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was left out so far, each once: owners and tags that the catalogue does not have."""
        return (*self._owners.problems, *self._tags.problems)

    def publish(self, target: Target) -> bool:
        """Write what an entity lacks and return whether there was anything to write.

        :raises CatalogueRequestError: if a fact is refused; all others are written
        :raises CatalogueError: if the catalogue does not answer, or the token may not write
        """
        if not any(self._concerns(said) for said in (target.own, *target.parts.values())):
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
                # Changed meanwhile, or one of the facts is not taken: the answers do not tell which.
                pass
            else:
                return True
        return self._publish_afresh(target)

    # -- writing -------------------------------------------------------------------------------------------------

    def _publish_afresh(self, target: Target) -> bool:
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

    def _patch_one_by_one(self, target: Target, changes: list[Change]) -> None:
        refused = [(change, error) for change in changes if (error := self._refusal(target, change)) is not None]
        if refused:
            told = "; ".join(f"{change.what}: {error}" for change, error in refused)
            raise CatalogueRequestError(told, refused[0][1].status)

    def _refusal(self, target: Target, change: Change) -> CatalogueRequestError | None:
        try:
            self._patch(target, [change])
        except CatalogueRequestError as error:
            return error
        return None

    def _patch(self, target: Target, changes: list[Change], guards: Iterable[dict[str, Any]] | None = None) -> None:
        """Send changes; with the guards given, and each change's own, if any are given."""
        tests = [] if guards is None else [*guards, *(guard for change in changes for guard in change.guards)]
        unique = {test["path"]: test for test in tests}
        operations = [operation for change in changes for operation in change.operations]
        self._client.patch(path(_place(target.type)[0], target.id), [*unique.values(), *operations])

    def _read(self, target: Target) -> dict[str, Any] | None:
        collection, fields = _place(target.type)
        return self._client.get(path(collection, target.id), {"fields": fields})

    def _concerns(self, said: Said) -> bool:
        """Tell whether the policies let any of it be written anywhere."""
        facts = zip(said, (self._policies.descriptions, self._policies.owners, self._policies.tags), strict=True)
        return any(fact and policy != "never" for fact, policy in facts)

    # -- planning ------------------------------------------------------------------------------------------------

    def _changes(self, target: Target, body: dict[str, Any]) -> list[Change]:
        ours = is_untouched_stub(body)
        found = holders(target.type, target.fqn, body)
        return [
            Change(f"{what} of {key}" if key else what, holder.guards, operations)
            for key, holder in found.items()
            for what, operations in self._of_holder(target, key, holder, ours=ours)
            if operations
        ]

    def _of_holder(
        self, target: Target, key: str, holder: Holder, *, ours: bool
    ) -> Iterator[tuple[str, tuple[dict[str, Any], ...]]]:
        """Yield the changes of one holder; what is not to be written is not looked up either."""
        said = target.said_of(key)
        policies = self._policies
        if said.description and may_write(policies.descriptions, holder.body.get("description"), ours=ours):
            yield "description", description_change(holder, said.description)
        if said.owners and may_write(policies.owners, holder.body.get("owners"), ours=ours):
            owners = self._owners.references(said.owners)
            if owners:
                yield "owners", owners_change(holder, owners)
        stored = [str(one.get("tagFQN")) for one in holder.body.get("tags") or ()]
        if policies.tags == "never" or (policies.tags == "if_empty" and stored):
            return
        if said.tags or (target.tells_tags_of(key) and any(map(is_ours, stored))):
            tags = [fqn for tag in said.tags if (fqn := self._tags.fqn(tag)) is not None]
            yield "tags", tags_change(holder, tags, policies.tags)


def _place(type_: str) -> tuple[str, str]:
    """Return the collection of a type, and the fields that have to be read to know its facts."""
    collection, fields = _PIPELINES if type_ == "pipeline" else COLLECTIONS[type_]
    asked = [field for field in fields.split(",") if field]
    return collection, ",".join((*asked, *sorted(_NEEDED.difference(asked))))


def _is_complete(target: Target) -> bool:
    """Tell whether all was read that is to be compared: what was not asked for looks as if it were empty."""
    if target.body is None:
        return False
    return target.type not in COLLECTIONS or _NEEDED.issubset(COLLECTIONS[target.type][1].split(","))
