"""Lists, counts and suggests things in texts for people."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def listed(names: Sequence[str], most: int = 5, between: str = ", ") -> str:
    """Return the first of some names, and the number of those that are left out: ``a, b and 3 more``.

    :param most: most names that are shown; default: 5
    """
    more = len(names) - most
    return between.join(names[:most]) + (f" and {more} more" if more > 0 else "")


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 message``, ``2 messages``.

    :param noun: noun in the singular
    :param plural: its plural; default: the noun with an s
    """
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def suggested(name: str, names: Sequence[str]) -> str:
    """Return a question for the most similar one of some names, ``, did you mean 'a'?``; empty if none is similar.

    :param name: name that does not exist
    :param names: names that exist
    """
    near = difflib.get_close_matches(name, names, n=1)
    return f", did you mean {near[0]!r}?" if near else ""
