"""Finds the one rule that makes all names of one side from those of the other; it proves more than likenesses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from openmetadata_ol_provider.lineage.likeness import Name, Words


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
