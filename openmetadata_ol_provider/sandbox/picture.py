"""Shows the lineage of a catalogue: as text for a terminal, and as a graph for a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.picture.graph import Arrow, Card, LineageGraph, graph_of
from openmetadata_ol_provider.sandbox.catalogue.qualified_names import quote, split

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
#: Parts of the FQN of a table: service, database, schema, table.
_TABLE_PARTS = 4


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
    alerts = _failed_tests(catalogue.latest_test_results())
    cards = [
        _card(fqn, *entities.get(fqn, ("dataset", {})), alerts.get(fqn, ""))
        for fqn in sorted({end for edge in edges for end in edge})
    ]
    arrows = [
        Arrow(source, target, _jobs(details), tuple(column_pairs(details)))
        for (source, target), details in edges.items()
    ]
    return graph_of(cards, arrows)


def _failed_tests(latest: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return how many tests of each table and of its columns fail, by FQN of the table; tables where none does are out.

    :param latest: latest result of each test case, by the FQN of the test case
    """
    statuses: dict[str, list[str]] = {}
    for case, result in latest.items():
        statuses.setdefault(_tested_table(case), []).append(result["testCaseStatus"])
    failed = {table: sum(status != "Success" for status in of_table) for table, of_table in statuses.items()}
    return {table: f"failed tests: {count} of {len(statuses[table])}" for table, count in failed.items() if count}


def _tested_table(case: str) -> str:
    """Return the FQN of the table that the name of a test case begins with; the name of a column may follow it."""
    return ".".join(map(quote, split(case)[:_TABLE_PARTS]))


def _card(fqn: str, kind: str, entity: Mapping[str, Any], alert: str) -> Card:
    name, service = str(entity.get("name") or _last(fqn)), str((entity.get("service") or {}).get("name") or "")
    parent = fqn.removesuffix(f'"{name}"').removesuffix(name).rstrip(".")
    columns = tuple(str(column["name"]) for column in entity.get("columns") or ())
    system = service or parent.partition(".")[0]
    return Card(fqn, name, parent, kind, system, columns, full_name=fqn, alert=alert)


def _jobs(details: Mapping[str, Any]) -> tuple[str, ...]:
    pipeline = details.get("pipeline") or {}
    return (str(pipeline["fullyQualifiedName"]),) if pipeline.get("fullyQualifiedName") else ()
