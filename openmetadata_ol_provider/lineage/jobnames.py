"""Names of jobs and tasks, without what changes from run to run, so that a thousand runs make one pipeline.

Timestamps, dates, UUIDs, hashes and the ids of Spark applications, Glue runs and Trino queries are cut out. Words and
short numbers stay: ``report_v2`` and ``orders_2024`` are names.
"""

from __future__ import annotations

import re
from functools import lru_cache

from openmetadata_ol_provider.lineage.plan import JobId

_DATE = r"(?:19|20)\d{2}(?P<sep>[-_.]?)(?:0[1-9]|1[0-2])(?P=sep)(?:0[1-9]|[12]\d|3[01])"
_RUN_DEPENDENT = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"\d{8}_\d{6}_\d{5}_[a-z0-9]{5}"  # a Trino query id
    r"|(?:manual|scheduled|backfill|asset_triggered|dataset_triggered)__[0-9T:.+-]+"  # an Airflow run id
    r"|(?:application|job|local|app)_?-?\d{10,}(?:_\d+)*"  # a YARN or local Spark application
    r"|jr_[0-9a-f]{32,}"  # a Glue job run
    r"|[0-9a-f]{8}(?P<dash>[-_])[0-9a-f]{4}(?P=dash)[0-9a-f]{4}(?P=dash)[0-9a-f]{4}(?P=dash)[0-9a-f]{12}"  # a UUID
    rf"|{_DATE}(?:[T _.-]?\d{{2}}[-:._]?\d{{2}}(?:[-:._]?\d{{2}}(?:[.,]\d+)?)?(?:Z|[+-]\d{{2}}:?\d{{2}})?)?"
    r"|\d{10}|\d{13}|\d{16,}"  # seconds, milliseconds, anything longer since 1970
    r"|(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{16,}"  # a hash
    r")(?![A-Za-z0-9])",
    re.IGNORECASE,
)
# Looked for where separators begin, lest a long row of them be gone through from each one.
_LEFT_OVER = re.compile(r"(?<![._\-/:= ])(?:[._\-/:= ]*(?<![A-Za-z0-9])\x00)+(?=$|[._\-/:= ])")


@lru_cache(maxsize=65_536)
def stable_name(name: str) -> str | None:
    """Return a job's name without its run-dependent parts, ``None`` if nothing else is in it.

    :param name: a job's name as the producer gives it
    """
    # An underscore is a word character to a regular expression, but a separator in names.
    cut = _RUN_DEPENDENT.sub("\x00", name)
    if "\x00" not in cut:
        return name
    return _LEFT_OVER.sub("", cut).replace("\x00", "").strip("._-/:= ") or None


def task_name(job: JobId, pipeline: JobId) -> str | None:
    """Return the task's name within the pipeline: ``dag.group.task`` is ``group.task`` of ``dag``.

    The pipeline's own name is cut off, not everything before the first dot: names of both may hold dots.
    """
    if job == pipeline:
        return None
    if job.namespace == pipeline.namespace and job.name.startswith(pipeline.name + "."):
        return job.name[len(pipeline.name) + 1 :] or job.name
    return job.name


def task_in(job: JobId, pipeline: JobId) -> str | None:
    """Return the task's name within the pipeline, without what changes from run to run."""
    task = task_name(job, pipeline)
    return task and (stable_name(task) or task)
