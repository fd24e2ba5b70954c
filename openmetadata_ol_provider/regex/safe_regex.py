"""Regular expressions of the configuration, matched in linear time against names that anybody may have chosen.

Python's own engine backtracks, which for ``(a+)+$`` and a name of forty characters takes years. Here no instruction is
tried twice at one position of the text, so matching takes time proportional to the length of the pattern times that of
the text. The results are Python's. ``docs/adr/0008-linear-time-regular-expressions.md`` says why this is not re2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from openmetadata_ol_provider.regex.program import JUMP, SAVE, SPLIT, TEST, TEXT, PatternError, Program

__all__ = ["Match", "Pattern", "PatternError", "Template"]

#: Names whose result is cached: namespaces come again and again.
_CACHE_SIZE: Final = 4_096

_Slots = tuple[int, ...]


class Match(NamedTuple):
    """A match.

    :param slots: start and end of each group, the whole match as group 0 first; -1 for a group that took no part
    """

    slots: _Slots

    @property
    def start(self) -> int:
        """The position of its first character."""
        return self.slots[0]

    @property
    def end(self) -> int:
        """The position after its last character."""
        return self.slots[1]


class Pattern:
    """A regular expression.

    :param expression: regular expression in Python's syntax
    :raises PatternError: if it is invalid or not linear, with the reason
    """

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.program = Program(expression)
        self._cached_fullmatch = lru_cache(_CACHE_SIZE)(self._fullmatch)

    def __repr__(self) -> str:
        return f"Pattern({self.expression!r})"

    def fullmatch(self, text: str) -> bool:
        """Tell whether the whole text matches."""
        return self._cached_fullmatch(text)

    def match(self, text: str) -> bool:
        """Tell whether the text begins with a match."""
        return self._run(text, 0, [0] * (len(text) + 1)) is not None

    def sub(self, template: Template, text: str) -> str:
        """Return the text with every match replaced, as :func:`re.sub` does."""
        parts, last = [], 0
        for match in self._finditer(text):
            parts += [text[last : match.start], template.expand(text, match)]
            last = match.end
        return "".join((*parts, text[last:]))

    def _fullmatch(self, text: str) -> bool:
        return self._run(text, 0, [0] * (len(text) + 1), whole=True) is not None

    def _finditer(self, text: str) -> Iterator[Match]:
        """Yield the matches that do not overlap, from left to right."""
        # For each position a bit for every SPLIT that was tried there in vain.
        tried = [0] * (len(text) + 1)
        start, empty_at = 0, -1
        while (match := self._search(text, start, tried, empty_at)) is not None:
            yield match
            start = match.end
            empty_at = start if match.start == start else -1
            # The way to this match was not in vain; all of it lies before its end, which is not looked at again.
            tried[start] = 0

    def _search(self, text: str, start: int, tried: list[int], empty_at: int) -> Match | None:
        program = self.program
        if program.needed not in text:
            return None
        while start <= (0 if program.anchored else len(text)):
            if program.prefix:
                start = text.find(program.prefix, start)
                if start < 0:
                    return None
            slots = self._run(text, start, tried, empty_at=empty_at)
            if slots is not None:
                return Match(slots)
            start += 1
        return None

    def _run(
        self, text: str, start: int, tried: list[int], *, whole: bool = False, empty_at: int = -1
    ) -> _Slots | None:
        """Return the slots of the match that begins at a position, ``None`` if there is none.

        :param tried: bits of the SPLITs tried at each position; updated
        :param whole: ``True`` if the match must reach the end of the text
        :param empty_at: position at which an empty match does not count
        """
        instructions, length = self.program.instructions, len(text)
        stack: list[tuple[int, int, _Slots]] = [(0, start, (start, -1) + (-1, -1) * self.program.groups)]
        while stack:
            line, at, slots = stack.pop()
            while True:
                kind, first, second = instructions[line]
                if kind == SPLIT:
                    if tried[at] >> line & 1:
                        break
                    tried[at] |= 1 << line
                    stack.append((second, at, slots))
                    line = first
                    continue
                if kind == TEXT:
                    if not text.startswith(first, at):
                        break
                    at += len(first)
                elif kind == TEST:
                    if first(text, at) is None:
                        break
                    at += second
                elif kind == SAVE:
                    slots = (*slots[:first], at, *slots[first + 1 :])
                elif kind == JUMP:
                    line = first
                    continue
                elif (whole and at != length) or start == at == empty_at:
                    break
                else:
                    return (start, at, *slots[2:])
                line += 1
        return None


class Template:
    r"""The replacement for a match, in the syntax of :func:`re.sub`: ``\1`` and ``\g<name>`` are groups.

    :param text: replacement text
    :param pattern: pattern whose groups it names
    :raises PatternError: if it names a group that the pattern does not have
    """

    def __init__(self, text: str, pattern: Pattern) -> None:
        groups, names = pattern.program.groups, pattern.program.group_names
        # Python itself expands the text once, with characters that no name contains in place of the groups.
        stand_ins = "".join(chr(_STAND_IN + number) for number in range(1, groups + 1))
        whole = f"{_WHOLE}{stand_ins}{_WHOLE}"
        captures = (f"(?P<{names[number]}>.)" if number in names else "(.)" for number in range(1, groups + 1))
        dummy = re.match(f".{''.join(captures)}.", whole)
        assert dummy is not None
        try:
            expanded = dummy.expand(text).replace(whole, chr(_STAND_IN))
        except (re.error, IndexError) as error:
            raise PatternError(f"{text!r} does not fit the groups of {pattern.expression!r}: {error}") from None
        self._parts: list[str | int] = [
            ord(part) - _STAND_IN if _STAND_IN <= ord(part[0]) <= _STAND_IN + groups else part
            for part in re.split(f"([{chr(_STAND_IN)}-{chr(_STAND_IN + groups)}])", expanded)
            if part
        ]

    def expand(self, text: str, match: Match) -> str:
        """Return the replacement for a match in a text."""
        slots = match.slots
        return "".join(
            part if isinstance(part, str) else text[max(slots[2 * part], 0) : max(slots[2 * part + 1], 0)]
            for part in self._parts
        )


# From a private-use plane.
_STAND_IN: Final = 0xF0000
_WHOLE: Final = chr(0x10FFFD)
