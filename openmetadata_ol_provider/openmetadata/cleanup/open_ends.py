"""Notes the edges of today's plan of which an end is not certain in the catalogue: a stored edge may be one of them.

An edge that was published when its datasets were found is still true if the catalogue, or the configuration that the
command was given, does not lead to them today.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, Literal

from openmetadata_ol_provider.lineage.names.identifiers import split_identifier
from openmetadata_ol_provider.lineage.systems import parse_namespace
from openmetadata_ol_provider.openmetadata.fqn import split, stored_name
from openmetadata_ol_provider.openmetadata.resolution.entity_kinds import entity_kinds

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId, Edge
    from openmetadata_ol_provider.openmetadata.cleanup.stored import StoredEdge
    from openmetadata_ol_provider.openmetadata.publishing.edges.writer import EdgePlanner
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution

#: Stands for any entity.
_ANY: Final = "*"
#: Beginning of what stands for any entity of a name.
_NAMED: Final = "?"
#: Entity types whose names in the catalogue are not those of events.
_UNNAMED: Final = frozenset({"dashboard", "apiEndpoint"})
_SEPARATORS: Final = re.compile(r"[/:\\]")
#: Why the end of an edge is open.
Reason = Literal["ambiguous", "not found"]


class OpenEnds:
    """The edges of a plan of which the catalogue does not show for certain which entities they connect.

    :param edges: edges of the plan
    :param resolutions: resolutions of their ends
    :param by_name: resolutions of ends that are at another address, and are therefore certain
    :param datasets: datasets of the plan, by their names
    :param planner: planner that names the writer of an edge
    """

    def __init__(
        self,
        edges: Iterable[Edge],
        resolutions: Mapping[DatasetId, Resolution],
        by_name: Mapping[DatasetId, Resolution],
        datasets: Mapping[DatasetId, Dataset],
        planner: EdgePlanner,
    ) -> None:
        self._resolutions = resolutions
        self._by_name = by_name
        self._datasets = datasets
        self._open: dict[tuple[str, str, str], Reason] = {}
        keys: dict[DatasetId, tuple[frozenset[str], Reason | None]] = {}
        for edge in edges:
            writer = planner.writer(edge.job) if edge.job is not None else None
            if not writer:
                continue
            for end in (edge.source, edge.target):
                if end not in keys:
                    keys[end] = self._keys_of(end)
            (sources, one), (targets, other) = keys[edge.source], keys[edge.target]
            reason = one or other
            if reason is not None:
                self._open.update({(writer, source, target): reason for source in sources for target in targets})

    def of(self, edge: StoredEdge, writer: str) -> Reason | None:
        """Return why a stored edge of a writer may be one of the plan, ``None`` if it is none of them."""
        if not self._open:
            return None
        source, _, target = edge.where.partition(" -> ")
        sources, targets = {edge.source, _ANY, *_keys_of_entity(source)}, {edge.target, _ANY, *_keys_of_entity(target)}
        reasons = (self._open.get((writer, one, other)) for one in sources for other in targets)
        return next((reason for reason in reasons if reason is not None), None)

    def _keys_of(self, end: DatasetId) -> tuple[frozenset[str], Reason | None]:
        """Return what stands for the entities that a dataset may be, and why it is not certain which."""
        resolution = self._by_name.get(end) or self._resolutions[end]
        if resolution.entity is not None:
            return frozenset({resolution.entity.ref}), None
        if resolution.outcome == "ambiguous":
            return frozenset({_ANY}), "ambiguous"
        if resolution.outcome == "unresolved":
            names = _names_of(end, self._datasets.get(end))
            return frozenset(f"{_NAMED}{name}" for name in names) if names else frozenset({_ANY}), "not found"
        return frozenset(), None


def _names_of(end: DatasetId, dataset: Dataset | None) -> frozenset[str]:
    """Return the names that the entity of a dataset may have, in lower case: a container's is any directory.

    There are none if its name in the catalogue may be anything: that of a dashboard is its id, and events have its
    title; that of an endpoint has its method wherever its source puts it.
    """
    identities = dataset.identities if dataset is not None else ()
    texts = [end.name]
    for identity in identities:
        texts.append(identity.name)
        namespace = parse_namespace(identity.namespace)
        if dataset is not None and not _UNNAMED.isdisjoint(entity_kinds(dataset, identity, namespace)):
            return frozenset()
        if identity.kind == "container":
            # The bucket, or the container of a storage account, is a container of the catalogue, too.
            texts += re.split("[@.]", namespace.authority)
            texts.append(namespace.authority)
    names = {name for text in texts if text for name in _parts_of(text)}
    return frozenset(stored_name(name).casefold() for name in names)


def _parts_of(name: str) -> set[str]:
    last = split_identifier(name)[-1]
    return {part for part in (name, last, *_SEPARATORS.split(name), *_SEPARATORS.split(last)) if part}


def _keys_of_entity(fqn: str) -> set[str]:
    own = split(fqn)[-1].casefold()
    return {f"{_NAMED}{part}" for part in (own, own.rpartition("/")[2])}
