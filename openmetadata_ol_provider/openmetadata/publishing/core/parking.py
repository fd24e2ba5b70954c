"""What could not be published yet, kept to be tried again for a bounded time.

These are edges of datasets that the catalogue does not have today, and whatever it refused. Each item is a small plan
of its own, so that trying it again is publishing it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from openmetadata_ol_provider.config import ParkingOptions
from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId, Edge, Job, OneSided, RunRecord
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem

Reason = Literal["unresolved", "ambiguous", "failed"]
#: Most items that one publication tries again: those that have waited longest.
MOST_AT_ONCE = 1_000
#: Tries that follow one another directly; from then on the pauses double, from a minute to an hour.
_QUICK_TRIES = 3
_LONGEST_PAUSE = 3600
#: Most bytes of JSON that are kept, packed to less: a Variable has to hold them.
MAX_BYTES = 64 * 2**20


class Parked(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing to try again.

    :param key: what it is; the same thing parked again replaces it
    :param reason: why it could not be published
    :param detail: the same for people
    :param missing: the datasets that were not found
    :param digest: of its content, see :func:`~openmetadata_ol_provider.openmetadata.publishing.core.ledger.digest`
    :param first_seen: seconds since 1970
    :param next_try: seconds since 1970
    :param tries: how often it was tried
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


class Parking:
    """All that waits, and what changed in it since it was read.

    :param items: by key
    """

    def __init__(self, items: dict[str, Parked] | None = None) -> None:
        self.items = dict(items or {})
        #: What was parked (or released: ``None``) since, by key: all that need be written.
        self.changes: dict[str, Parked | None] = {}

    def __len__(self) -> int:
        return len(self.items)

    def park(self, item: Parked, now: float) -> None:
        """Keep an item, or note that it was tried once more.

        :param now: seconds since 1970
        """
        before = self.items.get(item.key)
        tries = before.tries + 1 if before else 1
        pause = 0 if tries <= _QUICK_TRIES else min(60 * 2 ** (tries - _QUICK_TRIES - 1), _LONGEST_PAUSE)
        first = before.first_seen if before else int(now)
        parked = msgspec.structs.replace(item, first_seen=first, next_try=int(now) + pause, tries=tries)
        self.items[item.key] = self.changes[item.key] = parked

    def release(self, key: str) -> None:
        """Drop an item: it was published, or is wanted no more."""
        if self.items.pop(key, None) is not None:
            self.changes[key] = None

    def is_waiting(self, key: str, digest: int, now: float) -> bool:
        """Return whether an item with this very content is parked and not yet to be tried again."""
        item = self.items.get(key)
        return item is not None and item.digest == digest and item.next_try > now

    def due(self, now: float) -> list[Parked]:
        """Return what is to be tried now, what has waited longest first."""
        due = [item for item in self.items.values() if item.next_try <= now]
        return sorted(due, key=lambda item: (item.next_try, item.key))[:MOST_AT_ONCE]

    def changed(self, items: dict[str, Parked]) -> dict[str, Parked]:
        """Return other items with the changes of these: what somebody dropped meanwhile stays dropped."""
        kept = {key: item for key, item in items.items() if key not in self.changes}
        return kept | {key: item for key, item in self.changes.items() if item is not None}

    def expire(self, now: float, options: ParkingOptions) -> Iterator[Problem]:
        """Give up what is too old or too much, and say so."""
        oldest_first = sorted(self.items.values(), key=lambda item: (item.first_seen, item.key))
        excess = len(oldest_first) - options.max_edges
        size = 0
        # The latest first: what is too much is the oldest.
        for index, item in reversed(list(enumerate(oldest_first))):
            size += len(msgspec.json.encode(item))
            if now - item.first_seen > options.max_days * 86400:
                why = f"waited for {options.max_days:g} days (parking.max_days)"
            elif index < excess:
                why = f"more than {options.max_edges} were waiting (parking.max_edges)"
            elif size > MAX_BYTES:
                why = f"what was waiting had more than {MAX_BYTES} bytes"
            else:
                continue
            self.release(item.key)
            yield Problem(
                ProblemKind.PARKING_GIVEN_UP,
                item.where,
                f"{why}, tried {item.tries} times. {item.reason}: {item.detail}",
            )
