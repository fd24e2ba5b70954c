"""Compiles a regular expression into a program for ``safe_regex``: a list of simple instructions.

The syntax is Python's, read by its own parser. Constructs that cannot be matched in linear time are refused.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

#: Maximum number of instructions of one pattern; counted repeats (``{1,1000}``) are expanded.
MAX_SIZE: Final = 5_000

# Before Python 3.11 these were modules of their own.
_parser: Any = import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
_compiler: Any = import_module("re._compiler" if sys.version_info >= (3, 11) else "sre_compile")

_NOT_LINEAR: Final = {
    "ASSERT": "look-around",
    "ASSERT_NOT": "look-around",
    "GROUPREF": "a back-reference",
    "GROUPREF_EXISTS": "a conditional",
    "ATOMIC_GROUP": "an atomic group",
    "POSSESSIVE_REPEAT": "a possessive repeat",
}
_ONE_CHARACTER: Final = frozenset({"LITERAL", "NOT_LITERAL", "ANY", "IN"})

#: The kinds of instruction, and their two operands.
#: TEXT: text that must follow. TEST: test of one character or of a position, and the number of characters it consumes.
#: SPLIT: two lines to continue at, the preferred one first. JUMP: line to continue at. SAVE: slot of a group's start or
#: end, which gets the current position. MATCH: none.
TEXT, TEST, SPLIT, JUMP, SAVE, MATCH = range(6)
Instruction = tuple[int, Any, Any]
_Test = Callable[[str, int], object]


class PatternError(ValueError):
    """Raised for text that is not a regular expression, or for one that cannot be matched in linear time."""


class Program:
    """The instructions for one regular expression, and what every match must have.

    :param expression: regular expression in Python's syntax
    :raises PatternError: if it is invalid or not linear, with the reason
    """

    def __init__(self, expression: str) -> None:
        try:
            # The parser alone does not find every mistake, so the expression is compiled as well.
            compiled = re.compile(expression)
            tree = _parser.parse(expression)
        except (re.error, OverflowError, RecursionError) as error:
            raise PatternError(f"not a regular expression: {error}") from None
        compiler = _Compiler(tree)
        self.instructions = compiler.instructions
        self.groups = compiled.groups
        self.group_names = {number: name for name, number in compiled.groupindex.items()}
        first, text, _ = self.instructions[0]
        #: Text that every match begins with.
        self.prefix: str = text if first == TEXT else ""
        #: Longest text that every match contains.
        self.needed = max(compiler.needed, key=len, default="")
        #: Whether a match can only begin at the start of the text.
        self.anchored = bool(tree) and tree[0][0].name == "AT" and _is_start_of_text(tree[0][1], tree.state.flags)


class _Compiler:
    """Translates a parse tree into instructions."""

    def __init__(self, tree: Any) -> None:
        self.instructions: list[Instruction] = []
        #: Texts that every match contains.
        self.needed: list[str] = []
        self._optional_depth = 0
        self._sequence(tree, tree.state.flags)
        self._add(MATCH)

    def _add(self, kind: int, first: Any = None, second: Any = None) -> int:
        """Add an instruction and return its line."""
        if len(self.instructions) >= MAX_SIZE:
            raise PatternError(f"too large: with counted repeats expanded it has more than {MAX_SIZE} steps")
        self.instructions.append((kind, first, second))
        return len(self.instructions) - 1

    def _sequence(self, nodes: Any, flags: int) -> None:
        literal = ""
        for node in nodes:
            kind = node[0].name
            if kind == "LITERAL" and not flags & re.IGNORECASE:
                literal += chr(node[1])
                continue
            self._text(literal)
            literal = ""
            self._node(kind, node, flags)
        self._text(literal)

    def _text(self, literal: str) -> None:
        if literal:
            self._add(TEXT, literal)
            if not self._optional_depth:
                self.needed.append(literal)

    def _node(self, kind: str, node: Any, flags: int) -> None:
        if kind in _ONE_CHARACTER:
            self._add(TEST, _python_test(node, flags), 1)
        elif kind == "AT":
            self._add(TEST, _python_test(node, flags), 0)
        elif kind == "SUBPATTERN":
            group, added, removed, inner = node[1]
            self._group(group, inner, (flags | added) & ~removed)
        elif kind == "BRANCH":
            self._branches(node[1][1], flags)
        elif kind in {"MAX_REPEAT", "MIN_REPEAT"}:
            least, most, inner = node[1]
            self._repeat(inner, flags, least, None if most == _parser.MAXREPEAT else most, lazy=kind == "MIN_REPEAT")
        else:
            construct = _NOT_LINEAR.get(kind, kind.lower())
            raise PatternError(f"{construct} cannot be matched in bounded time; write it without")

    def _group(self, group: int | None, inner: Any, flags: int) -> None:
        if group is None:
            self._sequence(inner, flags)
            return
        self._add(SAVE, 2 * group)
        self._sequence(inner, flags)
        self._add(SAVE, 2 * group + 1)

    def _branches(self, branches: list[Any], flags: int) -> None:
        jumps = []
        self._optional_depth += 1
        for branch in branches[:-1]:
            split = self._add(SPLIT)
            self._sequence(branch, flags)
            jumps.append(self._add(JUMP))
            self.instructions[split] = (SPLIT, split + 1, len(self.instructions))
        self._sequence(branches[-1], flags)
        for jump in jumps:
            self.instructions[jump] = (JUMP, len(self.instructions), None)
        self._optional_depth -= 1

    def _repeat(self, inner: Any, flags: int, least: int, most: int | None, *, lazy: bool) -> None:
        for _ in range(least):
            self._sequence(inner, flags)
        splits = []
        self._optional_depth += 1
        for _ in range(1 if most is None else most - least):
            splits.append(self._add(SPLIT))
            self._sequence(inner, flags)
        self._optional_depth -= 1
        if most is None:
            self._add(JUMP, splits[0])
        for split in splits:
            inside, after = split + 1, len(self.instructions)
            self.instructions[split] = (SPLIT, after, inside) if lazy else (SPLIT, inside, after)


def _is_start_of_text(position: Any, flags: int) -> bool:
    return position.name == "AT_BEGINNING_STRING" or (position.name == "AT_BEGINNING" and not flags & re.MULTILINE)


def _python_test(node: Any, flags: int) -> _Test:
    """Return Python's own test of one character or position."""
    state = _parser.State()
    state.flags = flags
    test: _Test = _compiler.compile(_parser.SubPattern(state, [node])).match
    return test
