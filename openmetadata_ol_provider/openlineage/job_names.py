"""Compares job names: one job of Spark has several spellings of its name."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(4096)
def letters_of(name: str) -> str:
    """Return the letters and digits of a name in lower case; the name itself if it has none."""
    return "".join(filter(str.isalnum, name.lower())) or name


def alike(one: str, other: str) -> bool:
    """Return whether two job names differ only in case and punctuation, as Spark's raw and normalised names do."""
    return one == other or letters_of(one) == letters_of(other)


def is_related(one: str, other: str) -> bool:
    """Return whether two job names are alike, or one continues the other after a dot or underscore."""
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return alike(one, other) or (longer.startswith(shorter) and longer[len(shorter)] in "._")
