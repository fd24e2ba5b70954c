"""The parking lot: what could not be published yet, kept to be tried again for a bounded time.

It holds edges of datasets that the catalogue does not have today, or only at another address, and whatever the
catalogue refused. Each item is a small plan of its own, so trying it again means publishing it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import nsmallest

from openmetadata_ol_provider.config import ParkingOptions
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
from openmetadata_ol_provider.openmetadata.publishing.core.parked_items import AnyItem, ParkedItems, size_of

#: Most items that one publication tries again, those that have waited longest: with a batch a minute, all of the items
#: that may wait by default get their turn within the longest pause.
MOST_AT_ONCE = 200
#: Most bytes of JSON of these items, which take three times as much as objects; the first is tried however large.
MOST_BYTES_AT_ONCE = 2**20
#: Most bytes of JSON that are kept (fewer once packed), because a Variable has to hold them.
MAX_BYTES = 64 * 2**20


#: Items to park by key, ``None`` for those to release.
ParkingChanges = Mapping[str, AnyItem | None]


@dataclass(frozen=True)
class Parking:
    """Everything that is parked; a value, which a publication replaces rather than changes.

    :param items: items by key
    """

    items: ParkedItems = field(default_factory=lambda: ParkedItems({}))

    def __len__(self) -> int:
        return len(self.items)

    def is_waiting(self, key: str, digest: int, now: float) -> bool:
        """Return whether an item with this very content is parked and its next try is still to come."""
        item = self.items.outlines.get(key)
        return item is not None and item.digest == digest and item.next_try > now

    def due(self, now: float) -> list[Parked]:
        """Return the items to try now, those that have waited longest first."""
        outlines = self.items.outlines
        waited = ((item.next_try, key) for key, item in outlines.items() if item.next_try <= now)
        due, size = list[Parked](), 0
        for _, key in nsmallest(MOST_AT_ONCE, waited):
            size += size_of(outlines[key])
            if due and size > MOST_BYTES_AT_ONCE:
                break
            due.append(self.items[key])
        return due

    def updated(self, changes: ParkingChanges) -> Parking:
        """Return the parking lot with changes made; items that somebody else dropped meanwhile stay dropped."""
        return Parking(self.items.updated(changes))

    def expired(
        self, now: float, options: ParkingOptions, tried: Collection[str] = ()
    ) -> Iterator[tuple[Parked, Problem]]:
        """Yield the items that are too old or too many, each with the problem to report.

        Nothing is too old that could not be tried since: after weeks without a publication, all of it is, and one
        publication tries only some.

        If there is no room for all, those at another address go first, because only a rule would release them; then the
        oldest.

        :param now: current time, in seconds since 1970
        :param tried: keys of the items that this publication has tried
        """
        outlines = self.items.outlines
        first_to_go = sorted(
            outlines, key=lambda key: (outlines[key].reason != "other_address", outlines[key].first_seen, key)
        )
        excess = len(first_to_go) - options.max_edges
        size = 0
        for index, key in reversed(list(enumerate(first_to_go))):
            outline = outlines[key]
            size += size_of(outline)
            had_turn = outline.next_try > now or key in tried
            if had_turn and now - outline.first_seen > options.max_days * 86400:
                why = f"waited for {options.max_days:g} days (parking.max_days)"
            elif index < excess:
                why = f"more than {options.max_edges} were waiting (parking.max_edges)"
            elif size > MAX_BYTES:
                why = f"the parked items took more than {MAX_BYTES} bytes"
            else:
                continue
            item = self.items[key]
            detail = f"{why}, tried {counted(item.tries, 'time')}. {item.reason}: {item.detail}"
            yield item, Problem(ProblemKind.PARKING_GIVEN_UP, item.where, detail)
