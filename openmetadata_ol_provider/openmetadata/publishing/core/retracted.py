"""Tells which edges that were published or parked a plan takes back: those that its runs have shown, and no others.

The runs of a job that have ended are soon forgotten, but what they have shown stays true: an edge that was published,
or parked, before the runs of a retraction began is not theirs alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from openmetadata_ol_provider.lineage.plan import Edge, Retraction
from openmetadata_ol_provider.openlineage.times import parse_microseconds
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact, edge_key
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
from openmetadata_ol_provider.openmetadata.publishing.core.parked_items import AnyItem

#: How far a time of the ledger, in hours, may be from the time that it stands for.
_ROUNDED_HOURS = 0.01


class Retracted(NamedTuple):
    """The edges that a plan takes back.

    :param since: beginnings of the runs that showed them, in whole seconds since 1970, by key
    """

    since: Mapping[int, int] = {}

    @classmethod
    def of(cls, retractions: Iterable[Retraction]) -> Retracted:
        """Return what is needed of the retractions of a plan."""
        times = ((one, parse_microseconds(one.began_at) if one.began_at else 0) for one in retractions)
        return cls({edge_key(one): time // 1_000_000 for one, time in times})

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
