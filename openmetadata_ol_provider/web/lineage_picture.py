"""Draws the lineage around an entity with the component that files and the demo have."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from openmetadata_ol_provider.openlineage.sanitize import printable
from openmetadata_ol_provider.openmetadata.fqn import split
from openmetadata_ol_provider.picture.graph import Arrow, Card, graph_of
from openmetadata_ol_provider.picture.page import as_section


def picture_of(view: dict[str, Any]) -> Markup | None:
    """Return the picture of a view of lineage as HTML; ``None`` if there is no edge to draw.

    :param view: result of :func:`~openmetadata_ol_provider.web.lineage.lineage_view`
    """
    if not view["edges"]:
        return None
    cards = [_card(node) for node in view["nodes"]]
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


def _card(node: dict[str, str]) -> Card:
    *parents, name = (printable(part) for part in split(node["fqn"]))
    return Card(_id(node), name, ".".join(parents), node["kind"], parents[0] if parents else "")


def _job(job: dict[str, str]) -> str:
    return printable(f"{job['namespace']}:{job['name']}") if job["name"] else "declared by the dataset"
