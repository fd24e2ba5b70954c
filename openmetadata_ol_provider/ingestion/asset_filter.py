"""Reads the parameter ``emit_assets``: which datasets become events of Airflow's assets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.ingestion.parameters import BOOLEANS

_REMEDY = "give True, False, or a list of namespaces (literal, with * and ?, or as /regular expression/)"


class AssetFilter(NamedTuple):
    """The datasets whose writing becomes an asset event.

    :param patterns: patterns of namespaces or of asset URIs; ``None`` for all datasets
    """

    patterns: tuple[str, ...] | None = None

    def admits(self, namespace: str, uri: str) -> bool:
        """Tell whether an asset gets an event.

        :param namespace: namespace of the dataset, as in the event
        :param uri: URI of the asset
        """
        if self.patterns is None:
            return True
        from openmetadata_ol_provider.lineage.filters import namespace_pattern

        return any(matches(namespace) or matches(uri) for matches in map(namespace_pattern, self.patterns))


def parse_emit_assets(value: object, name: str = "emit_assets") -> AssetFilter | None:
    """Return the filter of a parameter's value, ``None`` if no asset events are wanted.

    :param value: a boolean, patterns, or either as text, patterns separated by commas
    :param name: name of the parameter or option, for the error
    :raises ConfigError: if it is neither a boolean nor a list of usable patterns
    """
    if isinstance(value, bool) or value is None:
        return AssetFilter() if value else None
    if isinstance(value, str):
        word = BOOLEANS.get(value.strip().lower())
        if word is not None:
            return AssetFilter() if word else None
        value = [pattern.strip() for pattern in value.split(",")]
    if not isinstance(value, Collection) or isinstance(value, Mapping | bytes) or not value:
        raise ConfigError(f"{name} is {value!r}; {_REMEDY}")
    # Not when a DAG file is read that gives no events.
    from openmetadata_ol_provider.lineage.filters import namespace_pattern
    from openmetadata_ol_provider.regex.safe_regex import PatternError

    for pattern in value:
        if not isinstance(pattern, str) or not pattern.strip():
            raise ConfigError(f"{name} has {pattern!r}; {_REMEDY}")
        try:
            namespace_pattern(pattern)
        except PatternError as error:
            raise ConfigError(f"{name}: {pattern!r} cannot be used as a pattern: {error}; correct it") from None
    return AssetFilter(tuple(value))
