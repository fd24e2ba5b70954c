"""Looking a container up by its place: exactly, then the nearest parent directory, never the bucket itself.

A job that reads ``s3://bucket/orders/2024/x.csv`` reads the container ``s3://bucket/orders`` if that is the deepest one
the catalogue has. A bucket is too coarse to say that about: everything in it would be one node.

The FQN that connectors give to such a container is asked for first, then one search is made for the place and all of
its parents. What the search index does not have yet is found by walking down the catalogue's own hierarchy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from openmetadata_ol_provider.openmetadata.fqn import join, quote, split, stored_name
from openmetadata_ol_provider.openmetadata.resolution.locations import Location, location
from openmetadata_ol_provider.openmetadata.resolution.search import Finder

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.names.identity import Identity
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.resolution.services import Service

#: From so many paths of one bucket on, all of the bucket's containers are asked for at once.
_MANY_PATHS = 4


class ContainerLookup:
    """Finds the container a path is in.

    :param finder: asks the catalogue
    :param exact_case: letter case has to be the catalogue's
    :param few: up to so many services are asked one by one for the bucket
    """

    def __init__(self, finder: Finder, *, exact_case: bool, few: int = 4) -> None:
        self._finder = finder
        self._exact = exact_case
        self._few = few
        self._expected: Counter[tuple[str, str]] = Counter()
        # Services whose containers are named with the whole path below the bucket: only which form is asked for first.
        self._flat: set[str] = set()

    def expect(self, identities: Iterable[Identity]) -> None:
        """Note what a batch is going to look for."""
        places = {(identity.namespace, identity.name) for identity in identities if identity.kind == "container"}
        found = (location(*place) for place in places)
        self._expected.update((place.family, place.bucket) for place in found if place is not None)

    def find(self, identity: Identity, services: tuple[Service, ...]) -> tuple[list[Entity], str]:
        """Return the containers the identity may be, and what was tried."""
        wanted = location(identity.namespace, identity.name)
        if wanted is None:
            return [], "nothing: the namespace is no path of an object store"
        holders = services if len(services) == 1 else self._holders(wanted, services)
        found = self._by_name(wanted, holders) or self._by_path(wanted, services)
        if not wanted.path:
            return found, f"container of the bucket {wanted.bucket}"
        if not found:
            found = [entity for root in self._roots(wanted, holders) for entity in self._listed(root, wanted)]
        found = [self._deepest(entity, wanted) for entity in found]
        if found:
            return found, ", ".join(dict.fromkeys(str(entity.full_path or entity.fqn) for entity in found))
        return [], f"container with path {wanted.bucket}/{wanted.path}, and its parents below the bucket"

    def _holders(self, wanted: Location, services: tuple[Service, ...]) -> tuple[Service, ...]:
        """Return which of several services hold the bucket, as far as FQNs tell."""
        if len(services) > self._few:
            return ()
        return tuple(service for service in services if any(True for _ in self._roots(wanted, (service,))))

    def _roots(self, wanted: Location, services: Iterable[Service]) -> Iterator[Entity]:
        """Yield the containers of the whole bucket."""
        fqns = (f"{service.fqn}.{quote(stored_name(name))}" for service in services for name in wanted.root_names)
        yield from (entity for entity in self._finder.confirmed("container", fqns) if self._says(entity, wanted, 0))

    # -- by FQN --------------------------------------------------------------------------------------------------

    def _by_name(self, wanted: Location, services: Iterable[Service]) -> list[Entity]:
        """Ask by the FQN such a container would have: one for each directory, or one for the path below its bucket."""
        return [entity for service in services if (entity := self._named(wanted, service)) is not None]

    def _named(self, wanted: Location, service: Service) -> Entity | None:
        segments = tuple(stored_name(segment) for segment in wanted.segments)
        forms = {False: segments, True: ("/".join(segments),) if segments else ()}
        for flat in (True, False) if service.fqn in self._flat else (False, True):
            if flat and len(segments) < 2:
                continue
            for root in wanted.root_names or (None,):
                parts = [part for part in (stored_name(root) if root else None, *forms[flat]) if part]
                entity = self._finder.entity("container", f"{service.fqn}.{join(*parts)}") if parts else None
                if entity is not None and self._says(entity, wanted, len(segments)):
                    if flat:
                        self._flat.add(service.fqn)
                    return entity
        return None

    def _says(self, entity: Entity, wanted: Location, depth: int) -> bool:
        """Tell whether nothing the container says of its place is against the first segments of the wanted one."""
        place = self._place(entity, wanted)
        # A full path that is no location says nothing against what the name says.
        return place is None or (len(place.segments) == depth and place.holds(wanted, exact_case=self._exact))

    @staticmethod
    def _place(entity: Entity, wanted: Location) -> Location | None:
        """Return where a container is: by its full path; without one, by its prefix in the wanted bucket."""
        if isinstance(entity.full_path, str) and entity.full_path:
            return location(entity.full_path)
        prefix = entity.body.get("prefix")
        return wanted._replace(path=prefix.strip("/")) if isinstance(prefix, str) and prefix.strip("/") else None

    # -- by full path --------------------------------------------------------------------------------------------

    def _by_path(self, wanted: Location, services: tuple[Service, ...]) -> list[Entity]:
        """Search for the place and its parents and return what is at the deepest of them."""
        least = 1 if wanted.path else 0
        by_depth: dict[int, list[str]] = {}
        for fqn, full_path in self._proposed(wanted, least).items():
            place = location(full_path)
            fits = any(fqn.startswith(f"{service.fqn}.") for service in services)
            if fits and place is not None and place.holds(wanted, exact_case=self._exact):
                by_depth.setdefault(len(place.segments), []).append(fqn)
        for depth in sorted((depth for depth in by_depth if depth >= least), reverse=True):
            confirmed = self._finder.confirmed("container", by_depth[depth])
            found = [entity for entity in confirmed if entity.full_path and self._says(entity, wanted, depth)]
            # Object stores tell letter case apart, so that the very spelling comes first.
            exact = [
                entity
                for entity in found
                if (place := location(str(entity.full_path))) and place.holds(wanted, exact_case=True)
            ]
            if found:
                return exact or found
        return []

    def _proposed(self, wanted: Location, least: int) -> dict[str, str]:
        """Return FQNs and full paths of containers that may hold the wanted place."""
        found = self._matching(wanted, least)
        wildcard = wanted.wildcard
        if found or wildcard is None:
            return found
        # Not every search engine takes such an expression; this one all do, but it finds no more than a few.
        return self._finder.search("container", "fullPath", wildcard).fqns

    def _matching(self, wanted: Location, least: int) -> dict[str, str]:
        whole = wanted.below_bucket
        if whole and wanted.bucket and self._expected[wanted.family, wanted.bucket] >= _MANY_PATHS:
            hits = self._finder.at_paths(whole)
            if hits.complete:
                return hits.fqns
        pattern = wanted.pattern(least=least)
        return self._finder.at_paths(pattern).fqns if pattern else {}

    # -- down the hierarchy --------------------------------------------------------------------------------------

    def _listed(self, root: Entity, wanted: Location) -> list[Entity]:
        """Return the child of a bucket's container that is nearest to the wanted place."""
        by_depth = {}
        for fqn in sorted(self._finder.children(root.fqn)):
            segments = tuple(split(fqn)[-1].strip("/").split("/"))
            if segments == tuple(map(stored_name, wanted.segments[: len(segments)])):
                by_depth[len(segments)] = fqn
        for depth in sorted(by_depth, reverse=True):
            entity = self._finder.entity("container", by_depth[depth])
            if entity is not None and self._says(entity, wanted, depth):
                return [entity]
        return []

    def _deepest(self, entity: Entity, wanted: Location) -> Entity:
        """Walk down by FQN from a parent: the search index may not have the last directories yet."""
        place = self._place(entity, wanted)
        depth = len(place.segments) if place is not None else len(wanted.segments)
        for segment in wanted.segments[depth:]:
            below = self._finder.entity("container", f"{entity.fqn}.{quote(stored_name(segment))}")
            depth += 1
            if below is None or not self._says(below, wanted, depth):
                break
            entity = below
        return entity
