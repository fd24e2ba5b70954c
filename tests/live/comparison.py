"""Compares what two catalogues hold after the same messages, whoever sent them in which order."""

from __future__ import annotations

from typing import Any

from tests.live.backlog import without_copy
from tests.operators.steps_support import Holding


def comparable(found: Holding) -> dict[str, Any]:
    """Return what has to be the same whatever the order in which jobs wrote the same edges."""
    by_turns = {"pipeline", "sqlQuery", "createdBy", "updatedBy", "description"}
    return {
        "edges": {
            ends: {key: value for key, value in details.items() if key not in by_turns} | {"by": _writers(details)}
            for ends, details in found.edges.items()
        },
        "pipelines": found.pipelines,
        "statuses": found.statuses,
    }


def _writers(details: dict[str, Any]) -> str:
    """Return the jobs that an edge names.

    A job whose datasets were matched by their names alone is named only if it is the first to write the edge, so of the
    copies of such a job any may be.
    """
    text = details.get("description", "")
    return text if ";" in text else without_copy(text)


def differences(mine: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    """Return a line for each difference between two catalogues."""
    return [
        f"{kind} {key}: {mine[kind].get(key)} instead of {theirs[kind].get(key)}"
        for kind in mine
        for key in sorted({*mine[kind], *theirs[kind]}, key=str)
        if mine[kind].get(key) != theirs[kind].get(key)
    ]
