"""Compares names of datasets word by word: ``erp.public.orders``, ``pg-orders`` and ``ORDERS_118822331`` are alike.

A name is alike another if a core of it (all its words, its last two segments, or its last one) is in the other, at the
borders of words. Where it is there, and how long it is, tells how much that proves.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

Words = tuple[str, ...]

_SEGMENT_ENDS = re.compile(r"[./:]+")
_WORD = re.compile(r"[^\W_]+")
# Camel case separates words only where a segment has letters of both cases.
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# What sinks and routers put at the end of a name: a version, or a hash of digits.
_ADDED = re.compile(r"v\d{1,3}|\d{6,}")
_VERSION = re.compile(r"v\d{1,3}")
#: Most words of a name that are compared, counted from its end.
_MAX_WORDS = 32
#: Most pairs of names that are made because of one core.
_MAX_ALIKE = 10_000


class Position(IntEnum):
    """Where the core of one name is in another, from the weakest evidence to the strongest."""

    MIDDLE = 1
    PREFIX = 2
    SUFFIX = 3
    LAST_SEGMENTS = 4
    WHOLE = 5


class Rank(NamedTuple):
    """How much a likeness proves; the greater one wins.

    :param letters: number of letters and digits that are alike
    :param is_covered: whether nothing is left of the name that the core is from
    """

    position: Position
    letters: int
    is_covered: bool


_NOTHING = Rank(Position.MIDDLE, 0, is_covered=False)


class Likeness(NamedTuple):
    """The likenesses of two names.

    :param forward: the best one of the first name's core in the second name, ``None`` if it is not there
    :param best: the best one of either direction
    """

    forward: Rank | None
    best: Rank


class Name(NamedTuple):
    """One spelling of a name, as words.

    :param whole: all words
    :param last: words of the last segment
    :param above: words of the segment before it
    :param is_stripped: whether a version or hash was cut off
    """

    whole: Words
    last: Words
    above: Words
    is_stripped: bool = False

    @property
    def cores(self) -> tuple[Words, ...]:
        """The parts by which the name may be recognised, the longest first."""
        return tuple(dict.fromkeys((self.whole, self.above + self.last, self.last)))


@lru_cache(8192)
def read_name(text: str) -> tuple[Name, ...]:
    """Return the spellings of a name: as it is, and without a version or hash at its end; none if it has no words."""
    segments = [words for segment in _SEGMENT_ENDS.split(text) if (words := _words(segment))]
    if not segments:
        return ()
    stripped = list(segments)
    if len(stripped) > 1 and len(stripped[-1]) == 1 and _VERSION.fullmatch(stripped[-1][0]):
        stripped.pop()
    while len(stripped[-1]) > 1 and _ADDED.fullmatch(stripped[-1][-1]):
        stripped[-1] = stripped[-1][:-1]
    plain = _name(segments)
    return (plain,) if stripped == segments else (plain, _name(stripped)._replace(is_stripped=True))


def _name(segments: Sequence[Words]) -> Name:
    whole = tuple(word for words in segments for word in words)[-_MAX_WORDS:]
    return Name(whole, segments[-1][-_MAX_WORDS:], segments[-2][-_MAX_WORDS:] if len(segments) > 1 else ())


def _words(segment: str) -> Words:
    if not segment.islower() and not segment.isupper():
        segment = _CAMEL.sub("_", segment)
    return tuple(_WORD.findall(segment.lower()))


def likenesses(ones: Sequence[Sequence[Name]], others: Sequence[Sequence[Name]]) -> Mapping[tuple[int, int], Likeness]:
    """Return how much each of some names is like each of others, by their numbers; those that are not are left out.

    :param ones: spellings of each name
    """
    there, here = _occurrences(ones, others), _occurrences(others, ones)
    forward = there.ranks
    back = {(one, other): rank for (other, one), rank in here.ranks.items()}
    alike = {
        pair: Likeness(forward.get(pair), max(rank for rank in (forward.get(pair), back.get(pair)) if rank))
        for pair in dict.fromkeys((*forward, *back))
    }
    floors = _greatest(there.by_name, here.by_other), _greatest(there.by_other, here.by_name)
    if not any(floors):
        return alike
    return {
        (one, other): likeness
        for (one, other), likeness in alike.items()
        if likeness.best > max(floors[0].get(one, _NOTHING), floors[1].get(other, _NOTHING))
    }


class _Occurrences(NamedTuple):
    """Where cores of names are in other names.

    :param ranks: the best place of each pair of numbers
    :param by_name: rank that a likeness must exceed to tell one partner of a name from the others
    :param by_other: the same for the names that the cores are in
    """

    ranks: Mapping[tuple[int, int], Rank]
    by_name: Mapping[int, Rank]
    by_other: Mapping[int, Rank]


def _greatest(*floors: Mapping[int, Rank]) -> dict[int, Rank]:
    greatest: dict[int, Rank] = {}
    for number, rank in (item for floor in floors for item in floor.items()):
        greatest[number] = max(rank, greatest.get(number, _NOTHING))
    return greatest


def _occurrences(ones: Sequence[Sequence[Name]], others: Sequence[Sequence[Name]]) -> _Occurrences:
    """Return where the cores of the first names are in the other ones.

    A core that many names of both sides have tells none of them from the others, so its pairs are not made.
    """
    owners = _owners(ones)
    places = _places(others, owners)
    ranks: dict[tuple[int, int], Rank] = {}
    by_name: dict[int, Rank] = {}
    by_other: dict[int, Rank] = {}
    for text, found in places.items():
        if len(owners[text]) * len(found) > _MAX_ALIKE:
            best = max(Rank(position, len(text), is_covered=True) for _, _, position in found)
            by_name = _greatest(by_name, {number: best for number, _, _ in owners[text]})
            by_other = _greatest(by_other, {other: best for other, _, _ in found})
            continue
        for number, is_stripped, is_covered in owners[text]:
            for other, other_is_stripped, position in found:
                rank = Rank(position, len(text), is_covered)
                # What differs in a version or hash only is not the same: events_20260101, events_20260102.
                if not (is_stripped and other_is_stripped) and ranks.get((number, other), _NOTHING) < rank:
                    ranks[number, other] = rank
    return _Occurrences(ranks, by_name, by_other)


def _owners(ones: Sequence[Sequence[Name]]) -> dict[str, list[tuple[int, bool, bool]]]:
    """Return the names of each core: the number, whether it is stripped, and whether the core is all of it."""
    owners: dict[str, list[tuple[int, bool, bool]]] = {}
    for number, spellings in enumerate(ones):
        for name in spellings:
            for core in name.cores:
                owners.setdefault("".join(core), []).append((number, name.is_stripped, core == name.whole))
    return owners


def _places(others: Sequence[Sequence[Name]], cores: Container[str]) -> dict[str, list[tuple[int, bool, Position]]]:
    """Return the names that each core is in: the number, whether it is stripped, and where the core is in it."""
    places: dict[str, list[tuple[int, bool, Position]]] = {}
    for other, spellings in enumerate(others):
        for name in spellings:
            for text, position in _parts(name):
                if text in cores and _proves(position, text):
                    places.setdefault(text, []).append((other, name.is_stripped, position))
    return places


def _proves(position: Position, text: str) -> bool:
    """Tell whether a core is long enough to prove something where it was found."""
    if position >= Position.LAST_SEGMENTS:
        return True
    return len(text) >= (2 if position == Position.SUFFIX else 3)


def _parts(name: Name) -> Iterator[tuple[str, Position]]:
    """Yield all sequences of words of a name, written together, and where they are in it."""
    count, before_last = len(name.whole), len(name.whole) - len(name.last)
    for start in range(count):
        text = ""
        for end in range(start, count):
            text += name.whole[end]
            if end + 1 == count:
                whole_segments = Position.WHOLE if start == 0 else Position.LAST_SEGMENTS
                yield text, whole_segments if start <= before_last else Position.SUFFIX
            else:
                yield text, Position.PREFIX if start == 0 else Position.MIDDLE
