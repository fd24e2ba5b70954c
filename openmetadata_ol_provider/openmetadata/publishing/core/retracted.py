"""Tells which edges that were published or parked a plan takes back: those that its runs have shown, and no others.

The runs of a job that have ended are soon forgotten, but what they have shown stays true: an edge that was published,
or parked, when runs were read that are not remembered any more may be theirs, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from openmetadata_ol_provider.lineage.plan import Edge, Retraction
from openmetadata_ol_provider.openlineage.times import parse_microseconds
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact, edge_key
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
from openmetadata_ol_provider.openmetadata.publishing.core.parked_items import AnyItem

#: How far a time of the ledger, in hours, may be from the time that it stands for.
_ROUNDED_HOURS: Final = 0.01
#: Time before which every edge was published, in seconds since 1970: far in the future.
_ANY_TIME: Final = 1 << 40


class Retracted(NamedTuple):
    """The edges that a plan takes back.

    :param edges: edges by key
    :param since: times since which only the runs of the retraction can have shown them, in whole seconds since 1970, by
        key
    """

    edges: Mapping[int, Retraction] = {}
    since: Mapping[int, int] = {}

    @classmethod
    def of(cls, retractions: Iterable[Retraction]) -> Retracted:
        """Return what is needed of the retractions of a plan."""
        edges = {edge_key(one): one for one in retractions}
        return cls(edges, {key: _since(one) for key, one in edges.items()})

    def is_earlier(self, key: int, fact: EdgeFact) -> bool:
        """Return whether an edge that is taken back was published before, or may have been."""
        return (fact.first + _ROUNDED_HOURS) * 3600 < self.since[key]

    def may_affect(self, item: AnyItem) -> bool:
        """Return whether an item that is parked may have edges that are taken back; it need not be unpacked."""
        return bool(self.since) and item.first_seen >= min(self.since.values())

    def left_of(self, item: Parked) -> tuple[Edge, ...]:
        """Return the edges of a parked item that are not taken back."""
        if not self.may_affect(item):
            return item.edges
        return tuple(
            edge for edge in item.edges if item.first_seen < self.since.get(edge_key(edge), item.first_seen + 1)
        )


def _since(retraction: Retraction) -> int:
    if retraction.undecided:
        return _ANY_TIME
    return parse_microseconds(retraction.began_at) // 1_000_000 if retraction.began_at else 0
