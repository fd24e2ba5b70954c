"""Pairs for connectors, whose runs show one dataset an event: told by the names, never multiplied.

A change-data-capture run has many tables and many topics; each table goes to its own topic, and nothing in the events
says which but the names: Debezium's topics are ``<prefix>.<schema>.<table>``, a sink's table is named for its topic.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from openmetadata_ol_provider.lineage.sides import Side

_SEPARATORS = re.compile(r"[./:]")
_NOT_WORD = re.compile(r"[^a-z0-9]")


def pair_by_name(inputs: Sequence[Side], outputs: Sequence[Side], *, settled: bool) -> list[tuple[Side, Side]]:
    """Return the (input, output) pairs whose names end alike, for each output the input with the longest common end.

    A sink with just one topic and one table needs no name once all of it has shown: its topic goes to its table. A
    source does, since it may have tables and topics that nothing has happened to yet.

    :param settled: no further dataset of the run is expected
    """
    pairs = []
    for output in outputs:
        scored = [(_alike(side, output), side) for side in inputs]
        best = max((score for score, _ in scored), default=0)
        found = [side for score, side in scored if score == best]
        if best > 0 and len(found) == 1:
            pairs.append((found[0], output))
    if not pairs and settled and len(inputs) == len(outputs) == 1 and _is_topic(inputs[0]):
        return [(inputs[0], outputs[0])]
    return pairs


def _alike(one: Side, other: Side) -> float:
    """Count the segments at the end that are the same; a sink's table may be flattened (1) or have a prefix (0.5)."""
    left, right = (_SEPARATORS.split(side.id.name.lower()) for side in (one, other))
    count = 0
    for a, b in zip(reversed(left), reversed(right), strict=False):
        if a != b:
            break
        count += 1
    if count or not _is_topic(one):
        return count
    if _NOT_WORD.sub("", one.id.name.lower()) == _NOT_WORD.sub("", right[-1]):
        return 1
    return 0.5 if right[-1].endswith(f"_{left[-1]}") else 0


def _is_topic(side: Side) -> bool:
    return bool(side.identities) and side.identities[0].kind == "topic"
