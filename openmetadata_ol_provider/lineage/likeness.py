"""Compares names of datasets word by word: ``erp.public.orders``, ``pg-orders`` and ``ORDERS_118822331`` are alike.

A name is alike another if a core of it (all its words, its last two segments, or its last one) is in the other, at the
borders of words. Where it is there, and how long it is, tells how much that proves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    forward = dict(_best(_occurrences(ones, others)))
    back = {(one, other): rank for (other, one), rank in _best(_occurrences(others, ones))}
    pairs = dict.fromkeys((*forward, *back))
    return {
        pair: Likeness(forward.get(pair), max(rank for rank in (forward.get(pair), back.get(pair)) if rank))
        for pair in pairs
    }


def _best(ranks: Iterable[tuple[tuple[int, int], Rank]]) -> Iterable[tuple[tuple[int, int], Rank]]:
    best: dict[tuple[int, int], Rank] = {}
    for pair, rank in ranks:
        if pair not in best or best[pair] < rank:
            best[pair] = rank
    return best.items()


def _occurrences(
    ones: Sequence[Sequence[Name]], others: Sequence[Sequence[Name]]
) -> Iterator[tuple[tuple[int, int], Rank]]:
    """Yield each place where a core of the first names is in the other ones."""
    by_core: dict[str, dict[tuple[int, bool], bool]] = {}
    for number, spellings in enumerate(ones):
        for name in spellings:
            for core in name.cores:
                by_core.setdefault("".join(core), {})[number, name.is_stripped] = core == name.whole
    for other, spellings in enumerate(others):
        for name in spellings:
            for text, position in _parts(name):
                for (number, is_stripped), is_covered in by_core.get(text, {}).items():
                    # What differs in a version or hash only is not the same: events_20260101, events_20260102.
                    if not (is_stripped and name.is_stripped) and _proves(position, text):
                        yield (number, other), Rank(position, len(text), is_covered)


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


# -- one rule for all ----------------------------------------------------------------------------------------------


def one_rule(ones: Sequence[Name], others: Sequence[Name]) -> Mapping[int, int] | None:
    """Return the number of the partner of each name if one prefix and suffix turns all names into all others.

    Names that follow one rule prove more than single likenesses. ``None`` if there is no rule, or several that differ.
    """
    if len(ones) != len(others) or len(ones) < 2:
        return None
    there = _rule(ones, others)
    back = {one: other for other, one in _rule(others, ones).items()}
    solutions = [solution for solution in (there, back) if solution]
    return solutions[0] if solutions and all(solution == solutions[0] for solution in solutions) else None


def _rule(ones: Sequence[Name], others: Sequence[Name]) -> Mapping[int, int]:
    """Return the only solution of rules that prefix and suffix a core of the first names; empty if several differ."""
    by_text = {"".join(name.whole): number for number, name in enumerate(others)}
    if len(by_text) < len(others):
        return {}
    solution: dict[int, int] = {}
    for level in range(3):
        cores = ["".join(_core(name, level)) for name in ones]
        for prefix, suffix in dict.fromkeys(affixes for other in others for affixes in _affixes(cores[0], other.whole)):
            partners = _partners(cores, prefix, suffix, by_text)
            if partners and solution and partners != solution:
                return {}
            solution = partners or solution
    return solution


def _core(name: Name, level: int) -> Words:
    return name.cores[min(level, len(name.cores) - 1)]


def _affixes(core: str, words: Words) -> Iterator[tuple[str, str]]:
    """Yield what is before and after a core in a name, wherever it is there at the borders of words."""
    for start in range(len(words)):
        text = ""
        for end in range(start, len(words)):
            text += words[end]
            if text == core:
                yield "".join(words[:start]), "".join(words[end + 1 :])
            if len(text) >= len(core):
                break


def _partners(cores: Sequence[str], prefix: str, suffix: str, by_text: Mapping[str, int]) -> dict[int, int]:
    partners: dict[int, int] = {}
    for number, core in enumerate(cores):
        partner = by_text.get(f"{prefix}{core}{suffix}")
        if partner is None:
            return {}
        partners[number] = partner
    return partners if len(set(partners.values())) == len(partners) else {}


def by_stems(ones: Sequence[Name], others: Sequence[Name]) -> Mapping[int, int]:
    """Return the number of the partner of each name by what is left when the words common to a side are cut off.

    ``a_orders`` and ``a_users`` thus meet ``b_orders`` and ``b_users``. Empty if not all names of the shorter side have
    a partner.
    """
    if min(len(ones), len(others)) < 2:
        return {}
    stems, targets = _stems(ones), _stems(others)
    numbers = {stem: number for number, stem in enumerate(targets)}
    if len(set(stems)) < len(stems) or len(numbers) < len(targets):
        return {}
    partners = {number: numbers[stem] for number, stem in enumerate(stems) if stem in numbers}
    return partners if len(partners) == min(len(ones), len(others)) else {}


def _stems(names: Sequence[Name]) -> list[str]:
    """Return each name without the words that all begin or end with; at least one word is left of each."""
    wholes = [name.whole for name in names]
    shortest = min(map(len, wholes))
    before = _common(wholes, shortest - 1)
    after = _common([whole[::-1] for whole in wholes], shortest - 1 - before)
    return ["".join(whole[before : len(whole) - after]) for whole in wholes]


def _common(names: Sequence[Words], at_most: int) -> int:
    """Return the number of words with which all names begin."""
    first = names[0][:at_most]
    return next((n for n, word in enumerate(first) if any(name[n] != word for name in names)), len(first))
