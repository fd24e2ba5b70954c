"""Names the removals of edges that the catalogue has refused, and that are parked to be tried again."""

from __future__ import annotations

from typing import Final

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind

#: Why an edge is removed; the key of its removal begins with it.
_PREFIXES: Final = (f"{ProblemKind.RETRACTED_EDGE.value}:", f"{ProblemKind.STALE_EDGE.value}:")


def removal_key(kind: ProblemKind, edge: int) -> str:
    """Return the key under which the removal of an edge is parked.

    :param kind: why it is removed
    :param edge: key of the edge in the ledger
    """
    return f"{kind.value}:{edge:x}"


def removal_of(key: str) -> tuple[ProblemKind, int] | None:
    """Return why an edge is removed and its key in the ledger; ``None``: what is parked is not the removal of one."""
    if not key.startswith(_PREFIXES):
        return None
    kind, _, edge = key.partition(":")
    return ProblemKind(kind), int(edge, 16)
