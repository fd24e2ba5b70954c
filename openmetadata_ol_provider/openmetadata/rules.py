"""The ``namespaces`` rules of the configuration: which one is for a namespace, and what it says. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from openmetadata_ol_provider.config import NamespaceRule, strip_slashes


def first_rule(rules: Iterable[NamespaceRule], *namespaces: str) -> NamespaceRule | None:
    """Return the first rule that matches the whole of a namespace, in any of the spellings given.

    A pattern is a literal, or has ``*`` and ``?`` in it, or is a regular expression between slashes. All three have to
    match from the first character to the last, so ``mysql://host-1`` is never taken for ``mysql://host-10``.
    """
    return next((rule for rule in rules if any(matches(rule.namespace, text) for text in namespaces)), None)


def matches(pattern: str, text: str) -> bool:
    """Return whether a literal, glob or ``/regular expression/`` matches the whole text."""
    return pattern == text or _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    inside = strip_slashes(pattern)
    if inside != pattern:
        return re.compile(inside)
    # Not fnmatch: it gives [ a meaning, and namespaces such as postgres://[::1]:5432 have brackets.
    return re.compile("".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern), re.DOTALL)


def allowed(text: str, include: Iterable[str], exclude: Iterable[str], *more: str) -> bool:
    """Return whether a name passes the filters: deny wins, and any of the spellings may match.

    :param text: first spelling, ``namespace name``
    :param more: further spellings, e.g. the name alone
    """
    spellings = (text, *more)
    if any(matches(pattern, spelling) for pattern in exclude for spelling in spellings):
        return False
    return any(matches(pattern, spelling) for pattern in include for spelling in spellings)
