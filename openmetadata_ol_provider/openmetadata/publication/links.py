"""Where to look at what was published, in OpenMetadata's own pages. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote

from openmetadata_ol_provider.openmetadata.publication.report import MOST_LINKS, Links

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.lineage.merging import EdgeWrite
    from openmetadata_ol_provider.openmetadata.pipelines.writer import PipelineRef


def links_to(base_url: str, pipelines: Iterable[PipelineRef], edges: Iterable[EdgeWrite]) -> Links:
    """Return the pages of pipelines, and of the lineage at the targets of edges, the last few of each.

    :param base_url: of the API, ``https://host/api``: the pages are beside it
    """
    site = base_url.removesuffix("/api")
    pages = [f"{site}/pipeline/{quote(ref.fqn, safe='')}" for ref in pipelines if ref.change != "missing"]
    lineage = [f"{site}/{edge.target.type}/{quote(edge.target.fqn, safe='')}/lineage" for edge in edges]
    return Links(*(tuple(dict.fromkeys(urls))[-MOST_LINKS:] for urls in (pages, lineage)))
