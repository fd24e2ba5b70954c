"""Reads which tables a statement of SQL writes, from the words in front of their names."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from openmetadata_ol_provider.lineage.sql_tokens import COMMA, SIGN, Name

#: Most UPDATE and DELETE of one statement: with more, what it writes is left open.
_MAX_CHANGES: Final = 20
#: Words after which the table comes that a statement writes.
_WRITING: Final = frozenset({
    "into", "table", "view", "update", "overwrite", "merge", "copy", "truncate", "insert", "delete", "stream",
})  # fmt: skip
#: Words between them and the table.
_BETWEEN: Final = frozenset({
    "from", "if", "not", "exists", "only", "materialized", "ignore", "low_priority", "high_priority", "delayed", "top",
})  # fmt: skip
#: Words that follow them where no table comes.
_INSTEAD: Final = frozenset({"set", "select", "values", "when", "with", "using", "identifier", "function"})
_TEMPORARY: Final = frozenset({"temp", "temporary", "volatile"})
#: Words after which the table may be an alias.
_BY_ALIAS: Final = frozenset({"update", "delete"})
#: Words at the beginning of statements after which a variable comes.
_VARIABLE: Final = frozenset({"set", "declare", "let"})
#: Words that begin statements whose tables have no fixed order: which of them are written is left open.
_OPEN: Final = frozenset({"alter", "rename", "exchange", "swap"})


class StatementWrites:
    """What a statement writes, as far as the words in front of names say it.

    :param statement: its names, words and signs
    :param names: those of them that are names or words
    """

    def __init__(self, statement: Sequence[Name], names: Collection[Name]) -> None:
        self._statement = statement
        self._names = names
        #: first part of the first word
        self.start = next(token for token in statement if token in names)[0]
        #: names where tables come that are written, which may be aliases
        self.targets: set[Name] = set()
        self.temporary: set[Name] = set()
        self.variables: set[Name] = set()
        #: whether it is left open which of its tables are written
        self.is_open = self.start in _OPEN
        #: whether something comes where a table should that is none: INSERT INTO $table
        self.is_unknown = False
        self._behind_aliases: set[Name] = set()
        self._changes = 0
        self._is_view = self.start == "create" and ("view",) in names
        # The word after which the next name is that of a table that is written, and whether that is a temporary one.
        self._writing: str | None = self.start if self.start in _VARIABLE else None
        self._is_temporary = False
        self._read()

    @property
    def tables(self) -> frozenset[Name]:
        """Names of the tables that are written: all of them, or none if some are not known."""
        return frozenset() if self.is_open or self.is_unknown else frozenset(self.targets | self._behind_aliases)

    def _read(self) -> None:
        """Read the statement from its beginning to its end."""
        begin = 1 if self._writing else 0
        for position, token in enumerate(self._statement[begin:], begin):
            word = token[0] if len(token) == 1 else ""
            if word in _WRITING:
                # CREATE STREAM changes ON TABLE orders
                self._writing = word if self._statement[position - 1] != ("on",) else None
            elif word == "to" and self._is_view:
                self._writing = "view"
            elif word in _TEMPORARY:
                self._is_temporary = True
            elif word not in _BETWEEN:
                if self._writing:
                    self._read_target(position, token, word)
                self._writing, self._is_temporary = None, False

    def _read_target(self, position: int, token: Name, word: str) -> None:
        """Read what comes where the name of a table should."""
        if token not in self._names or word in _INSTEAD:
            self.is_unknown = self.is_unknown or (self._writing == "into" and word != "values")
            return
        self.targets.add(token)
        if self._writing in _BY_ALIAS:
            self._read_change(position, token)
        if self._writing in _VARIABLE or (self._writing == "into" and self.start in ("select", "with", "fetch")):
            self.variables.add(token)
        if self._is_temporary or token[-1].startswith(("#", "@")):
            self.temporary.add(token)

    def _read_change(self, position: int, token: Name) -> None:
        """Read the table of an UPDATE or DELETE, which may be an alias of another one."""
        self._changes += 1
        self.is_open = (
            self.is_open
            or self._changes > _MAX_CHANGES
            or (self._writing == "update" and _writes_joined(self._statement[position:]))
        )
        if not self.is_open:
            self._behind_aliases.update(_behind_alias(token, self._statement))


def _writes_joined(statement: Sequence[Name]) -> bool:
    """Return whether an UPDATE has several tables before its SET, of which it may write any."""
    before = statement[: statement.index(("set",))] if ("set",) in statement else statement
    return SIGN in before or COMMA in before or ("join",) in before


def _behind_alias(alias: Name, statement: Sequence[Name]) -> Iterator[Name]:
    """Yield the tables that an alias stands for: ``UPDATE f SET ... FROM facts AS f``."""
    if len(alias) > 1:
        return
    for position, token in enumerate(statement):
        before = [one for one in statement[max(0, position - 2) : position] if one != ("as",)]
        if token == alias and before and before[-1] not in (SIGN, COMMA):
            yield before[-1]
