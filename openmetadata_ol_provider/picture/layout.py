"""Arranges the cards of a picture in layers, so that lineage runs from left to right with few crossings.

This is the layered method of Sugiyama: cycles are broken, each card stands in the layer after its farthest source, long
arrows get a waypoint in each layer between, and the order within the layers is improved by barycentres. Heights depend
on which cards are open, so the page itself turns layers and orders into coordinates.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from openmetadata_ol_provider.picture.graph import LineageGraph

#: Times that the order of all layers is improved, from left to right and back.
_SWEEPS = 12

#: The ids of an arrow's source and target, and the layer that it passes.
_Waypoint = tuple[str, str, int]
_Item: TypeAlias = str | _Waypoint


class Position(NamedTuple):
    """Position of a card in the picture.

    :param band: number of the connected part of the graph; bands are drawn below one another
    :param layer: number of the layer within the band, from the left
    :param order: number of the card within its layer, from the top
    """

    band: int
    layer: int
    order: int


class Arrangement(NamedTuple):
    """Positions of everything that a picture draws.

    :param cards: positions of the cards by id
    :param waypoints: positions that a long arrow passes, in its order, by the ids of its source and its target
    """

    cards: dict[str, Position]
    waypoints: dict[tuple[str, str], list[Position]]


def arrange(graph: LineageGraph) -> Arrangement:
    """Return the positions of cards and waypoints; the same graph always gives the same picture."""
    arrows = sorted({(arrow.source, arrow.target) for arrow in graph.arrows if arrow.source != arrow.target})
    arrangement = Arrangement({}, {})
    for band, cards in enumerate(_parts(graph.cards, arrows)):
        inside = set(cards)
        own = [arrow for arrow in arrows if arrow[0] in inside]
        for layer, row in enumerate(_ordered(cards, own)):
            for order, item in enumerate(row):
                position = Position(band, layer, order)
                if isinstance(item, str):
                    arrangement.cards[item] = position
                else:
                    arrangement.waypoints.setdefault((item[0], item[1]), []).append(position)
    return arrangement


def _parts(cards: Iterable[str], arrows: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Return the connected parts, the largest first, and all cards without lineage together as the last one."""
    neighbours: dict[str, list[str]] = {card: [] for card in sorted(cards)}
    for source, target in arrows:
        neighbours[source].append(target)
        neighbours[target].append(source)
    parts: list[list[str]] = []
    alone = [card for card, others in neighbours.items() if not others]
    seen = set(alone)
    for card in neighbours:
        if card in seen:
            continue
        part, waiting = [], [card]
        seen.add(card)
        while waiting:
            current = waiting.pop()
            part.append(current)
            new = [other for other in neighbours[current] if other not in seen]
            seen.update(new)
            waiting += new
        parts.append(sorted(part))
    parts.sort(key=lambda part: (-len(part), part))
    return [*parts, alone] if alone else parts


def _ordered(cards: Sequence[str], arrows: Sequence[tuple[str, str]]) -> list[list[_Item]]:
    acyclic = _without_cycles(cards, arrows)
    layers = _layers(cards, acyclic)
    rows: list[list[_Item]] = [[] for _ in range(max(layers.values(), default=0) + 1)]
    for card in cards:
        rows[layers[card]].append(card)
    links: list[tuple[_Item, _Item]] = []
    for source, target in acyclic:
        before: _Item = source
        for layer in range(layers[source] + 1, layers[target]):
            waypoint: _Waypoint = (source, target, layer)
            rows[layer].append(waypoint)
            links.append((before, waypoint))
            before = waypoint
        links.append((before, target))
    return _fewest_crossings(rows, links)


def _without_cycles(cards: Sequence[str], arrows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the arrows without those that lead back to a card on the way to their source."""
    after: dict[str, list[str]] = {card: [] for card in cards}
    for source, target in arrows:
        after[source].append(target)
    state: dict[str, int] = {}
    kept: list[tuple[str, str]] = []
    written = {target for _, target in arrows}
    # Sources first, so that the arrow that is dropped is one that leads back to the left.
    for start in sorted(cards, key=lambda card: (card in written, card)):
        if start in state:
            continue
        state[start] = 1
        stack = [(start, iter(after[start]))]
        while stack:
            card, targets = stack[-1]
            target = next(targets, "")
            if not target:
                state[card] = 2
                stack.pop()
            elif state.get(target) != 1:
                kept.append((card, target))
                if target not in state:
                    state[target] = 1
                    stack.append((target, iter(after[target])))
    return kept


def _layers(cards: Sequence[str], arrows: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return the layer of each card: the one after its farthest source, sources directly before their first target."""
    after: dict[str, list[str]] = {card: [] for card in cards}
    before: dict[str, int] = dict.fromkeys(cards, 0)
    for source, target in arrows:
        after[source].append(target)
        before[target] += 1
    sources = [card for card in cards if not before[card]]
    layers: dict[str, int] = dict.fromkeys(cards, 0)
    waiting = list(sources)
    while waiting:
        card = waiting.pop()
        for target in after[card]:
            layers[target] = max(layers[target], layers[card] + 1)
            before[target] -= 1
            if not before[target]:
                waiting.append(target)
    for card in sources:
        if after[card]:
            layers[card] = min(layers[target] for target in after[card]) - 1
    return layers


def _fewest_crossings(rows: list[list[_Item]], links: Sequence[tuple[_Item, _Item]]) -> list[list[_Item]]:
    left: dict[_Item, list[_Item]] = {}
    right: dict[_Item, list[_Item]] = {}
    for source, target in links:
        left.setdefault(target, []).append(source)
        right.setdefault(source, []).append(target)
    best, fewest = [list(row) for row in rows], _crossings(rows, right)
    for sweep in range(_SWEEPS):
        forwards = sweep % 2 == 0
        numbers = range(1, len(rows)) if forwards else range(len(rows) - 2, -1, -1)
        for number in numbers:
            fixed = {item: at for at, item in enumerate(rows[number - 1 if forwards else number + 1])}
            neighbours = left if forwards else right
            rows[number] = _by_barycentre(rows[number], fixed, neighbours)
        crossings = _crossings(rows, right)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
        if not crossings:
            break
    return best


def _by_barycentre(row: list[_Item], fixed: dict[_Item, int], neighbours: dict[_Item, list[_Item]]) -> list[_Item]:
    centres: dict[_Item, float] = {}
    for at, item in enumerate(row):
        indexes = [fixed[other] for other in neighbours.get(item, ()) if other in fixed]
        centres[item] = sum(indexes) / len(indexes) if indexes else float(at)
    return sorted(row, key=centres.__getitem__)


def _crossings(rows: list[list[_Item]], right: dict[_Item, list[_Item]]) -> int:
    """Return the number of pairs of links that cross, counted by inversions."""
    total = 0
    for here, there in itertools.pairwise(rows):
        position = {item: at for at, item in enumerate(there)}
        ends = [end for item in here for end in sorted(position[other] for other in right.get(item, ()))]
        tree = [0] * (len(there) + 1)
        for count, end in enumerate(ends):
            total += count - _sum(tree, end + 1)
            _add(tree, end + 1)
    return total


def _sum(tree: list[int], end: int) -> int:
    total = 0
    while end > 0:
        total += tree[end]
        end -= end & -end
    return total


def _add(tree: list[int], at: int) -> None:
    while at < len(tree):
        tree[at] += 1
        at += at & -at
