"""Splits the SQL of a job into statements, and tells which of its tables one statement writes and names together.

Producers that parse SQL list the tables of all statements of a script in one event, and some attach the columns of all
of them to each output. But a table is written from the tables that its own statement names, so that two tables which
the SQL names, and never in one statement, have nothing to do with each other. What the SQL does not name at all (what
is behind a view or a procedure) is left open, and so is everything if a part of it is SQL in strings or variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from openmetadata_ol_provider.lineage.sql_statement import Statement, read_statement, split_statements
from openmetadata_ol_provider.lineage.sql_tokens import Name, folded, parts_of, readings

#: Most statements that are read: more are generated, and no script.
MAX_STATEMENTS: Final = 1_000
#: Longest script of which many are remembered, in characters.
_SHORT: Final = 20_000
#: Most parts of a name, counted from its end, by which it is found.
_MAX_PARTS: Final = 8
#: Parts of the name of a table with database and schema.
_FULL: Final = 3
# What is read also where it is the only statement: what it writes does not last, or gets no rows. Each begins with a
# word of its own, for which long texts are searched ten times as fast.
_OF_ONE: Final = (
    re.compile(r"temp(?:orary)?\s+(?:table|view)\b"),
    re.compile(r"volatile\s+(?:table|view)\b"),
    re.compile(r"with\s+no\s+data\b"),
    re.compile(r"table\s+(?:if\s+not\s+exists\s+)?[^\s(]+(?:\s*\(\s*|\s+)like\b"),
)
#: SQL Server's procedure for renaming tables, which has the names in strings.
_RENAMING_PROCEDURE: Final = "sp_rename"


class Statements:
    """The statements of a script.

    :param statements: statements in their order
    """

    def __init__(self, statements: Sequence[Statement]) -> None:
        self._statements = statements
        self._words = frozenset[str]().union(*(one.words for one in statements))
        self._by_name: dict[Name, set[int]] = {}
        self._by_source: dict[Name, set[int]] = {}
        for number, one in enumerate(statements):
            for name in one.names:
                self._by_name.setdefault(name, set()).add(number)
            for name in one.sources:
                self._by_source.setdefault(name, set()).add(number)
        self._temporary = _temporary(statements)
        self._made = _made(statements, self._temporary)
        self._is_dynamic = any(one.is_dynamic for one in statements)
        self._numbers: dict[str, frozenset[int]] = {}
        self._reached: dict[tuple[str, frozenset[Name]], frozenset[int]] = {}

    def write(self, target: str, source: str, others: frozenset[Name] = frozenset()) -> bool | None:
        """Return whether a statement that writes a table names another, directly or by tables between them.

        ``None`` if the SQL does not name both, or does not show all that it does.

        :param target: name of the table that is written
        :param source: name of the other one
        :param others: :func:`spellings_of` the job's datasets, which have edges of their own; tables that are none of
            these may be between the two
        """
        if not self._naming(target) or not self._naming(source):
            return None
        is_written = any(self._may_write(number, target) for number in self._reached_from(source, others))
        return is_written or (None if self._is_dynamic else False)

    def show(self, target: str, source: str) -> bool:
        """Return whether a statement certainly writes a table from another, directly or by temporary tables."""
        written = _spellings(target)
        reached = set().union(*(self._by_source.get(name, ()) for name in _spellings(source)))
        waiting = set(reached)
        while waiting:
            one = self._statements[waiting.pop()]
            for name in one.targets & self._temporary:
                waiting |= self._by_source.get(name, set()) - reached
                reached |= waiting
        certain = (self._statements[number] for number in reached)
        return any(one.is_single and not one.drops and not one.targets.isdisjoint(written) for one in certain)

    def make_for_themselves(self, table: str) -> bool:
        """Return whether a table has no other names in the statements than those of temporary tables that they make."""
        named = [name for name in _spellings(table) if name in self._by_name]
        return bool(named) and self._made.issuperset(named)

    def write_column(
        self, target: str, target_field: str, source: str, source_field: str, others: frozenset[Name] = frozenset()
    ) -> bool:
        """Return whether a statement that writes a table from another names these columns of them, too.

        Names that are nowhere in the SQL are made up by the producer, and say nothing. With tables between the two,
        the statements at both ends name one column each.
        """
        fields = {target_field.casefold(), source_field.casefold()} & self._words
        first = self._naming(source)
        direct = [
            number for number in first if self._may_write(number, target) and not self._statements[number].renamed
        ]
        if direct:
            return self._name(fields, direct)
        last = [number for number in self._reached_from(source, others) if self._may_write(number, target)]
        if any(self._statements[number].renamed for number in last):
            # A table that is renamed keeps its columns.
            return self._name(fields, first)
        return self._name(fields & {source_field.casefold()}, first) and self._name(
            fields & {target_field.casefold()}, last
        )

    def _name(self, fields: set[str], numbers: Iterable[int]) -> bool:
        """Return whether one of some statements names all of some columns."""
        return any(fields <= self._statements[number].words for number in numbers)

    def _naming(self, table: str) -> frozenset[int]:
        """Return the numbers of the statements that name a table."""
        if table not in self._numbers:
            numbers = (number for name in _spellings(table) for number in self._by_name.get(name, ()))
            self._numbers[table] = frozenset(numbers)
        return self._numbers[table]

    def _may_write(self, number: int, table: str) -> bool:
        one = self._statements[number]
        return not (one.drops or one.is_empty) and not (one.targets or one.names).isdisjoint(_spellings(table))

    def _reached_from(self, table: str, others: frozenset[Name]) -> frozenset[int]:
        """Return the numbers of the statements that name a table, or one between, which is made from it."""
        if (table, others) not in self._reached:
            reached: set[int] = set()
            waiting = set(self._naming(table))
            while waiting:
                number = waiting.pop()
                reached.add(number)
                one = self._statements[number]
                for name in () if one.is_empty else one.targets:
                    if name in self._temporary:
                        waiting |= self._by_name.get(name, set()) - reached
                    elif name not in others:
                        waiting |= self._by_source.get(name, set()) - reached
            self._reached[table, others] = frozenset(reached)
        return self._reached[table, others]


def spellings_of(tables: Iterable[str]) -> frozenset[Name]:
    """Return the names by which SQL may name some tables."""
    return frozenset(spelling for table in tables for spelling in _spellings(table))


def statements_of(sql: str) -> Statements | None:
    """Return the statements of a script, ``None`` if there are too many, or it is not certain which.

    A single statement is read only if what it writes does not last or gets no rows, see :func:`leaves_nothing`. The
    same text gives the same object.
    """
    if ";" not in sql and not leaves_nothing(sql):
        return None
    return _of_short(sql) if len(sql) <= _SHORT else _of_long(sql)


@lru_cache(maxsize=256)
def leaves_nothing(sql: str) -> bool:
    """Return whether a statement may write a temporary table, or one without rows."""
    text = sql.lower()
    return "create" in text and any(pattern.search(text) for pattern in _OF_ONE)


def is_one_statement(sql: str) -> bool:
    """Return whether SQL is certainly one statement."""
    statements = _split(sql)
    return statements is not None and len(statements) == 1


def _read(sql: str) -> Statements | None:
    statements = _split(sql)
    if statements is None or not 1 <= len(statements) <= MAX_STATEMENTS:
        return None
    read = [read_statement(statement) for statement in statements]
    return Statements(read) if len(read) > 1 or read[0].is_empty or read[0].temporary else None


# What is known of a long script may take megabytes.
_of_short: Final = lru_cache(maxsize=256)(_read)
_of_long: Final = lru_cache(maxsize=8)(_read)


def _split(sql: str) -> list[list[Name]] | None:
    """Return the names, words and signs of each statement, ``None`` if that is not certain."""
    if _RENAMING_PROCEDURE in sql.casefold():
        return None
    read = [list(split_statements(tokens)) for tokens in readings(sql)]
    return read[0] if read and all(other == read[0] for other in read) else None


def _temporary(statements: Sequence[Statement]) -> frozenset[Name]:
    """Return the names of tables that are gone at the end: temporary ones, renamed ones, and those dropped later.

    If nobody knows which names a statement gives, all of its names count.
    """
    temporary = {name for one in statements for name in (one.names if one.renames else one.temporary | one.variables)}
    written: set[Name] = set()
    dropped: set[Name] = set()
    for one in statements:
        if one.drops:
            dropped |= one.names & written
        else:
            written |= one.targets
            dropped = (dropped | one.renamed) - one.targets
    for one in statements:
        if one.renamed and not one.targets.isdisjoint(dropped):
            dropped |= one.targets  # with its schema, and without
    return frozenset(temporary | dropped)


def _made(statements: Sequence[Statement], gone: frozenset[Name]) -> frozenset[Name]:
    """Return the names that stand for nothing but temporary tables, each of which a statement makes before it is used.

    Before that, and after it is dropped, the same name is that of a lasting table. A table that is created, and gets
    another name in the end, is temporary under the first one, and so is a name that a table has before it is dropped.
    """
    in_passing = {name for one in statements if one.renamed for name in (*one.renamed, *one.targets)} & gone
    made, existing, others = set[Name](), set[Name](), set[Name]()
    for one in statements:
        if one.drops:
            existing -= one.names
            continue
        temporary = one.temporary | (one.targets & in_passing if one.creates or one.renamed else frozenset())
        used = one.tables | (one.targets - temporary)
        others |= used - existing
        existing = (existing - one.renamed) | temporary
        made |= temporary
    return frozenset(made - others)


@lru_cache(maxsize=4096)
def _spellings(table: str) -> tuple[Name, ...]:
    """Return the names by which SQL may name a table: with all of its parts, without the first ones, or the schema."""
    parts = folded(parts_of(table))[-_MAX_PARTS:]
    without_schema = ((parts[0], parts[2]),) if len(parts) == _FULL else ()
    return (*(parts[start:] for start in range(len(parts))), *without_schema)
