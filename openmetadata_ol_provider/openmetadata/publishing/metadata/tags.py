"""Finds tags of the catalogue for the tags that producers write, and identifies the labels that are ours.

A tag that the catalogue has is used as it is: the key may be its FQN (``PII.Sensitive``), or its classification with
the value as its name (``PII`` and ``Sensitive``). All others belong to our own classification, as ``OpenLineage.<key>``
or ``OpenLineage.<key>:<value>``, where they are created only if the configuration allows it. A value that tells no more
than the key (the same text, as Airflow sends it, or ``true``, as dbt does) is left out.

A label is ours if its tag is in our classification. Only such labels are ever removed.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.exceptions import CatalogueRequestError
from openmetadata_ol_provider.openlineage.listing import listed
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.client.query_cache import QueryCache
from openmetadata_ol_provider.openmetadata.fqn import join, split, task_name
from openmetadata_ol_provider.openmetadata.provenance import CLASSIFICATION, STUB_TAG

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import Tag
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

#: Most tags that a problem lists.
_SHOWN = 20


def own_name(tag: Tag) -> str:
    """Return the name of a tag in our classification."""
    key, value = tag.key.strip(), (tag.value or "").strip()
    # Escaped and bounded like the name of a task: the rules are the same for all names.
    return task_name(key if _adds_nothing(key, value) else f"{key}:{value}")


def other_names(tag: Tag) -> tuple[str, ...]:
    """Return the FQNs of tags of others that this one may mean."""
    key, value = tag.key.strip(), (tag.value or "").strip()
    parts = split(key)
    names = [join(*parts)] if len(parts) > 1 and all(parts) else []
    if not _adds_nothing(key, value) and value.lower() != "false":
        names.append(join(key, value))
    return tuple(names)


def _adds_nothing(key: str, value: str) -> bool:
    return value in ("", key) or value.lower() == "true"


def is_ours(fqn: str) -> bool:
    """Return whether a tag is in our classification and comes from events, unlike the mark of a stub."""
    return split(fqn)[0] == CLASSIFICATION and fqn != STUB_TAG


def label(fqn: str) -> dict[str, str]:
    """Return the label that puts a tag on something."""
    return {"tagFQN": fqn, "source": "Classification", "labelType": "Automated", "state": "Confirmed"}


class TagLookup:
    """Finds tags, each asked for once during one publication.

    :param client: client of the catalogue
    :param create: ``True`` if missing tags are created in our classification
    :param others: ``True`` if tags of other classifications may be used
    :param dry_run: read, but do not write
    """

    def __init__(self, client: OpenMetadataClient, *, create: bool, others: bool, dry_run: bool) -> None:
        self._client = client
        self._create = create
        self._others = others
        self._dry_run = dry_run
        self._once = QueryCache()
        self._lock = threading.Lock()
        self._unknown: set[str] = set()
        self._foreign: set[str] = set()
        self._failed: set[tuple[str, str]] = set()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Tags that were left out: one problem for those that are missing, one for those of other classifications."""
        with self._lock:
            problems = [Problem(ProblemKind.FAILED, f"tag {fqn}", error) for fqn, error in sorted(self._failed)]
            if self._unknown:
                detail = (
                    f"not in OpenMetadata, left out: {_listed(self._unknown)}; with write.create_tags: true they are "
                    f"created in the classification {CLASSIFICATION}, with write.tags: never they are not looked for"
                )
                problems.append(Problem(ProblemKind.UNKNOWN_TAG, "tags", detail))
            if self._foreign:
                detail = (
                    f"not of the classification {CLASSIFICATION}, left out: {_listed(self._foreign)}; "
                    "with write.tags: always events may set them"
                )
                problems.append(Problem(ProblemKind.FOREIGN_TAG, "tags", detail))
            return tuple(problems)

    def fqn(self, tag: Tag) -> str | None:
        """Return the FQN of the catalogue's tag, created if necessary; ``None`` if it has to be left out.

        :raises CatalogueError: if tags cannot be read, or the token may not create them
        """
        for name in other_names(tag):
            stored = self._stored(name)
            if stored is not None and (self._others or is_ours(stored)):
                return stored
            if stored is not None:
                with self._lock:
                    self._foreign.add(stored)
                return None
        return self._own(join(CLASSIFICATION, own_name(tag)), own_name(tag))

    def _own(self, fqn: str, name: str) -> str | None:
        stored = self._stored(fqn) if self._classification() is not None else None
        if stored is not None:
            return stored
        if self._create:
            return self._once(("create", fqn), lambda: self._create_tag(fqn, name))
        with self._lock:
            self._unknown.add(name)
        return None

    def _classification(self) -> dict[str, Any] | None:
        return self._once(
            ("classification",), lambda: self._client.get(path("v1/classifications", "name", CLASSIFICATION))
        )

    def _create_tag(self, fqn: str, name: str) -> str | None:
        if self._dry_run:
            return fqn
        try:
            if self._classification() is None:
                self._once(("create",), self._create_classification)
            body = {"name": name, "classification": CLASSIFICATION, "description": f"Tag {name} of OpenLineage events."}
            return str(self._client.put("v1/tags", body).get("fullyQualifiedName") or fqn)
        except CatalogueRequestError as error:
            if error.status in {404, 405}:
                # Not this tag is refused: nothing answers there.
                raise
            with self._lock:
                self._failed.add((fqn, str(error)))
            return None

    def _create_classification(self) -> dict[str, Any]:
        description = "Tags that OpenLineage events carry. Labels of this classification follow the events."
        body = {"name": CLASSIFICATION, "description": description, "mutuallyExclusive": False}
        return self._client.put("v1/classifications", body)

    def _stored(self, fqn: str) -> str | None:
        return self._once(("tag", fqn), lambda: self._read(fqn))

    def _read(self, fqn: str) -> str | None:
        try:
            body = self._client.get(path("v1/tags", "name", fqn))
        except CatalogueRequestError:
            # What cannot be a name is no tag's.
            return None
        return str(body.get("fullyQualifiedName") or fqn) if body else None


def _listed(names: set[str]) -> str:
    return listed(sorted(names), _SHOWN)
