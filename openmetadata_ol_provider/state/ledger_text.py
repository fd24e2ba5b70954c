"""The entries of a ledger as texts: all of them, or those that have changed.

A text of an earlier version, which was the whole ledger, is read as one with all entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec

from openmetadata_ol_provider.openlineage.variable_text import from_text, to_text
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact, Fact, Ledger

_K = TypeVar("_K")
_V = TypeVar("_V")
#: Share of the entries above which all of them are written if they have changed.
MOST_CHANGED: Final = 0.5


class Entries(msgspec.Struct, frozen=True, omit_defaults=True):
    """Entries of a ledger by key, as :class:`Ledger` has them, and the keys of those that are no longer there."""

    facts: dict[int, Fact] = {}
    edges: dict[int, EdgeFact] = {}
    ended: dict[str, int] = {}
    extended: dict[str, float] = {}
    removed_facts: Sequence[int] = ()
    removed_edges: Sequence[int] = ()
    removed_ended: Sequence[str] = ()
    removed_extended: Sequence[str] = ()


#: Fields with entries; the keys of those that are no longer there are in ``removed_<field>``.
_FIELDS: Final = ("facts", "edges", "ended", "extended")


def whole_ledger_text(ledger: Ledger) -> str:
    """Return all entries of a ledger as text; empty if it has none."""
    entries = Entries(ledger.facts, ledger.edges, ledger.ended, ledger.extended)
    return to_text(entries) if _count(ledger) else ""


def changed_ledger_text(before: Ledger, after: Ledger) -> str | None:
    """Return what has changed in a ledger as text; empty if nothing has, ``None`` if it is most of the ledger."""
    changed = Entries(
        _changed(before.facts, after.facts),
        _changed(before.edges, after.edges),
        _changed(before.ended, after.ended),
        _changed(before.extended, after.extended),
        _removed(before.facts, after.facts),
        _removed(before.edges, after.edges),
        _removed(before.ended, after.ended),
        _removed(before.extended, after.extended),
    )
    number = sum(map(len, msgspec.structs.astuple(changed)))
    if number > MOST_CHANGED * _count(after):
        return None
    return to_text(changed) if number else ""


def entries_of_texts(texts: Iterable[str]) -> Entries:
    """Return the entries of texts: all of them, then what has changed, one after the other.

    :raises ValueError: if a text is damaged
    """
    merged = Entries({}, {}, {}, {})
    for text in texts:
        _merge(merged, from_text(text, Entries))
    return merged


def joined_ledger(texts: Iterable[str], *, whole: bool) -> str:
    """Return consecutive texts as one.

    :param whole: ``True`` if the first of them has all entries, so that nothing is left to be removed
    :raises ValueError: if a text is damaged
    """
    merged = Entries({}, {}, {}, {})
    removed: dict[str, dict[Any, None]] = {field: {} for field in _FIELDS}
    for text in texts:
        changes = from_text(text, Entries)
        _merge(merged, changes)
        for field, keys in removed.items():
            keys.update(dict.fromkeys(_removed_keys(changes, field)))
    if whole:
        return to_text(merged)
    left = {
        f"removed_{field}": [key for key in keys if key not in getattr(merged, field)]
        for field, keys in removed.items()
    }
    return to_text(msgspec.structs.replace(merged, **left))


def _count(ledger: Ledger) -> int:
    return len(ledger.facts) + len(ledger.edges) + len(ledger.ended) + len(ledger.extended)


def _changed(before: Mapping[_K, _V], after: Mapping[_K, _V]) -> dict[_K, _V]:
    # Entries that have not changed are nearly always the same objects.
    return {key: value for key, value in after.items() if (old := before.get(key)) is not value and old != value}


def _removed(before: Mapping[_K, _V], after: Mapping[_K, _V]) -> list[_K]:
    return [key for key in before if key not in after]


def _merge(merged: Entries, changes: Entries) -> None:
    for field in _FIELDS:
        entries = getattr(merged, field)
        for key in _removed_keys(changes, field):
            entries.pop(key, None)
        entries.update(getattr(changes, field))


def _removed_keys(changes: Entries, field: str) -> Sequence[Any]:
    keys: Sequence[Any] = getattr(changes, f"removed_{field}")
    return keys
