"""Derives the attributes of a run: engine, source code, tags, and the query in the system that ran it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from openmetadata_ol_provider.openlineage.facets import JobFacets, RunFacets
from openmetadata_ol_provider.openlineage.run_state import Run
from openmetadata_ol_provider.openlineage.sanitize import mask_credentials

#: Longest value, in characters, and most attributes of one run.
MAX_VALUE: Final = 200
MAX_ATTRIBUTES: Final = 30


def code_version(run: Run) -> str | None:
    """Return the version of the source code that ran, a commit or a tag, ``None`` if it is not stated."""
    location = run.job_facets.sourceCodeLocation if run.job_facets else None
    version = (location.version or location.tag) if location and not location.deleted else None
    return _shown(version) if version else None


def attributes_of(run: Run) -> tuple[tuple[str, str], ...]:
    """Return the attributes of a run as pairs of name and value, sorted by name, without what looks like a secret.

    If there are too many, the last one says how many are left out.
    """
    pairs: list[tuple[str, str]] = []
    if run.job_facets is not None:
        pairs += _of_job(run.job_facets)
    if run.run_facets is not None:
        pairs += _of_run(run.run_facets)
    return within(sorted({name: _shown(value) for name, value in pairs}.items()), MAX_ATTRIBUTES) if pairs else ()


def within(pairs: Sequence[tuple[str, str]], most: int) -> tuple[tuple[str, str], ...]:
    """Return at most so many pairs of name and value; if some are left out, the last one says how many.

    :param most: largest number of pairs, the one that counts the others included
    """
    if len(pairs) <= most:
        return tuple(pairs)
    return (*pairs[: most - 1], ("left_out", f"{len(pairs) - most + 1} more"))


def _of_job(facets: JobFacets) -> Iterable[tuple[str, str]]:
    location = facets.sourceCodeLocation
    return [("branch", location.branch)] if location and not location.deleted and location.branch else ()


def _of_run(facets: RunFacets) -> Iterable[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    engine, query, tags = facets.processing_engine, facets.externalQuery, facets.tags
    if engine is not None and not engine.deleted and engine.name:
        pairs.append(("engine", f"{engine.name} {engine.version}" if engine.version else engine.name))
    if query is not None and not query.deleted and query.externalQueryId:
        pairs.append(("query", query.externalQueryId))
        if query.source:
            pairs.append(("query_source", query.source))
    for tag in tags.tags or () if tags is not None and not tags.deleted else ():
        if tag.key:
            # Together, because some keys say that their value is a secret.
            value = mask_credentials(f"{tag.key}={tag.value or 'true'}").partition("=")[2]
            pairs.append((f"tag.{_shown(tag.key)}", value))
    return pairs


def _shown(text: str) -> str:
    return _masked(text) if len(text) <= MAX_VALUE else mask_credentials(text)[:MAX_VALUE]


@lru_cache(maxsize=4096)
def _masked(text: str) -> str:
    return mask_credentials(text)[:MAX_VALUE]
