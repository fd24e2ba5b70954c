"""Attaches the report of what was done to the error that ended it, so that the task can show it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from openmetadata_ol_provider.exceptions import OpenLineageProviderError
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport


def report_of(error: BaseException) -> PublishReport | None:
    """Return the report that an error carries, ``None`` if it has none."""
    report = getattr(error, "report", None)
    return report if isinstance(report, PublishReport) else None


def attach_report(error: BaseException, report: PublishReport) -> None:
    """Let an error, which may be Airflow's, carry a report instead of its own; an empty one is none."""
    if report != PublishReport():
        error.report = report  # type: ignore[attr-defined]


def error_line(error: Exception) -> str:
    """Return an error for a line of the log: those of this package explain themselves, others need their class."""
    return str(error) if isinstance(error, OpenLineageProviderError) else f"{type(error).__name__}: {error}"


@contextmanager
def reported(report: PublishReport) -> Iterator[None]:
    """Add the report of what was done before to that of an error.

    :param report: what was done before
    """
    try:
        yield
    except Exception as error:
        own = report_of(error)
        attach_report(error, report if own is None else report + own)
        raise
