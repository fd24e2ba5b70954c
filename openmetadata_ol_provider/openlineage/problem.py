"""What was lost or left out, as a value: every step reports its own, nothing is silent."""

from __future__ import annotations

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """Something that was lost or left out.

    :param kind: short machine-readable kind, e.g. ``bad_facet``, ``unresolved``, ``failed``
    :param where: what it is about: an event's position, a dataset, an edge
    :param detail: what happened and, where there is one, the remedy
    """

    kind: str
    where: str
    detail: str
