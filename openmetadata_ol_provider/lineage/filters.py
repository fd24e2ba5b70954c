"""Include and exclude patterns: shell globs; deny wins; an empty include list admits nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate


class Filter:
    """Admits names that an include pattern matches and no exclude pattern does.

    :param include: globs (``*``, ``?``, ``[...]``), matched case-sensitively against the name and ``namespace name``
    :param exclude: globs that win over ``include``
    """

    def __init__(self, include: Iterable[str], exclude: Iterable[str]) -> None:
        include = list(include)
        self._exclude = _compiled(exclude)
        self._include = _compiled(include)
        self._all = "*" in include and not self._exclude

    def admits(self, namespace: str, name: str) -> bool:
        """Tell whether a dataset or job is wanted."""
        if self._all:
            return True
        names = (name, f"{namespace} {name}")
        return _any(self._include, names) and not _any(self._exclude, names)


def _compiled(globs: Iterable[str]) -> list[re.Pattern[str]]:
    return [re.compile(translate(glob)) for glob in globs]


def _any(patterns: list[re.Pattern[str]], names: tuple[str, str]) -> bool:
    return any(pattern.match(name) for pattern in patterns for name in names)
