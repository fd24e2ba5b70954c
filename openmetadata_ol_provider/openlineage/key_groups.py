"""Groups keys by something that they have in common, in little memory."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from collections.abc import Set as AbstractSet
from typing import Generic, TypeVar

_Fact = TypeVar("_Fact", bound=Hashable)


class KeyGroups(Generic[_Fact]):
    """Keys by facts, those with one fact in the order in which they were added."""

    def __init__(self) -> None:
        # The key itself where a group has only one, because most of many groups do.
        self._groups: dict[_Fact, str | dict[str, None]] = {}

    def __contains__(self, fact: _Fact) -> bool:
        """Return whether there is a key with a fact."""
        return fact in self._groups

    def __iter__(self) -> Iterator[_Fact]:
        """Iterate over the facts that some key has."""
        return iter(self._groups)

    def among(self, facts: AbstractSet[_Fact]) -> set[_Fact]:
        """Return those of some facts that some key has."""
        return self._groups.keys() & facts

    def keys(self, fact: _Fact) -> Collection[str]:
        """Return the keys with a fact."""
        group = self._groups.get(fact, ())
        return (group,) if isinstance(group, str) else group

    def add(self, fact: _Fact, key: str) -> None:
        """Add a key to those with a fact; one that is among them stays where it is."""
        group = self._groups.setdefault(fact, key)
        if isinstance(group, dict):
            group[key] = None
        elif group != key:
            self._groups[fact] = {group: None, key: None}

    def discard(self, fact: _Fact, key: str) -> None:
        """Take a key from those with a fact, if it is among them."""
        group = self._groups.get(fact)
        if isinstance(group, dict):
            group.pop(key, None)
            if not group:
                del self._groups[fact]
        elif group == key:
            del self._groups[fact]
