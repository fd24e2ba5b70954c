"""What was dropped or renamed leaves the catalogue, if the configuration says so: softly, so that it can be restored.

An entity goes only if the event is about the whole of it (a dropped partition is not its table), and if the plan does
not show that it is there: an edge of the plan writes to it, or the last that happened to it is anything but a DROP.
Lineage is never deleted; it comes back with the entity.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.lineage.names.identifiers import split_identifier
from openmetadata_ol_provider.lineage.paths import trim_path
from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId, Edge
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.entities import COLLECTIONS
from openmetadata_ol_provider.openmetadata.fqn import split, stored_name
from openmetadata_ol_provider.openmetadata.provenance import is_stub
from openmetadata_ol_provider.openmetadata.resolution.locations import location

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution

Resolutions = Mapping[DatasetId, "Resolution"]
#: What happens only to what is there afterwards.
_THERE = frozenset({"CREATE", "ALTER", "OVERWRITE", "TRUNCATE", "RENAME"})


class Removal(NamedTuple):
    """An entity that is to go.

    :param why: what happened to it, for people
    """

    entity: Entity
    why: str

    @property
    def where(self) -> str:
        """How problems name it."""
        return f"{self.entity.type} {self.entity.fqn}"


def removals(
    datasets: Iterable[Dataset], edges: Iterable[Edge], resolutions: Resolutions, config: Config
) -> list[Removal]:
    """Return the entities that are to go, each once.

    :param datasets: of the plan
    :param edges: of the plan: what they write to is there, whatever was dropped before
    :param resolutions: of the plan's datasets; those that were renamed are in it by their old names too
    """
    policy = config.write.lifecycle
    if policy == "never":
        return []
    known = list(datasets)
    shown = [edge.target for edge in edges] + [_id(one) for one in known if (one.lifecycle or "").upper() in _THERE]
    there = {entity for name in shown if (entity := _entity(name, resolutions)) is not None}
    found: dict[Entity, Removal] = {}
    for dataset in known:
        removal = _dropped(dataset, resolutions, there) or _renamed(dataset, resolutions, there)
        if removal is not None and (policy == "always" or is_stub(removal.entity.body)):
            found.setdefault(removal.entity, removal)
    return list(found.values())


def _dropped(dataset: Dataset, resolutions: Resolutions, there: Collection[Entity]) -> Removal | None:
    if (dataset.lifecycle or "").upper() != "DROP":
        return None
    entity = _whole(_id(dataset), resolutions)
    return None if entity is None or entity in there else Removal(entity, f"{dataset.name} was dropped")


def _renamed(dataset: Dataset, resolutions: Resolutions, there: Collection[Entity]) -> Removal | None:
    """Return the entity of the old name, if there is one of the new name beside it."""
    previous = _previous(dataset)
    new = _entity(_id(dataset), resolutions)
    old = _whole(previous, resolutions) if previous is not None else None
    if previous is None or new is None or old is None or old == new or old in there:
        return None
    return Removal(old, f"{previous.name} was renamed to {dataset.name}, which is {new.fqn}")


def _previous(dataset: Dataset) -> DatasetId | None:
    return dataset.previous if (dataset.lifecycle or "").upper() == "RENAME" else None


def _id(dataset: Dataset) -> DatasetId:
    return DatasetId(dataset.namespace, dataset.name)


def _entity(name: DatasetId, resolutions: Resolutions) -> Entity | None:
    resolution = resolutions.get(name)
    return resolution.entity if resolution else None


def _whole(name: DatasetId, resolutions: Resolutions) -> Entity | None:
    """Return the entity that a dataset is, ``None`` if it is only a part of it: a partition, a file in a directory."""
    entity = _entity(name, resolutions)
    if entity is None:
        return None
    if entity.type == "container":
        return entity if _path(str(entity.full_path or "")) == _path(name.namespace, name.name) else None
    if "/" in name.name:
        return entity if trim_path(name.name) == name.name.rstrip("/") else None
    names = {stored_name(text).casefold() for text in (name.name, split_identifier(name.name)[-1])}
    return entity if split(entity.fqn)[-1].casefold() in names else None


def _path(namespace: str, name: str = "") -> object:
    return location(namespace, name) or (namespace, name)


class LifecycleWriter:
    """Deletes entities, softly.

    :param client: the catalogue
    :param dry_run: do not delete
    """

    def __init__(self, client: OpenMetadataClient, *, dry_run: bool) -> None:
        self._client = client
        self._dry_run = dry_run
        self._lock = threading.Lock()
        self._gone: list[Removal] = []

    @property
    def problems(self) -> tuple[Problem, ...]:
        """One for each entity that was deleted: somebody will look for it."""
        with self._lock:
            gone = sorted(self._gone, key=lambda removal: removal.where)
        done = "it would be deleted softly" if self._dry_run else "deleted softly; it can be restored in OpenMetadata"
        return tuple(Problem(ProblemKind.DROPPED, removal.where, f"{removal.why}: {done}") for removal in gone)

    def publish(self, removal: Removal) -> bool:
        """Delete an entity softly and return whether it was there.

        :raises CatalogueRequestError: if the catalogue refuses, as it does when the entity holds others
        """
        place = path(COLLECTIONS[removal.entity.type][0], removal.entity.id)
        if not self._dry_run and not self._client.delete(place, {"hardDelete": "false", "recursive": "false"}):
            return False
        with self._lock:
            self._gone.append(removal)
        return True
