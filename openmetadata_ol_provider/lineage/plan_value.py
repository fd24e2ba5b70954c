"""The base of the values that a plan consists of."""

from __future__ import annotations

import msgspec


class PlanValue(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Base of the plan's values: immutable, hashable if their parts are, defaults left out of JSON.

    They never form cycles, so the garbage collector does not have to visit them.
    """
