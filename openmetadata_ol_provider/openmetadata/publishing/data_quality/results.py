"""Turns the results of tests that runs report into results of test cases of tables and columns.

A test case has the name that OpenMetadata's own dbt ingestion and its action for Great Expectations give it: the name
of the dbt test, the type of the expectation. So theirs are used, and ours are used by them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from openmetadata_ol_provider.openmetadata.fqn import bounded, quote, split, stored_name
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import digest
from openmetadata_ol_provider.openmetadata.publishing.runs.status_merge import epoch_ms

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import Assertion, Job, JobId
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.publishing.core.measured import MeasuredDataset

Status = Literal["Success", "Failed", "Aborted"]
DBT, GREAT_EXPECTATIONS, OTHER = "dbt", "GreatExpectations", "Other"
#: Platforms, each with a pattern of how a word in the name of the integration begins.
_PLATFORMS: Final = {
    DBT: re.compile(r"(?<![A-Z])DBT"),
    GREAT_EXPECTATIONS: re.compile(r"(?<![A-Z])GREAT[ _-]?EXPECTATION"),
    "Soda": re.compile(r"(?<![A-Z])SODA"),
    "Deequ": re.compile(r"(?<![A-Z])(?:PY)?DEEQU"),
}
#: Milliseconds between two reports of one test in one run of a pipeline.
_SAME_TEST: Final = 1_000
_RANK: Final = {"Success": 0, "Aborted": 1, "Failed": 2}
#: Longest text of a result, in characters.
_MAX_RESULT: Final = 4_000


class TableResults(NamedTuple):
    """Results of tests that one run reports of one table."""

    measured: MeasuredDataset
    table: Entity
    platform: str


class CaseResult(NamedTuple):
    """The result of one test case.

    :param column: FQN of the column; ``None`` if the whole table was tested
    :param name: name of the test case
    :param timestamp: end of the run, in epoch milliseconds
    """

    tested: TableResults
    assertion: Assertion
    column: str | None
    name: str
    timestamp: int

    @property
    def fqn(self) -> str:
        """The FQN of the test case."""
        return f"{self.column or self.tested.table.fqn}.{quote(self.name)}"

    @property
    def case(self) -> tuple[str, ...]:
        """What identifies the test case in the ledger: a table that was made again has none of the cases before."""
        table = self.tested.table
        return "test case", table.id, *split(self.fqn)[len(split(table.fqn)) :]

    @property
    def status(self) -> Status:
        """The result in OpenMetadata's words."""
        if self.assertion.success:
            return "Success"
        return "Aborted" if self.assertion.aborted else "Failed"

    @property
    def type(self) -> str:
        """The type of the test; dbt's tests that are SQL of their own have no other."""
        assertion = self.assertion
        own = assertion.name in (None, assertion.assertion)
        return "singular" if own and self.tested.platform == DBT else assertion.assertion

    @property
    def definition(self) -> str:
        """The name of the test definition; requests name it by its FQN, in quotes if it has a dot."""
        level = "column" if self.column else "table"
        return bounded(stored_name(f"{self.tested.platform}-{level}-{self.type}"))

    @property
    def link(self) -> str:
        """The entity link of what is tested."""
        table = self.tested.table.fqn
        if self.column is None:
            return f"<#E::table::{table}>"
        return f"<#E::table::{table}::columns::{'.'.join(split(self.column)[len(split(table)) :])}>"

    @property
    def description(self) -> str:
        """What is tested, for people."""
        job = self.tested.measured.run.job
        text = f"{self.assertion.description}\n\n" if self.assertion.description else ""
        return (
            f"{text}Test of type `{self.type}`, reported through OpenLineage by the job `{job.namespace}` `{job.name}`."
        )

    @property
    def body(self) -> dict[str, Any]:
        """The body of the request that adds the result."""
        assertion = self.assertion
        values = {"expected": assertion.expected, "actual": assertion.actual}
        given = {name: value for name, value in values.items() if value is not None}
        texts = [f"{name}: {value}" for name, value in {**given, "severity": assertion.severity}.items() if value]
        return {
            "timestamp": self.timestamp,
            "testCaseStatus": self.status,
            "result": "; ".join(texts)[:_MAX_RESULT] or self.status,
            "testResultValue": [{"name": name, "value": value} for name, value in given.items()],
        }


def platform_of(measured: MeasuredDataset, jobs: Mapping[JobId, Job]) -> str:
    """Return the platform of a run's tests, as OpenMetadata names it."""
    job = jobs.get(measured.run.job)
    integration = ((job.integration if job else None) or "").upper()
    platform = next((name for name, pattern in _PLATFORMS.items() if pattern.search(integration)), None)
    if platform is None and all(item.assertion.startswith("expect_") for item in measured.assertions):
        return GREAT_EXPECTATIONS
    return platform or OTHER


class CaseResults(NamedTuple):
    """The results for one table.

    :param results: results in their order
    :param unknown: tested columns that the table does not have
    :param of_others: tests of other tables, which only refer to this one
    """

    results: list[CaseResult]
    unknown: list[str]
    of_others: list[CaseResult]


def case_results(items: Iterable[TableResults]) -> CaseResults:
    """Return the results for one table.

    Tests that cannot be told apart are one, and so are two reports of one test in one run of a pipeline: the worst of
    their results counts.
    """
    results: dict[str, list[CaseResult]] = {}
    unknown: list[str] = []
    of_others: list[CaseResult] = []
    for tested in items:
        end = epoch_ms(tested.measured.run.ended_at)
        for assertion in tested.measured.assertions if end is not None else ():
            column = tested.table.column(assertion.column) if assertion.column else None
            result = CaseResult(tested, assertion, column, _case_name(assertion, tested.platform), end or 0)
            if tested.platform == DBT and _is_of_other_table(result):
                of_others.append(result)
            elif assertion.column and column is None:
                unknown.append(assertion.column)
            else:
                results.setdefault(result.fqn, []).append(result)
    merged = [result for group in results.values() for result in _merged(group)]
    return CaseResults(sorted(merged, key=lambda result: (result.timestamp, result.fqn)), unknown, of_others)


def _is_of_other_table(result: CaseResult) -> bool:
    """Return whether a test of dbt names the table only as one that the tested table refers to.

    From its artifacts, ``dbt-ol`` reports a test of two models (``relationships``) as one of the last by name. The name
    of the test begins with its type and the model that is tested: ``relationships_orders_id__id__ref_customers_``.
    """
    table = split(result.tested.table.fqn)[-1].casefold()
    _, found, rest = result.name.casefold().partition(f"{result.assertion.assertion.casefold()}_")
    return bool(found) and not rest.startswith(f"{table}_") and f"ref_{table}_" in rest


def _merged(results: Iterable[CaseResult]) -> Iterator[CaseResult]:
    """Yield the results of one test case, each test of a run of a pipeline once."""
    last: CaseResult | None = None
    for result in sorted(results, key=lambda item: (item.timestamp, item.tested.measured.run.run_id)):
        if last is not None and _is_same_test(last, result):
            last = max(last, result, key=lambda item: _RANK[item.status])
        else:
            if last is not None:
                yield last
            last = result
    if last is not None:
        yield last


def _is_same_test(one: CaseResult, other: CaseResult) -> bool:
    mine, theirs = one.tested.measured.run, other.tested.measured.run
    same_run = (mine.pipeline, mine.pipeline_run_id) == (theirs.pipeline, theirs.pipeline_run_id)
    return one.timestamp == other.timestamp or (same_run and other.timestamp - one.timestamp <= _SAME_TEST)


def _case_name(assertion: Assertion, platform: str) -> str:
    name = assertion.name or assertion.assertion
    if platform == DBT and name.startswith("test."):
        # The id of a dbt test: `test.<project>.<name>`, and a hash if the test is generic.
        name = [*name.split("."), name][2] or name
    if assertion.name is None and assertion.params:
        # Two tests of one type that differ in their parameters only.
        name = f"{name}_{digest(assertion.params):x}"[:200]
    return bounded(stored_name(name))
