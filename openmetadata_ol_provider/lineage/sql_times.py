"""SQL that differs from run to run only in dates and times, as templates fill them in, is one statement.

Each run of it would otherwise be a change: of its pipeline, which gets a new version, and of its edges.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

# What may be a date or a time, to look at more closely; most digits of a statement are not worth it.
_CANDIDATE: Final = re.compile(r"(?<![A-Za-z0-9])[12]\d{3}[\d:.,TZ+_-]{4,}(?: \d\d:[\d:.,Z+-]{2,})?")
_TIME: Final = re.compile(
    r"(?:19|20)\d{2}(?P<sep>[-_.]?)(?:0[1-9]|1[0-2])(?P=sep)(?:0[1-9]|[12]\d|3[01])"
    r"(?:[T _-]?\d{2}[-:_]?\d{2}(?:[-:_]?\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?(?!\d)"
    r"|1[4-9]\d{8}(?:\d{3}|\d{6}|\d{9})?(?!\d)"  # since 1970: seconds, milliseconds ...
)


@lru_cache(maxsize=64)
def without_times(sql: str) -> str:
    """Return SQL with each date, and time of a date, replaced by ``?``."""
    return _CANDIDATE.sub(lambda match: _TIME.sub("?", match[0]), sql)


def is_same_statement(sql: str | None, other: str | None) -> bool:
    """Return whether two SQL texts are the same, apart from dates and times."""
    return bool(sql and other) and (sql == other or without_times(sql or "") == without_times(other or ""))


def current_sql(stored: str | None, sql: str | None) -> str | None:
    """Return the SQL to store: the new one, unless it is the stored statement or there is none.

    :param stored: SQL that is stored
    :param sql: SQL of the latest run
    """
    return stored if is_same_statement(stored, sql) else sql or stored
