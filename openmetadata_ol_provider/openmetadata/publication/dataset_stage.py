"""The stage of a publication that finds the datasets, and creates those that are missing where that is wanted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from openmetadata_ol_provider.lineage.plan import DatasetId
from openmetadata_ol_provider.openlineage.problem import Problem
from openmetadata_ol_provider.openmetadata.publication.report import Stubs
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution, Resolver
from openmetadata_ol_provider.openmetadata.stubs.publication import publish_stubs

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publication.desk import Desk
    from openmetadata_ol_provider.openmetadata.publication.leftovers import Leftovers
    from openmetadata_ol_provider.openmetadata.publication.selection import Selection


def resolve_datasets(
    desk: Desk, selection: Selection, leftovers: Leftovers
) -> tuple[dict[DatasetId, Resolution], Stubs]:
    """Resolve what is needed; what an edge lacks is a problem and parked, what nothing depends on is not.

    :param desk: tools of the publication
    :param selection: what it has to do
    :param leftovers: takes the edges that cannot be published yet
    """
    if not selection.datasets:
        return {}, Stubs()
    resolver = Resolver(desk.client, desk.config)
    resolutions = resolver.resolve_all(selection.datasets.values())
    ends = dict.fromkeys(end for edge in selection.edges for end in (edge.source, edge.target))
    stubs = _make_stubs(desk, selection, resolver, resolutions, ends)
    for end in ends:
        resolution = resolutions[end]
        if resolution.outcome in {"unresolved", "ambiguous"}:
            desk.problems.append(Problem(resolution.outcome, f"{end.namespace} {end.name}", resolution.detail))
    leftovers.add_unresolved(resolutions)
    return resolutions, stubs


def _make_stubs(
    desk: Desk,
    selection: Selection,
    resolver: Resolver,
    resolutions: dict[DatasetId, Resolution],
    ends: Iterable[DatasetId],
) -> Stubs:
    """Create what lineage needs and the catalogue lacks, if that is wanted, and say so in the resolutions."""
    made = publish_stubs(
        [selection.datasets[end] for end in ends],
        resolutions,
        resolver.spots,
        desk.client,
        desk.config,
        dry_run=desk.dry_run,
    )
    desk.problems += made.problems
    resolutions.update(made.resolutions)
    return Stubs(made.created, made.updated, made.failed)
