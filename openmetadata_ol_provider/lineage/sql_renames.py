"""Reads statements that give tables other names: ``ALTER TABLE a RENAME TO b``, ``RENAME TABLE a TO b, c TO d``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from openmetadata_ol_provider.lineage.sql_tokens import COMMA, SIGN, Name

_OPTIONAL: Final = frozenset({("if",), ("exists",), ("only",)})


class Rename(NamedTuple):
    """Both names of a table that is renamed, in lower case."""

    old: Name
    new: Name

    @property
    def is_in_schema_of_old(self) -> bool:
        """Whether the new name leaves out the schema, which is that of the old one in most systems."""
        return len(self.new) == 1 < len(self.old)

    @property
    def full(self) -> Name:
        """The new name, in the schema of the old one if it has none."""
        return (*self.old[:-1], *self.new) if self.is_in_schema_of_old else self.new


def read_rename(statement: Sequence[Name]) -> Rename | None:
    """Return what a statement renames, ``None`` if it is not one that gives one table another name.

    :param statement: its names, words and signs
    """
    match [token for token in statement if token not in _OPTIONAL]:
        case [("alter",), ("table",), old, ("rename",), ("to",) | ("as",), new] if SIGN not in (old, new):
            return Rename(old, new)
    return None


def each_rename(statement: list[Name]) -> Iterator[list[Name]]:
    """Yield a statement for each table that MySQL's RENAME TABLE renames, and any other statement as it is."""
    if statement[:2] != [("rename",), ("table",)]:
        yield statement
        return
    one: list[Name] = []
    for token in (*statement[2:], COMMA):
        if token == COMMA:
            yield [("alter",), ("table",), *one[:1], ("rename",), *one[1:]]
            one = []
        else:
            one.append(token)
