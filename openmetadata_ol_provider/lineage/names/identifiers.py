"""Splits dotted identifiers at the dots outside quotes, and joins them in canonical spelling.

Producers copy names from the SQL or the driver: ``"my.db"."t"``, ```my-db`.`t```, ``[db].[dbo].[T]``. The canonical
spelling is OpenMetadata's: parts joined by dots, a part in double quotes if it contains a dot, otherwise bare.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

#: Longest name that is split: no catalogue has longer ones, and quotes that are never closed take time to look for.
MAX_LENGTH: Final = 8192
_CLOSING: Final = {'"': '"', "`": "`", "[": "]"}
# What a template of Python leaves for a part that it was not given; Airflow's Snowflake has it in upper case.
_MISSING: Final = re.compile(r"(?:^|(?<=\.))(?:None|NONE)\.")


def split_identifier(name: str, closing: Mapping[str, str] = _CLOSING) -> tuple[str, ...]:
    """Return the parts of a dotted name, without quotes.

    Quotes count only if they enclose a whole part; a doubled quote inside them is a literal one.

    :param closing: closing quote for each opening quote
    """
    if len(name) > MAX_LENGTH:
        return (name,)
    if _is_bare(name):
        return tuple(name.split("."))
    parts = []
    position = 0
    unclosed: set[tuple[str, int]] = set()
    while True:
        mark = closing.get(name[position : position + 1])
        quoted = _quoted(name, position, mark, unclosed) if mark else None
        if quoted is None:
            dot = name.find(".", position)
            end = len(name) if dot < 0 else dot
            part = name[position:end]
        else:
            part, end = quoted
        parts.append(part)
        if end >= len(name):
            return tuple(parts)
        position = end + 1


def join_identifier(parts: Iterable[str]) -> str:
    """Return the canonical spelling of a name with these parts; :func:`split_identifier` returns them again."""
    return ".".join(_spelled(part) for part in parts)


def spell_identifier(name: str) -> str:
    """Return the canonical spelling of a name."""
    if len(name) <= MAX_LENGTH and not _is_bare(name):
        return join_identifier(split_identifier(name))
    return name


def _is_bare(name: str) -> bool:
    """Return whether a name has no quotes, so that all of its dots separate."""
    return '"' not in name and "`" not in name and "[" not in name


def without_missing(name: str) -> str:
    """Return a dotted name without parts that its producer did not know: ``None.orders``, ``shop.None.orders``.

    A schema between a database and a table stays open: ``shop..orders``.
    """
    if "None." not in name and "NONE." not in name:
        return name
    return _MISSING.sub(lambda match: "." if match.start() else "", name).lstrip(".") or name


def unquoted(name: str) -> str:
    """Return a name without any quotes, for systems whose quoted parts cannot contain dots."""
    return name.translate(_NO_QUOTES)


_NO_QUOTES: Final = str.maketrans("", "", '`"[]')


def _quoted(name: str, start: int, mark: str, unclosed: set[tuple[str, int]]) -> tuple[str, int] | None:
    """Return the quoted part that begins at a position, and its end; ``None`` if it is not closed.

    :param start: position of the opening quote
    :param mark: closing quote
    :param unclosed: quotes that were tried in vain as closing ones, with their positions; updated
    """
    position = start + 1
    tried = []
    while (end := name.find(mark, position)) >= 0 and (mark, end) not in unclosed:
        tried.append((mark, end))
        after = name[end + 1 : end + 2]
        if after in ("", "."):
            return name[start + 1 : end].replace(mark * 2, mark), end + 1
        position = end + (2 if after == mark else 1)
    unclosed.update(tried)
    return None


def _spelled(part: str) -> str:
    # A name that begins with a quote is quoted as well, or reading it again would remove that quote.
    bare = "." not in part and part[:1] not in _CLOSING
    return part if bare else '"' + part.replace('"', '""') + '"'
