"""Defines a parked item: a small plan of its own, with when and how often it was tried."""

from __future__ import annotations

from typing import Literal

import msgspec

from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId, Edge, Job, OneSided, RunRecord

Reason = Literal["unresolved", "ambiguous", "other_address", "failed"]
#: Tries in direct succession; from then on the pauses double, from a minute to an hour.
_QUICK_TRIES = 3
_LONGEST_PAUSE = 3600


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
        first = before.first_seen if before else int(now)
        return msgspec.structs.replace(self, first_seen=first, next_try=int(now) + pause_after(tries), tries=tries)


def pause_after(tries: int) -> int:
    """Return the seconds to wait after a number of tries that failed."""
    return 0 if tries <= _QUICK_TRIES else min(60 * 2 ** (tries - _QUICK_TRIES - 1), _LONGEST_PAUSE)
