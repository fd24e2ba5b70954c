"""Reads the results of tests: of datasets and their columns, and those that a run reports without a dataset."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from openmetadata_ol_provider.lineage.plan import Assertion
from openmetadata_ol_provider.openlineage.facets import AssertionField, DatasetFacets, RunFacets, RunTest

#: Longest value that was expected, observed or passed as parameter, in characters.
MAX_VALUE: Final = 2_000
#: Most parameters of one test.
MAX_PARAMS: Final = 100
_PASSED: Final = frozenset({"pass", "passed", "success"})
_FAILED: Final = frozenset({"fail", "failed", "failure", "warn"})
_ABORTED: Final = frozenset({"error", "errored", "aborted"})
#: How dbt begins the message of a test that could not be carried out, where others have the number of failures.
_ERROR: Final = re.compile(r"\s*(?:Database|Runtime|Compilation|Parsing|Internal|Dependency|Env Var) Error\b")


def assertions_of(facets: DatasetFacets, *, counted: bool = False) -> tuple[Assertion, ...]:
    """Return the results of tests of a dataset; those of Great Expectations come in a facet of its own.

    :param counted: whether each test that was carried out has its number of failures
    """
    if facets.dataQualityAssertions is None and facets.greatExpectations_assertions is None:
        return ()
    both = (facets.dataQualityAssertions, facets.greatExpectations_assertions)
    items = [item for facet in both if facet and not facet.deleted for item in facet.assertions or ()]
    return tuple(dict.fromkeys(_assertions(items, counted=counted)))


def _assertions(items: list[AssertionField], *, counted: bool) -> Iterator[Assertion]:
    for item in items:
        kind = item.assertion or item.expectationType
        if kind and item.success is not None:
            actual = _text(item.actual)
            was_left_out = counted and actual is None
            yield Assertion(
                kind,
                item.success,
                item.column or None,
                item.severity or None,
                item.name or None,
                item.description or None,
                _text(item.expected),
                actual,
                _params(item.params),
                not item.success and (was_left_out or _ERROR.match(actual or "") is not None),
            )


def results_of_run(facets: RunFacets | None, *, counted: bool = False) -> tuple[Assertion, ...]:
    """Return the results of tests that a run reports itself; a test that was skipped has none.

    :param counted: whether each test that was carried out has its number of failures
    """
    if facets is None or (facets.test is None and facets.testRun is None):
        return ()
    items = [
        item for facet in (facets.test, facets.testRun) if facet and not facet.deleted for item in facet.tests or ()
    ]
    return tuple(dict.fromkeys(_results(items, counted=counted)))


def _results(items: list[RunTest], *, counted: bool) -> Iterator[Assertion]:
    for item in items:
        status = (item.status or "").lower()
        name = item.type or item.name
        if name and status in _PASSED | _FAILED | _ABORTED:
            yield Assertion(
                name,
                status in _PASSED,
                severity=item.severity or None,
                name=item.name or None,
                description=item.description or None,
                expected=_text(item.expected),
                actual=_text(item.actual),
                params=_params(item.params),
                aborted=status in _ABORTED or (counted and status in _FAILED and _text(item.actual) is None),
            )


def _params(params: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    named = sorted((key, _text(value) or "") for key, value in (params or {}).items() if key)
    return tuple(named[:MAX_PARAMS])


def _text(value: Any) -> str | None:
    """Return a value as text, JSON if it is not a text."""
    if value is None or value == "":
        return None
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text[:MAX_VALUE]
