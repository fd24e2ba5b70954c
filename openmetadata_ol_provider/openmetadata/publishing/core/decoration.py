"""Publishes facts that only decorate lineage: those that have changed, together where one request takes them together.

A fact that is current in the ledger costs no request. What the catalogue refuses, or what exceeds the bound of one
publication, is returned to the caller, who parks what belongs to it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from openmetadata_ol_provider.exceptions import CatalogueAuthError
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import digest
from openmetadata_ol_provider.openmetadata.publishing.core.report import Written

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext

Value = TypeVar("Value")
#: Most facts of one kind that one publication compares with the catalogue; the rest wait for the next one.
MOST_AT_ONCE = 1_000
_POSTPONED = f"one publication writes at most {MOST_AT_ONCE} facts of a kind; the rest follows with the next one"


class DecorationFact(Generic[Value]):
    """A fact to publish.

    :param name: what identifies the fact in the ledger, the name of its kind first: ``("observability", table, ...)``
    :param content: JSON values of which any change has to be published
    :param group: facts of one group are written together
    :param where: name of the group in problems
    :param value: what the writer needs
    :param note: what later publications need to know of it
    """

    __slots__ = ("content", "group", "key", "note", "value", "where")

    def __init__(
        self, name: Sequence[str], content: Any, group: Hashable, where: str, value: Value, *, note: str = ""
    ) -> None:
        self.key = digest(*name)
        self.content = digest(content)
        self.group = group
        self.where = where
        self.value = value
        self.note = note


class PublishedDecoration(NamedTuple):
    """What became of the facts of one kind.

    :param written: outcome counts; facts that were current are unchanged
    :param missing: facts that are to be tried again, each with the reason
    """

    written: Written
    missing: tuple[tuple[DecorationFact[Any], str], ...] = ()


def publish_decoration(
    context: PublishContext,
    facts: Iterable[DecorationFact[Value]],
    write: Callable[[Sequence[Value]], Sequence[bool | None]],
    *,
    most: int = MOST_AT_ONCE,
) -> PublishedDecoration:
    """Publish the facts that have changed, and record them in the ledger.

    What the token may not do is reported once and not tried again until the fact changes: parking cannot help.

    :param write: function that publishes the facts of one group and returns, for each, whether anything was written,
        ``None`` if it has to wait for the next publication
    :param most: most facts to publish
    """
    facts = list(facts)
    due = [fact for fact in facts if not context.recorder.is_current(fact.key, fact.content, context.config.ledger)]
    groups: dict[Hashable, list[DecorationFact[Value]]] = {}
    for fact in due[:most]:
        groups.setdefault(fact.group, []).append(fact)
    denied: list[Problem] = []

    def attempt(group: Sequence[DecorationFact[Value]]) -> Sequence[bool | None] | None:
        try:
            return write([fact.value for fact in group])
        except CatalogueAuthError as error:
            if error.status != 403 or not error.optional:
                raise
            denied.append(Problem(ProblemKind.FAILED, group[0].where, str(error)))
            return None

    items = list(groups.values())
    results = context.executor.run(items, attempt, lambda group: group[0].where)
    written, unchanged, failed = 0, len(facts) - len(due), 0
    missing = [(fact, _POSTPONED) for fact in due[most:]]
    for group, result in zip(items, results, strict=True):
        context.problems += result.problems
        if result.value is None:
            failed += len(group)
            # Without a detail it was denied.
            missing += [(fact, result.detail) for fact in group if result.detail]
            continue
        for fact, is_written in zip(group, result.value, strict=True):
            if is_written is None:
                missing.append((fact, _POSTPONED))
                continue
            written, unchanged = written + is_written, unchanged + (not is_written)
            context.recorder.record_fact(fact.key, fact.content, fact.note)
    context.problems += [problem for problem in denied if context.recorder.report_once(problem)]
    return PublishedDecoration(Written(written, unchanged, failed), tuple(missing))
