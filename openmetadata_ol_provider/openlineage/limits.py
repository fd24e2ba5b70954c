"""What one event may bring along: everything in it is bounded, clean and free of credentials before anything is done.

Producers are not trusted with how much they send, nor with what. What is too much or unfit costs itself, as little
around it as possible, and is reported: a text is cut, of a list the first items stay, and what has an unfit name is
left out whole, for a name that is cut is another's name.
"""

from __future__ import annotations

import datetime as dt
import itertools
import operator
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.facets import Part, TransformationField
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.sanitize import mask_credentials, neutralize_markdown, without_credentials

#: Largest message, in bytes, facets that are not read included.
MAX_EVENT_BYTES: Final = 16 * 2**20
#: Largest event without what is not read, in bytes of JSON: it goes through XCom and waits in a Variable.
MAX_KEPT_BYTES: Final = 8 * 2**20
#: Longest name (of a dataset, job, run, column ...), in characters.
MAX_NAME: Final = 4_096
#: Longest other text (SQL, description, error message, type ...), in characters.
MAX_TEXT: Final = 200_000
#: Most items of any list or mapping: datasets of one side, columns, tags ...
MAX_ITEMS: Final = 10_000
#: Most items of lists of which each costs questions to the catalogue.
MAX_ASKED: Final = {"identifiers": 32, "owners": 100}
#: Deepest nesting of lists and mappings: columns within columns, twice.
MAX_DEPTH: Final = 64
#: Most problems of one event that are told one by one.
MAX_LOSSES: Final = 50

#: Fields that name something, so that they cannot be cut.
_NAMES = frozenset({"namespace", "name", "field", "runId", "key", "column"})
_PLAIN = frozenset({type(None), bool, int, float, dt.datetime})
_NOT_SHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: Shorter texts are neither a credential with a name nor an address.
_SHORT: Final = 8
#: Texts up to this length (types, kinds of transformations) come again and again.
_LABEL: Final = 100
_WEB = ("http://", "https://")


class Losses:
    """What was lost of one event, the first of it told one by one.

    :param where: where the event is from
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._told: list[Problem] = []
        self._more = 0

    def add(self, kind: str, path: str, detail: str) -> None:
        """Note one loss."""
        if len(self._told) < MAX_LOSSES:
            self._told.append(Problem(kind, f"{self._where} {path}", detail))
        else:
            self._more += 1

    @property
    def problems(self) -> tuple[Problem, ...]:
        """One problem each, and one for all that are too many to be told."""
        if not self._more:
            return tuple(self._told)
        return (
            *self._told,
            Problem(ProblemKind.MORE_LOSSES, self._where, f"{self._more} more parts of this event were lost"),
        )


class _Gone:
    """Stands for what cannot stay."""


_GONE: Final = _Gone()


def bring_within_bounds(event: Event, losses: Losses, *, has_nul: bool) -> bool:
    """Cut, clean and leave out what is too much or unfit in an event, which is changed in place.

    :param has_nul: there may be NUL characters in it, which databases refuse
    :return: whether the event can be used: its run, job or dataset still has a name
    """
    return _Walk(losses, has_nul=has_nul).part(event) is not _GONE


def is_in_order(part: Part, *path: str | int) -> bool:
    """Clean one part of an event, in place, and tell whether nothing of it is too much or unfit.

    :param path: where it is in the event, which counts as depth; no NUL is in it
    """
    losses = Losses("")
    return _Walk(losses, has_nul=False, path=path).part(part) is not _GONE and not losses.problems


def clean_label(text: str) -> str | None:
    """Return a text that has no meaning of its own without credentials; ``None`` if it is too long."""
    return _concealed_label(text) if len(text) <= _LABEL else None


def clean_name(name: str) -> str | None:
    """Return a name without credentials; ``None`` if it is too long."""
    return _without_credentials(name) if len(name) <= MAX_NAME else None


class _Walk:
    """Goes through one event."""

    def __init__(self, losses: Losses, *, has_nul: bool, path: Iterable[str | int] = ()) -> None:
        self._losses = losses
        self._has_nul = has_nul
        self._path = list(path)

    def part(self, part: Part) -> Part | _Gone:
        """Fit a part; it is gone if its name is."""
        for name in part.__struct_fields__:
            value = getattr(part, name)
            kind = type(value)
            if kind in _PLAIN or (kind is str and len(value) < _SHORT and not self._has_nul):
                continue
            self._path.append(name)
            fitted = self._text(value, name, part) if kind is str else self._value(value, name)
            if fitted is not value:
                if fitted is _GONE and (name in _NAMES or self._is_needed(part, name)):
                    self._path.pop()
                    return _GONE
                setattr(part, name, None if fitted is _GONE else fitted)
            self._path.pop()
        return part

    @staticmethod
    def _is_needed(part: Part, name: str) -> bool:
        return isinstance(part, Event) and name in {"run", "job", "dataset"}

    def _value(self, value: Any, name: str) -> Any:
        """Fit what is no text."""
        if isinstance(value, Part):
            return self.part(value) if len(self._path) <= MAX_DEPTH else self._too_deep()
        if isinstance(value, list | tuple):
            return self._list(value, name) if len(self._path) <= MAX_DEPTH else self._too_deep()
        if isinstance(value, dict):
            return self._mapping(value, name) if len(self._path) <= MAX_DEPTH else self._too_deep()
        return value

    def _list(self, items: Any, name: str) -> Any:
        most = MAX_ASKED.get(name, MAX_ITEMS)
        kept = items
        if len(items) > most:
            self._lost(ProblemKind.TOO_MANY, f"{len(items)} items, more than {most}: the first {most} are read")
            kept = items[:most]
        fitted = [self._item(index, item, name) for index, item in enumerate(kept)]
        if len(fitted) == len(items) and all(map(operator.is_, fitted, items)):
            return items
        return [item for item in fitted if item is not _GONE]

    def _mapping(self, items: dict[Any, Any], name: str) -> dict[Any, Any]:
        kept = items
        if len(items) > MAX_ITEMS:
            self._lost(
                ProblemKind.TOO_MANY, f"{len(items)} entries, more than {MAX_ITEMS}: the first {MAX_ITEMS} are read"
            )
            kept = dict(itertools.islice(items.items(), MAX_ITEMS))
        fitted = {key: self._item(key, item, name) for key, item in kept.items() if self._is_key(key)}
        if len(fitted) == len(items) and all(map(operator.is_, fitted.values(), items.values())):
            return items
        return {key: item for key, item in fitted.items() if item is not _GONE}

    def _item(self, key: str | int, item: Any, name: str) -> Any:
        self._path.append(key)
        fitted = self._text(item, name, None) if type(item) is str else self._value(item, name)
        self._path.pop()
        return fitted

    def _is_key(self, key: Any) -> bool:
        return type(key) is not str or self._name(key) is not _GONE

    # -- texts -----------------------------------------------------------------------------------------------------

    def _text(self, text: str, name: str, owner: Part | None) -> str | _Gone:
        if name in _NAMES:
            return self._name(text)
        if self._has_nul and "\x00" in text:
            text = text.replace("\x00", "\ufffd")
        if len(text) < _SHORT:
            return text
        if len(text) > MAX_TEXT:
            self._lost(ProblemKind.TOO_LONG, f"{len(text)} characters, more than {MAX_TEXT}: the rest is cut off")
            text = text[:MAX_TEXT]
        if name == "url" or name.endswith(("_url", "Url")):
            return self._address(text)
        if len(text) <= _LABEL and name not in {"query", "message"}:
            text = _concealed_label(text)
        else:
            text = mask_credentials(text, code=name == "query", message=name == "message")
        if name == "description" and not isinstance(owner, TransformationField):
            text = neutralize_markdown(_NOT_SHOWN.sub("", text))
        return text

    def _name(self, text: str) -> str | _Gone:
        if len(text) > MAX_NAME:
            self._lost(ProblemKind.UNFIT_NAME, f"{len(text)} characters, more than {MAX_NAME}: {text[:60]}...")
            return _GONE
        if self._has_nul and "\x00" in text:
            self._lost(ProblemKind.UNFIT_NAME, f"it has a NUL character in it: {text[:60]!r}")
            return _GONE
        return _without_credentials(text)

    def _address(self, text: str) -> str | _Gone:
        """Return an address of the web; any other would do something else than lead somewhere when it is clicked."""
        if len(text) <= MAX_NAME and text[:8].lower().startswith(_WEB):
            return without_credentials(text)
        self._lost(
            ProblemKind.UNFIT_URL, f"only http and https are linked to, up to {MAX_NAME} characters: {text[:60]}"
        )
        return _GONE

    # -- reporting -------------------------------------------------------------------------------------------------

    def _too_deep(self) -> _Gone:
        self._lost(ProblemKind.TOO_DEEP, f"nested deeper than {MAX_DEPTH} levels: what is in there is left out")
        return _GONE

    def _lost(self, kind: str, detail: str) -> None:
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self._path)
        self._losses.add(kind, path.removeprefix("."), detail)


@lru_cache(8192)
def _concealed_label(text: str) -> str:
    return mask_credentials(text)


def _without_credentials(name: str) -> str:
    return without_credentials(name) if len(name) >= _SHORT and _may_hold_a_credential(name) else name


def _may_hold_a_credential(name: str) -> bool:
    return "@" in name or "=" in name or " -" in name or name.startswith("-") or "eyJ" in name
