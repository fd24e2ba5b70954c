"""Groups runs by facts about them, so that a batch looks only at the runs that it concerns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, cast

from openmetadata_ol_provider.openlineage.run_state import Run
from openmetadata_ol_provider.openlineage.run_table import Aspect, RunTable


class Follower(Protocol):
    """What is kept up to date with the runs of an index."""

    def change(self, key: str, before: Run | None, after: Run | None) -> None:
        """Follow a run that was added, changed or forgotten.

        :param before: run as it was before; ``None`` if it is new
        :param after: run as it is; ``None`` if it is forgotten
        """


_Fact = TypeVar("_Fact", bound=Hashable)
_Follower = TypeVar("_Follower", bound=Follower)


@dataclass(frozen=True)
class Facts(Generic[_Fact]):
    """One sort of fact about runs.

    :param of: function that returns the facts of a run, none if it belongs to no group
    :param aspect: what the function looks at, so that it need not be asked for each run
    """

    of: Callable[[Run], Collection[_Fact]]
    aspect: Aspect


class RunGroups(Generic[_Fact]):
    """The keys of runs by one sort of fact about them.

    :param facts: facts that make the groups
    :param runs: runs by key
    """

    def __init__(self, facts: Facts[_Fact], runs: RunTable) -> None:
        self._facts = facts.of
        # The key itself where a group has only one, because most of many groups do.
        self._groups: dict[_Fact, str | dict[str, None]] = {}
        for run, keys in runs.samples(facts.aspect):
            for fact in facts.of(run):
                self._add_all(fact, keys)

    def __contains__(self, fact: Hashable) -> bool:
        """Return whether there is a run with a fact."""
        return fact in self._groups

    def __iter__(self) -> Iterator[_Fact]:
        """Iterate over the facts that some run has."""
        return iter(self._groups)

    def keys(self, fact: _Fact) -> tuple[str, ...]:
        """Return the keys of the runs with a fact, in no particular order."""
        group = self._groups.get(fact)
        if group is None:
            return ()
        return (group,) if isinstance(group, str) else tuple(group)

    def keys_of_any(self, facts: Iterable[_Fact]) -> dict[str, None]:
        """Return the keys of the runs with at least one of some facts, each once."""
        keys: dict[str, None] = {}
        for fact in facts:
            group = self._groups.get(fact)
            if isinstance(group, str):
                keys[group] = None
            elif group is not None:
                keys.update(group)
        return keys

    def change(self, key: str, before: Run | None, after: Run | None) -> None:
        """Move a run from the groups that it was in to those that it belongs to now.

        :param before: run as it was when it was last added or changed; ``None`` if it is new
        :param after: run as it is; ``None`` if it is forgotten
        """
        earlier = self._facts(before) if before is not None else ()
        now = self._facts(after) if after is not None else ()
        if earlier == now:
            return
        for fact in earlier:
            if fact not in now:
                self._remove(fact, key)
        for fact in now:
            if fact not in earlier:
                self._add(fact, key)

    def _add_all(self, fact: _Fact, keys: Sequence[str]) -> None:
        if len(keys) == 1 or fact in self._groups:
            for key in keys:
                self._add(fact, key)
        else:
            self._groups[fact] = dict.fromkeys(keys)

    def _add(self, fact: _Fact, key: str) -> None:
        group = self._groups.setdefault(fact, key)
        if isinstance(group, dict):
            group[key] = None
        elif group != key:
            self._groups[fact] = {group: None, key: None}

    def _remove(self, fact: _Fact, key: str) -> None:
        group = self._groups.get(fact)
        if isinstance(group, dict):
            group.pop(key, None)
            if not group:
                del self._groups[fact]
        elif group == key:
            del self._groups[fact]


class Followers:
    """Everything that follows the runs of an index; it is brought up to date when it is asked for.

    :param runs: runs by key; a change of them is noted here first
    """

    def __init__(self, runs: RunTable) -> None:
        self._runs = runs
        self._followers: dict[Hashable, Follower] = {}
        # Runs that have changed, as the followers have them; None: they do not have them.
        self._changed: dict[str, Run | None] = {}

    def note_change(self, key: str) -> None:
        """Note that a run is going to be added, changed or forgotten."""
        if key not in self._changed:
            self._changed[key] = self._runs.get(key)

    def get(self, what: Hashable, make: Callable[[RunTable], _Follower]) -> _Follower:
        """Return a follower.

        :param what: identity of the follower
        :param make: function that makes it of all runs, where there is none yet
        """
        for key, before in self._changed.items():
            after = self._runs.get(key)
            if after is before:
                continue
            for follower in self._followers.values():
                follower.change(key, before, after)
        self._changed = {}
        if what not in self._followers:
            self._followers[what] = make(self._runs)
        return cast("_Follower", self._followers[what])
