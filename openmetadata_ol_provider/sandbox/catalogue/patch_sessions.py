"""The sessions in which OpenMetadata consolidates the PATCHes of one user on one entity into one version."""

from __future__ import annotations

from typing import Any, NamedTuple

Entity = dict[str, Any]

#: How long after a PATCH another one is consolidated with it, in milliseconds.
SESSION_MS = 600_000


class Session(NamedTuple):
    """The PATCHes that have become one version.

    :param user: user who sent them
    :param base: version of the entity before the first one
    :param left: version and time of the entity after the last one
    :param added: names of the columns that they added, relative to the entity
    """

    user: str
    base: float
    left: tuple[float, int]
    added: frozenset[str]


class PatchSessions:
    """The last session of each entity."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}

    def of(self, entity: Entity, user: str, now: int) -> Session | None:
        """Return the session that a PATCH would continue, if there is one.

        :param user: user who sends it
        :param now: time of the PATCH, in epoch milliseconds
        """
        session = self._sessions.get(entity["id"])
        is_open = (
            session is not None
            and session.user == user
            and session.left == _state(entity)
            and now - entity["updatedAt"] <= SESSION_MS
        )
        return session if is_open else None

    def keep(self, entity: Entity, base: float, added: frozenset[str]) -> None:
        """Remember the session whose last PATCH made an entity what it is."""
        self._sessions[entity["id"]] = Session(entity["updatedBy"], base, _state(entity), added)

    def clear(self) -> None:
        """End all sessions."""
        self._sessions.clear()


def _state(entity: Entity) -> tuple[float, int]:
    return entity["version"], entity["updatedAt"]
