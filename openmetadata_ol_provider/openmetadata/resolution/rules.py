"""The ``namespaces`` rules of the configuration: which one is for a namespace. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from openmetadata_ol_provider.config import NamespaceRule
from openmetadata_ol_provider.lineage.datasets import namespace_pattern
from openmetadata_ol_provider.lineage.systems import canonical_scheme

_compiled = lru_cache(maxsize=1024)(namespace_pattern)


def first_rule(rules: Iterable[NamespaceRule], *namespaces: str) -> NamespaceRule | None:
    """Return the first rule that matches the whole of a namespace, in any of the spellings given.

    A rule's pattern is a literal, or has ``*`` and ``?`` in it, or is a regular expression between slashes. All three
    have to match from the first character to the last: ``mysql://host-1`` is never taken for ``mysql://host-10``.
    Identities have one spelling of each scheme; a rule with another (``s3a://*``, ``mssql://db``) is for them too.
    """
    return next((rule for rule in rules if any(_matches(rule.namespace, text) for text in namespaces)), None)


def _matches(pattern: str, text: str) -> bool:
    # Literally first: [ and ] of an IPv6 address mean something else in a glob.
    if pattern == text or _compiled(pattern)(text):
        return True
    canonical = _canonical(pattern)
    return canonical != pattern and bool(_compiled(canonical)(text))


@lru_cache(maxsize=1024)
def _canonical(pattern: str) -> str:
    """Return a pattern that is written with another spelling of a scheme (``s3a://*``) as identities have it."""
    head, separator, rest = pattern.partition("://")
    return f"{canonical_scheme(head)}{separator}{rest}" if separator and re.fullmatch(r"[\w.+-]+", head) else pattern
