"""Looks up a container by its path: exactly, then the nearest parent directory, never the bucket itself.

A job that reads ``s3://bucket/orders/2024/x.csv`` reads the container ``s3://bucket/orders`` if that is the deepest one
in the catalogue. A bucket is too coarse for that: everything in it would become one node.

The FQN that connectors give to such a container is tried first, then one search for the path and all of its parents.
Containers that the search index does not have yet are found by walking down the catalogue's own hierarchy.
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

#: Number of paths of one bucket from which on all of its containers are requested at once.
_MANY_PATHS = 4


class ContainerLookup:
    """Finds the container that a path belongs to.

    :param finder: finder of the catalogue
    :param exact_case: ``True`` if the letter case has to be the catalogue's
    :param few: most services that are asked one by one for the bucket; default: 4
    """

    def __init__(self, finder: Finder, *, exact_case: bool, few: int = 4) -> None:
        self._finder = finder
        self._exact = exact_case
        self._few = few
        self._expected: Counter[tuple[str, str]] = Counter()
        # Services whose containers are named with the whole path below the bucket; only decides which form comes first.
        self._flat: set[str] = set()

    def expect(self, identities: Iterable[Identity]) -> None:
        """Count the paths per bucket that a batch is going to look up."""
        names = {(identity.namespace, identity.name) for identity in identities if identity.kind == "container"}
        targets = (location(*name) for name in names)
        self._expected.update((target.family, target.bucket) for target in targets if target is not None)

    def find(self, identity: Identity, services: tuple[Service, ...]) -> tuple[list[Entity], str]:
        """Return the containers the identity may be, and what was tried."""
        target = location(identity.namespace, identity.name)
        if target is None:
            return [], "nothing: the namespace is not a path in an object store"
        holders = services if len(services) == 1 else self._holders(target, services)
        containers = self._by_name(target, holders) or self._by_path(target, services)
        if not target.path:
            return containers, f"container of the bucket {target.bucket}"
        if not containers:
            containers = [entity for root in self._roots(target, holders) for entity in self._listed(root, target)]
        containers = [self._deepest(entity, target) for entity in containers]
        if containers:
            return containers, ", ".join(dict.fromkeys(str(entity.full_path or entity.fqn) for entity in containers))
        return [], f"container with path {target.bucket}/{target.path}, and its parents below the bucket"

    def _holders(self, target: Location, services: tuple[Service, ...]) -> tuple[Service, ...]:
        """Return the services that hold the bucket, as far as FQNs tell."""
        if len(services) > self._few:
            return ()
        return tuple(service for service in services if any(True for _ in self._roots(target, (service,))))

    def _roots(self, target: Location, services: Iterable[Service]) -> Iterator[Entity]:
        """Yield the containers of the whole bucket."""
        fqns = (f"{service.fqn}.{quote(stored_name(name))}" for service in services for name in target.root_names)
        yield from (entity for entity in self._finder.existing("container", fqns) if self._agrees(entity, target, 0))

    # -- by FQN --------------------------------------------------------------------------------------------------

    def _by_name(self, target: Location, services: Iterable[Service]) -> list[Entity]:
        """Try the FQNs of such a container: one part per directory, or one part for the path below its bucket."""
        return [entity for service in services if (entity := self._named(target, service)) is not None]

    def _named(self, target: Location, service: Service) -> Entity | None:
        segments = tuple(stored_name(segment) for segment in target.segments)
        forms = {False: segments, True: ("/".join(segments),) if segments else ()}
        for flat in (True, False) if service.fqn in self._flat else (False, True):
            if flat and len(segments) < 2:
                continue
            for root in target.root_names or (None,):
                parts = [part for part in (stored_name(root) if root else None, *forms[flat]) if part]
                entity = self._finder.entity("container", f"{service.fqn}.{join(*parts)}") if parts else None
                if entity is not None and self._agrees(entity, target, len(segments)):
                    if flat:
                        self._flat.add(service.fqn)
                    return entity
        return None

    def _agrees(self, entity: Entity, target: Location, depth: int) -> bool:
        """Return whether a container's own path agrees with the first segments of the target."""
        own = self._own_location(entity, target)
        # A full path that is not a location does not contradict the name.
        return own is None or (len(own.segments) == depth and own.holds(target, exact_case=self._exact))

    @staticmethod
    def _own_location(entity: Entity, target: Location) -> Location | None:
        """Return the location of a container: its full path or, without one, its prefix in the target's bucket."""
        if isinstance(entity.full_path, str) and entity.full_path:
            return location(entity.full_path)
        prefix = entity.body.get("prefix")
        return target._replace(path=prefix.strip("/")) if isinstance(prefix, str) and prefix.strip("/") else None

    # -- by full path --------------------------------------------------------------------------------------------

    def _by_path(self, target: Location, services: tuple[Service, ...]) -> list[Entity]:
        """Search for the path and its parents and return the containers at the deepest one."""
        least = 1 if target.path else 0
        by_depth: dict[int, list[str]] = {}
        for fqn, full_path in self._proposed(target, least).items():
            own = location(full_path)
            is_in_services = any(fqn.startswith(f"{service.fqn}.") for service in services)
            if is_in_services and own is not None and own.holds(target, exact_case=self._exact):
                by_depth.setdefault(len(own.segments), []).append(fqn)
        for depth in sorted((depth for depth in by_depth if depth >= least), reverse=True):
            existing = self._finder.existing("container", by_depth[depth])
            containers = [entity for entity in existing if entity.full_path and self._agrees(entity, target, depth)]
            # Object stores distinguish letter case, so the exact spelling comes first.
            exact = [
                entity
                for entity in containers
                if (own := location(str(entity.full_path))) and own.holds(target, exact_case=True)
            ]
            if containers:
                return exact or containers
        return []

    def _proposed(self, target: Location, least: int) -> dict[str, str]:
        """Return FQNs and full paths of containers that may hold the target."""
        full_paths = self._matching(target, least)
        wildcard = target.wildcard
        if full_paths or wildcard is None:
            return full_paths
        # Not every search engine supports regular expressions; all support wildcards, but return only a few hits.
        return self._finder.search("container", "fullPath", wildcard).fqns

    def _matching(self, target: Location, least: int) -> dict[str, str]:
        whole = target.below_bucket
        if whole and target.bucket and self._expected[target.family, target.bucket] >= _MANY_PATHS:
            hits = self._finder.containers_at(whole)
            if hits.complete:
                return hits.fqns
        pattern = target.pattern(least=least)
        return self._finder.containers_at(pattern).fqns if pattern else {}

    # -- down the hierarchy --------------------------------------------------------------------------------------

    def _listed(self, root: Entity, target: Location) -> list[Entity]:
        """Return the child of a bucket's container that is nearest to the target."""
        by_depth = {}
        for fqn in sorted(self._finder.children(root.fqn)):
            segments = tuple(split(fqn)[-1].strip("/").split("/"))
            if segments == tuple(map(stored_name, target.segments[: len(segments)])):
                by_depth[len(segments)] = fqn
        for depth in sorted(by_depth, reverse=True):
            entity = self._finder.entity("container", by_depth[depth])
            if entity is not None and self._agrees(entity, target, depth):
                return [entity]
        return []

    def _deepest(self, entity: Entity, target: Location) -> Entity:
        """Walk down by FQN from a parent, because the search index may not have the last directories yet."""
        own = self._own_location(entity, target)
        depth = len(own.segments) if own is not None else len(target.segments)
        for segment in target.segments[depth:]:
            child = self._finder.entity("container", f"{entity.fqn}.{quote(stored_name(segment))}")
            depth += 1
            if child is None or not self._agrees(child, target, depth):
                break
            entity = child
        return entity
