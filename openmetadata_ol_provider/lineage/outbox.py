"""Tells the topics of an outbox router from those of tables: they are named after aggregates, as tables may be.

Debezium's router reads one table, mostly named ``outbox``, and writes to a topic for each aggregate
(``outbox.event.orders``), next to a table ``orders`` whose changes go elsewhere or nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from openmetadata_ol_provider.lineage.likeness import Name, read_name

_OUTBOX = "outbox"
Spellings = Sequence[Name]


class Routed(NamedTuple):
    """The topics that are, or may be, those of an outbox router.

    :param pairs: pairs of an outbox table and a topic, as numbers
    :param held_back: numbers of the topics of which nothing tells whether they are a router's, or from which table
    """

    pairs: tuple[tuple[int, int], ...] = ()
    held_back: frozenset[int] = frozenset()

    @property
    def topics(self) -> frozenset[int]:
        """Numbers of the topics that belong to no other table."""
        return self.held_back.union(topic for _, topic in self.pairs)


def routed_topics(job: str, tables: Sequence[Spellings], topics: Sequence[Spellings]) -> Routed:
    """Return the topics of an outbox router.

    :param job: name of the job, which may tell that it is a router's
    :param tables: spellings of the names of the inputs
    :param topics: spellings of the names of the outputs
    """
    outboxes = [number for number, names in enumerate(tables) if names and _names_outbox(names[0].last)]
    candidates = [number for number, names in enumerate(topics) if names and not _is_of_a_table(names, tables)]
    routed = [number for number in candidates if _names_outbox(topics[number][0].whole[: -len(topics[number][0].last)])]
    job_tells = any(_names_outbox(name.whole) for name in read_name(job))
    if not routed and (job_tells or outboxes) and len(candidates) == len(topics):
        # Routed by a pattern of its own, or changes of tables in renamed topics: only the connector's name may tell.
        if not job_tells or len(outboxes) != 1:
            return Routed(held_back=frozenset(candidates)) if len(tables) > 1 else Routed()
        routed = candidates
    if len(outboxes) == 1:
        return Routed(tuple((outboxes[0], number) for number in routed))
    return Routed(held_back=frozenset(routed)) if len(tables) > 1 else Routed()


def _names_outbox(words: Sequence[str]) -> bool:
    return any(_OUTBOX in word for word in words) or _OUTBOX in "".join(words)


def _is_of_a_table(topic: Spellings, tables: Sequence[Spellings]) -> bool:
    """Return whether a topic ends with the schema and name of a table, as Debezium names the topics of tables."""
    whole = topic[0].whole
    for names in tables:
        for name in names[:1]:
            core = name.above + name.last
            if (name.above and whole[-len(core) :] == core) or (
                _names_outbox(name.last) and topic[0].last == name.last
            ):
                return True
    return False
