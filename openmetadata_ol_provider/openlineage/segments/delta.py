"""Compares two states of what is remembered, and applies differences of mappings.

Remembered things are frozen, and what a batch does not touch stays the same object: objects are compared, not contents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from openmetadata_ol_provider.openlineage.run_state import Run, RunState
from openmetadata_ol_provider.openlineage.run_table import RunTable

_K = TypeVar("_K")
_V = TypeVar("_V")
#: Names of the mappings of a state, with the names under which they are stored.
MAPPINGS: Final[Mapping[str, str]] = {
    field.name: field.encode_name
    for field in msgspec.structs.fields(RunState)
    if field.default_factory is not msgspec.NODEFAULT
}
#: The name under which the runs are stored.
RUNS: Final = MAPPINGS["runs"]
#: The names of the other mappings, with the names under which they are stored.
OTHERS: Final = {name: stored for name, stored in MAPPINGS.items() if stored != RUNS}


class StateDelta(NamedTuple):
    """What has changed between two states.

    :param changed: the items that are new or different, in the order of the later state; everything else in it that is
        not a mapping is that of the later state
    :param removed: keys by the name of the mapping: what is gone, and what has moved to the end
    """

    changed: RunState
    removed: Mapping[str, tuple[str, ...]]


class MappingDelta(NamedTuple):
    """What has changed between two mappings; what is removed is removed before what has changed is added."""

    changed: Mapping[Any, Any]
    removed: tuple[Any, ...]


def whole_state(state: RunState) -> StateDelta:
    """Return a state as the difference to an empty one."""
    return StateDelta(state, {})


def state_delta(before: RunState, after: RunState) -> StateDelta:
    """Return what has changed between two states; applied to the first it gives the second, in the same order."""
    deltas = {name: mapping_delta(getattr(before, name), getattr(after, name)) for name in OTHERS}
    deltas["runs"] = runs_delta(before.runs, after.runs)
    return StateDelta(
        msgspec.structs.replace(after, **{name: delta.changed for name, delta in deltas.items()}),
        {name: delta.removed for name, delta in deltas.items() if delta.removed},
    )


def runs_delta(before: Mapping[str, Run], after: Mapping[str, Run]) -> MappingDelta:
    """Return what has changed between two mappings of runs, without making those that have not."""
    if before is after:
        return MappingDelta({}, ())
    earlier, later = (runs if isinstance(runs, RunTable) else RunTable(runs) for runs in (before, after))
    forgotten, gone = earlier.forgotten(), later.forgotten()
    follows = earlier.rows is later.rows and forgotten <= gone and earlier.changed.keys() <= later.changed.keys() | gone
    if not follows:
        return mapping_delta(dict(before), dict(after))
    key = later.rows.key
    added = mapping_delta(earlier.added, later.added)
    numbers = sorted(number for number, item in later.changed.items() if earlier.changed.get(number) is not item)
    changed = {key: later[key] for key in (*map(key, numbers), *added.changed)}
    return MappingDelta(changed, (*map(key, sorted(gone - forgotten)), *added.removed))


def mapping_delta(before: Mapping[_K, _V], after: Mapping[_K, _V]) -> MappingDelta:
    """Return what has changed between two mappings, including their order."""
    if before is after:
        return MappingDelta({}, ())
    changed = {key: value for key, value in after.items() if before.get(key) is not value}
    new = [key for key in changed if key not in before]
    removed: list[_K] = []
    if len(before) + len(new) != len(after):
        removed = [key for key in before if key not in after]
    order, gone = list(after), set(removed)
    if [*(key for key in before if key not in gone), *new] == order:
        return MappingDelta(changed, tuple(removed))
    # What was used has moved to the end.
    moved = [key for key in changed if key in before]
    gone.update(moved)
    if [*(key for key in before if key not in gone), *changed] == order:
        return MappingDelta(changed, (*removed, *moved))
    return MappingDelta(after, tuple(before))


def apply_to_mapping(before: Mapping[_K, _V], changed: Mapping[_K, _V], removed: Iterable[_K]) -> Mapping[_K, _V]:
    """Return a mapping with a difference applied to it."""
    if not changed and not removed:
        return before
    after = dict(before)
    for key in removed:
        after.pop(key, None)
    after.update(changed)
    return after
