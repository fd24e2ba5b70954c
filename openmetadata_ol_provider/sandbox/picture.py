"""Draws the lineage of a catalogue: as text for a terminal, and as SVG in an HTML page."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, NamedTuple

Edges = Mapping[tuple[str, str], Mapping[str, Any]]

#: Style sheet of pages with such a picture.
STYLE = "body{font:14px sans-serif;margin:16px}text{font:12px monospace}"
_BOX_WIDTH, _BOX_HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 300, 30, 110, 14, 24
_COLOURS = ("#e3f0fb", "#e8f6e3", "#fdf0d9", "#f3e6fa", "#fbe4e4", "#e2f5f5")


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


class _Box(NamedTuple):
    x: int
    y: int


def as_html(edges: Edges, title: str) -> str:
    """Return an HTML page with the lineage as SVG."""
    return (
        f'<!doctype html><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style><h1>{escape(title)}</h1>{as_svg(edges)}"
    )


def as_svg(edges: Edges) -> str:
    """Return the lineage as SVG: sources on the left, their targets on the right."""
    boxes = _layout(edges)
    services = sorted({fqn.split(".", 1)[0] for fqn in boxes})
    colours = {service: _COLOURS[index % len(_COLOURS)] for index, service in enumerate(services)}
    width = max((box.x for box in boxes.values()), default=0) + _BOX_WIDTH + _MARGIN
    height = max((box.y for box in boxes.values()), default=0) + _BOX_HEIGHT + _MARGIN
    shapes = [_line(boxes[source], boxes[target], edges[source, target]) for source, target in edges]
    shapes += [_box(fqn, box, colours[fqn.split(".", 1)[0]]) for fqn, box in boxes.items()]
    body = "\n".join(shapes)
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">\n{body}\n</svg>\n'


def _layout(edges: Edges) -> dict[str, _Box]:
    """Place each entity in the column after its farthest source, and connected entities near each other."""
    sources: dict[str, list[str]] = {}
    for source, target in sorted(edges):
        sources.setdefault(source, [])
        sources.setdefault(target, []).append(source)
    depths: dict[str, int] = {}

    def depth(fqn: str, path: frozenset[str]) -> int:
        if fqn not in depths:
            above = [depth(source, path | {fqn}) + 1 for source in sources[fqn] if source not in path]
            depths[fqn] = max(above, default=0)
        return depths[fqn]

    for fqn in sources:
        depth(fqn, frozenset({fqn}))
    columns: dict[int, list[str]] = {}
    for fqn, column in depths.items():
        columns.setdefault(column, []).append(fqn)
    boxes: dict[str, _Box] = {}
    for column in sorted(columns):

        def height(fqn: str) -> tuple[float, str]:
            above = [boxes[source].y for source in sources[fqn] if source in boxes]
            return (sum(above) / len(above) if above else 0.0, fqn)

        for row, fqn in enumerate(sorted(columns[column], key=height)):
            x = _MARGIN + column * (_BOX_WIDTH + _GAP_X)
            boxes[fqn] = _Box(x, _MARGIN + row * (_BOX_HEIGHT + _GAP_Y))
    return boxes


def _line(start: _Box, end: _Box, details: Mapping[str, Any]) -> str:
    x1, y1 = start.x + _BOX_WIDTH, start.y + _BOX_HEIGHT // 2
    x2, y2 = end.x, end.y + _BOX_HEIGHT // 2
    bend = _GAP_X // 2
    pairs = "\n".join(f"{a} -> {b}" for a, b in column_pairs(details)) or "table lineage"
    return (
        f'<path d="M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}" fill="none" stroke="#789" '
        f'stroke-width="1.4"><title>{escape(pairs)}</title></path>'
    )


def _box(fqn: str, box: _Box, colour: str) -> str:
    label = fqn if len(fqn) <= 40 else "…" + fqn[-39:]
    return (
        f'<g><title>{escape(fqn)}</title><rect x="{box.x}" y="{box.y}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" '
        f'rx="5" fill="{colour}" stroke="#567"/><text x="{box.x + 8}" y="{box.y + 19}">{escape(label)}</text></g>'
    )
