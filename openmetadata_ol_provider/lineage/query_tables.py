"""Finds the tables that a query reads, in the SQL of any dialect."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from openmetadata_ol_provider.lineage.names.identifiers import split_identifier
from openmetadata_ol_provider.lineage.sql_tokens import STRING, Name, Token, folded

#: Words that end the list of tables after FROM.
_ENDS: Final = frozenset({
    "where", "prewhere", "group", "having", "qualify", "window", "order", "sort", "cluster", "distribute", "by",
    "limit", "offset", "fetch", "union", "intersect", "except", "minus", "connect", "start", "set", "settings",
    "format", "view", "into", "values", "update", "share", "extend", "aggregate",
})  # fmt: skip
#: Words before FROM that make it another one: IS DISTINCT FROM, DELETE FROM.
_OTHER_FROM: Final = frozenset({"distinct", "delete"})
#: Signs that may follow a table; after others, the name was that of a function, a file, a stage or a template.
_AFTER_TABLE: Final = frozenset({",", ")", ";", "|", STRING})
#: Catalogs of the system.
_SYSTEM: Final = frozenset({"information_schema", "pg_catalog", "__tables__"})


class _Group(msgspec.Struct):
    """What is between two brackets.

    :param has_select: whether SELECT has come
    :param has_from: whether FROM has come, and not that of a function: EXTRACT(year FROM created_at)
    :param lists_tables: whether a table follows a comma
    """

    has_select: bool = False
    has_from: bool = False
    lists_tables: bool = False


class _Reader:
    """Reads one statement."""

    def __init__(self) -> None:
        self.names: dict[Name, None] = {}
        #: What stands for a table, and which it is; ``None`` if it is a subquery or an expression.
        self.aliases: set[tuple[str, Name | None]] = set()
        self.queries: set[Name] = set()
        self._groups = [_Group()]
        self._is_expected = False
        self._table: tuple[Name, str] | None = None
        self._last: Name | None = None
        self._may_be_alias = False
        self._before, self._name_before = "", Name()

    def read(self, name: Name | None, text: str) -> None:
        """Read the next name or sign."""
        self._may_be_alias = self._before in (")", "as")
        self._end_table(text if name is None else None)
        word = text.casefold()
        if name is None:
            self._read_sign(text)
        elif word in ("select", "from", "join") or word in _ENDS:
            self._read_word(word)
        elif self._is_expected:
            if word != "only":
                self._table, self._is_expected = (name, text), False
        elif self._may_be_alias and self._groups[-1].lists_tables and len(name) == 1:
            self.aliases.add((word, self._last))
        if name is not None and word != "as":
            self._name_before = name
        self._before = word

    def _end_table(self, sign: str | None) -> None:
        """Count the name before as a table, if no sign after it shows that it is none."""
        if self._table is None:
            return
        (name, text), self._table, self._last = self._table, None, None
        if sign is not None and sign not in _AFTER_TABLE:
            return
        # In PostgreSQL, a dot in quotes does not separate; in BigQuery, these are others.
        if "@" not in text and text[0] != "#" and ("`" in text or len(split_identifier(text)) == len(name)):
            self.names[name] = None
            self._last, self._may_be_alias = name, True
        if len(name) == 1:
            self.aliases.add((text.casefold(), None))

    def _read_sign(self, sign: str) -> None:
        group = self._groups[-1]
        if sign == "(":
            if self._before == "as":
                self.queries.add(folded(self._name_before))
            # `FROM (a JOIN b)`
            is_list = self._is_expected
            self._groups.append(_Group(has_from=is_list, lists_tables=is_list))
            return
        if sign == ")":
            if len(self._groups) > 1:
                self._groups.pop()
            self._last = None
        self._is_expected = sign == "," and group.lists_tables

    def _read_word(self, word: str) -> None:
        group, before = self._groups[-1], self._before
        if word == "select":
            group.has_select = True
        elif word == "from":
            is_first = before in ("", "(") or (before == ")" and len(self._groups) == 1)
            is_table_next = before not in _OTHER_FROM and (group.has_select or is_first)
            if is_table_next:
                group.has_from = group.lists_tables = True
            self._is_expected = is_table_next
            return
        elif word == "join":
            # ClickHouse has ARRAY JOIN for columns.
            group.lists_tables = self._is_expected = group.has_from and before != "array"
            return
        group.lists_tables = self._is_expected = False

    def tables(self) -> Iterable[Name]:
        """Yield the tables that were read."""
        self._end_table(None)
        for name in self.names:
            words = folded(name)
            of_alias = any(alias == words[0] and table != name for alias, table in self.aliases)
            is_system = not _SYSTEM.isdisjoint(words) or "*" in words[-1]
            if not of_alias and words not in self.queries and not is_system:
                yield name


def tables_of(tokens: Iterable[Token]) -> tuple[Name, ...]:
    """Return the names after FROM and JOIN in the last of some statements, each once.

    Functions, catalogs of the system, and fields of a table's alias are left out.
    """
    reader = _Reader()
    is_over = False
    for name, text in tokens:
        if is_over:
            reader, is_over = _Reader(), False
        if text == ";":
            is_over = True
        else:
            reader.read(name, text)
    return tuple(reader.tables())
