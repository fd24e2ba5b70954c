"""Judges whether the test cases of a table have passed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.openlineage.listing import listed
from openmetadata_ol_provider.openlineage.sanitize import safe_text
from openmetadata_ol_provider.openmetadata.gates.gate import QualityGate, Verdict, as_text
from openmetadata_ol_provider.openmetadata.gates.tables import find_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.gates.tables import Table

Json = dict[str, Any]

_CASES = "v1/dataQuality/testCases"
_LINK = re.compile(r"<#E::table::(.+?)(?:::.*)?>", re.DOTALL)
#: Most test cases that a text names.
_MOST_NAMED = 10


def check_quality(client: OpenMetadataClient, gate: QualityGate, now: float) -> Verdict:
    """Look once whether the test cases have passed.

    :param now: current time, in seconds since 1970
    :raises ConfigError: if the gate does not name one table
    :raises CatalogueError: if the catalogue refuses or does not answer
    """
    absent: Any = "missing" if gate.check_existence else "waiting"
    table, detail = find_table(client, gate.table)
    if table is None:
        return Verdict(absent, detail)
    cases, unknown = _chosen(_test_cases(client, table), gate.test_cases)
    if unknown or not cases:
        lacks = f"no test case {listed(unknown, _MOST_NAMED)}" if unknown else "no test case, so none can pass"
        return Verdict(absent, f"{table.fqn} has {lacks}", table=table.fqn)
    return _judge(gate, table, cases, gate.since.milliseconds(now))


def _judge(gate: QualityGate, table: Table, cases: Iterable[Json], since: int | None) -> Verdict:
    states: dict[str, str] = {}
    results: dict[str, Json] = {}
    for case in cases:
        name, result = str(case["fullyQualifiedName"]), case.get("testCaseResult") or {}
        at = result.get("timestamp")
        if at is not None and (since is None or at >= since):
            results[name] = result
            states[name] = str(result.get("testCaseStatus"))
        else:
            states[name] = "no result"
    failed = [name for name, state in states.items() if state in gate.failed_states]
    if failed:
        texts = [f"{name} ({_text(results[name])})" for name in failed]
        what = f"{len(failed)} of {len(states)} tests of {table.fqn} have failed"
        return Verdict("failed", f"{what}: {listed(texts, _MOST_NAMED, '; ')}", table=table.fqn)
    waiting = [f"{name} ({state})" for name, state in states.items() if state not in gate.allowed_states]
    if waiting:
        after = "" if since is None else f" since {as_text(since)}"
        what = f"{len(waiting)} of {len(states)} tests of {table.fqn} have not passed{after}"
        return Verdict("waiting", f"{what}: {listed(waiting, _MOST_NAMED)}", table=table.fqn)
    facts = {"table": table.fqn, "tests": {name: _facts(result) for name, result in results.items()}}
    return Verdict("passed", f"all {len(states)} tests of {table.fqn} have passed", facts)


def _test_cases(client: OpenMetadataClient, table: Table) -> list[Json]:
    """Return the test cases of a table and of its columns, each with its latest result."""
    query = {"entityLink": f"<#E::table::{table.fqn}>", "includeAllTests": "true", "fields": "testCaseResult"}
    # The server looks for columns by a pattern in which an underscore stands for any character.
    return [case for case in client.pages(_CASES, query) if _table_of(case) == table.fqn.lower()]


def _table_of(case: Json) -> str | None:
    link = _LINK.fullmatch(str(case.get("entityLink")))
    return link[1].lower() if link else None


def _chosen(cases: list[Json], names: Iterable[str]) -> tuple[list[Json], list[str]]:
    """Return the test cases of some names, and the names of which there is none; without names all of them."""
    names = tuple(names)
    if not names:
        return cases, []
    chosen: dict[str, Json] = {}
    unknown = []
    for wanted in names:
        found = [case for case in cases if wanted in (case["fullyQualifiedName"], case.get("name"))]
        if not found:
            unknown.append(wanted)
        chosen.update({str(case["fullyQualifiedName"]): case for case in found})
    return list(chosen.values()), unknown


def _facts(result: Json) -> Json:
    return {"status": result.get("testCaseStatus"), "at": as_text(int(result["timestamp"]))}


def _text(result: Json) -> str:
    text = f"{result.get('testCaseStatus')} at {as_text(int(result['timestamp']))}"
    return f"{text}: {safe_text(str(result['result']), 200)}" if result.get("result") else text
