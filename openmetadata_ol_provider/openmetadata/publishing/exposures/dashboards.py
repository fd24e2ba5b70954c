"""Finds the dashboard that an exposure names by its address."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.openmetadata.resolution.search import literal

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan_datasets import Exposure
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.resolution.search import Finder


class Found(NamedTuple):
    """The dashboard of an exposure, or why there is none.

    :param reason: reason in words; empty if there is a dashboard
    """

    dashboard: Entity | None
    reason: str = ""


def dashboard_of(exposure: Exposure, finder: Finder) -> Found:
    """Return the only dashboard whose source URL is the URL of an exposure, with or without a slash at its end.

    :param finder: finder of one publication, so that a URL is searched once
    :raises CatalogueError: if the search fails
    """
    if not exposure.url:
        return Found(None, "the exposure has no URL of the web by which a dashboard could be found")
    url = exposure.url.rstrip("/")
    dashboards: dict[str, Entity] = {}
    complete = True
    for spelling in (url, f"{url}/"):
        hits = finder.search("dashboard", "sourceUrl", literal(spelling))
        complete = complete and hits.complete
        for entity in finder.existing("dashboard", hits.fqns):
            # The index may be late, and may ignore letter case.
            if str(entity.body.get("sourceUrl") or "").rstrip("/") == url:
                dashboards[entity.fqn] = entity
    if len(dashboards) == 1 and complete:
        return Found(next(iter(dashboards.values())))
    if not dashboards:
        return Found(None, f"no dashboard has the source URL {exposure.url}; ingest it, or correct the exposure's URL")
    names = ", ".join(sorted(dashboards)[:3])
    return Found(
        None, f"several dashboards have the source URL {exposure.url}: {names}; which one is meant is not clear"
    )
