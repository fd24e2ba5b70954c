"""The base of values that are made for every run."""

from __future__ import annotations

import msgspec


class Value(msgspec.Struct, frozen=True, gc=False):
    """Base of immutable values: made in a fifth of the time that a named tuple takes, and changed in a tenth."""
