"""Lists and counts things in texts for people."""

from __future__ import annotations

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
