"""Draws the lineage around an entity with the component that files and the demo have."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from openmetadata_ol_provider.openlineage.sanitize import printable
from openmetadata_ol_provider.openmetadata.fqn import split
from openmetadata_ol_provider.picture.graph import Arrow, Card, graph_of
from openmetadata_ol_provider.picture.page import as_section
from openmetadata_ol_provider.web.documents import entity_url


def picture_of(view: dict[str, Any], site: str) -> Markup | None:
    """Return the picture of a view of lineage as HTML; ``None`` if there is no edge to draw.

    :param view: result of :func:`~openmetadata_ol_provider.web.lineage.lineage_view`
    :param site: address of OpenMetadata's web interface, to which cards link; empty: no links
    """
    if not view["edges"]:
        return None
    cards = [_card(node, site) for node in view["nodes"]]
    arrows = [
        Arrow(
            _id(edge["source"]),
            _id(edge["target"]),
            tuple(_job(job) for job in edge["jobs"]),
            tuple((printable(source), printable(target)) for source, target in edge["columns"]),
        )
        for edge in view["edges"]
    ]
    title = f"Lineage of {printable(view['focus']['fqn'])}"
    # What the names contain is data for the script, escaped by the component.
    return Markup(as_section(graph_of(cards, arrows), title, focus=_id(view["focus"])))  # noqa: S704


def _id(node: dict[str, str]) -> str:
    return f"{node['kind']}:{node['fqn']}"


def _card(node: dict[str, str], site: str) -> Card:
    *parents, name = (printable(part) for part in split(node["fqn"]))
    system, url = parents[0] if parents else "", entity_url(site, node["kind"], node["fqn"])
    full_name = printable(node["fqn"])
    return Card(_id(node), name, ".".join(parents), node["kind"], system, url=url or "", full_name=full_name)


def _job(job: dict[str, str]) -> str:
    return printable(f"{job['namespace']}:{job['name']}") if job["name"] else "declared by the dataset"
