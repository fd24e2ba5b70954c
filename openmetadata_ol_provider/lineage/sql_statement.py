"""Reads one statement of SQL of any dialect: which tables it writes, reads, drops and renames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

from openmetadata_ol_provider.lineage.sql_renames import Rename, each_rename, read_rename
from openmetadata_ol_provider.lineage.sql_tokens import COMMA, SIGN, Name, Token, folded
from openmetadata_ol_provider.lineage.sql_writes import StatementWrites

#: Words of statements by which a table gets another name, and what was in it goes with it.
_RENAMING: Final = frozenset({"rename", "exchange", "swap"})
#: Words after which a table comes that is read.
_READING: Final = frozenset({"from", "join", "using", "clone"})
#: Words that begin blocks of statements.
_BLOCKS: Final = frozenset({"begin", "then", "else", "do", "loop"})
#: Words between TABLE and its name.
_NOT_EXISTS: Final = frozenset({("if",), ("not",), ("exists",)})
#: What is dropped; others, such as columns, are parts of tables.
_DROPPED: Final = frozenset({"table", "view", "temporary", "materialized", "external", "transient", "foreign"})
#: Words that begin what runs SQL in strings or variables, or goes on with what another statement has read.
_DYNAMIC: Final = frozenset({
    "execute", "exec", "prepare", "cursor", "fetch", "for", "foreach", "loop", "repeat", "while",
})  # fmt: skip
#: Functions that are tables, which a string or a variable names.
_DYNAMIC_TABLES: Final = frozenset({"identifier", "openquery", "openrowset", "dblink"})
#: Words before these.
_BEFORE_TABLES: Final = frozenset({"from", "join", "into", "table", "using", "overwrite", "update", "merge"})
#: Names after a table until the list of tables is over: ``FROM a AS x, b``.
_ALIAS: Final = 3
#: The sign at the end of a statement.
_END: Final[Token] = (None, ";")


class Statement(NamedTuple):
    """What one statement names, in lower case.

    :param names: whole names, as their parts
    :param words: all parts of names, so columns, too
    :param targets: names of the tables that it writes, empty if that is not known
    :param sources: names that can be nothing but tables that it reads
    :param queries: names of queries in it (WITH), which may be those of tables, too
    :param temporary: names of the temporary tables that it makes
    :param variables: names of variables that it sets
    :param drops: whether it drops what it names
    :param renames: whether it gives tables other names, of which nobody knows which are the new ones
    :param renamed: name of the table that it gives another name, its target
    :param creates: whether it creates its targets
    :param is_empty: whether the table that it creates has the columns of another one, and no rows
    :param is_single: whether it writes the targets in one go, and is not several without signs between them
    :param is_dynamic: whether it may do what its text does not show
    """

    names: frozenset[Name]
    words: frozenset[str]
    targets: frozenset[Name]
    sources: frozenset[Name]
    queries: frozenset[Name] = frozenset()
    temporary: frozenset[Name] = frozenset()
    variables: frozenset[Name] = frozenset()
    drops: bool = False
    renames: bool = False
    renamed: frozenset[Name] = frozenset()
    creates: bool = False
    is_empty: bool = False
    is_single: bool = False
    is_dynamic: bool = False

    @property
    def tables(self) -> frozenset[Name]:
        """Names of the tables that it reads, without those of its own queries."""
        return self.sources - self.queries


def split_statements(tokens: Iterable[Token]) -> Iterator[list[Name]]:
    """Yield the names, words and signs of each statement, of one that renames several tables as one for each."""
    statement: list[Name] = []
    for name, text in chain(tokens, (_END,)):
        if name is not None:
            statement.append(folded(name))
        elif text != _END[1]:
            statement.append(COMMA if text == "," else SIGN)
        else:
            if any(token not in (SIGN, COMMA) for token in statement):
                yield from each_rename(statement)
            statement = []


def read_statement(statement: Sequence[Name]) -> Statement:
    """Return what a statement names.

    :param statement: its names, words and signs
    """
    names = frozenset(token for token in statement if token not in (SIGN, COMMA))
    words = frozenset(part for name in names for part in name)
    if (rename := read_rename(statement)) is not None:
        return _of_rename(rename, names, words)
    writes = StatementWrites(statement, names)
    start = writes.start
    is_empty = start == "create" and _is_empty(statement)
    return Statement(
        names=names,
        words=words,
        targets=writes.tables,
        sources=frozenset(() if is_empty else _sources(statement)),
        queries=frozenset(_queries(statement)),
        temporary=frozenset(writes.temporary),
        variables=frozenset(writes.variables),
        drops=_drops(statement),
        renames=writes.is_open and not words.isdisjoint(_RENAMING),
        creates=start == "create",
        is_empty=is_empty,
        is_single=len(writes.targets) == 1 or start == "from" or statement[1:2] in ([("all",)], [("first",)]),
        is_dynamic=writes.is_unknown or _is_dynamic(statement),
    )


def _of_rename(rename: Rename, names: frozenset[Name], words: frozenset[str]) -> Statement:
    targets, old = frozenset({rename.new, rename.full}), frozenset({rename.old})
    return Statement(names | targets, words, targets, old, renamed=old, is_single=True)


def _is_empty(statement: Sequence[Name]) -> bool:
    """Return whether a table is created with the columns of another: ``LIKE orders``, ``AS ... WITH NO DATA``."""
    if ("table",) not in statement[:5]:
        return False
    rest = [token for token in statement[statement.index(("table",)) + 1 :] if token not in _NOT_EXISTS]
    behind = [token for token in rest[1:3] if token != SIGN]
    if behind[:1] == [("like",)]:
        return ("as",) not in rest
    return (("with",), ("no",), ("data",)) in zip(rest, rest[1:], rest[2:], strict=False)


def _sources(statement: Sequence[Name]) -> Iterator[Name]:
    """Yield the names after FROM and the like, and after the commas of their lists."""
    is_expected, left, before = False, 0, SIGN
    for token in statement:
        if token == COMMA:
            is_expected, left = left > 0, 0
        elif token == SIGN:
            is_expected, left = False, 0
        elif len(token) == 1 and token[0] in _READING:
            is_expected = before not in (("distinct",), ("delete",))
        elif is_expected:
            yield token
            is_expected, left = False, _ALIAS
        else:
            left -= 1
        before = token


def _queries(statement: Sequence[Name]) -> Iterator[Name]:
    """Yield the names of queries: ``WITH a AS (...), b AS (...)``."""
    for before, name, *after in zip(statement, statement[1:], statement[2:], statement[3:], strict=False):
        if before in (("with",), ("recursive",), COMMA) and after == [("as",), SIGN]:
            yield name


def _is_dynamic(statement: Sequence[Name]) -> bool:
    """Return whether a statement may do what its text does not show."""
    if statement[0] == ("declare",) and ("cursor",) in statement:
        return True
    before = "begin"
    for token in statement:
        word = token[0] if len(token) == 1 else ""
        if (word in _DYNAMIC and before in _BLOCKS) or (word in _DYNAMIC_TABLES and before in _BEFORE_TABLES):
            return True
        before = word
    return False


def _drops(statement: Sequence[Name]) -> bool:
    """Return whether a statement drops tables, also at the end of a block of statements."""
    for before, token, after in zip((("begin",), *statement), statement, (*statement[1:], SIGN), strict=False):
        if token == ("drop",) and before[:1] and before[0] in _BLOCKS:
            return after[:1] != SIGN and len(after) == 1 and after[0] in _DROPPED
    return False
