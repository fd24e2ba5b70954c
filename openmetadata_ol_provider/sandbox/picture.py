"""Shows the lineage of a catalogue: as text for a terminal, and as a graph for a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.picture.graph import Arrow, Card, LineageGraph, graph_of

if TYPE_CHECKING:
    from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

Edges = Mapping[tuple[str, str], Mapping[str, Any]]

#: Types of entities that lineage connects.
_KINDS = (
    "table",
    "topic",
    "container",
    "dashboard",
    "mlmodel",
    "searchIndex",
    "apiEndpoint",
    "storedProcedure",
    "pipeline",
)


def as_text(edges: Edges) -> str:
    """Return the edges grouped by target, each with its column pairs.

    :param edges: lineageDetails by (source FQN, target FQN)
    """
    lines: list[str] = []
    targets: dict[str, list[str]] = {}
    for source, target in sorted(edges):
        targets.setdefault(target, []).append(source)
    for target, sources in targets.items():
        lines.append(target)
        for index, source in enumerate(sources):
            last = index == len(sources) - 1
            lines.append(f"  {'└' if last else '├'}── {source}")
            pairs = column_pairs(edges[source, target])
            bar = " " if last else "│"
            if pairs:
                columns = ", ".join(f"{a} → {b}" if a != b else a for a, b in pairs)
                lines.append(f"  {bar}      {columns}")
    return "\n".join(lines)


def column_pairs(details: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the (source, target) column names of an edge."""
    pairs = []
    for item in details.get("columnsLineage") or ():
        pairs += [(_last(source), _last(item["toColumn"])) for source in item["fromColumns"]]
    return sorted(pairs)


def _last(fqn: str) -> str:
    return fqn.rpartition('."')[2].removesuffix('"') if fqn.endswith('"') else fqn.rpartition(".")[2]


def graph(catalogue: CatalogueServer) -> LineageGraph:
    """Return the lineage of a catalogue for a picture; datasets without lineage are left out."""
    edges = catalogue.edges()
    entities = {str(item["fullyQualifiedName"]): (kind, item) for kind in _KINDS for item in catalogue.entities(kind)}
    latest = [(fqn, results[-1]["testCaseStatus"]) for fqn, results in catalogue.test_results().items() if results]
    cards = [
        _card(fqn, *entities.get(fqn, ("dataset", {})), _failures(fqn, latest))
        for fqn in sorted({end for edge in edges for end in edge})
    ]
    arrows = [
        Arrow(source, target, _jobs(details), tuple(column_pairs(details)))
        for (source, target), details in edges.items()
    ]
    return graph_of(cards, arrows)


def _failures(fqn: str, latest: Sequence[tuple[str, str]]) -> str:
    """Return how many tests of a table or of its columns fail; empty if none does.

    :param latest: FQN and latest status of each test case
    """
    statuses = [status for case, status in latest if case.startswith(f"{fqn}.")]
    failed = sum(status != "Success" for status in statuses)
    return f"failed tests: {failed} of {len(statuses)}" if failed else ""


def _card(fqn: str, kind: str, entity: Mapping[str, Any], alert: str) -> Card:
    name, service = str(entity.get("name") or _last(fqn)), str((entity.get("service") or {}).get("name") or "")
    parent = fqn.removesuffix(f'"{name}"').removesuffix(name).rstrip(".")
    columns = tuple(str(column["name"]) for column in entity.get("columns") or ())
    system = service or parent.partition(".")[0]
    return Card(fqn, name, parent, kind, system, columns, full_name=fqn, alert=alert)


def _jobs(details: Mapping[str, Any]) -> tuple[str, ...]:
    pipeline = details.get("pipeline") or {}
    return (str(pipeline["fullyQualifiedName"]),) if pipeline.get("fullyQualifiedName") else ()
