"""What a batch changes in the stored state, within the size that is allowed."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.segments.delta import state_delta
from openmetadata_ol_provider.openlineage.segments.eviction import evict_to_size
from openmetadata_ol_provider.openlineage.segments.state_text import delta_text, whole_text, with_text


class StoredAs(NamedTuple):
    """The texts that hold what is remembered.

    :param base: their fingerprint; empty: there are none, or an earlier version has written them
    :param size: their characters
    """

    base: str = ""
    size: int = 0


class StoredRuns(NamedTuple):
    """What is remembered, and how it is stored."""

    state: RunState = RunState()
    stored_as: StoredAs = StoredAs()

    def after(self, state: RunState | None, stored_as: StoredAs | None) -> StoredRuns:
        """Return what is remembered after a batch; as before if nothing of it was stored."""
        return self if state is None or stored_as is None else StoredRuns(state, stored_as)


class StateChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """A change of the stored state.

    :param text: what has changed since the state with the fingerprint ``base``; without one, the whole state
    :param replaces: fingerprint of the state that a whole one was made from; empty: there was none; ``None``: any
    """

    text: str
    base: str = ""
    replaces: str | None = None

    @property
    def expected(self) -> str | None:
        """Fingerprint of the state that must be stored; ``None``: any."""
        return self.base or self.replaces


class Fitted(NamedTuple):
    """A state that fits, the change that leads to it, and what was given up for that."""

    state: RunState
    change: StateChange
    problems: tuple[Problem, ...] = ()


def whole_change(state: RunState, replaces: str | None = None) -> StateChange:
    """Return the change to a state from whatever is stored.

    :param replaces: fingerprint of the state that must be stored; default: any may be
    """
    return StateChange(whole_text(state), replaces=replaces)


def changed_state(state: RunState, change: StateChange) -> RunState:
    """Return a state after a change.

    :raises ValueError: if the change is damaged
    """
    return with_text(state if change.base else RunState(), change.text)


def change_text(before: RunState, after: RunState) -> str:
    """Return what has changed between two states as text."""
    return delta_text(state_delta(before, after))


def fit_to_size(stored: StoredRuns, state: RunState, max_bytes: int | None, changed: str | None = None) -> Fitted:
    """Return the change that a batch has made; the effort follows the change as long as all of it fits.

    :param stored: before the batch
    :param state: after it
    :param max_bytes: most characters of the stored texts; ``None``: no limit
    :param changed: what has changed between the two as text, if it was made before; default: it is made now
    """
    base, size = stored.stored_as
    if base:
        text = change_text(stored.state, state) if changed is None else changed
        if max_bytes is None or size + len(text) <= max_bytes:
            return Fitted(state, StateChange(text, base))
    whole = whole_change(state, base)
    if max_bytes is None or len(whole.text) <= max_bytes:
        return Fitted(state, whole)
    evicted = evict_to_size(state, max_bytes)
    return Fitted(evicted.state, whole_change(evicted.state, base), evicted.problems)
