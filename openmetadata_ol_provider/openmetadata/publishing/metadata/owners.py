"""Owners: from what producers write to users and teams of the catalogue.

Producers write ``user:jdoe``, ``team:data``, a bare name, an e-mail, or several in one text as Airflow's ``a, b``.
OpenMetadata takes several users, or one team, and of the teams only those of type Group. Where events name a team, the
team is the owner: people leave, and it is what OpenMetadata itself recommends. What is left out is reported.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueError, CatalogueRequestError
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.client.query_cache import QueryCache
from openmetadata_ol_provider.openmetadata.fqn import quote

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import Owner
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

#: What the prefix of a name, or the owner's type, says of it.
_KINDS = {"user": "user", "team": "team", "group": "team", "application": "application"}
_COLLECTIONS = {"user": "v1/users", "team": "v1/teams"}
#: Most owners of one thing that are looked for; each costs questions.
MAX_OWNERS = 100
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


class Spelling(NamedTuple):
    """An owner as a producer spells it.

    :param kind: ``user``, ``team`` or ``application``; ``None`` where the producer does not say
    """

    name: str
    kind: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.kind else self.name


#: Airflow's owner of whatever has none: nobody would miss it.
_NOBODY = Spelling("airflow")


class Reference(NamedTuple):
    """A user or team of the catalogue.

    :param type: ``user`` or ``team``
    """

    type: str
    fqn: str
    id: str

    @property
    def body(self) -> dict[str, str]:
        """The reference that requests carry."""
        return {"id": self.id, "type": self.type}


def spellings(owners: Iterable[Owner]) -> tuple[Spelling, ...]:
    """Return the owners, each once, in an order that does not depend on the producer's."""
    found = {_spelling(text.strip(), owner.type) for owner in owners for text in owner.name.split(",") if text.strip()}
    return tuple(sorted(found, key=str))


def _spelling(text: str, type_: str | None) -> Spelling:
    prefix, _, rest = text.partition(":")
    if rest.strip() and prefix.lower() in _KINDS:
        return Spelling(rest.strip(), _KINDS[prefix.lower()])
    return Spelling(text, _KINDS.get((type_ or "").lower()))


def chosen(found: Iterable[Reference]) -> tuple[tuple[Reference, ...], tuple[Reference, ...]]:
    """Return the owners that the catalogue takes together, and those left out: the first team, or else all users."""
    everyone = sorted(set(found))
    teams = [one for one in everyone if one.type == "team"]
    owners = tuple(teams[:1] or everyone)
    return owners, tuple(one for one in everyone if one not in owners)


class OwnerLookup:
    """Finds owners, each asked for once, for the time of one publication.

    :param client: the catalogue
    """

    def __init__(self, client: OpenMetadataClient) -> None:
        self._client = client
        self._once = QueryCache()
        self._lock = threading.Lock()
        self._problems: set[tuple[ProblemKind, str, str]] = set()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Owners that are not in the catalogue, and those left out; each once."""
        with self._lock:
            return tuple(Problem(*problem) for problem in sorted(self._problems))

    def references(self, owners: Iterable[Owner]) -> tuple[Reference, ...]:
        """Return the users, or the team, that these owners are; what is not found is left out and a problem.

        :raises CatalogueAuthError: if the token may not read users and teams
        """
        found = []
        asked = spellings(owners)
        if len(asked) > MAX_OWNERS:
            detail = f"{len(asked)} owners of one thing: only {MAX_OWNERS} are looked for"
            self._note(ProblemKind.OWNER_LEFT_OUT, f"owner {asked[MAX_OWNERS]}", detail)
        for spelled in asked[:MAX_OWNERS]:
            reference, why = self._once(("owner", *map(str, spelled)), partial(self._find, spelled))
            if reference is not None:
                found.append(reference)
            elif spelled != _NOBODY:
                self._note(ProblemKind.UNKNOWN_OWNER, f"owner {spelled}", why)
        taken, left = chosen(found)
        for one in left:
            self._note(
                ProblemKind.OWNER_LEFT_OUT,
                f"owner {one.type}:{one.fqn}",
                f"OpenMetadata takes several users or one team; team:{taken[0].fqn} was taken",
            )
        return taken

    def _note(self, kind: ProblemKind, where: str, detail: str) -> None:
        with self._lock:
            self._problems.add((kind, where, detail))

    def _find(self, spelled: Spelling) -> tuple[Reference | None, str]:
        """Return what is meant, or why there is nothing."""
        if spelled.kind == "application":
            return None, "in OpenMetadata users and teams own things, applications do not"
        kinds = (spelled.kind,) if spelled.kind else ("user", "team")
        search = self._by_email if _EMAIL.fullmatch(spelled.name) else self._by_name
        found = [(kind, body) for kind in kinds if (body := search(kind, spelled.name)) is not None]
        for kind, body in found:
            if body.get("teamType", "Group") == "Group":
                return Reference(kind, str(body["fullyQualifiedName"]), str(body["id"])), ""
        if found:
            return None, f"it is a team of type {found[0][1]['teamType']}, and only those of type Group own things"
        what = "name or e-mail" if search == self._by_email else "name"
        return None, f"OpenMetadata has no {' or '.join(kinds)} of this {what}; create it, or set write.owners: never"

    def _by_name(self, kind: str, name: str) -> dict[str, Any] | None:
        # Names of users are in lower case, whatever the producer's directory does.
        names = (name, name.lower()) if kind == "user" else (name,)
        return next((body for text in dict.fromkeys(names) if (body := self._get(kind, text))), None)

    def _by_email(self, kind: str, email: str) -> dict[str, Any] | None:
        """Look at the user whose name is the local part, as it mostly is; then ask the search index, and make sure."""
        local = email.partition("@")[0]
        names = [local.lower()] if kind == "user" else []
        for source in (names, self._with_email(kind, email)):
            for name in source:
                body = self._get(kind, name)
                if body is not None and str(body.get("email", "")).casefold() == email.casefold():
                    return body
        return None

    def _with_email(self, kind: str, email: str) -> Iterator[str]:
        """Yield the names that the search index proposes; it tells letter case apart."""
        for text in dict.fromkeys((email.lower(), email)):
            escaped = re.sub(r'(["\\])', r"\\\1", text)
            query = {"q": f'email.keyword:"{escaped}"', "index": f"{kind}_search_index", "from": 0, "size": 10}
            try:
                answer = self._client.get("v1/search/query", query)
            except CatalogueError as error:
                # A search index that is down or being rebuilt costs this owner, not the publication.
                if error.status != 500 and not isinstance(error, CatalogueRequestError):
                    raise
                return
            for hit in ((answer or {}).get("hits") or {}).get("hits") or ():
                name = (hit.get("_source") or {}).get("name")
                if isinstance(name, str):
                    yield name

    def _get(self, kind: str, name: str) -> dict[str, Any] | None:
        return self._once((kind, name), lambda: self._read(kind, name))

    def _read(self, kind: str, name: str) -> dict[str, Any] | None:
        try:
            return self._client.get(path(_COLLECTIONS[kind], "name", quote(name)))
        except CatalogueRequestError:
            # What cannot be a name is no one's.
            return None
