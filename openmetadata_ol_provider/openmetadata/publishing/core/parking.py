"""The parking lot: what could not be published yet, kept to be tried again for a bounded time.

It holds edges of datasets that the catalogue does not have today, or only at another address, and whatever the
catalogue refused. Each item is a small plan of its own, so trying it again means publishing it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from openmetadata_ol_provider.config import ParkingOptions
from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId, Edge, Job, OneSided, RunRecord
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem

Reason = Literal["unresolved", "ambiguous", "other_address", "failed"]
#: Most items that one publication tries again: those that have waited longest.
MOST_AT_ONCE = 1_000
#: Tries in direct succession; from then on the pauses double, from a minute to an hour.
_QUICK_TRIES = 3
_LONGEST_PAUSE = 3600
#: Most bytes of JSON that are kept (fewer once packed), because a Variable has to hold them.
MAX_BYTES = 64 * 2**20


class Parked(msgspec.Struct, frozen=True, omit_defaults=True):
    """An item to try again.

    :param key: identity; the same thing parked again replaces it
    :param reason: why it could not be published
    :param detail: the reason in words
    :param missing: datasets that were not found
    :param digest: digest of its content, computed as in the ledger
    :param first_seen: time of the first try, in seconds since 1970
    :param next_try: earliest time of the next try, in seconds since 1970
    :param tries: number of tries so far
    """

    key: str
    reason: Reason
    where: str
    detail: str
    digest: int = 0
    missing: tuple[DatasetId, ...] = ()
    edges: tuple[Edge, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    jobs: tuple[Job, ...] = ()
    runs: tuple[RunRecord, ...] = ()
    one_sided: tuple[OneSided, ...] = ()
    first_seen: int = 0
    next_try: int = 0
    tries: int = 0

    def tried(self, before: Parked | None, now: float) -> Parked:
        """Return the item after one more try.

        :param before: the same item as it was parked before, if it was
        :param now: current time, in seconds since 1970
        """
        tries = before.tries + 1 if before else 1
        pause = 0 if tries <= _QUICK_TRIES else min(60 * 2 ** (tries - _QUICK_TRIES - 1), _LONGEST_PAUSE)
        first = before.first_seen if before else int(now)
        return msgspec.structs.replace(self, first_seen=first, next_try=int(now) + pause, tries=tries)


#: Items to park by key, ``None`` for those to release.
ParkingChanges = Mapping[str, Parked | None]


@dataclass(frozen=True)
class Parking:
    """Everything that is parked; a value, which a publication replaces rather than changes.

    :param items: items by key
    """

    items: Mapping[str, Parked] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.items)

    def is_waiting(self, key: str, digest: int, now: float) -> bool:
        """Return whether an item with this very content is parked and its next try is still to come."""
        item = self.items.get(key)
        return item is not None and item.digest == digest and item.next_try > now

    def due(self, now: float) -> list[Parked]:
        """Return the items to try now, those that have waited longest first."""
        due = [item for item in self.items.values() if item.next_try <= now]
        return sorted(due, key=lambda item: (item.next_try, item.key))[:MOST_AT_ONCE]

    def updated(self, changes: ParkingChanges) -> Parking:
        """Return the parking lot with changes made; items that somebody else dropped meanwhile stay dropped."""
        items = dict(self.items)
        for key, item in changes.items():
            if item is None:
                items.pop(key, None)
            else:
                items[key] = item
        return Parking(items)

    def expired(self, now: float, options: ParkingOptions) -> Iterator[tuple[Parked, Problem]]:
        """Yield the items that are too old or too many, each with the problem to report.

        If there is no room for all, those at another address go first, because only a rule would release them; then the
        oldest.
        """
        first_to_go = sorted(
            self.items.values(), key=lambda item: (item.reason != "other_address", item.first_seen, item.key)
        )
        excess = len(first_to_go) - options.max_edges
        size = 0
        for index, item in reversed(list(enumerate(first_to_go))):
            size += len(msgspec.json.encode(item))
            if now - item.first_seen > options.max_days * 86400:
                why = f"waited for {options.max_days:g} days (parking.max_days)"
            elif index < excess:
                why = f"more than {options.max_edges} were waiting (parking.max_edges)"
            elif size > MAX_BYTES:
                why = f"the parked items took more than {MAX_BYTES} bytes"
            else:
                continue
            detail = f"{why}, tried {counted(item.tries, 'time')}. {item.reason}: {item.detail}"
            yield item, Problem(ProblemKind.PARKING_GIVEN_UP, item.where, detail)
