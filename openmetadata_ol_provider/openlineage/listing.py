"""Lists names in texts for people."""

from __future__ import annotations

from collections.abc import Sequence


def listed(names: Sequence[str], most: int, between: str = ", ") -> str:
    """Return the first of some names, and the number of those that are left out: ``a, b and 3 more``.

    :param most: most names that are shown
    """
    more = len(names) - most
    return between.join(names[:most]) + (f" and {more} more" if more > 0 else "")
