"""Dotted identifiers: splitting them with quotes in mind, joining them in one spelling. Pure.

Producers write names as the SQL or the driver has them: ``"my.db"."t"``, ```my-db`.`t```, ``[db].[dbo].[T]``. The one
spelling is OpenMetadata's: parts joined by dots, a part in double quotes if it contains a dot, else bare.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

#: Longer names are left as they are: no catalogue has them, and quotes that are never closed take time to look for.
MAX_LENGTH: Final = 8192
_CLOSING: Final = {'"': '"', "`": "`", "[": "]"}


def split_identifier(name: str, closing: Mapping[str, str] = _CLOSING) -> tuple[str, ...]:
    """Return the plain parts of a dotted name.

    A quote counts only at the start of a part, and if its closing one ends that part; a doubled one stands for itself.

    :param closing: closing quote of each opening one
    """
    if len(name) > MAX_LENGTH:
        return (name,)
    parts = []
    position = 0
    unclosed: set[tuple[str, int]] = set()
    while True:
        mark = closing.get(name[position : position + 1])
        found = _quoted(name, position, mark, unclosed) if mark else None
        if found is None:
            dot = name.find(".", position)
            end = len(name) if dot < 0 else dot
            found = name[position:end], end
        parts.append(found[0])
        if found[1] >= len(name):
            return tuple(parts)
        position = found[1] + 1


def join_identifier(parts: Iterable[str]) -> str:
    """Return the one spelling of a name with these parts: what :func:`split_identifier` takes apart again."""
    return ".".join(_spelled(part) for part in parts)


def spell_identifier(name: str) -> str:
    """Return the one spelling of a name."""
    if len(name) <= MAX_LENGTH and ('"' in name or "`" in name or "[" in name):
        return join_identifier(split_identifier(name))
    return name


def unquoted(name: str) -> str:
    """Return a name without any quotes, for systems in which nothing quoted can contain a dot."""
    return name.translate(_NO_QUOTES)


_NO_QUOTES: Final = str.maketrans("", "", '`"[]')


def _quoted(name: str, start: int, mark: str, unclosed: set[tuple[str, int]]) -> tuple[str, int] | None:
    """Return the quoted part that begins here and where it ends; ``None`` if it is not closed.

    :param unclosed: quotes from which no closing one was found, and their marks; added to
    """
    position = start + 1
    passed = []
    while (end := name.find(mark, position)) >= 0 and (mark, end) not in unclosed:
        passed.append((mark, end))
        after = name[end + 1 : end + 2]
        if after in ("", "."):
            return name[start + 1 : end].replace(mark * 2, mark), end + 1
        position = end + (2 if after == mark else 1)
    unclosed.update(passed)
    return None


def _spelled(part: str) -> str:
    # A quote that is part of a name needs quoting too, or it would be taken off when the name is read again.
    bare = "." not in part and part[:1] not in _CLOSING
    return part if bare else '"' + part.replace('"', '""') + '"'
