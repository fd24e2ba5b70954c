"""SQL text and the policy ``write.sql``: ``never``, ``redacted`` (without literals) or ``always``.

The policy is enforced at two borders and nowhere else. :func:`apply_sql_policy` is for events, where they enter:
nothing derived from them (batches in XCom, states in Variables, plans) has more. :func:`apply_sql_policy_to_plan` is
for what was derived earlier, perhaps under another policy: runs remembered in a state, plans and parked edges.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

import msgspec

from openmetadata_ol_provider.lineage.plan import ColumnPair, Edge, Job, JobId, Transformation
from openmetadata_ol_provider.openlineage.event import Event, EventDataset
from openmetadata_ol_provider.openlineage.facets import (
    ColumnField,
    ColumnInput,
    ColumnLineageFacet,
    JobFacets,
    LineageDatasetFacet,
    LineageEntry,
    LineageField,
    LineageInput,
    TransformationField,
)
from openmetadata_ol_provider.openlineage.limits import CUT_OFF

SqlPolicy = Literal["never", "redacted", "always"]

# One alternative for each kind of token, so that what looks like a literal inside a comment or a quoted name is not
# taken for one. What is opened and never closed (SQL that was cut off) reaches to the end: no half literal stays, and
# nothing is tried twice.
_KEPT = r"(?P<kept>--[^\n]*|/\*.*?(?:\*/|\Z)|`[^`]*`?|\[[A-Za-z_@#][^\]'\",]*\]?|[A-Za-z_][\w$]*)"
_OTHERS = r"\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z)|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_TOKENS = re.compile(
    rf"{_KEPT}|(?P<double>\"(?:[^\"\\]|\"\"|\\.)*(?:\"|\\?\Z))"
    rf"|(?P<literal>'(?:[^'\\]|''|\\.)*(?:'|(?P<open>\\?\Z))|{_OTHERS})",
    re.DOTALL,
)
# In standard SQL, a backslash before a quote is a character like others.
_STANDARD_TOKENS = re.compile(
    rf"{_KEPT}|(?P<double>\"(?:[^\"]|\"\")*(?:\"|\Z))|(?P<literal>'(?:[^']|'')*(?:'|(?P<open>\Z))|{_OTHERS})",
    re.DOTALL,
)
#: Dialects, as the beginnings of producers' names for them, in which double quotes may enclose a string, and a
#: backslash before a quote belongs to it.
_STRINGS_IN_DOUBLE_QUOTES = (
    "mysql", "mariadb", "singlestore", "tidb", "doris", "starrocks", "bigquery", "spark", "databricks", "hive",
)  # fmt: skip


def query_of(facets: JobFacets | None) -> str | None:
    """Return the SQL of a job, ``None`` if its facets have none."""
    return facets.sql.query or None if facets and facets.sql and not facets.sql.deleted else None


def redact_literals(sql: str, dialect: str | None = None) -> str:
    """Return SQL with every string and number replaced by ``?``; names and comments stay.

    :param dialect: SQL dialect, or integration, in the producer's spelling; where double quotes may enclose a string,
        such texts are replaced too
    """
    is_escaped = (dialect or "").lower().startswith(_STRINGS_IN_DOUBLE_QUOTES)
    kept = {"kept"} if is_escaped else {"kept", "double"}
    text = sql.removesuffix(CUT_OFF)
    is_cut = text is not sql
    if is_escaped or ("\\'" not in text and '\\"' not in text):
        redacted = _TOKENS.sub(lambda match: match[0] if match.lastgroup in kept else "?", text)
    else:
        # Nobody knows the dialect for certain: a way to read it counts if all strings have an end, else both do.
        read = [_Literals.of(pattern, text, kept) for pattern in (_TOKENS, _STANDARD_TOKENS)]
        closed = [literals for literals in read if literals.are_closed and not is_cut]
        redacted = _without(text, [span for literals in closed or read for span in literals.spans])
    return redacted + CUT_OFF if is_cut else redacted


class _Literals(NamedTuple):
    """The literals of SQL, read in one way.

    :param spans: begin and end of each
    :param are_closed: whether all of them have an end
    """

    spans: Sequence[tuple[int, int]]
    are_closed: bool

    @classmethod
    def of(cls, pattern: re.Pattern[str], text: str, kept: Container[str]) -> _Literals:
        literals = [match for match in pattern.finditer(text) if match.lastgroup not in kept]
        return cls([match.span() for match in literals], all(match["open"] is None for match in literals))


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return text with each span, and those that overlap as one, replaced by ``?``."""
    parts: list[str] = []
    position = 0
    for begin, end in sorted(spans):
        if begin >= position:
            parts += (text[position:begin], "?")
        position = max(position, end)
    return "".join((*parts, text[position:]))


def allowed_sql(text: str | None, policy: SqlPolicy, dialect: str | None = None) -> str | None:
    """Return SQL as far as the policy allows it.

    :param dialect: see :func:`redact_literals`
    """
    if not text or policy == "always":
        return text
    return redact_literals(text, dialect) if policy == "redacted" else None


# -- events ------------------------------------------------------------------------------------------------------


def apply_sql_policy(event: Event, policy: SqlPolicy) -> Event:
    """Return an event without the SQL that the configuration does not want, in its job and in column lineage.

    :param event: decoded event; not changed, since other events share its facets
    :param policy: ``write.sql`` of the configuration
    """
    if policy == "always":
        return event
    facets = event.job.facets if event.job else None
    policed = _Policed(policy, _dialect_of_facets(facets))
    if event.job and facets:
        event = _with(event, job=_with(event.job, facets=policed.job_facets(facets)))
    return _with(
        event,
        dataset=policed.dataset(event.dataset) if event.dataset else None,
        inputs=_each(event.inputs, policed.dataset),
        outputs=_each(event.outputs, policed.dataset),
    )


def _dialect_of_facets(facets: JobFacets | None) -> str | None:
    """Return the dialect of a job's SQL, or its integration, which tells as much."""
    dialect = facets.sql.dialect if facets and facets.sql else None
    return dialect or (facets.jobType.integration if facets and facets.jobType else None)


class _Policed:
    """The parts of an event with only the SQL that is allowed; parts without SQL are returned as they are."""

    def __init__(self, policy: SqlPolicy, dialect: str | None) -> None:
        self._policy = policy
        self._dialect = dialect

    def job_facets(self, facets: JobFacets) -> JobFacets:
        sql, stated = facets.sql, facets.lineage
        return _with(
            facets,
            sql=_with(sql, query=self._text(sql.query)) if sql else None,
            lineage=_with(stated, entries=_each(stated.entries, self._stated)) if stated else None,
        )

    def dataset(self, dataset: EventDataset) -> EventDataset:
        facets = dataset.facets
        if facets is None:
            return dataset
        columns, stated = facets.columnLineage, facets.lineage
        facets = _with(
            facets,
            columnLineage=self._column_lineage(columns) if columns else None,
            lineage=self._stated(stated) if stated else None,
        )
        return _with(dataset, facets=facets)

    def _column_lineage(self, facet: ColumnLineageFacet) -> ColumnLineageFacet:
        return _with(facet, fields=_each_value(facet.fields, self._column), dataset=_each(facet.dataset, self._source))

    def _column(self, column: ColumnField) -> ColumnField:
        return _with(
            column,
            inputFields=_each(column.inputFields, self._source),
            transformationDescription=self._text(column.transformationDescription),
        )

    def _stated(self, stated: _Stated) -> _Stated:
        return _with(
            stated, inputs=_each(stated.inputs, self._source), fields=_each_value(stated.fields, self._stated_field)
        )

    def _stated_field(self, field: LineageField) -> LineageField:
        return _with(field, inputs=_each(field.inputs, self._source))

    def _source(self, source: _Source) -> _Source:
        return _with(source, transformations=_each(source.transformations, self._transformation))

    def _transformation(self, transformation: TransformationField) -> TransformationField:
        # The description of a transformation is an expression more often than not.
        return _with(transformation, description=self._text(transformation.description))

    def _text(self, text: str | None) -> str | None:
        return allowed_sql(text, self._policy, self._dialect)


_Item = TypeVar("_Item", bound=msgspec.Struct)
_Stated = TypeVar("_Stated", LineageEntry, LineageDatasetFacet)
_Source = TypeVar("_Source", ColumnInput, LineageInput)


def _with(item: _Item, **fields: Any) -> _Item:
    """Return a struct with other fields, and the same struct if they are the same."""
    changed = {name: value for name, value in fields.items() if value is not getattr(item, name)}
    return msgspec.structs.replace(item, **changed) if changed else item


def _each(items: Sequence[_Item] | None, change: Callable[[_Item], _Item]) -> Sequence[_Item] | None:
    changed = list(map(change, items or ()))
    return items if all(new is old for new, old in zip(changed, items or (), strict=True)) else changed


def _each_value(items: Mapping[str, _Item] | None, change: Callable[[_Item], _Item]) -> Mapping[str, _Item] | None:
    changed = {name: change(item) for name, item in (items or {}).items()}
    return items if items is None or all(changed[name] is item for name, item in items.items()) else changed


# -- plans -------------------------------------------------------------------------------------------------------


class _HasSql(Protocol):
    """A struct with jobs and edges: a plan, or a parked item."""

    @property
    def jobs(self) -> tuple[Job, ...]: ...

    @property
    def edges(self) -> tuple[Edge, ...]: ...


_Plan = TypeVar("_Plan", bound=_HasSql)


def apply_sql_policy_to_plan(plan: _Plan, policy: SqlPolicy) -> _Plan:
    """Return a plan, or a part of one, without the SQL that the configuration does not want.

    :param plan: struct with ``jobs`` and ``edges``
    :param policy: ``write.sql`` of the configuration
    """
    if policy == "always":
        return plan
    jobs = {job.id: _with(job, sql=allowed_sql(job.sql, policy, job.dialect or job.integration)) for job in plan.jobs}
    edges = tuple(_allowed_edge(edge, policy, jobs) for edge in plan.edges)
    parts: dict[str, Any] = {"jobs": tuple(jobs.values()), "edges": edges}
    return msgspec.structs.replace(plan, **parts)  # type: ignore[type-var]


def _allowed_edge(edge: Edge, policy: SqlPolicy, jobs: dict[JobId, Job]) -> Edge:
    job = jobs.get(edge.job) if edge.job else None
    dialect = (job.dialect or job.integration) if job else None
    sql = allowed_sql(edge.sql, policy, dialect)
    # Runs of one job may differ in nothing but their literals.
    return _with(
        edge,
        columns=tuple(_allowed_pair(pair, policy, dialect) for pair in edge.columns),
        sql=None if job and sql == job.sql else sql,
    )


def _allowed_pair(pair: ColumnPair, policy: SqlPolicy, dialect: str | None) -> ColumnPair:
    def allowed(item: Transformation) -> Transformation:
        return _with(item, description=allowed_sql(item.description, policy, dialect))

    return _with(pair, transformations=tuple(map(allowed, pair.transformations)))
