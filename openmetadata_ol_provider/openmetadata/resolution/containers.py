"""Looks up a container by its path: exactly, then the nearest parent directory, never the bucket itself.

A job that reads ``s3://bucket/orders/2024/x.csv`` reads the container ``s3://bucket/orders`` if that is the deepest one
in the catalogue. A bucket is too coarse for that: everything in it would become one node.

The FQN that connectors give to such a container is tried first, then one search for the path and all of its parents.
Containers that the search index does not have yet are found by walking down the catalogue's own hierarchy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from openmetadata_ol_provider.openmetadata.fqn import join, quote, split, stored_name
from openmetadata_ol_provider.openmetadata.resolution.locations import Location, location
from openmetadata_ol_provider.openmetadata.resolution.search import FEW_SERVICES, Finder, Hits

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.identities import Naming
    from openmetadata_ol_provider.lineage.names.identity import Identity
    from openmetadata_ol_provider.lineage.names.namespaces import HostPort
    from openmetadata_ol_provider.lineage.plan import Dataset
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.resolution.services import Service

#: Number of paths of one bucket from which on all of its containers are requested at once.
_MANY_PATHS = 4


def unreduced_path(dataset: Dataset, identity: Identity, unstripped: Naming) -> str:
    """Return a dataset's path with the partitions and files that its identity lacks, empty if it lacks none.

    :param unstripped: normaliser of dataset names that leaves partitions in them
    """
    if identity.kind != "container":
        return ""
    own = unstripped.identities(dataset.namespace, dataset.name)[0]
    is_below = own.namespace == identity.namespace and own.name.startswith(f"{identity.name}/")
    return own.name if own.kind == "container" and is_below else ""


class ContainerLookup:
    """Finds the container that a path belongs to.

    :param finder: finder of the catalogue
    :param exact_case: ``True`` if the letter case has to be the catalogue's
    """

    def __init__(self, finder: Finder, *, exact_case: bool) -> None:
        self._finder = finder
        self._exact = exact_case
        self._expected: Counter[tuple[str, str]] = Counter()
        # Services whose containers are named with the whole path below the bucket; only decides which form comes first.
        self._flat: set[str] = set()

    def expect(self, identities: Iterable[Identity]) -> None:
        """Count the paths per bucket that a batch is going to look up."""
        names = {(identity.namespace, identity.name) for identity in identities if identity.kind == "container"}
        targets = (location(*name) for name in names)
        self._expected.update((target.family, target.bucket) for target in targets if target is not None)

    def find(
        self,
        identity: Identity,
        services: tuple[Service, ...],
        *,
        original: str = "",
        whole: bool = False,
        addresses: Collection[HostPort] | None = None,
    ) -> tuple[list[Entity], str]:
        """Return the containers the identity may be, and what was tried.

        :param original: path of which the identity's is the dataset, with its partitions and files; default: none
        :param whole: ``True`` if a container above the path is not meant
        :param addresses: addresses of the services, if a rule or their address chose them
        """
        target = location(identity.namespace, identity.name)
        if target is None:
            return [], "nothing: the namespace is not a path in an object store"
        target = target.in_store(addresses)
        containers = self._spelled(target, services)
        if not target.path:
            bucket = f"container of the bucket {target.bucket}"
            return containers, bucket if target.bucket else "nothing: the namespace names no bucket"
        if whole:
            containers = [entity for entity in containers if self._depth(entity, target) == len(target.segments)]
        if original and (exact := location(identity.namespace, original)) is not None:
            containers = self._below(target, exact.in_store(addresses), services, containers) or containers
        if containers:
            return containers, ", ".join(dict.fromkeys(str(entity.full_path or entity.fqn) for entity in containers))
        parents = "" if whole else ", and its parents below the bucket"
        return [], f"container with path {target.bucket}/{target.path}{parents}"

    def _spelled(self, target: Location, services: tuple[Service, ...]) -> list[Entity]:
        """Return the nearest containers of a path as it is written or, if they are nearer, without percent-encoding."""
        nearest: list[Entity] = []
        depth = -1
        for spelling in target.spellings:
            found = (
                self._in_accounts(spelling, services) if spelling.lacks_account else self._nearest(spelling, services)
            )
            if found and (own := self._depth(found[0], spelling)) > depth:
                nearest, depth = found, own
            if depth == len(spelling.segments):
                break
        return nearest

    def _depth(self, entity: Entity, target: Location) -> int:
        """Return the number of segments of a container's path; without a path it was found by the target's own name."""
        own = self._own_location(entity, target)
        return len(own.segments if own is not None else target.segments)

    def _nearest(self, target: Location, services: tuple[Service, ...]) -> list[Entity]:
        """Return the containers at the deepest directory of a path."""
        holders = services if len(services) == 1 else self._holders(target, services)
        containers = self._by_name(target, holders) or self._by_path(target, services)
        if not target.path:
            return containers
        if not containers:
            containers = [entity for root in self._roots(target, holders) for entity in self._listed(root, target)]
        return [self._deepest(entity, target) for entity in containers]

    def _in_accounts(self, target: Location, services: tuple[Service, ...]) -> list[Entity]:
        """Return the containers of a path whose storage account is not known, one of each account that may be it."""
        candidates: dict[str, Entity] = {}
        hits = self._in_services(self._proposed(target, 0), services)
        for entity in (*self._finder.existing("container", hits), *self._roots(target, services[:FEW_SERVICES])):
            own = self._own_location(entity, target)
            if own is not None and not own.lacks_account and own.holds(target, exact_case=self._exact):
                candidates.setdefault(own.bucket, entity)
        nearest = {bucket: self._nearest(target._replace(bucket=bucket), services) for bucket in sorted(candidates)}
        if len(nearest) == 1:
            return next(iter(nearest.values()))
        # Any of the accounts may be meant, even if the catalogue has this path in one of them only.
        return [entity for bucket, found in nearest.items() for entity in found or [candidates[bucket]]]

    @staticmethod
    def _in_services(hits: dict[str, str], services: Iterable[Service]) -> dict[str, str]:
        prefixes = tuple(f"{service.fqn}." for service in services)
        return {fqn: full_path for fqn, full_path in hits.items() if fqn.startswith(prefixes)}

    def _below(
        self, target: Location, exact: Location, services: tuple[Service, ...], parents: Iterable[Entity]
    ) -> list[Entity]:
        """Return the deepest containers below a dataset's path that a partition or file of it is in.

        One request answers for all partitions of a dataset.

        :param target: path of the dataset
        :param exact: path of the partition or file
        :param parents: containers of the dataset
        """
        hits = self._all_below(target)
        by_depth: dict[int, list[str]] = {}
        for fqn, full_path in self._in_services(hits.fqns, services).items():
            own = location(full_path)
            if (
                own is not None
                and len(own.segments) > len(target.segments)
                and own.holds(exact, exact_case=self._exact)
            ):
                by_depth.setdefault(len(own.segments), []).append(fqn)
        if by_depth:
            deepest = self._finder.existing("container", by_depth[max(by_depth)])
            return [entity for entity in deepest if self._is_exact(entity, exact)] or deepest
        if hits.complete:
            return []
        return [entity for parent in parents for entity in self._listed(parent, exact, len(target.segments))]

    def _all_below(self, target: Location) -> Hits:
        """Return all containers below a path, from the containers of its bucket if they are known."""
        whole = target.below_bucket
        if whole and target.bucket and self._expected[target.family, target.bucket] >= _MANY_PATHS:
            hits = self._finder.containers_at(whole)
            if hits.complete:
                return hits
        pattern = target.below
        return self._finder.containers_at(pattern) if pattern else Hits({}, complete=False)

    def _holders(self, target: Location, services: tuple[Service, ...]) -> tuple[Service, ...]:
        """Return the services that hold the bucket, as far as FQNs tell."""
        if len(services) > FEW_SERVICES:
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
        for fqn, full_path in self._in_services(self._proposed(target, least), services).items():
            own = location(full_path)
            if own is not None and own.holds(target, exact_case=self._exact):
                by_depth.setdefault(len(own.segments), []).append(fqn)
        for depth in sorted((depth for depth in by_depth if depth >= least), reverse=True):
            existing = self._finder.existing("container", by_depth[depth])
            containers = [entity for entity in existing if entity.full_path and self._agrees(entity, target, depth)]
            # Object stores distinguish letter case, so the exact spelling comes first.
            if containers:
                return [entity for entity in containers if self._is_exact(entity, target)] or containers
        return []

    @staticmethod
    def _is_exact(entity: Entity, target: Location) -> bool:
        own = location(str(entity.full_path))
        return own is not None and own.holds(target, exact_case=True)

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

    def _listed(self, root: Entity, target: Location, above: int = 0) -> list[Entity]:
        """Return the child of a container that is nearest to the target.

        :param above: number of segments of the container's own path; default: 0, a bucket
        """
        by_depth = {}
        below = target.segments[above:]
        for fqn in sorted(self._finder.children(root.fqn)):
            segments = tuple(split(fqn)[-1].strip("/").split("/"))
            if segments == tuple(map(stored_name, below[: len(segments)])):
                by_depth[len(segments)] = fqn
        for depth in sorted(by_depth, reverse=True):
            entity = self._finder.entity("container", by_depth[depth])
            if entity is not None and self._agrees(entity, target, above + depth):
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
