"""Groups runs by facts about them, so that a batch looks only at the runs that it concerns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, cast

from openmetadata_ol_provider.openlineage.key_groups import KeyGroups
from openmetadata_ol_provider.openlineage.run_state import Run
from openmetadata_ol_provider.openlineage.run_table import RunTable
from openmetadata_ol_provider.openlineage.stored_rows import Aspect


class Follower(Protocol):
    """What is kept up to date with the runs of an index."""

    def change(self, key: str, before: Run | None, after: Run | None) -> None:
        """Follow a run that was added, changed or forgotten.

        :param before: run as it was before; ``None`` if it is new
        :param after: run as it is; ``None`` if it is forgotten
        """


_Fact = TypeVar("_Fact", bound=Hashable)
_Other = TypeVar("_Other", bound=Hashable)
_Follower = TypeVar("_Follower", bound=Follower)


@dataclass(frozen=True, eq=False)
class Facts(Generic[_Fact]):
    """One sort of fact about runs, a constant that is recognised by its identity.

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
        self._runs = runs
        # Numbers of stored runs. What is not in the table any more is left out when they are asked for.
        self._stored: dict[_Fact, list[Sequence[int]]] = {}
        for run, rows in runs.rows.samples(facts.aspect):
            for fact in facts.of(run):
                self._stored.setdefault(fact, []).extend(rows)
        # Keys of the others.
        self._made = KeyGroups[_Fact]()
        for key, run in runs.made():
            for fact in facts.of(run):
                self._made.add(fact, key)

    def __contains__(self, fact: _Fact) -> bool:
        """Return whether there is a run with a fact."""
        return fact in self._made or any(map(self._runs.stored, self._stored.get(fact, ())))

    def __iter__(self) -> Iterator[_Fact]:
        """Iterate over the facts that some run has."""
        return (fact for fact in dict.fromkeys((*self._stored, *self._made)) if fact in self)

    def among(self, facts: AbstractSet[_Fact]) -> set[_Fact]:
        """Return those of some facts that some run has: of thousands of facts mostly a few, or none."""
        return {fact for fact in self._made.among(facts) | (self._stored.keys() & facts) if fact in self}

    def keys(self, fact: _Fact) -> tuple[str, ...]:
        """Return the keys of the runs with a fact, in no particular order."""
        return (*map(self._runs.rows.key, self.stored(fact)), *self.made(fact))

    def keys_of_any(self, facts: Iterable[_Fact]) -> dict[str, None]:
        """Return the keys of the runs with at least one of some facts, each once."""
        return dict.fromkeys(key for fact in facts for key in self.keys(fact))

    def common_keys(self, facts: Iterable[_Fact], others: RunGroups[_Other], of_others: Iterable[_Other]) -> set[str]:
        """Return the keys of the runs with at least one of some facts, and one of another sort.

        :param others: groups by the other sort of fact
        :param of_others: facts of that sort, which fewer runs should have
        """
        facts, of_others = list(facts), list(of_others)
        few = {number for other in of_others for number in others.stored(other)}
        made = {key for other in of_others for key in others.made(other)}
        groups = [self.made(fact) for fact in facts]
        keys = {key for key in made if any(key in group for group in groups)}
        # There may be thousands of runs with one fact: keys are made of these alone.
        rows = (numbers for fact in facts for numbers in self._stored.get(fact, ())) if few else ()
        return keys.union(self._runs.rows.key(number) for numbers in rows for number in few.intersection(numbers))

    def stored(self, fact: _Fact) -> list[int]:
        """Return the numbers of the runs with a fact that are in the rows of the table."""
        return [number for rows in self._stored.get(fact, ()) for number in self._runs.stored(rows)]

    def made(self, fact: _Fact) -> Collection[str]:
        """Return the keys of the other runs with a fact."""
        return self._made.keys(fact)

    def change(self, key: str, before: Run | None, after: Run | None) -> None:
        """Move a run from the groups that it was in to those that it belongs to now.

        :param before: run as it was when it was last added or changed; ``None`` if it is new
        :param after: run as it is; ``None`` if it is forgotten
        """
        now = self._facts(after) if after is not None else ()
        for fact in self._facts(before) if before is not None else ():
            if fact not in now:
                self._made.discard(fact, key)
        for fact in now:
            self._made.add(fact, key)


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
            # Even if it is the same: one that comes from the rows may have left them.
            after = self._runs.get(key)
            for follower in self._followers.values():
                follower.change(key, before, after)
        self._changed = {}
        if what not in self._followers:
            self._followers[what] = make(self._runs)
        return cast("_Follower", self._followers[what])
