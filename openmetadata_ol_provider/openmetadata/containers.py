"""Looking a container up by its full path: exactly, then the nearest parent directory, never the bucket itself.

A job that reads ``s3://bucket/orders/2024/x.csv`` reads the container ``s3://bucket/orders`` if that is the deepest one
the catalogue has. A bucket is too coarse to say that about: everything in it would be one node.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.openmetadata.finder import Finder, literal
from openmetadata_ol_provider.openmetadata.names import join, quote, stored_name
from openmetadata_ol_provider.openmetadata.schemes import parse_namespace

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import Identity
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.services import Service

#: Parent directories that are tried; deeper paths start from here.
_MAX_PARENTS = 8


class Location(NamedTuple):
    """An object-store or file path, normalised.

    :param family: canonical scheme (``s3`` for s3a and s3n); ``file`` for plain paths
    :param bucket: bucket, container@account, or name node; lower-case, without port and domain
    :param path: without leading and trailing slashes
    """

    family: str
    bucket: str
    path: str

    @property
    def parents(self) -> list[Location]:
        """The directories above, nearest first, without the bucket itself."""
        segments = self.path.split("/")
        ups = ["/".join(segments[:end]) for end in range(len(segments) - 1, 0, -1)]
        return [self._replace(path=up) for up in ups[:_MAX_PARENTS]]


def location(namespace: str, name: str = "") -> Location | None:
    """Return the normalised location of a namespace and name, or of a whole path given as namespace."""
    scheme = parse_namespace(namespace).scheme
    family = scheme.name if scheme else None
    text = namespace if not name else name if "://" in name else f"{namespace.rstrip('/')}/{name.lstrip('/')}"
    if family is None:
        return None
    if family == "file":
        path = re.sub(r"^file:?/*", "", text, flags=re.IGNORECASE)
        return Location("file", "", _clean(path))
    _, _, rest = text.partition("://")
    bucket, _, path = rest.partition("/")
    return Location(family, _bucket(family, bucket.lower()), _clean(path))


def _bucket(family: str, bucket: str) -> str:
    if family == "hdfs":
        # With or without the port it is the same name node.
        return bucket.partition(":")[0]
    if family == "abfss":
        # Blob and data lake endpoints are two protocols of one account; clouds have domains of their own.
        return re.sub(r"\.(?:dfs|blob)\.(?:core\.[\w.]+|storage\.azure\.net)$", "", bucket)
    return bucket


def _clean(path: str) -> str:
    return "/".join(segment for segment in path.split("/") if segment)


class ContainerLookup:
    """Finds the container a path is in.

    :param finder: asks the catalogue
    :param exact_case: letter case has to be the catalogue's
    """

    def __init__(self, finder: Finder, *, exact_case: bool) -> None:
        self._finder = finder
        self._exact = exact_case

    def find(self, identity: Identity, services: tuple[Service, ...]) -> tuple[list[Entity], str]:
        """Return the containers the identity may be, and what was tried."""
        wanted = location(identity.namespace, identity.name)
        if wanted is None:
            return [], "nothing: the namespace is no path of an object store"
        if not wanted.path:
            return self._at(wanted, services), f"container of the bucket {wanted.bucket}"
        for place in (wanted, *wanted.parents):
            found = self._at(place, services)
            if found:
                return found, place.path
        return [], f"container with path {wanted.bucket}/{wanted.path}, and its parents below the bucket"

    def _at(self, place: Location, services: tuple[Service, ...]) -> list[Entity]:
        fitting = {service.name for service in services}
        found: dict[Entity, None] = {}
        for pattern in _patterns(place):
            hits = self._finder.search("container", "fullPath", pattern)
            fqns = [fqn for fqn in hits.fqns if any(fqn.startswith(f"{quote(name)}.") for name in fitting)]
            for entity in self._finder.confirmed("container", fqns):
                if self._is_at(entity, place):
                    found[entity] = None
            if found:
                return self._best(list(found), place)
        return self._by_name(place, services)

    def _by_name(self, place: Location, services: tuple[Service, ...]) -> list[Entity]:
        """Ask by the FQN such a container would have, for what the search index does not have yet."""
        parts = [stored_name(place.bucket), *(stored_name(segment) for segment in place.path.split("/") if segment)]
        # One container for each directory, or one whose name is the path below its bucket.
        names = dict.fromkeys((join(*filter(None, parts)), join(parts[0], "/".join(parts[1:])) if parts[1:] else ""))
        found = self._finder.confirmed(
            "container", (f"{service.fqn}.{name}" for service in services[:4] for name in names if name)
        )
        # A full path that is no location says nothing against what the name says.
        return [
            entity
            for entity in found
            if not entity.full_path or location(str(entity.full_path)) is None or self._is_at(entity, place)
        ]

    def _is_at(self, entity: Entity, place: Location) -> bool:
        if not isinstance(entity.full_path, str):
            return False
        mine = location(entity.full_path)
        if mine is None:
            return False
        if mine.family != place.family or mine.bucket != place.bucket:
            return False
        return mine.path == place.path if self._exact else mine.path.casefold() == place.path.casefold()

    def _best(self, found: list[Entity], place: Location) -> list[Entity]:
        """Return those in the very spelling, if there are any: object stores tell letter case apart."""
        exact = [entity for entity in found if (spot := location(str(entity.full_path))) and spot.path == place.path]
        return exact or found


def _patterns(place: Location) -> list[str]:
    """Return search expressions for the full paths that mean this place."""
    path = literal(place.path)
    if place.family == "file":
        return [f"*/{path}"]
    bucket = literal(place.bucket)
    # What _bucket leaves out.
    port = {"hdfs": ":*", "abfss": ".*"}.get(place.family, "")
    end = f"/{path}" if path else ""
    # Any scheme of the family; with a trailing slash only if it is not found without.
    return [f"*://{bucket}{end}", *([f"*://{bucket}{port}{end}"] if port else []), f"*://{bucket}{end}/"]
