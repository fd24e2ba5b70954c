"""Reads one statement of SQL of any dialect: which tables it writes, reads, drops and renames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from openmetadata_ol_provider.lineage.sql_tokens import Name, Token, folded

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
#: Words of such statements by which a table gets another name, and what was in it goes with it.
_RENAMING: Final = frozenset({"rename", "exchange", "swap"})
#: Words after which a table comes that is read.
_READING: Final = frozenset({"from", "join", "using", "clone"})
#: Words that begin blocks of statements.
_BLOCKS: Final = frozenset({"begin", "then", "else", "do", "loop"})
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
#: A comma, among the names of a statement, and any other sign.
COMMA: Final[Name] = (",",)
SIGN: Final[Name] = ()
#: Names after a table until the list of tables is over: ``FROM a AS x, b``.
_ALIAS: Final = 3


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
    :param renames: whether it gives tables other names
    :param is_single: whether it writes the targets in one go, and is not several without signs between them
    :param is_dynamic: whether it may do what its text does not show
    """

    names: frozenset[Name]
    words: frozenset[str]
    targets: frozenset[Name]
    sources: frozenset[Name]
    queries: frozenset[Name]
    temporary: frozenset[Name]
    variables: frozenset[Name]
    drops: bool
    renames: bool
    is_single: bool
    is_dynamic: bool

    @property
    def tables(self) -> frozenset[Name]:
        """Names of the tables that it reads, without those of its own queries."""
        return self.sources - self.queries


def split_statements(tokens: Iterable[Token]) -> Iterator[list[Name]]:
    """Yield the names, words and signs of each statement."""
    statement: list[Name] = []
    for name, text in tokens:
        if name is not None:
            statement.append(folded(name))
        elif text != ";":
            statement.append(COMMA if text == "," else SIGN)
        else:
            if _has_names(statement):
                yield statement
            statement = []
    if _has_names(statement):
        yield statement


def _has_names(statement: Sequence[Name]) -> bool:
    return any(token not in (SIGN, COMMA) for token in statement)


def read_statement(statement: Sequence[Name]) -> Statement:
    """Return what a statement names.

    :param statement: its names, words and signs
    """
    names = frozenset(token for token in statement if token not in (SIGN, COMMA))
    words = frozenset(part for name in names for part in name)
    first = next(token for token in statement if token in names)
    start = first[0]
    targets, aliased = set[Name](), set[Name]()
    temporary, variables = set[Name](), set[Name]()
    writing = start if start in _VARIABLE else None
    is_open, is_temporary, is_target_unknown, count = start in _OPEN, False, False, 0
    is_view = start == "create" and ("view",) in names
    for position, token in enumerate(statement):
        word = token[0] if len(token) == 1 else ""
        if position == 0 and writing:
            continue
        if word in _WRITING:
            # CREATE STREAM changes ON TABLE orders
            writing = word if statement[position - 1] != ("on",) else None
        elif word == "to" and is_view:
            writing = "view"
        elif word in _TEMPORARY:
            is_temporary = True
        elif word not in _BETWEEN:
            is_name = token in names and word not in _INSTEAD
            if writing and is_name:
                targets.add(token)
                if writing in _BY_ALIAS:
                    count += 1
                    is_open = (
                        is_open
                        or count > _MAX_CHANGES
                        or (writing == "update" and _writes_joined(statement[position:]))
                    )
                    aliased.update(() if is_open else _behind_alias(token, statement))
                if writing in _VARIABLE or (writing == "into" and start in ("select", "with", "fetch")):
                    variables.add(token)
                if is_temporary or token[-1].startswith(("#", "@")):
                    temporary.add(token)
            # INSERT INTO $table: of what a statement writes, everything is known or nothing.
            is_target_unknown = is_target_unknown or (writing == "into" and not is_name and word != "values")
            writing, is_temporary = None, False
    written = frozenset[Name]() if is_open or is_target_unknown else frozenset(targets | aliased)
    return Statement(
        names=names,
        words=words,
        targets=written,
        sources=frozenset(_sources(statement)),
        queries=frozenset(_queries(statement)),
        temporary=frozenset(temporary),
        variables=frozenset(variables),
        drops=_drops(statement),
        renames=is_open and not words.isdisjoint(_RENAMING),
        is_single=len(targets) == 1 or start == "from" or statement[1:2] in ([("all",)], [("first",)]),
        is_dynamic=is_target_unknown or _is_dynamic(statement),
    )


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
