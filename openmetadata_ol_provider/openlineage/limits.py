"""Bounds everything in an event, and removes credentials from it, before anything else is done with it.

Producers are trusted neither with how much they send nor with what. What is too much or unfit is dropped with as little
around it as possible, and reported: a text is cut, of a list the first items stay. An unfit name drops what it names,
because a name that is cut is another's name.
"""

from __future__ import annotations

import datetime as dt
import itertools
import operator
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.facets import Part, TransformationField
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.sanitize import mask_credentials, neutralize_markdown, without_credentials

#: Largest message, in bytes, including facets that are not read.
MAX_EVENT_BYTES: Final = 16 * 2**20
#: Largest event without what is not read, in bytes of JSON: it goes through XCom and waits in a Variable.
MAX_KEPT_BYTES: Final = 8 * 2**20
#: Longest name (of a dataset, job, run, column ...), in characters.
MAX_NAME: Final = 4_096
#: Longest other text (SQL, description, error message, type ...), in characters.
MAX_TEXT: Final = 200_000
#: Follows SQL whose end was cut off, so that nothing is inferred from what is missing.
CUT_OFF: Final = "\n-- cut off"
#: Most items of any list or mapping: datasets of one side, columns, tags ...
MAX_ITEMS: Final = 10_000
#: Most items of lists whose every item costs requests to the catalogue.
MAX_ASKED: Final = {"identifiers": 32, "owners": 100}
#: Deepest nesting of lists and mappings: columns within columns, twice.
MAX_DEPTH: Final = 64
#: Most problems of one event that are reported one by one.
MAX_LOSSES: Final = 50

#: Fields that name something, so that they cannot be cut, and whose owner is lost without them.
NAMES: Final = frozenset({"namespace", "name", "field", "runId", "key", "column"})
_PLAIN = frozenset({type(None), bool, int, float, dt.datetime})
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: Shorter texts are neither a credential with a name nor an address.
_SHORT: Final = 8
#: Texts up to this length (types, kinds of transformations) are repeated again and again.
_LABEL: Final = 100
_WEB = ("http://", "https://")
_P = TypeVar("_P", bound=Part)


class Losses:
    """Collects what was lost from one event; the first losses are reported one by one.

    :param where: position of the event, which becomes text if something is lost
    """

    def __init__(self, where: object) -> None:
        self._where = where
        self._reported: list[Problem] = []
        self._more = 0

    def add(self, kind: ProblemKind, path: str, detail: str) -> None:
        """Add one loss."""
        if len(self._reported) < MAX_LOSSES:
            self._reported.append(Problem(kind, f"{self._where} {path}", detail))
        else:
            self._more += 1

    @property
    def problems(self) -> tuple[Problem, ...]:
        """One problem for each loss, and one for all that are not reported one by one."""
        if not self._more:
            return tuple(self._reported)
        detail = f"{self._more} more parts of this event were lost"
        return (*self._reported, Problem(ProblemKind.MORE_LOSSES, str(self._where), detail, self._more))


class _Dropped:
    """Marks a value that is dropped."""


_DROPPED: Final = _Dropped()


def clean_event(event: Event, losses: Losses, *, has_nul: bool) -> Event | None:
    """Return an event without what is too much or unfit, ``None`` if its run, job or dataset has no name then.

    :param has_nul: whether there may be NUL characters in it, which databases refuse
    """
    cleaned = _Cleaner(losses, has_nul=has_nul).part(event)
    return None if isinstance(cleaned, _Dropped) else cleaned


def clean_part(part: _P, *path: str | int) -> _P | None:
    """Return one part of an event without credentials, ``None`` if anything in it is too much or unfit.

    :param part: part without NUL characters
    :param path: its place in the event, which counts as depth
    """
    losses = Losses("")
    cleaned = _Cleaner(losses, has_nul=False, path=path).part(part)
    return None if isinstance(cleaned, _Dropped) or losses.problems else cleaned


def clean_label(text: str) -> str | None:
    """Return a text that is not a name without credentials, ``None`` if it is too long for a label."""
    return _masked_label(text) if len(text) <= _LABEL else None


def clean_name(name: str) -> str | None:
    """Return a name without credentials, ``None`` if it is too long."""
    return _without_credentials(name) if len(name) <= MAX_NAME else None


class _Cleaner:
    """Cleans one event; whatever is clean already is returned as it is, so that it stays shared."""

    def __init__(self, losses: Losses, *, has_nul: bool, path: Iterable[str | int] = ()) -> None:
        self._losses = losses
        self._has_nul = has_nul
        self._path = list(path)

    def part(self, part: _P) -> _P | _Dropped:
        """Return a clean part; it is dropped with its name."""
        changed: dict[str, Any] = {}
        for name in part.__struct_fields__:
            value = getattr(part, name)
            kind = type(value)
            if kind in _PLAIN or (kind is str and len(value) < _SHORT and not self._has_nul):
                continue
            self._path.append(name)
            cleaned = self._text(value, name, part) if kind is str else self._value(value, name)
            self._path.pop()
            if cleaned is _DROPPED:
                if name in NAMES or self._is_needed(part, name):
                    return _DROPPED
                changed[name] = None
            elif cleaned is not value:
                changed[name] = cleaned
        return replace(part, **changed) if changed else part

    @staticmethod
    def _is_needed(part: Part, name: str) -> bool:
        return isinstance(part, Event) and name in {"run", "job", "dataset"}

    def _value(self, value: Any, name: str) -> Any:
        """Clean a value that is not a text."""
        if isinstance(value, Part):
            return self.part(value) if len(self._path) <= MAX_DEPTH else self._too_deep()
        if isinstance(value, list | tuple):
            return self._list(value, name) if len(self._path) <= MAX_DEPTH else self._too_deep()
        if isinstance(value, dict):
            return self._mapping(value, name) if len(self._path) <= MAX_DEPTH else self._too_deep()
        return value

    def _list(self, items: Sequence[Any], name: str) -> Sequence[Any]:
        most = MAX_ASKED.get(name, MAX_ITEMS)
        read = items
        if len(items) > most:
            self._lost(ProblemKind.TOO_MANY, f"{len(items)} items, more than {most}: the first {most} are read")
            read = items[:most]
        cleaned = [self._item(index, item, name) for index, item in enumerate(read)]
        if len(cleaned) == len(items) and all(map(operator.is_, cleaned, items)):
            return items
        return [item for item in cleaned if item is not _DROPPED]

    def _mapping(self, items: Mapping[Any, Any], name: str) -> Mapping[Any, Any]:
        read = items
        if len(items) > MAX_ITEMS:
            detail = f"{len(items)} entries, more than {MAX_ITEMS}: the first {MAX_ITEMS} are read"
            self._lost(ProblemKind.TOO_MANY, detail)
            read = dict(itertools.islice(items.items(), MAX_ITEMS))
        cleaned = {key: self._item(key, item, name) for key, item in read.items() if self._is_key(key)}
        if len(cleaned) == len(items) and all(map(operator.is_, cleaned.values(), items.values())):
            return items
        return {key: item for key, item in cleaned.items() if item is not _DROPPED}

    def _item(self, key: str | int, item: Any, name: str) -> Any:
        self._path.append(key)
        cleaned = self._text(item, name, None) if type(item) is str else self._value(item, name)
        self._path.pop()
        return cleaned

    def _is_key(self, key: Any) -> bool:
        return type(key) is not str or self._name(key) is not _DROPPED

    # -- texts -----------------------------------------------------------------------------------------------------

    def _text(self, text: str, name: str, owner: Part | None) -> str | _Dropped:
        if name in NAMES:
            return self._name(text)
        if self._has_nul and "\x00" in text:
            text = text.replace("\x00", "\ufffd")
        if len(text) < _SHORT:
            return text
        is_cut = False
        if len(text) > MAX_TEXT:
            self._lost(ProblemKind.TOO_LONG, f"{len(text)} characters, more than {MAX_TEXT}: the rest is cut off")
            text, is_cut = text[:MAX_TEXT], True
        if name == "url" or name.endswith(("_url", "Url")):
            return self._address(text)
        if len(text) <= _LABEL and name not in {"query", "message"}:
            text = _masked_label(text)
        else:
            text = mask_credentials(text, code=name == "query", message=name == "message")
        if name == "description" and not isinstance(owner, TransformationField):
            text = neutralize_markdown(_INVISIBLE.sub("", text))
        return text[: MAX_TEXT - len(CUT_OFF)] + CUT_OFF if is_cut and name == "query" else text

    def _name(self, text: str) -> str | _Dropped:
        if len(text) > MAX_NAME:
            self._lost(ProblemKind.UNFIT_NAME, f"{len(text)} characters, more than {MAX_NAME}: {text[:60]}...")
            return _DROPPED
        if self._has_nul and "\x00" in text:
            self._lost(ProblemKind.UNFIT_NAME, f"it contains a NUL character: {text[:60]!r}")
            return _DROPPED
        return _without_credentials(text)

    def _address(self, text: str) -> str | _Dropped:
        """Return an address of the web; any other could do harm when it is clicked."""
        if len(text) <= MAX_NAME and text[:8].lower().startswith(_WEB):
            return without_credentials(text)
        detail = f"only http and https are linked to, up to {MAX_NAME} characters: {text[:60]}"
        self._lost(ProblemKind.UNFIT_URL, detail)
        return _DROPPED

    # -- reporting -------------------------------------------------------------------------------------------------

    def _too_deep(self) -> _Dropped:
        self._lost(ProblemKind.TOO_DEEP, f"nested deeper than {MAX_DEPTH} levels: deeper levels are left out")
        return _DROPPED

    def _lost(self, kind: ProblemKind, detail: str) -> None:
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self._path)
        self._losses.add(kind, path.removeprefix("."), detail)


@lru_cache(1024)
def _masked_label(text: str) -> str:
    return mask_credentials(text)


def _without_credentials(name: str) -> str:
    return without_credentials(name) if len(name) >= _SHORT and _may_hold_a_credential(name) else name


def _may_hold_a_credential(name: str) -> bool:
    return "@" in name or "=" in name or " -" in name or name.startswith("-") or "eyJ" in name
