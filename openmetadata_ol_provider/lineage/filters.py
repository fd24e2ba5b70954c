"""Decides which datasets and pipelines take part: include and exclude patterns, and namespaces that are ignored."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fnmatch import translate
from functools import lru_cache
from typing import Final

from openmetadata_ol_provider.config import Config, strip_slashes
from openmetadata_ol_provider.lineage.plan import DatasetId, JobId
from openmetadata_ol_provider.openlineage.run_state import Run
from openmetadata_ol_provider.regex.safe_regex import Pattern

#: Names whose answer a filter remembers: those of the jobs and datasets of a batch come thousands of times.
_MOST_REMEMBERED: Final = 4096


class Filter:
    """Admits names that an include pattern matches and no exclude pattern does; an empty include list admits nothing.

    :param include: globs (``*``, ``?``, ``[...]``), matched case-sensitively against the name and ``namespace name``
    :param exclude: globs that win over ``include``
    """

    def __init__(self, include: Iterable[str], exclude: Iterable[str]) -> None:
        globs = list(include)
        included, excluded = _compile_globs(globs), _compile_globs(exclude)
        self._admits_all = "*" in globs and not excluded

        # Not a method, whose cache would hold the filter that holds the cache.
        @lru_cache(_MOST_REMEMBERED)
        def is_included(namespace: str, name: str) -> bool:
            names = (name, f"{namespace} {name}")
            return _any_matches(included, names) and not _any_matches(excluded, names)

        self._is_included = is_included

    def admits(self, namespace: str, name: str) -> bool:
        """Tell whether a dataset or job is included."""
        return self._admits_all or self._is_included(namespace, name)


class PipelineFilter:
    """Admits pipelines that are included, and the runs below them unless their own jobs are excluded.

    :param config: configuration with its ``pipelines``
    """

    def __init__(self, config: Config) -> None:
        self._filter = Filter(config.pipelines.include, config.pipelines.exclude)

    def admits(self, pipeline: JobId, run: Run | None = None) -> bool:
        """Tell whether a pipeline takes part, and with it one of the runs below it."""
        if not self._filter.admits(pipeline.namespace, pipeline.name):
            return False
        return run is None or pipeline.name == run.name or self._filter.admits(run.namespace, run.name)


#: Beginning of the namespaces by which this package's own events name OpenMetadata: it is not a dataset of itself.
_OF_THE_CATALOGUE = "openmetadata://"


class DatasetFilter:
    """Admits datasets that are included and whose namespace no rule ignores.

    :param config: configuration with its ``datasets`` and ``namespaces``
    """

    def __init__(self, config: Config) -> None:
        self._filter = Filter(config.datasets.include, config.datasets.exclude)
        self._rules = [(namespace_pattern(rule.namespace), rule.ignore) for rule in config.namespaces]

    def admits(self, dataset: DatasetId) -> bool:
        """Tell whether a dataset takes part: the first rule for its namespace counts, then the patterns."""
        ignored = dataset.namespace.startswith(_OF_THE_CATALOGUE)
        if self._rules:
            ignored = next((ignore for matches, ignore in self._rules if matches(dataset.namespace)), ignored)
        return not ignored and self._filter.admits(dataset.namespace, dataset.name)


def namespace_pattern(pattern: str) -> Callable[[str], object]:
    """Return the test of whole namespaces that a rule stands for.

    :param pattern: literal, with ``*`` and ``?``, or ``/regular expression/``
    """
    expression = strip_slashes(pattern)
    if expression != pattern:
        return Pattern(expression).fullmatch
    # Brackets are literal here, because IPv6 addresses have them.
    return re.compile(translate(pattern.replace("[", "[[]"))).fullmatch


def _compile_globs(globs: Iterable[str]) -> list[re.Pattern[str]]:
    return [re.compile(translate(glob)) for glob in globs]


def _any_matches(patterns: list[re.Pattern[str]], names: tuple[str, str]) -> bool:
    return any(pattern.match(name) for pattern in patterns for name in names)
