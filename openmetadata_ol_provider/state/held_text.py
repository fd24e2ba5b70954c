"""What waits to be written, as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from openmetadata_ol_provider.openlineage.variable_text import from_text, to_text
from openmetadata_ol_provider.openmetadata.publishing.core.held import Held, HeldCount, HeldRow


class _Held(msgspec.Struct, frozen=True, omit_defaults=True):
    """Rows of pipeline observability, and usage counts."""

    rows: Sequence[HeldRow] = ()
    counts: Sequence[HeldCount] = ()


#: What may be in a text: counts did not always wait.
_STORED: Final[Any] = _Held | list[HeldRow]


def held_text(held: Held) -> str:
    """Return what waits as text; empty if nothing does."""
    if not held:
        return ""
    rows = [row for _, row in sorted(held.rows.items())]
    counts = [count for _, count in sorted(held.counts.items())]
    return to_text(_Held(rows, counts))


def held_of(text: str) -> Held:
    """Return what waits.

    :param text: text of what waits; empty if nothing does
    :raises ValueError: if it is damaged
    """
    if not text:
        return Held()
    stored = from_text(text, _STORED)
    rows, counts = (stored.rows, stored.counts) if isinstance(stored, _Held) else (stored, ())
    return Held({row.key: row for row in rows}, {count.key: count for count in counts})
