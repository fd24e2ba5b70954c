"""Derives the attributes of a run: engine, source code, tags, and the query in the system that ran it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    pairs = (
        *_of_job(run.job_facets or JobFacets()),
        *_of_run(run.run_facets or RunFacets()),
    )
    return within(sorted({name: _shown(value) for name, value in pairs}.items()), MAX_ATTRIBUTES)


def within(pairs: Sequence[tuple[str, str]], most: int) -> tuple[tuple[str, str], ...]:
    """Return at most so many pairs of name and value; if some are left out, the last one says how many.

    :param most: largest number of pairs, the one that counts the others included
    """
    if len(pairs) <= most:
        return tuple(pairs)
    return (*pairs[: most - 1], ("left_out", f"{len(pairs) - most + 1} more"))


def _of_job(facets: JobFacets) -> Iterator[tuple[str, str]]:
    location = facets.sourceCodeLocation
    if location is not None and not location.deleted and location.branch:
        yield "branch", location.branch


def _of_run(facets: RunFacets) -> Iterator[tuple[str, str]]:
    engine, query, tags = facets.processing_engine, facets.externalQuery, facets.tags
    if engine is not None and not engine.deleted and engine.name:
        yield "engine", " ".join(filter(None, (engine.name, engine.version)))
    if query is not None and not query.deleted and query.externalQueryId:
        yield "query", query.externalQueryId
        if query.source:
            yield "query_source", query.source
    for tag in tags.tags or () if tags is not None and not tags.deleted else ():
        if tag.key:
            # Together, because some keys say that their value is a secret.
            yield f"tag.{_shown(tag.key)}", mask_credentials(f"{tag.key}={tag.value or 'true'}").partition("=")[2]


def _shown(text: str) -> str:
    return mask_credentials(text)[:MAX_VALUE]
