"""Finds edges that no run has confirmed for a number of days.

Age is counted in days with events, of which at least one was read, not by the clock: while nothing is sent, or nothing
is read, no edge grows older. An edge is confirmed by each plan that has it. What a job declares, in a JobEvent, does
not age until the job declares something else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet

import msgspec

from openmetadata_ol_provider.openmetadata.publishing.core.ledger import DECLARED, EdgeFact


def days_read(before: Iterable[int], more: Iterable[str], expire_after: int) -> tuple[int, ...]:
    """Return the latest days with events, no more than are needed to tell an edge's age.

    :param before: days of earlier batches, as ordinals
    :param more: days of this batch, each as ``2026-01-31``
    :param expire_after: days after which an edge expires
    """
    days = {*before, *(dt.date.fromisoformat(day).toordinal() for day in more)}
    return tuple(sorted(days)[-(expire_after + 1) :])


def confirmations(
    facts: Mapping[int, EdgeFact], shown: Collection[int], declaring: AbstractSet[str], today: int
) -> dict[int, EdgeFact]:
    """Return the edges whose day of confirmation changes with a batch.

    :param facts: edges of the ledger by key
    :param shown: keys of the edges that the batch shows
    :param declaring: keys of the jobs that declare their lineage in the batch
    :param today: latest day with events
    """
    changed: dict[int, EdgeFact] = {}
    for key in shown:
        fact = facts.get(key)
        if fact is not None:
            day = DECLARED if fact.job in declaring or fact.confirmed == DECLARED else today
            _set_day(changed, key, fact, day)
    if declaring:
        for key, fact in facts.items():
            if fact.confirmed == DECLARED and fact.job in declaring and key not in shown:
                _set_day(changed, key, fact, today)
    return changed


def unconfirmed(facts: Mapping[int, EdgeFact], days: tuple[int, ...], expire_after: int) -> dict[int, EdgeFact]:
    """Return the edges of jobs that have not been confirmed for too long, and those whose age is not counted yet.

    :param facts: edges of the ledger by key
    :param days: latest days with events
    """
    if len(days) <= expire_after:
        return {}
    # One day more than the age: the day of the confirmation itself may have been almost over.
    first = days[-(expire_after + 1)]
    return {key: fact for key, fact in facts.items() if DECLARED < fact.confirmed < first and fact.job}


def dated(facts: Mapping[int, EdgeFact], keys: Iterable[int], day: int) -> dict[int, EdgeFact]:
    """Return some edges with another day of confirmation, as far as it changes them.

    :param facts: edges by key
    :param keys: keys of the edges; those that are not among ``facts`` are left out
    :param day: ordinal of a date, or :data:`DECLARED`
    """
    changed: dict[int, EdgeFact] = {}
    for key in keys:
        if key in facts:
            _set_day(changed, key, facts[key], day)
    return changed


def _set_day(changed: dict[int, EdgeFact], key: int, fact: EdgeFact, day: int) -> None:
    if fact.confirmed != day:
        changed[key] = msgspec.structs.replace(fact, confirmed=day)
