"""Defines what a picture of lineage shows, whatever it was read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Card(NamedTuple):
    """A dataset of the picture.

    :param id: unique id; edges refer to it
    :param name: the dataset's own name, without what it stands in
    :param path: what its name stands in: service, database and schema, or a namespace
    :param kind: kind of the dataset, for example ``table`` or ``topic``
    :param system: service or namespace; cards of one system have one colour
    :param columns: names of its columns, those of the edges included, in their order
    :param note: one line that says something special of it, for example that it is not in the catalogue
    :param url: address of its page in the catalogue
    :param alert: what somebody has to look at, for example tests that fail; it is marked in the picture
    :param full_name: name by which its catalogue or its producer calls it; empty: path and name, joined by a dot
    """

    id: str
    name: str
    path: str = ""
    kind: str = "table"
    system: str = ""
    columns: tuple[str, ...] = ()
    note: str = ""
    url: str = ""
    full_name: str = ""
    alert: str = ""


class Arrow(NamedTuple):
    """Lineage from one dataset to another.

    :param source: id of the dataset that is read
    :param target: id of the dataset that is written
    :param jobs: names of the jobs or pipelines that do it
    :param columns: pairs of a column of the source and a column of the target
    """

    source: str
    target: str
    jobs: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()


class LineageGraph(NamedTuple):
    """Datasets and the lineage between them.

    :param cards: datasets by id
    :param arrows: lineage, at most one arrow for each pair of datasets
    """

    cards: Mapping[str, Card]
    arrows: Sequence[Arrow]


def graph_of(cards: Sequence[Card], arrows: Sequence[Arrow]) -> LineageGraph:
    """Return a graph in which each end of an arrow has a card, and each card the columns that arrows name.

    :param cards: datasets; the first one counts if two have the same id
    :param arrows: lineage; arrows between the same datasets are joined
    """
    by_id: dict[str, Card] = {}
    for card in cards:
        by_id.setdefault(card.id, card)
    joined: dict[tuple[str, str], Arrow] = {}
    for arrow in arrows:
        key = (arrow.source, arrow.target)
        before = joined.get(key)
        if before is not None:
            jobs, columns = _union(before.jobs, arrow.jobs), _union(before.columns, arrow.columns)
            joined[key] = before._replace(jobs=jobs, columns=columns)
        else:
            joined[key] = arrow
    named: dict[str, list[str]] = {}
    for arrow in joined.values():
        named.setdefault(arrow.source, []).extend(source for source, _ in arrow.columns)
        named.setdefault(arrow.target, []).extend(target for _, target in arrow.columns)
    for identifier, names in named.items():
        card = by_id.get(identifier) or Card(identifier, identifier)
        by_id[identifier] = card._replace(columns=_union(card.columns, names))
    return LineageGraph(by_id, list(joined.values()))


def _union(first: tuple[object, ...], second: Sequence[object]) -> tuple:  # type: ignore[type-arg]
    return tuple(dict.fromkeys((*first, *second)))
