"""Finds owners: users and teams of the catalogue for the names that producers write.

Producers write ``user:jdoe``, ``team:data``, a bare name, an e-mail, or several in one text like Airflow's ``a, b``.
OpenMetadata accepts several users, or one team, and only teams of type Group. Where events name a team, the team is the
owner: people leave, and it is what OpenMetadata itself recommends. Owners that are left out are reported.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueRequestError
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.client.query_cache import QueryCache
from openmetadata_ol_provider.openmetadata.fqn import quote

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import Owner
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

#: Kind of an owner by the prefix of its name, or by its type.
_KINDS = {"user": "user", "team": "team", "group": "team", "application": "application"}
_COLLECTIONS = {"user": "v1/users", "team": "v1/teams"}
#: Most owners of one thing that are looked up; each costs calls.
MAX_OWNERS = 100
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


class OwnerName(NamedTuple):
    """An owner as a producer spells it.

    :param kind: ``user``, ``team`` or ``application``; ``None`` if the producer does not tell
    """

    name: str
    kind: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.kind else self.name


#: Answers to a name or a query that cannot be one, or is too long.
_REFUSED_NAME = frozenset({400, 414, 431})
#: Airflow's default owner, which nobody would miss.
NOBODY = OwnerName("airflow")


class OwnerReference(NamedTuple):
    """A user or team of the catalogue.

    :param type: entity type, ``user`` or ``team``
    """

    type: str
    fqn: str
    id: str

    @property
    def body(self) -> dict[str, str]:
        """The reference that requests carry."""
        return {"id": self.id, "type": self.type}


def owner_names(owners: Iterable[Owner]) -> tuple[OwnerName, ...]:
    """Return the owners, each once, in an order that does not depend on the producer."""
    names = {
        _owner_name(text.strip(), owner.type) for owner in owners for text in owner.name.split(",") if text.strip()
    }
    return tuple(sorted(names, key=str))


def _owner_name(text: str, type_: str | None) -> OwnerName:
    prefix, _, rest = text.partition(":")
    if rest.strip() and prefix.lower() in _KINDS:
        return OwnerName(rest.strip(), _KINDS[prefix.lower()])
    return OwnerName(text, _KINDS.get((type_ or "").lower()))


def choose_owners(
    references: Iterable[OwnerReference],
) -> tuple[tuple[OwnerReference, ...], tuple[OwnerReference, ...]]:
    """Return the owners that the catalogue accepts together (the first team, else all users), and the others."""
    everyone = sorted(set(references))
    teams = [one for one in everyone if one.type == "team"]
    owners = tuple(teams[:1] or everyone)
    return owners, tuple(one for one in everyone if one not in owners)


class OwnerLookup:
    """Finds owners, each asked for once during one publication.

    :param client: client of the catalogue
    """

    def __init__(self, client: OpenMetadataClient) -> None:
        self._client = client
        self._once = QueryCache()
        self._lock = threading.Lock()
        self._problems: set[tuple[ProblemKind, str, str]] = set()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """One problem for each owner that is not in the catalogue or was left out."""
        with self._lock:
            return tuple(Problem(*problem) for problem in sorted(self._problems))

    def references(self, owners: Iterable[Owner]) -> tuple[OwnerReference, ...]:
        """Return the users, or the team, that these owners are; those not found are left out and reported.

        :raises CatalogueError: if users and teams cannot be read, so that it is not known who they are
        """
        references = []
        names = owner_names(owners)
        if len(names) > MAX_OWNERS:
            detail = f"{len(names)} owners of one entity: only the first {MAX_OWNERS} are looked up"
            self._report(ProblemKind.OWNER_LEFT_OUT, f"owner {names[MAX_OWNERS]}", detail)
        for name in names[:MAX_OWNERS]:
            reference, why = self._once(("owner", *map(str, name)), partial(self._find, name))
            if reference is not None:
                references.append(reference)
            elif name != NOBODY:
                self._report(ProblemKind.UNKNOWN_OWNER, f"owner {name}", why)
        chosen, others = choose_owners(references)
        for other in others:
            self._report(
                ProblemKind.OWNER_LEFT_OUT,
                f"owner {other.type}:{other.fqn}",
                f"OpenMetadata accepts several users or one team; only team:{chosen[0].fqn} is an owner",
            )
        return chosen

    def _report(self, kind: ProblemKind, where: str, detail: str) -> None:
        with self._lock:
            self._problems.add((kind, where, detail))

    def _find(self, name: OwnerName) -> tuple[OwnerReference | None, str]:
        """Return the owner of that name, or the reason why there is none."""
        if name.kind == "application":
            return None, "in OpenMetadata only users and teams own entities, applications do not"
        kinds = (name.kind,) if name.kind else ("user", "team")
        search = self._by_email if _EMAIL.fullmatch(name.name) else self._by_name
        matches = [(kind, body) for kind in kinds if (body := search(kind, name.name)) is not None]
        for kind, body in matches:
            if body.get("teamType", "Group") == "Group":
                return OwnerReference(kind, str(body["fullyQualifiedName"]), str(body["id"])), ""
        if matches:
            return None, f"it is a team of type {matches[0][1]['teamType']}, but only teams of type Group own entities"
        what = "name or e-mail" if search == self._by_email else "name"
        return None, f"OpenMetadata has no {' or '.join(kinds)} of this {what}; create it, or set write.owners: never"

    def _by_name(self, kind: str, name: str) -> dict[str, Any] | None:
        # Names of users are in lower case, whatever the producer's directory has.
        names = (name, name.lower()) if kind == "user" else (name,)
        return next((body for text in dict.fromkeys(names) if (body := self._get(kind, text))), None)

    def _by_email(self, kind: str, email: str) -> dict[str, Any] | None:
        """Try the user named like the local part, which mostly exists, then ask the search index and check."""
        local = email.partition("@")[0]
        names = [local.lower()] if kind == "user" else []
        for source in (names, self._with_email(kind, email)):
            for name in source:
                body = self._get(kind, name)
                if body is not None and str(body.get("email", "")).casefold() == email.casefold():
                    return body
        return None

    def _with_email(self, kind: str, email: str) -> Iterator[str]:
        """Yield the names that the search index proposes; it is case-sensitive."""
        for text in dict.fromkeys((email.lower(), email)):
            escaped = re.sub(r'(["\\])', r"\\\1", text)
            query = {"q": f'email.keyword:"{escaped}"', "index": f"{kind}_search_index", "from": 0, "size": 10}
            try:
                answer = self._client.get("v1/search/query", query)
            except CatalogueRequestError as error:
                if error.status not in _REFUSED_NAME:
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
        except CatalogueRequestError as error:
            # Nobody has a name that the server refuses; any other answer says nothing about the name.
            if error.status not in _REFUSED_NAME:
                raise
            return None
