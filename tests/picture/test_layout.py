"""Layers run from left to right, whatever the graph; few arrows cross, and any graph gets a picture."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmetadata_ol_provider.picture.graph import Arrow, Card, LineageGraph, graph_of
from openmetadata_ol_provider.picture.layout import Arrangement, Position, arrange


def graph(*pairs: str, alone: str = "") -> LineageGraph:
    """Return a graph from pairs such as ``"ab"``: an arrow from a to b."""
    return graph_of([Card(name, name) for name in alone], [Arrow(source, target) for source, target in pairs])


def layers(arranged: Arrangement) -> dict[str, int]:
    return {card: position.layer for card, position in arranged.cards.items()}


def test_each_card_comes_after_its_farthest_source() -> None:
    assert layers(arrange(graph("ab", "bc", "ac", "cd"))) == {"a": 0, "b": 1, "c": 2, "d": 3}


def test_a_source_comes_directly_before_its_first_target() -> None:
    assert layers(arrange(graph("ab", "bc", "cd", "xd")))["x"] == 2


def test_a_long_arrow_passes_each_layer_between() -> None:
    arranged = arrange(graph("ab", "bc", "cd", "ad"))
    assert [position.layer for position in arranged.waypoints["a", "d"]] == [1, 2]


def test_parts_that_are_not_connected_are_in_bands_of_their_own_and_lonely_cards_in_the_last() -> None:
    arranged = arrange(graph("ab", "bc", "xy", alone="pq"))
    assert {card: position.band for card, position in arranged.cards.items()} == {
        **dict.fromkeys("abc", 0),
        **dict.fromkeys("xy", 1),
        **dict.fromkeys("pq", 2),
    }


@pytest.mark.parametrize("pairs", [("ab", "ba"), ("ab", "bc", "ca"), ("aa",), ("sa", "ab", "ba", "bt")])
def test_a_cycle_has_a_picture(pairs: tuple[str, ...]) -> None:
    arranged = arrange(graph(*pairs))
    assert arranged.cards.keys() == set("".join(pairs))


def test_a_cycle_is_cut_where_it_leads_back_to_the_left() -> None:
    assert layers(arrange(graph("sa", "ab", "ba", "bt"))) == {"s": 0, "a": 1, "b": 2, "t": 3}


def test_arrows_that_need_not_cross_do_not() -> None:
    arranged = arrange(graph("az", "by", "cx", "sa", "sb", "sc")).cards
    sources = sorted("abc", key=lambda card: arranged[card].order)
    targets = sorted("xyz", key=lambda card: arranged[card].order)
    assert [dict(zip("abc", "zyx", strict=True))[card] for card in sources] == targets


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40))
def test_any_graph_gets_one_position_for_each_card_and_arrows_lead_right_unless_they_close_a_cycle(
    pairs: list[tuple[int, int]],
) -> None:
    made = graph_of([], [Arrow(str(source), str(target)) for source, target in pairs])
    arranged = arrange(made)
    assert arranged.cards.keys() == made.cards.keys()
    everything = [*arranged.cards.values(), *itertools.chain.from_iterable(arranged.waypoints.values())]
    assert len(set(everything)) == len(everything)
    for (source, target), stops in arranged.waypoints.items():
        path = [arranged.cards[source], *stops, arranged.cards[target]]
        assert [stop.layer for stop in path] == list(range(path[0].layer, path[-1].layer + 1))


def test_the_same_graph_has_the_same_picture_in_any_order() -> None:
    pairs = ["ab", "cb", "bd", "ae", "ef", "cf"]
    assert arrange(graph(*pairs)) == arrange(graph(*reversed(pairs)))
    assert arrange(graph()) == Arrangement({}, {})
    assert arrange(graph(alone="a")).cards == {"a": Position(0, 0, 0)}
