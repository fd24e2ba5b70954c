"""Publishes results of tests of one table: makes sure that the test case is there, and adds what is newer.

A test case that exists is used as it is, also if others have made it; one that was deleted stays deleted. What is
deleted in the web interface leaves no trace in the catalogue, so the ledger remembers which test cases were there. The
server keeps one result for each test case and time, and older servers show the result that was added last: nothing is
added that is not newer than the latest one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from openmetadata_ol_provider.exceptions import CatalogueRequestError
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient, path
from openmetadata_ol_provider.openmetadata.client.document import shown
from openmetadata_ol_provider.openmetadata.fqn import quote
from openmetadata_ol_provider.openmetadata.publishing.data_quality.results import (
    DBT,
    CaseResult,
    TableResults,
    case_results,
)

DEFINITIONS: Final = "v1/dataQuality/testDefinitions"
CASES: Final = "v1/dataQuality/testCases"
RESULTS: Final = "v1/dataQuality/testCases/testCaseResults"
#: Most results that one publication writes; the rest wait for the next one.
MOST_RESULTS: Final = 1_000
#: First version that spells dbt's platform in lower case.
_LOWER_CASE_SINCE: Final = (1, 11)


class ResultWriter:
    """Publishes results of tests, one table at a time.

    :param client: client of the catalogue
    :param policy: ``existing`` to use test cases that exist only, ``create`` to create those that are missing
    :param was_there: function that tells whether an earlier publication has seen a test case
    :param dry_run: read, but do not write
    :ivar seen: test cases that are there
    """

    def __init__(
        self,
        client: OpenMetadataClient,
        policy: Literal["never", "existing", "create"],
        was_there: Callable[[tuple[str, ...]], bool],
        *,
        dry_run: bool,
    ) -> None:
        self._client = client
        self._creates = policy == "create"
        self._was_there = was_there
        self._dry_run = dry_run
        self.seen: set[tuple[str, ...]] = set()
        self._deleted: dict[str, None] = {}
        self._lock = threading.Lock()
        #: results that may still be written
        self._left = MOST_RESULTS
        #: names of the parameters of test definitions that are there
        self._definitions: dict[str, frozenset[str]] = {}
        self._unknown: dict[str, dict[str, None]] = {}
        self._of_others: dict[str, dict[str, None]] = {}

    @property
    def problems(self) -> Iterator[Problem]:
        """What could not be written: no such column, the test of another table, a test case that was deleted."""
        for table, names in self._unknown.items():
            yield Problem(ProblemKind.UNKNOWN_COLUMN, table, f"tested, but not in the catalogue: {', '.join(names)}")
        for table, names in self._of_others.items():
            detail = (
                f"reported as tests of this table, but by their names they are tests of others that refer to it: "
                f"{', '.join(names)}. With --consume-structured-logs, dbt-ol names the table that is tested"
            )
            yield Problem(ProblemKind.TEST_WITHOUT_TABLE, table, detail)
        for fqn in self._deleted:
            detail = "it was there and has been deleted, so it is not created again: create it by hand to have results"
            yield Problem(ProblemKind.TEST_CASE_DELETED, f"test case {fqn}", detail)

    def publish(self, items: Sequence[TableResults]) -> list[bool | None]:
        """Publish the results for one table, and return, for each run, whether there was anything to write.

        A result that is refused does not keep the others of the table back. For runs some of whose results have to wait
        because there are too many, ``None`` is returned.

        :raises CatalogueError: if the catalogue refuses
        """
        results, unknown, of_others = case_results(items)
        if unknown:
            self._unknown.setdefault(items[0].table.fqn, {}).update(dict.fromkeys(unknown))
        if of_others:
            self._of_others.setdefault(items[0].table.fqn, {}).update(dict.fromkeys(one.name for one in of_others))
        latest: dict[str, int | None] = {}
        written: set[int] = set()
        waiting: set[int] = set()
        refused: list[CatalogueRequestError] = []
        for result in results:
            if self._left <= 0:
                waiting.add(id(result.tested.measured))
            elif self._attempt(result, latest, refused):
                written.add(id(result.tested.measured))
        if refused:
            raise _all_of(refused)
        return [None if id(item.measured) in waiting else id(item.measured) in written for item in items]

    def _attempt(self, result: CaseResult, latest: dict[str, int | None], refused: list[CatalogueRequestError]) -> bool:
        try:
            return self._publish(result, latest)
        except CatalogueRequestError as error:
            refused.append(error)
            return False

    def _publish(self, result: CaseResult, latest: dict[str, int | None]) -> bool:
        if result.fqn not in latest:
            latest[result.fqn] = self._latest(result)
        before = latest[result.fqn]
        if before is None or result.timestamp <= before:
            return False
        with self._lock:
            self._left -= 1
        if not self._dry_run:
            try:
                answer = self._client.request("POST", path(RESULTS, result.fqn), json=result.body, idempotent=True)
                shown(answer, "testCaseStatus")
            except CatalogueRequestError as error:
                if error.status != 409:
                    raise
                # There is one of that time: of an attempt before, or of another ingestion.
                latest[result.fqn] = result.timestamp
                return False
        latest[result.fqn] = result.timestamp
        return True

    # -- test cases ----------------------------------------------------------------------------------------------

    def _latest(self, result: CaseResult) -> int | None:
        """Return the time of a test case's latest result, 0 if it has none; ``None`` if there is no test case."""
        stored = self._case(result)
        if stored is None and self._creates and not self._was_there(result.case):
            if self._dry_run:
                return 0
            stored = self._create_case(result)
        if stored is None:
            if self._creates:
                self._deleted[result.fqn] = None
            return None
        if self._creates:
            self.seen.add(result.case)
        return int((stored.get("testCaseResult") or {}).get("timestamp") or 0)

    def _case(self, result: CaseResult) -> dict[str, Any] | None:
        found = self._client.get(path(CASES, "name", result.fqn), {"fields": "testCaseResult"})
        return None if found is None else shown(found, "fullyQualifiedName")

    def _create_case(self, result: CaseResult) -> dict[str, Any] | None:
        params = self._define(result)
        values = [{"name": name, "value": value} for name, value in result.assertion.params if name in params]
        body = {
            "name": result.name,
            "description": result.description,
            "entityLink": result.link,
            "testDefinition": quote(result.definition),
            "parameterValues": values,
        }
        try:
            return shown(self._client.request("POST", CASES, json=body, idempotent=True), "fullyQualifiedName")
        except CatalogueRequestError as error:
            if error.status != 409:
                raise
            # Somebody else was faster; or it was deleted, and stays so.
            return self._case(result)

    # -- test definitions ----------------------------------------------------------------------------------------

    def _define(self, result: CaseResult) -> frozenset[str]:
        """Make sure that the definition of a test is there, and return the parameters that it has."""
        needed = [name for name, _ in result.assertion.params]
        with self._lock:
            known = self._definitions.get(result.definition)
            if known is None or not known.issuperset(needed):
                known = self._definitions[result.definition] = self._write_definition(result, needed)
        return known

    def _write_definition(self, result: CaseResult, needed: Sequence[str]) -> frozenset[str]:
        url = path(DEFINITIONS, "name", quote(result.definition))
        stored = self._client.get(url)
        if stored is None:
            body = self._definition(result, needed)
            try:
                stored = self._client.request("POST", DEFINITIONS, json=body, idempotent=True)
            except CatalogueRequestError as error:
                if error.status != 409:
                    raise
                stored = self._client.get(url)
        stored = shown(stored, "id")
        missing = [name for name in needed if name not in _params(stored)]
        if missing:
            params = [*(stored.get("parameterDefinition") or ()), *map(_parameter, missing)]
            operation = {"op": "add", "path": "/parameterDefinition", "value": params}
            stored = shown(self._client.patch(path(DEFINITIONS, str(stored["id"])), [operation]), "id")
        return _params(stored)

    def _definition(self, result: CaseResult, needed: Sequence[str]) -> dict[str, Any]:
        platform = result.tested.platform
        old = platform == DBT and self._client.version < _LOWER_CASE_SINCE
        return {
            "name": result.definition,
            "description": f"Tests of type `{result.type}` that {platform} carries out, reported through OpenLineage.",
            "entityType": "COLUMN" if result.column else "TABLE",
            "testPlatforms": [platform.upper() if old else platform],
            "parameterDefinition": [_parameter(name) for name in needed],
        }


def _all_of(refused: Sequence[CatalogueRequestError]) -> CatalogueRequestError:
    """Return the first error, which says how many there are."""
    first, others = refused[0], len(refused) - 1
    if others:
        first.args = (f"{first}; and {counted(others, 'more result')} of this table", *first.args[1:])
    return first


def _parameter(name: str) -> dict[str, Any]:
    return {"name": name, "dataType": "STRING", "required": False}


def _params(definition: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(str(item.get("name")) for item in definition.get("parameterDefinition") or ())
