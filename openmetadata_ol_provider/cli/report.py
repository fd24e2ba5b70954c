"""Writes the report of a publication for people: the summary, then a line for each cause of what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from openmetadata_ol_provider.cli.terminal import write_line
from openmetadata_ol_provider.openmetadata.publishing.core.report_text import problem_lines, summary_lines

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport

_FAILED = "failed"


def write_report(report: PublishReport, stream: TextIO, *, is_kept: bool = True, is_raised: bool = False) -> None:
    """Write a report; on a terminal, the kinds of problems are coloured.

    :param is_kept: ``False`` if what waits is not kept
    :param is_raised: ``True`` if the error that ended the publication follows
    """
    for line in summary_lines(report, is_kept=is_kept):
        topic, separator, numbers = line.partition(": ")
        write_line(stream, (topic, "bold" if separator else ""), separator, numbers)
    for kind, text in problem_lines(report, is_raised=is_raised):
        write_line(stream, (kind, "bold red" if kind == _FAILED else "yellow"), f": {text}")
