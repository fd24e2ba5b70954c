"""Pairs the inputs and outputs of connectors by their names, because their events show one dataset each.

A change-data-capture run has many tables and many topics. Each table goes to its own topic, and only the names tell
which: Debezium's topics are ``<prefix>.<schema>.<table>``, a sink's table is named after its topic.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from openmetadata_ol_provider.lineage.run_datasets import Side

_SEPARATORS = re.compile(r"[./:]")
_NOT_WORD = re.compile(r"[^a-z0-9]")


def pair_by_name(inputs: Sequence[Side], outputs: Sequence[Side], *, settled: bool) -> list[tuple[Side, Side]]:
    """Return the (input, output) pairs whose names end alike: for each output the input with the longest common end.

    For a sink with one topic and one table no names are needed once all its datasets are known: its topic goes to its
    table. For a source they are, since it may have tables and topics without any changes so far.

    :param settled: whether no further dataset of the run is expected
    """
    pairs = []
    sources = [_Name.of(side) for side in inputs]
    for output in outputs:
        target = _Name.of(output)
        scored = [(_alike(name, target), side) for name, side in zip(sources, inputs, strict=True)]
        best = max((score for score, _ in scored), default=0)
        candidates = [side for score, side in scored if score == best]
        if best > 0 and len(candidates) == 1:
            pairs.append((candidates[0], output))
    if not pairs and settled and len(inputs) == len(outputs) == 1 and _is_topic(inputs[0]):
        return [(inputs[0], outputs[0])]
    return pairs


class _Name(NamedTuple):
    """A dataset's name, split once for all comparisons.

    :param segments: segments of the name, the last one first
    :param whole: letters and digits of the whole name
    :param last: letters and digits of its last segment
    """

    segments: tuple[str, ...]
    whole: str
    last: str
    is_topic: bool

    @classmethod
    def of(cls, side: Side) -> _Name:
        name = side.id.name.lower()
        segments = tuple(reversed(_SEPARATORS.split(name)))
        return cls(segments, _NOT_WORD.sub("", name), _NOT_WORD.sub("", segments[0]), _is_topic(side))


def _alike(one: _Name, other: _Name) -> float:
    """Return the number of equal segments at the end.

    The table of a sink may also be its topic's name in one word (1), or have a prefix before it (0.5).
    """
    if one.segments[0] == other.segments[0]:
        pairs = zip(one.segments, other.segments, strict=False)
        return next(
            (count for count, (a, b) in enumerate(pairs) if a != b), min(len(one.segments), len(other.segments))
        )
    if not one.is_topic:
        return 0
    if one.whole == other.last:
        return 1
    return 0.5 if other.segments[0].endswith(f"_{one.segments[0]}") else 0


def _is_topic(side: Side) -> bool:
    return bool(side.identities) and side.identities[0].kind == "topic"
