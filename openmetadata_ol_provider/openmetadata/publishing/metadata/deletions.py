"""Deletes dropped and renamed datasets from the catalogue, if the configuration allows it: softly, to be restorable.

An entity is deleted only if the event is about the whole of it (a dropped partition is not its table), if more than
its name says that it is the dataset, and if nothing in the plan shows that it exists: an edge that writes to it, or a
last change that is not a DROP. Lineage is never deleted; it returns with the entity.
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
from openmetadata_ol_provider.openmetadata.resolution.resolver import entity_of

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution

Resolutions = Mapping[DatasetId, "Resolution"]
#: Changes after which a dataset exists.
_EXISTS_AFTER = frozenset({"CREATE", "ALTER", "OVERWRITE", "TRUNCATE", "RENAME"})


class Removal(NamedTuple):
    """An entity to delete.

    :param why: what happened to it, for people
    :param is_assumed: whether only its name says that it is the dataset: then it stays
    """

    entity: Entity
    why: str
    is_assumed: bool = False

    @property
    def where(self) -> str:
        """The name in problems."""
        return f"{self.entity.type} {self.entity.fqn}"


def plan_removals(
    datasets: Iterable[Dataset], edges: Iterable[Edge], resolutions: Resolutions, config: Config
) -> list[Removal]:
    """Return the entities to delete, each once, and those that stay because only their names match.

    :param datasets: datasets of the plan
    :param edges: edges of the plan; what they write to exists, whatever was dropped before
    :param resolutions: resolutions of the plan's datasets; renamed ones are in it by their old names too
    """
    policy = config.write.lifecycle
    if policy == "never":
        return []
    datasets = list(datasets)
    written = [edge.target for edge in edges]
    changed = [dataset.id for dataset in datasets if (dataset.lifecycle or "").upper() in _EXISTS_AFTER]
    existing = {entity for id_ in (*written, *changed) if (entity := entity_of(id_, resolutions)) is not None}
    planned: dict[Entity, Removal] = {}
    for dataset in datasets:
        removal = _dropped(dataset, resolutions, existing) or _renamed(dataset, resolutions, existing)
        if removal is not None and (policy == "always" or is_stub(removal.entity.body)):
            before = planned.get(removal.entity)
            if before is None or before.is_assumed:
                planned[removal.entity] = removal
    return list(planned.values())


def _dropped(dataset: Dataset, resolutions: Resolutions, existing: Collection[Entity]) -> Removal | None:
    if (dataset.lifecycle or "").upper() != "DROP":
        return None
    entity = _whole_entity(dataset.id, resolutions)
    if entity is None or entity in existing:
        return None
    return Removal(entity, f"{dataset.name} was dropped", _is_assumed(dataset.id, resolutions))


def _renamed(dataset: Dataset, resolutions: Resolutions, existing: Collection[Entity]) -> Removal | None:
    """Return the entity of the old name, if the new name has an entity too."""
    previous = _previous(dataset)
    new = entity_of(dataset.id, resolutions)
    old = _whole_entity(previous, resolutions) if previous is not None else None
    if previous is None or new is None or old is None or old == new or old in existing:
        return None
    why = f"{previous.name} was renamed to {dataset.name}, which is {new.fqn}"
    return Removal(old, why, _is_assumed(previous, resolutions))


def _is_assumed(name: DatasetId, resolutions: Resolutions) -> bool:
    """Return whether no rule and no address, but a unique name, has led to the entity of a dataset."""
    resolution = resolutions[name]
    return resolution.by == "name" or bool(resolution.mismatches)


def kept_problem(removal: Removal) -> Problem:
    """Return the problem that reports an entity which stays because only its name matches."""
    detail = f"{removal.why}, but only its name says that it is this one: it stays. A rule in `namespaces` settles it"
    return Problem(ProblemKind.DROPPED, removal.where, detail)


def _previous(dataset: Dataset) -> DatasetId | None:
    return dataset.previous if (dataset.lifecycle or "").upper() == "RENAME" else None


def _whole_entity(name: DatasetId, resolutions: Resolutions) -> Entity | None:
    """Return the entity of a dataset, ``None`` if the dataset is only a part of it (a partition, a file)."""
    entity = entity_of(name, resolutions)
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


class SoftDeleter:
    """Deletes entities, softly.

    :param client: client of the catalogue
    :param dry_run: do not delete
    """

    def __init__(self, client: OpenMetadataClient, *, dry_run: bool) -> None:
        self._client = client
        self._dry_run = dry_run
        self._lock = threading.Lock()
        self._deleted: list[Removal] = []

    @property
    def problems(self) -> tuple[Problem, ...]:
        """One problem for each entity that was deleted, because somebody will look for it."""
        with self._lock:
            deleted = sorted(self._deleted, key=lambda removal: removal.where)
        done = "it would be soft-deleted" if self._dry_run else "soft-deleted; it can be restored in OpenMetadata"
        return tuple(Problem(ProblemKind.DROPPED, removal.where, f"{removal.why}: {done}") for removal in deleted)

    def publish(self, removal: Removal) -> bool:
        """Delete an entity softly and return whether it existed, and was still the stub that it was.

        :raises CatalogueRequestError: if the catalogue refuses, as it does when the entity holds others
        """
        collection, fields = COLLECTIONS[removal.entity.type]
        url = path(collection, removal.entity.id)
        if is_stub(removal.entity.body):
            stored = self._client.get(url, {"fields": fields})
            if stored is None or not is_stub(stored):
                # An ingestion has found it meanwhile.
                return False
        if not self._dry_run and not self._client.delete(url, {"hardDelete": "false", "recursive": "false"}):
            return False
        with self._lock:
            self._deleted.append(removal)
        return True
