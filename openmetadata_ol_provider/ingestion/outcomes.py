"""Describes publications that wrote nothing, or so little that the task fails."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openlineage.batch import BatchOrigin
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport

log = logging.getLogger(__name__)


def already_published(origin: BatchOrigin) -> PublishReport:
    """Return the report on a batch that the checkpoint has passed, and log that there is nothing to do."""
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport

    where = ", ".join(f"{item.topic}[{item.partition}] {item.start}-{item.end}" for item in origin.ranges)
    log.warning("nothing to do: the batch (%s) was published before", where)
    problem = Problem(ProblemKind.ALREADY_PUBLISHED, where, "the checkpoint is past this batch")
    return PublishReport(problems=(problem,))


def failure_text(report: PublishReport, config: Config) -> str:
    """Return why a publication with too many failures counts as failed."""
    worst = "; ".join(f"{p.where}: {p.detail}" for p in report.problems if p.kind == ProblemKind.FAILED)
    return (
        f"{report.failure_ratio:.0%} of the facts failed, write.max_failure_ratio allows "
        f"{config.write.max_failure_ratio:.0%}. The checkpoint stays, the batch is tried again. {worst[:1000]}"
    )
