"""Looks up the entities that one identity of a dataset may be, in the services of one scope."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueRequestError
from openmetadata_ol_provider.openmetadata.resolution.assets import AssetLookup
from openmetadata_ol_provider.openmetadata.resolution.containers import ContainerLookup
from openmetadata_ol_provider.openmetadata.resolution.tables import TableLookup

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.names.identity import Identity
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.resolution.lookup_scope import LookupScope
    from openmetadata_ol_provider.openmetadata.resolution.search import Finder
    from openmetadata_ol_provider.openmetadata.resolution.services import Service


class PathHint(NamedTuple):
    """What a dataset says about the path that a container's identity has.

    :param original: path that the identity was reduced from, with partitions and files; empty if it was not reduced
    :param is_whole: ``True`` if a container above the path is not meant
    """

    original: str = ""
    is_whole: bool = False


class EntityLookup:
    """Looks up entities of all types.

    :param finder: what was read from the catalogue
    :param exact_case: ``True`` if letter case matters
    """

    def __init__(self, finder: Finder, *, exact_case: bool) -> None:
        self._tables = TableLookup(finder, exact_case=exact_case)
        self._containers = ContainerLookup(finder, exact_case=exact_case)
        self._assets = AssetLookup(finder, exact_case=exact_case)

    def expect(self, identities: Iterable[Identity]) -> None:
        """Count the paths per bucket that a batch is going to look up."""
        self._containers.expect(identities)

    def find(self, identity: Identity, scope: LookupScope, hint: PathHint) -> tuple[list[Entity], str]:
        """Return the entities that an identity may be, and how they were looked for.

        :param hint: what the dataset says about a container's path
        """
        attempts: list[str] = []
        for services in scope.services:
            try:
                entities, attempt = self._find_in(services, identity, scope, hint)
            except CatalogueRequestError as error:
                entities, attempt = [], str(error)
            attempts.append(attempt)
            if entities:
                return list(dict.fromkeys(entities)), f"{scope.why}; tried {attempt}"
        return [], f"{scope.why}; tried {', '.join(attempts)}" if attempts else scope.why

    def _find_in(
        self, services: tuple[Service, ...], identity: Identity, scope: LookupScope, hint: PathHint
    ) -> tuple[list[Entity], str]:
        if scope.kind in {"table", "storedProcedure"}:
            return self._tables.find(identity.name, scope, services)
        if scope.kind == "container":
            at = {pair for service in services for pair in service.hosts} if scope.is_certain else None
            return self._containers.find(identity, services, original=hint.original, whole=hint.is_whole, addresses=at)
        return self._assets.find(scope.kind, identity.name, services)
