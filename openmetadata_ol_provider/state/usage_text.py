"""Usage counts as texts: all counts, or those that have changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from openmetadata_ol_provider.openlineage.variable_text import from_text, to_text
from openmetadata_ol_provider.openmetadata.publishing.core.history import UsageCounts


class _Counts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Usage counts: pipeline FQN, day, and number of task runs."""

    counts: Sequence[tuple[str, str, int]] = ()
    removed: Sequence[tuple[str, str]] = ()


def usage_text(before: UsageCounts, after: UsageCounts) -> str:
    """Return what has changed in usage counts as text; empty if nothing has."""
    changed = [(*key, count) for key, count in sorted(after.items()) if before.get(key) != count]
    removed = [key for key in sorted(before) if key not in after]
    return to_text(_Counts(changed, removed)) if changed or removed else ""


def usage_of_texts(texts: Iterable[str]) -> UsageCounts:
    """Return the usage counts of texts: all of them, then what has changed, one after the other.

    :raises ValueError: if a text is damaged
    """
    usage: UsageCounts = {}
    for text in texts:
        changes = from_text(text, _Counts)
        for key in changes.removed:
            usage.pop(key, None)
        usage |= {(fqn, day): count for fqn, day, count in changes.counts}
    return usage


def joined_usage(texts: Iterable[str], *, whole: bool) -> str:
    """Return consecutive texts as one.

    :param whole: the first of them has all counts, so that nothing is left to be removed
    :raises ValueError: if a text is damaged
    """
    texts = list(texts)
    counts = usage_of_texts(texts)
    removed = () if whole else {key for text in texts for key in from_text(text, _Counts).removed if key not in counts}
    return to_text(_Counts([(*key, count) for key, count in sorted(counts.items())], sorted(removed)))
