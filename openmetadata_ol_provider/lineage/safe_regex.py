"""Regular expressions of the configuration, matched against names that anybody may have chosen: in bounded time. Pure.

Python's own engine goes back over what it has tried, which for ``(a+)+$`` and a name of forty characters takes years.
Here no instruction is tried twice at one place of the text, so matching takes time in proportion to the length of the
pattern times that of the text. The syntax is Python's, read by its own parser, and so is what is found; but for what
cannot be matched that way: look-around, back-references within the pattern, conditionals, possessive repeats.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple

#: Most instructions of one pattern: counted repeats (``{1,1000}``) are written out.
MAX_SIZE = 5_000
#: Matched names that are remembered with the answer: namespaces come again and again.
_REMEMBERED = 4_096

# Before 3.11 they had names of their own.
_parser: Any = import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
_compiler: Any = import_module("re._compiler" if sys.version_info >= (3, 11) else "sre_compile")

_UNBOUNDED = {
    "ASSERT": "look-around",
    "ASSERT_NOT": "look-around",
    "GROUPREF": "a back-reference",
    "GROUPREF_EXISTS": "a conditional",
    "ATOMIC_GROUP": "an atomic group",
    "POSSESSIVE_REPEAT": "a possessive repeat",
}
_ONE_CHARACTER = frozenset({"LITERAL", "NOT_LITERAL", "ANY", "IN"})

# The instructions: text that must follow, a test of one character or of a place, two ways to go on (the first is tried
# first), one way, the beginning or end of a group, the end.
_TEXT, _TEST, _EITHER, _GO, _MARK, _END = range(6)
_Test = Callable[[str, int], object]
_Marks = tuple[int, ...]


class PatternError(ValueError):
    """Raised for what is no regular expression, or one that cannot be matched in bounded time."""


class Found(NamedTuple):
    """A match.

    :param marks: where each group begins and ends, the whole match as group 0 first; -1 for a group that took no part
    """

    marks: _Marks

    @property
    def start(self) -> int:
        """Where it begins."""
        return self.marks[0]

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.marks[1]


class Pattern:
    """A regular expression.

    :param expression: in Python's syntax
    :raises PatternError: naming what is wrong with it
    """

    def __init__(self, expression: str) -> None:
        self.expression = expression
        try:
            # Compiled as well: the parser alone does not find every mistake.
            self.groups = re.compile(expression).groups
            tree = _parser.parse(expression)
        except (re.error, OverflowError, RecursionError) as error:
            raise PatternError(f"not a regular expression: {error}") from None
        writer = _Writer(tree)
        self._program = writer.program
        # What saves looking at places, or at texts, where no match can be.
        self._prefix = self._program[0][1] if self._program[0][0] == _TEXT else ""
        self._needed = max(writer.needed, key=len, default="")
        self._anchored = bool(tree) and tree[0][0].name == "AT" and _is_beginning(tree[0][1], tree.state.flags)
        self._whole = lru_cache(_REMEMBERED)(self._is_whole)

    def __repr__(self) -> str:
        return f"Pattern({self.expression!r})"

    def fullmatch(self, text: str) -> bool:
        """Tell whether the whole of a text matches."""
        return self._whole(text)

    def match(self, text: str) -> bool:
        """Tell whether the beginning of a text matches."""
        return self._run(text, 0, [0] * (len(text) + 1)) is not None

    def sub(self, template: Template, text: str) -> str:
        """Return a text with every match replaced, as :func:`re.sub` does."""
        parts, last = [], 0
        for found in self._all(text):
            parts += [text[last : found.start], template.filled(text, found)]
            last = found.end
        return "".join((*parts, text[last:]))

    def _is_whole(self, text: str) -> bool:
        return self._run(text, 0, [0] * (len(text) + 1), whole=True) is not None

    def _all(self, text: str) -> Iterator[Found]:
        """Yield the matches that do not overlap, from the first to the last."""
        # Bits of the branches that were taken at each place, and led nowhere.
        taken = [0] * (len(text) + 1)
        start, empty_at = 0, -1
        while (found := self._next(text, start, taken, empty_at)) is not None:
            yield found
            start = found.end
            empty_at = start if found.start == start else -1
            # What led to this match is no way that led nowhere; all of it is before its end, and not looked at again.
            taken[start] = 0

    def _next(self, text: str, start: int, taken: list[int], empty_at: int) -> Found | None:
        if self._needed not in text:
            return None
        while start <= (0 if self._anchored else len(text)):
            if self._prefix:
                start = text.find(self._prefix, start)
                if start < 0:
                    return None
            marks = self._run(text, start, taken, empty_at=empty_at)
            if marks is not None:
                return Found(marks)
            start += 1
        return None

    def _run(
        self, text: str, start: int, taken: list[int], *, whole: bool = False, empty_at: int = -1
    ) -> _Marks | None:
        """Return the marks of the match that begins at a place, ``None`` if there is none.

        :param empty_at: no match may begin and end there
        """
        program, length = self._program, len(text)
        stack: list[tuple[int, int, _Marks]] = [(0, start, (start, -1) + (-1, -1) * self.groups)]
        while stack:
            line, at, marks = stack.pop()
            while True:
                kind, first, second = program[line]
                if kind == _EITHER:
                    if taken[at] >> line & 1:
                        break
                    taken[at] |= 1 << line
                    stack.append((second, at, marks))
                    line = first
                    continue
                if kind == _TEXT:
                    if not text.startswith(first, at):
                        break
                    at += len(first)
                elif kind == _TEST:
                    if first(text, at) is None:
                        break
                    at += second
                elif kind == _MARK:
                    marks = (*marks[:first], at, *marks[first + 1 :])
                elif kind == _GO:
                    line = first
                    continue
                elif (whole and at != length) or start == at == empty_at:
                    break
                else:
                    return (start, at, *marks[2:])
                line += 1
        return None


class Template:
    r"""What a match is replaced by, in the syntax of :func:`re.sub`: ``\1`` and ``\g<name>`` are groups.

    :param text: the template
    :param pattern: whose groups it names
    :raises PatternError: if it names others
    """

    def __init__(self, text: str, pattern: Pattern) -> None:
        compiled = re.compile(pattern.expression)
        names = {number: name for name, number in compiled.groupindex.items()}
        # Expanded once by Python itself, with characters that no name has in place of the groups.
        stand_ins = [chr(_STAND_IN + number) for number in range(1, compiled.groups + 1)]
        whole = f"{_WHOLE}{''.join(stand_ins)}{_WHOLE}"
        groups = "".join(f"(?P<{names[number]}>.)" if number in names else "(.)" for number in range(1, len(whole) - 1))
        dummy = re.match(f".{groups}.", whole)
        assert dummy is not None
        try:
            expanded = dummy.expand(text).replace(whole, chr(_STAND_IN))
        except (re.error, IndexError) as error:
            raise PatternError(f"{text!r} does not fit the groups of {pattern.expression!r}: {error}") from None
        self._parts: list[str | int] = [
            ord(part) - _STAND_IN if _STAND_IN <= ord(part[0]) <= _STAND_IN + compiled.groups else part
            for part in re.split(f"([{chr(_STAND_IN)}-{chr(_STAND_IN + compiled.groups)}])", expanded)
            if part
        ]

    def filled(self, text: str, found: Found) -> str:
        """Return the replacement for a match in a text."""
        marks = found.marks
        return "".join(
            part if isinstance(part, str) else text[max(marks[2 * part], 0) : max(marks[2 * part + 1], 0)]
            for part in self._parts
        )


# Of a plane for private use.
_STAND_IN = 0xF0000
_WHOLE = chr(0x10FFFD)


class _Writer:
    """Writes the program of a parsed expression."""

    def __init__(self, tree: Any) -> None:
        self.program: list[tuple[int, Any, Any]] = []
        #: Texts that every match has in it.
        self.needed: list[str] = []
        self._choices = 0
        self._write(tree, tree.state.flags)
        self._add(_END)

    def _add(self, kind: int, first: Any = None, second: Any = None) -> int:
        if len(self.program) >= MAX_SIZE:
            raise PatternError(f"too large: with its counted repeats written out it has more than {MAX_SIZE} steps")
        self.program.append((kind, first, second))
        return len(self.program) - 1

    def _write(self, tree: Any, flags: int) -> None:
        literal = ""
        for node in tree:
            kind = node[0].name
            if kind == "LITERAL" and not flags & re.IGNORECASE:
                literal += chr(node[1])
                continue
            literal = self._flush(literal)
            self._node(kind, node, flags)
        self._flush(literal)

    def _flush(self, literal: str) -> str:
        if literal:
            self._add(_TEXT, literal)
            if not self._choices:
                self.needed.append(literal)
        return ""

    def _node(self, kind: str, node: Any, flags: int) -> None:
        if kind in _ONE_CHARACTER:
            self._add(_TEST, _test(node, flags), 1)
        elif kind == "AT":
            self._add(_TEST, _test(node, flags), 0)
        elif kind == "SUBPATTERN":
            group, added, removed, inner = node[1]
            self._group(group, inner, (flags | added) & ~removed)
        elif kind == "BRANCH":
            self._branches(node[1][1], flags)
        elif kind in {"MAX_REPEAT", "MIN_REPEAT"}:
            least, most, inner = node[1]
            self._repeat(inner, flags, least, None if most == _parser.MAXREPEAT else most, lazy=kind == "MIN_REPEAT")
        else:
            raise PatternError(
                f"{_UNBOUNDED.get(kind, kind.lower())} cannot be matched in bounded time; write it without"
            )

    def _group(self, group: int | None, inner: Any, flags: int) -> None:
        if group is None:
            self._write(inner, flags)
            return
        self._add(_MARK, 2 * group)
        self._write(inner, flags)
        self._add(_MARK, 2 * group + 1)

    def _branches(self, branches: list[Any], flags: int) -> None:
        ends = []
        self._choices += 1
        for branch in branches[:-1]:
            fork = self._add(_EITHER)
            self._write(branch, flags)
            ends.append(self._add(_GO))
            self.program[fork] = (_EITHER, fork + 1, len(self.program))
        self._write(branches[-1], flags)
        for end in ends:
            self.program[end] = (_GO, len(self.program), None)
        self._choices -= 1

    def _repeat(self, inner: Any, flags: int, least: int, most: int | None, *, lazy: bool) -> None:
        for _ in range(least):
            self._write(inner, flags)
        forks = []
        self._choices += 1
        for _ in range(1 if most is None else most - least):
            forks.append(self._add(_EITHER))
            self._write(inner, flags)
        self._choices -= 1
        if most is None:
            self._add(_GO, forks[0])
        for fork in forks:
            inside, behind = fork + 1, len(self.program)
            self.program[fork] = (_EITHER, behind, inside) if lazy else (_EITHER, inside, behind)


def _is_beginning(place: Any, flags: int) -> bool:
    return place.name == "AT_BEGINNING_STRING" or (place.name == "AT_BEGINNING" and not flags & re.MULTILINE)


def _test(node: Any, flags: int) -> _Test:
    """Return Python's own test of one character or place."""
    state = _parser.State()
    state.flags = flags
    test: _Test = _compiler.compile(_parser.SubPattern(state, [node])).match
    return test
