"""Defines what a gate waits for, as values that a trigger can serialise, and the verdict of one look."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import msgspec

from openmetadata_ol_provider.openlineage.times import iso_of

#: Statuses of a pipeline run other than success.
RUN_STATES = ("Failed", "Pending", "Running", "Skipped")
#: Statuses of a test case's result.
TEST_STATES = ("Success", "Failed", "Aborted", "Queued")


class TableName(msgspec.Struct, frozen=True):
    """A table, named by its FQN in OpenMetadata, or by namespace and name in OpenLineage.

    :param config: configuration that resolves namespace and name, without what is default
    """

    fqn: str = ""
    namespace: str = ""
    name: str = ""
    config: dict[str, Any] = {}

    def __str__(self) -> str:
        return self.fqn or f"{self.namespace} {self.name}"


class Since(msgspec.Struct, frozen=True):
    """The time from which on something counts.

    :param at: fixed time, in seconds since 1970
    :param age: seconds before each look; of ``at`` and ``age`` at most one is given
    """

    at: float | None = None
    age: float | None = None

    def milliseconds(self, now: float) -> int | None:
        """Return the time in epoch milliseconds, ``None`` if everything counts.

        :param now: time of the look, in seconds since 1970
        """
        if self.age is not None:
            return int((now - self.age) * 1000)
        return None if self.at is None else int(self.at * 1000)


class FreshnessGate(msgspec.Struct, frozen=True, tag="freshness"):
    """Waits until a successful run has written a table.

    :param failed_states: statuses of the newest run of a pipeline that end the wait as failed
    :param check_existence: ``True`` to fail if the table does not exist, ``False`` to wait for it
    """

    table: TableName
    since: Since
    failed_states: tuple[str, ...] = ()
    check_existence: bool = True


class QualityGate(msgspec.Struct, frozen=True, tag="test_results"):
    """Waits until the test cases of a table have passed.

    :param test_cases: names or FQNs of the test cases to wait for; none: all that the table and its columns have
    :param allowed_states: statuses of a result that count as passed
    :param failed_states: statuses of a result that end the wait as failed
    :param check_existence: ``True`` to fail if the table or a test case does not exist, ``False`` to wait for it
    """

    table: TableName
    since: Since = Since()
    test_cases: tuple[str, ...] = ()
    allowed_states: tuple[str, ...] = ("Success",)
    failed_states: tuple[str, ...] = ("Failed",)
    check_existence: bool = True


Gate = FreshnessGate | QualityGate


class Verdict(NamedTuple):
    """What one look has shown.

    :param state: ``missing``: the table or a test case does not exist
    :param detail: the reason, for the log
    :param facts: what the task returns if the gate is passed
    :param table: FQN of the table; empty if it does not exist
    """

    state: Literal["passed", "waiting", "failed", "missing"]
    detail: str
    facts: dict[str, Any] = {}  # noqa: RUF012 - never changed
    table: str = ""


def as_text(milliseconds: int) -> str:
    """Return a time in epoch milliseconds as ``2026-01-31T08:00:00Z``."""
    return iso_of(milliseconds * 1000)


def with_table(gate: Gate, verdict: Verdict) -> Gate:
    """Return a gate that names the table by the FQN that a look has found, so that the next need not resolve it."""
    return msgspec.structs.replace(gate, table=TableName(fqn=verdict.table)) if verdict.table else gate


def gate_to_dict(gate: Gate) -> dict[str, Any]:
    """Return a gate as plain JSON values."""
    plain: dict[str, Any] = msgspec.to_builtins(gate)
    return plain


def gate_from_dict(plain: dict[str, Any]) -> Gate:
    """Restore a gate from :func:`gate_to_dict`."""
    gate: Gate = msgspec.convert(plain, FreshnessGate | QualityGate)
    return gate
