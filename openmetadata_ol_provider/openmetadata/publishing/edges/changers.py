"""Finds out who else has changed an edge of ours: a person, or another ingestion, which adds columns to what is there.

Both leave source and description of the edge as they are, so only ``updatedBy`` tells. Our next change replaces that,
so it names them in the description.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.exceptions import CatalogueError
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.client.query_cache import QueryCache
from openmetadata_ol_provider.openmetadata.publishing.edges.merge import (
    MANUAL,
    SOURCE,
    canonical,
    changers_of,
    is_ours,
    listed_name,
    merge_details,
)

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.publishing.core.values import EdgeWrite

#: Statuses of answers that stay the same: the bot may not read users, or there is no such endpoint or user.
_REFUSALS = frozenset({400, 403, 404, 405})
_CHANGED = (
    "{} has changed it, so from now on columns are only added, and those that events no longer show stay{}. Remove by "
    "hand what is wrong, or the edge: it is then written again"
)
_DRAWN = (
    "it was drawn by hand without a pipeline, so columns that it lacks are added, and it gets no pipeline. Name the "
    "pipeline there, or remove the edge: it is then written with its pipeline"
)


class Changers:
    """Tells who else has changed edges of ours; each user is asked for once.

    :param client: client of the catalogue, with the token with which this provider writes
    """

    def __init__(self, client: OpenMetadataClient) -> None:
        self._client = client
        self._once = QueryCache()
        self._lock = threading.Lock()
        self._problems: dict[str, Problem] = {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Problems of edges that are not all that events show, because others have made them what they are."""
        with self._lock:
            return tuple(self._problems.values())

    def merged(self, stored: dict[str, Any] | None, write: EdgeWrite) -> tuple[dict[str, Any], bool]:
        """Return the details to write, and whether they are stored already.

        :param stored: lineage details as they are stored, ``None`` if there is no edge
        :raises CatalogueError: if the server does not answer who has changed it
        """
        details = merge_details(stored, write)
        if stored is None:
            return details, False
        before = canonical(stored, write.source, write.target)
        is_same = canonical(details, write.source, write.target) == before
        # Only who is about to write has to know.
        if not is_same and (changer := self.of(stored)) is not None:
            details = merge_details(stored, write, changer)
            is_same = canonical(details, write.source, write.target) == before
            is_named = not is_same and changer in changers_of(details)
            self._note(write, _CHANGED.format(changer, "; its description says so" if is_named else ""))
        elif not is_same and details["source"] == MANUAL and write.pipeline and "pipeline" not in details:
            self._note(write, _DRAWN)
        return details, is_same

    def _note(self, write: EdgeWrite, detail: str) -> None:
        with self._lock:
            self._problems[write.where] = Problem(ProblemKind.EDGE_OF_OTHERS, write.where, detail)

    def of(self, details: Mapping[str, Any]) -> str | None:
        """Return who has changed an edge of ours last, ``None`` if it was this provider, or if nobody can tell.

        The name is that of a list of names, see :func:`listed_name`.

        :param details: lineage details as they are stored
        :raises CatalogueError: if the server does not answer: who is taken for another one stays so for ever
        """
        user = details.get("updatedBy")
        if details.get("source") != SOURCE or not isinstance(user, str) or not user or user == self._claimed:
            return None
        # An earlier bot of ours has written the whole edge; who puts only theirs into it is no bot.
        is_earlier = is_ours(details) and user == details.get("createdBy")
        if self._is_own(user) or (is_earlier and self._once(user, partial(self._is_bot, user))):
            return None
        return listed_name(user)

    @property
    def _claimed(self) -> str | None:
        claims = self._client.token_claims
        return claims.name if claims else None

    def _is_own(self, user: str) -> bool:
        try:
            return self._client.user in {"", user}
        except CatalogueError as error:
            _raise_unless_refused(error)
            return True

    def _is_bot(self, name: str) -> bool:
        try:
            return bool((self._client.get(path("v1/users/name", name)) or {}).get("isBot"))
        except CatalogueError as error:
            _raise_unless_refused(error)
            return False


def _raise_unless_refused(error: CatalogueError) -> None:
    """Raise an error unless the server has refused to tell, and so will the next time."""
    if error.status not in _REFUSALS:
        raise error
