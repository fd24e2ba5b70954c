"""SQL text for a catalogue, with its literals taken out where that is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

import msgspec

from openmetadata_ol_provider.openlineage.event import Event, EventDataset
from openmetadata_ol_provider.openlineage.facets import (
    ColumnField,
    ColumnInput,
    JobFacets,
    LineageDatasetFacet,
    LineageEntry,
    LineageInput,
    TransformationField,
)

# One alternative a kind of token, so that what looks like a literal inside a comment or a quoted name is not one. What
# is opened and never closed (SQL that was cut off) reaches to the end: no half literal stays, nothing is tried twice.
_TOKENS = re.compile(
    r"(?P<kept>--[^\n]*|/\*.*?(?:\*/|\Z)|`[^`]*`?|\[[A-Za-z_@#][^\]'\",]*\]?|[A-Za-z_][\w$]*)"
    r"|(?P<double>\"(?:[^\"\\]|\"\"|\\.)*(?:\"|\\?\Z))"
    r"|(?P<literal>\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z)|'(?:[^'\\]|''|\\.)*(?:'|\\?\Z)"
    r"|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)",
    re.DOTALL,
)
#: Dialects, as producers begin their names, in which double quotes are those of a text.
_TEXT_IN_DOUBLE_QUOTES = (
    "mysql", "mariadb", "singlestore", "tidb", "doris", "starrocks", "bigquery", "spark", "databricks", "hive",
)  # fmt: skip

_copy = msgspec.msgpack.Decoder(Event).decode


def redact_literals(sql: str, dialect: str | None = None) -> str:
    """Return SQL with every string and number replaced by ``?``; names and comments stay.

    :param dialect: or integration, as the producer spells it: where what is in double quotes may be a string, it goes
    """
    kept = {"kept"} if (dialect or "").lower().startswith(_TEXT_IN_DOUBLE_QUOTES) else {"kept", "double"}
    return _TOKENS.sub(lambda match: match[0] if match.lastgroup in kept else "?", sql)


def dialect_of(facets: JobFacets | None) -> str | None:
    """Return the dialect of a job's SQL; where it is not said, the job's integration tells as much."""
    said = facets.sql.dialect if facets and facets.sql else None
    return said or (facets.jobType.integration if facets and facets.jobType else None)


def apply_sql_policy(event: Event, policy: str) -> Event:
    """Return an event without what the configuration does not want to be kept anywhere.

    :param event: stays as it is: its facets are other events' as well
    :param policy: ``write.sql``: ``never``, ``redacted`` or ``always``
    """
    if policy == "always":
        return event
    event = _copy(msgspec.msgpack.encode(event))
    facets = event.job.facets if event.job else None
    dialect = dialect_of(facets)
    if facets is not None and facets.sql is not None and facets.sql.query:
        facets.sql.query = redact_literals(facets.sql.query, dialect) if policy == "redacted" else None
    # A transformation is described by an expression, more often than not.
    for column in _columns(event):
        column.transformationDescription = _discreet(column.transformationDescription, dialect, policy)
    for transformation in _transformations(event):
        transformation.description = _discreet(transformation.description, dialect, policy)
    return event


def _discreet(text: str | None, dialect: str | None, policy: str) -> str | None:
    return redact_literals(text, dialect) if text and policy == "redacted" else None


def _columns(event: Event) -> Iterator[ColumnField]:
    for dataset in _datasets(event):
        facet = dataset.facets.columnLineage if dataset.facets else None
        yield from (facet.fields or {}).values() if facet else ()


def _datasets(event: Event) -> Iterator[EventDataset]:
    return chain((event.dataset,) if event.dataset else (), event.inputs or (), event.outputs or ())


def _transformations(event: Event) -> Iterator[TransformationField]:
    for source in _sources(event):
        yield from source.transformations or ()


def _sources(event: Event) -> Iterator[ColumnInput | LineageInput]:
    for column in _columns(event):
        yield from column.inputFields or ()
    stated: list[LineageEntry | LineageDatasetFacet] = []
    for dataset in _datasets(event):
        if dataset.facets and dataset.facets.columnLineage:
            yield from dataset.facets.columnLineage.dataset or ()
        if dataset.facets and dataset.facets.lineage:
            stated.append(dataset.facets.lineage)
    facets = event.job.facets if event.job else None
    stated += (facets.lineage.entries or ()) if facets and facets.lineage else ()
    for entry in stated:
        yield from entry.inputs or ()
        for field in (entry.fields or {}).values():
            yield from field.inputs or ()
