"""Publishes the results of tests that runs report of tables and columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.publishing.core.decoration import DecorationFact, publish_decoration
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import ENDED, digest
from openmetadata_ol_provider.openmetadata.publishing.core.report import Written
from openmetadata_ol_provider.openmetadata.publishing.data_quality.results import TableResults, platform_of
from openmetadata_ol_provider.openmetadata.publishing.data_quality.writer import ResultWriter
from openmetadata_ol_provider.openmetadata.resolution.resolver import entity_of

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import DatasetId, RunRecord
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution


def publish_tests(context: PublishContext, resolutions: Mapping[DatasetId, Resolution]) -> Written:
    """Publish the results of tests of tables; OpenMetadata has no test cases of other datasets."""
    recorder = context.recorder

    def was_there(case: tuple[str, ...]) -> bool:
        return recorder.fact(digest(*case)) is not None

    writer = ResultWriter(context.client, context.config.write.tests, was_there, dry_run=context.dry_run)
    published = publish_decoration(context, _facts(context, resolutions), writer.publish)
    for case in writer.seen:
        recorder.record_fact(digest(*case), 0)
    problems = (*map(_without_table, context.selection.measured.unplaced), *writer.problems)
    context.problems += [problem for problem in problems if context.recorder.report_once(problem)]
    context.parking.add_failed_measurements((fact.value.measured, detail) for fact, detail in published.missing)
    return published.written


def _facts(
    context: PublishContext, resolutions: Mapping[DatasetId, Resolution]
) -> Iterator[DecorationFact[TableResults]]:
    for measured in context.selection.measured.tests:
        table = entity_of(measured.dataset, resolutions)
        if table is None:
            continue
        if table.type != "table":
            context.recorder.record_fact(digest(*measured.name), digest(measured.content), ENDED)
            continue
        value = TableResults(measured, table, platform_of(measured, context.selection.jobs))
        where = f"tests of {table.fqn}"
        yield DecorationFact(measured.name, measured.content, table.ref, where, value, note=ENDED)


def _without_table(run: RunRecord) -> Problem:
    names = ", ".join(test.name or test.assertion for test in run.tests)
    reads = counted(len(run.reads), "dataset") if run.reads else "no dataset"
    detail = f"the run reads {reads}, so the results of these tests are of no known table: {names}"
    return Problem(ProblemKind.TEST_WITHOUT_TABLE, run.job.label, detail)
